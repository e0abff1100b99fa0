//! Every developer command, once: `cargo xtask run`, `cargo xtask test`, `cargo xtask simulate`, `cargo xtask bench`.
//!
//! Owns: what has to be installed and built, in which order, and what is run. Refuses: anything that the product
//! itself does: it is driven through its own commands. One file for each verb.

#![expect(clippy::disallowed_methods, reason = "it drives real processes, and goes by the machine's clock as they do")]

mod bench;
mod demo;
mod programs;
mod provision;
mod run;
mod screen;
mod simulate;
mod steps;
mod test;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Runs, tests and measures Tidemark.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Show a demo: a server with sample records, and the desktop app signed in to it.
    ///
    /// Every run starts anew, in target/demo.
    Run {
        /// Do it on a virtual screen, write artifacts/run.png and end.
        #[arg(long)]
        headless: bool,
    },
    /// Run every test, after installing what the tests need.
    Test,
    /// Run seeds of the simulation: `--seeds N [--seed S] [--minutes M] [--trace]`; `--help` tells the rest.
    Simulate {
        /// Arguments of the simulation.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
        arguments: Vec<String>,
    },
    /// Measure release builds: one JSON line per measurement, beside the limit measured in the same run.
    Bench {
        /// Part of a measurement's name, and options of the bench itself.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "NAME")]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().verb {
        Verb::Run { headless } => run::run(headless).map(|()| ExitCode::SUCCESS),
        Verb::Test => test::test(),
        Verb::Simulate { arguments } => simulate::simulate(&arguments).map(|()| ExitCode::SUCCESS),
        Verb::Bench { arguments } => bench::bench(&arguments).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        Arguments::command().debug_assert();
        let parsed = Arguments::try_parse_from(["xtask", "bench", "first_sync", "--records", "1000"]).unwrap();
        let Verb::Bench { arguments } = parsed.verb else { panic!("another verb") };
        assert_eq!(arguments, ["first_sync", "--records", "1000"]);
    }
}
