//! The write-ahead log's length: it is emptied where it has grown, and cannot grow without end.
//!
//! SQLite begins its log anew only at a moment in which nobody reads. Where reads overlap all day that moment never
//! comes by itself, so it is made: new reads wait for some tenths of a second. Owns: when. Refuses: losing a read for
//! it, but where the log has grown beyond all measure.

use super::pool::Pool;
use super::writer::Writer;
use crate::storage::Result;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// From here on the log is emptied where that goes quickly.
const LONG: u64 = 64 * 1024 * 1024;
/// From here on the reads that are in the way are ended.
const TOO_LONG: u64 = 256 * 1024 * 1024;
/// How long new reads wait for those under way.
const PAUSE: Duration = Duration::from_millis(500);

/// The log of one file.
pub(super) struct Log {
    path: PathBuf,
    is_being_emptied: AtomicBool,
}

impl Log {
    /// Looks after the log of a database.
    pub(super) fn of(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        Self { path: path.into(), is_being_emptied: AtomicBool::new(false) }
    }

    /// Empties the log where it is long; called behind a write.
    pub(super) async fn look_after(&self, readers: &Pool, writer: &Writer) {
        let length = std::fs::metadata(&self.path).map_or(0, |file| file.len());
        if length < LONG || self.is_being_emptied.swap(true, Ordering::AcqRel) {
            return;
        }
        let _emptying = Emptying(&self.is_being_emptied);
        if length > TOO_LONG {
            readers.end_reads();
        }
        if let Some(_pause) = readers.pause(PAUSE).await {
            let emptied: Result<()> = writer.empty_log().await;
            if let Err(error) = emptied {
                tracing::warn!(%error, "the write-ahead log could not be emptied; it is tried again");
            }
        }
    }
}

/// Dropped too where whoever wrote hangs up meanwhile.
struct Emptying<'l>(&'l AtomicBool);

impl Drop for Emptying<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
