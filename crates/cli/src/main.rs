//! `tidemark`: the headless host of the same app that the window shows (DESIGN section 6).
//!
//! Owns: the command line, its output and its exit status. Refuses: every rule; it asks `tidemark-app`. It never needs
//! the window closed: both may work on one data dir at the same time.

mod args;
mod commands;
mod ended;
mod input;
mod output;
mod table;
mod words;

use args::Args;
use clap::Parser as _;
use ended::Ended;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Wrong usage ends here, with status 2.
    let args = Args::parse();
    log_to_stderr();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("this system gives no threads to work with: {error}")),
    };
    match runtime.block_on(commands::run(args)) {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Failed) => ExitCode::from(1),
        Ok(Ended::Offline) => ExitCode::from(3),
        // Whoever reads our output has seen enough, as `head` does.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(sentence: &str) -> ExitCode {
    output::complain(sentence);
    ExitCode::from(1)
}

/// Logs only where it is asked for: standard error carries one plain sentence otherwise.
fn log_to_stderr() {
    let filter = std::env::var("TIDEMARK_LOG").unwrap_or_else(|_| "off".to_owned());
    let filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_default();
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
