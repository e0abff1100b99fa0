//! `cargo xtask simulate`: seeds of the simulation, as many as one has time for.
//!
//! Owns: building it. Refuses: what is run; the arguments are the program's own (`tests/simulation`).

use crate::programs::{built, cargo, command, show};
use anyhow::Result;
use std::process::Command;

/// The profile under which a simulation is fast and checks itself.
const PROFILE: &str = "sim";

/// Builds it.
pub(crate) fn build() -> Command {
    cargo(&["build", "--profile", PROFILE, "--locked", "-p", "tidemark-simulation"])
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
