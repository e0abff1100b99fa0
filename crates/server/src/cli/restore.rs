//! `restore FILE`.

use super::{Common, Failure};
use crate::ports::Ports;
use crate::storage::open::restore;
use std::path::PathBuf;

/// Puts a backup in the place of the database.
#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

impl Restore {
    pub(super) fn run(self) -> Result<(), Failure> {
        Ok(restore(&self.common.address()?, &self.file, &Ports::default())?)
    }
}
