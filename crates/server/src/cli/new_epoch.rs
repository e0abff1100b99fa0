//! `new-epoch`.

use super::{Common, Failure};
use crate::storage::open::Access;

/// Begins a new epoch, after a copy was put in the place of a PostgreSQL database by its own tools.
#[derive(Debug, clap::Args)]
pub(super) struct NewEpoch {
    #[command(flatten)]
    common: Common,
}

impl NewEpoch {
    pub(super) async fn run(self) -> Result<(), Failure> {
        Ok(self.common.open(Access::Existing).await?.begin_epoch().await?)
    }
}
