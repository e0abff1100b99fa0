//! `purge [--older-than DAYS]`.

use super::{Common, Failure};
use crate::ports::Ports;
use crate::storage::open::Access;

/// How many days a tombstone keeps its content, unless told otherwise (DESIGN section 4).
pub(super) const RETENTION_DAYS: u32 = 90;

/// Drops the content of old tombstones.
#[derive(Debug, clap::Args)]
pub(super) struct Purge {
    /// Only records that were deleted at least so many days ago
    #[arg(long, env = "TIDEMARK_OLDER_THAN", value_name = "DAYS", default_value_t = RETENTION_DAYS)]
    older_than: u32,
    #[command(flatten)]
    common: Common,
}

impl Purge {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let storage = self.common.open(Access::Existing).await?;
        let purged = storage.purge(days_ago(Ports::default().clock.now_ms(), self.older_than)).await?;
        println!("purged {}", purged.tombstones);
        Ok(())
    }
}

/// Returns the moment so many days ago.
pub(crate) fn days_ago(now_ms: i64, days: u32) -> i64 {
    now_ms.saturating_sub(i64::from(days) * 24 * 60 * 60 * 1000)
}
