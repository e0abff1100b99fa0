//! `cargo xtask simulate`: seeds of the simulation, as many as one has time for.
//!
//! Owns: building it. Refuses: what is run; the arguments are the program's own (`tests/simulation`).

use crate::programs::{built, cargo, command, show};
use anyhow::Result;
use std::process::Command;

/// The profile under which a simulation is fast and checks itself.
const PROFILE: &str = "sim";

/// The word that lets the seed of a plan be the seed of tokio's own dice too; that one profile is built with it and nothing
/// that ships.
const SEEDED: &str = "--cfg tokio_unstable";

/// Builds it.
pub(crate) fn build() -> Command {
    let mut build = cargo(&["build", "--profile", PROFILE, "--locked", "-p", "tidemark-simulation"]);
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    build.env("RUSTFLAGS", format!("{flags} {SEEDED}"));
    build
}

/// Returns the program, built.
pub(crate) fn program(arguments: &[String]) -> Result<Command> {
    let mut simulate = command(built(PROFILE, "tidemark-simulate")?, &[]);
    simulate.args(arguments);
    Ok(simulate)
}

/// Builds it and runs it.
pub(crate) fn simulate(arguments: &[String]) -> Result<()> {
    show(build())?;
    show(program(arguments)?)
}
