//! `purge [--older-than DAYS] [--history-older-than DAYS]`.

use super::{Common, Failure};
use crate::ports::Ports;
use crate::storage::Days;
use crate::storage::open::Access;

/// How many days a tombstone keeps its content, unless told otherwise (DESIGN section 4).
pub(super) const RETENTION_DAYS: u32 = 90;
/// How many days a change can be seen in a record's history, unless told otherwise: two years.
pub(super) const HISTORY_DAYS: u32 = 730;

/// Drops the content of old tombstones, and old history.
#[derive(Debug, clap::Args)]
pub(super) struct Purge {
    /// Only records that were deleted at least so many days ago
    #[arg(long, env = "TIDEMARK_OLDER_THAN", value_name = "DAYS", default_value_t = RETENTION_DAYS)]
    older_than: u32,
    /// Only changes that were made at least so many days ago; each record's last one stays
    #[arg(long, env = "TIDEMARK_HISTORY_OLDER_THAN", value_name = "DAYS", default_value_t = HISTORY_DAYS)]
    history_older_than: u32,
    #[command(flatten)]
    common: Common,
}

impl Purge {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let storage = self.common.open(Access::Existing).await?;
        let kept = Days { tombstones: self.older_than, history: self.history_older_than };
        let purged = storage.purge(kept.before(Ports::default().clock.now_ms())).await?;
        println!("purged {}", purged.tombstones);
        if purged.lines > 0 {
            println!("dropped {} old changes from the history", purged.lines);
        }
        Ok(())
    }
}
