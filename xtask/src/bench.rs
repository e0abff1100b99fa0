//! `cargo xtask bench`: the measurements of `tests/bench`, on release builds of the real client and server.

use crate::programs::{built, cargo, command, show};
use anyhow::Result;

/// Builds and measures; the figures alone are on stdout.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    let packages = ["-p", "tidemark-server", "-p", "tidemark-cli", "-p", "tidemark-tests"];
    let mut build = cargo(&["build", "--release", "--locked"]);
    build.args(packages).arg("--bins");
    show(build)?;
    let mut bench = command(built("release", "tidemark-bench")?, &[]);
    bench.args(arguments);
    show(bench)
}
