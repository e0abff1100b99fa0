//! The commands of `tidemark-server` (DESIGN section 6).
//!
//! Owns: flags, each with its environment variable, exit statuses (0 done, 1 failed, 2 wrong usage) and the one plain
//! sentence on stderr. Refuses: doing anything itself; a file for each verb does.

mod backup;
mod database;
mod new_epoch;
mod password;
mod purge;
mod restore;
mod serve;
mod token;
mod user;

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(name = "tidemark-server", version, about = "Keeps a team's records in step with devices that work offline")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

/// What every command takes.
#[derive(Clone, Debug, clap::Args)]
struct Common {
    /// Where the records are: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(long, env = "TIDEMARK_DATABASE", hide_env_values = true, value_name = "URL")]
    database: String,
    /// The entity model, a CSDL JSON document; the built-in one without it
    #[arg(long, env = "TIDEMARK_MODEL", value_name = "FILE")]
    model: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve the records over HTTP
    Serve(serve::Serve),
    /// Accounts
    #[command(subcommand)]
    User(UserVerb),
    /// Tokens
    #[command(subcommand)]
    Token(TokenVerb),
    /// Drop the content of records that were deleted long ago
    Purge(purge::Purge),
    /// Write a copy of the database to a new file
    Backup(backup::Backup),
    /// Put a backup in the place of the database
    Restore(restore::Restore),
    /// Say that an older copy stands in the place of the database: devices read everything again
    NewEpoch(new_epoch::NewEpoch),
}

#[derive(Debug, Subcommand)]
enum UserVerb {
    /// Add an account; its password is read from stdin
    Add(user::Add),
}

#[derive(Debug, Subcommand)]
enum TokenVerb {
    /// Make a token for an account and print it
    Create(token::Create),
    /// Take a token back
    Revoke(token::Revoke),
}

/// Why a command did not do it.
#[derive(Debug)]
enum Failure {
    /// It was called in a wrong way.
    Usage(String),
    /// It could not be done.
    Failed(String),
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Runs the command line and returns the process's exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too, for stdout and with status 0. There is nobody to tell if it fails.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match carry_out(arguments.verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(sentence)) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
        Err(Failure::Failed(sentence)) => {
            eprintln!("{sentence}");
            ExitCode::from(1)
        }
    }
}

fn carry_out(verb: Verb) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        match verb {
            Verb::Serve(serve) => serve.run().await,
            Verb::User(UserVerb::Add(add)) => add.run().await,
            Verb::Token(TokenVerb::Create(create)) => create.run().await,
            Verb::Token(TokenVerb::Revoke(revoke)) => revoke.run().await,
            Verb::Purge(purge) => purge.run().await,
            Verb::Backup(backup) => backup.run().await,
            Verb::Restore(restore) => restore.run(),
            Verb::NewEpoch(new_epoch) => new_epoch.run().await,
        }
    });
    // Reads that nobody waits for any more need not end before the process does.
    runtime.shutdown_background();
    outcome
}
