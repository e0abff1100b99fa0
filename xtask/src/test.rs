//! `cargo xtask test`: every test, cheapest first; what CI calls.
//!
//! Owns: the order of the steps. The whole workspace is one selection of packages everywhere, so that cargo builds
//! each dependency once: another selection has other features, and builds them again.

use crate::programs::{cargo, is_installed, npm, target};
use crate::provision::{For, provision};
use crate::simulate;
use crate::steps::{Log, Steps};
use anyhow::Result;
use std::process::ExitCode;

/// Runs every test.
pub(crate) fn test() -> Result<ExitCode> {
    let mut steps = Steps::begin()?;
    let done = every_step(&mut steps);
    Ok(steps.end(done))
}

fn every_step(steps: &mut Steps) -> Result<()> {
    steps.step("provision", |log| provision(For::Tests, &mut |command| log.run(command)))?;
    steps.step("formatting", |log| log.run(cargo(&["fmt", "--all", "--", "--check"])))?;
    for (name, script) in [("ui: types", "check"), ("ui: lint", "lint"), ("ui: build", "build")] {
        steps.step(name, |log| log.run(npm(&["run", script])))?;
    }
    // From here on Tauri embeds `ui/dist`.
    steps.step("clippy", |log| {
        log.run(cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
    })?;
    steps.step("rustdoc", |log| {
        let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
        doc.env("RUSTDOCFLAGS", "-D warnings");
        log.run(doc)
    })?;
    // Scenarios and the UI's tests start the built programs, which `cargo test` alone would not build.
    steps.step("build", |log| log.run(cargo(&["build", "--workspace", "--all-targets", "--locked"])))?;
    steps.step("ui: tests", |log| {
        let mut tests = npm(&["run", "test"]);
        tests.env("TIDEMARK_PROGRAMS", target()?.join("debug"));
        log.run(tests)
    })?;
    if is_installed("cargo-nextest") {
        steps.step("tests", |log| log.run(cargo(&["nextest", "run", "--workspace", "--locked", "--no-fail-fast"])))?;
        steps.step("tests on PostgreSQL", on_postgres)?;
        steps.step("doc tests", |log| log.run(cargo(&["test", "--workspace", "--locked", "--doc"])))?;
    } else {
        steps.step("tests", |log| log.run(cargo(&["test", "--workspace", "--locked", "--no-fail-fast"])))?;
        steps.step("tests on PostgreSQL", on_postgres)?;
    }
    steps.step("simulation: build", |log| log.run(simulate::build()))?;
    steps.step("simulation", |log| log.run(simulate::program(&["--standing".to_owned()])?))?;
    steps.step("desktop", |log| {
        let mut desktop = cargo(&["test", "--workspace", "--locked", "--test", "desktop"]);
        desktop.args(["--", "--nocapture", "--test-threads=1"]);
        // It then opens its window on a virtual screen, not on the one that somebody works at.
        desktop.env("TIDEMARK_DESKTOP", "1").env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        log.run(desktop)
    })?;
    if is_installed("cargo-deny") {
        steps.step("licenses and advisories", |log| log.run(cargo(&["deny", "--all-features", "check"])))?;
    } else {
        steps.leave_out("licenses and advisories", "cargo-deny is not installed");
    }
    Ok(())
}

/// The programs whose tests ask the server from outside: what they show is to hold on every database.
///
/// The clients that nobody here wrote are not among them: what they ask is asked by `wire`, of both.
const OUTSIDE: [&str; 12] = [
    "wire",
    "the_loop",
    "faults",
    "conflicts",
    "history",
    "account",
    "status",
    "live",
    "model_file",
    "pages",
    "answers",
    "proxies",
];

/// Runs the tests that ask a server once more, on one PostgreSQL for all of them.
fn on_postgres(log: &mut Log) -> Result<()> {
    let cluster = tidemark_test_postgres::Cluster::start();
    let mut tests = if is_installed("cargo-nextest") {
        cargo(&["nextest", "run", "--workspace", "--locked", "--no-fail-fast"])
    } else {
        cargo(&["test", "--workspace", "--locked", "--no-fail-fast"])
    };
    tests.args(OUTSIDE.iter().flat_map(|program| ["--test", program]));
    tests
        .env("TIDEMARK_TEST_ON", "postgres")
        .env(tidemark_test_postgres::OTHER_SERVER, cluster.url(tidemark_test_postgres::SUPERUSER, "postgres"));
    log.run(tests)
}
