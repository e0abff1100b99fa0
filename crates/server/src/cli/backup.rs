//! `backup FILE`.

use super::{Common, Failure};
use crate::storage::Storage as _;
use crate::storage::drivers::sqlite::Access;
use std::path::PathBuf;

/// Writes a copy of the database.
#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// The file to write; it must not exist yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

impl Backup {
    pub(super) async fn run(self) -> Result<(), Failure> {
        Ok(self.common.open(Access::Existing)?.backup(&self.file).await?)
    }
}
