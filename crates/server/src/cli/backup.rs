//! `backup FILE`.

use super::{Common, Failure};
use crate::storage::open::Access;
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
        Ok(self.common.open(Access::Existing).await?.backup(&self.file).await?)
    }
}
