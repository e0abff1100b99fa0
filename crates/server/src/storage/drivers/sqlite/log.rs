//! The write-ahead log's length: it is emptied where it has grown, and cannot grow without end.
//!
//! SQLite begins its log anew only at a moment in which nobody reads. Where reads overlap all day that moment never
//! comes by itself, so it is made: new reads wait for some tenths of a second. Owns: when. Refuses: losing a read for
//! it, but where the log has grown beyond all measure.

use super::pool::Pool;
use super::writer::Writer;
use crate::ports::Ports;
use crate::storage::Result;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tidemark_model::ports::Clock;
use tidemark_sqlite::Disk;

/// From here on the log is emptied where that goes quickly.
const LONG: u64 = 64 * 1024 * 1024;
/// From here on the reads that are in the way are ended.
const TOO_LONG: u64 = 256 * 1024 * 1024;
/// How long new reads wait for those under way, and how long it is until they wait again where that was not enough.
const PAUSE: Duration = Duration::from_millis(500);
const BETWEEN: Duration = Duration::from_secs(5);

/// The log of one file.
pub(super) struct Log {
    path: PathBuf,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    long: u64,
    is_being_emptied: AtomicBool,
    not_before_ms: AtomicU64,
}

impl Log {
    /// Looks after the log of a database.
    pub(super) fn of(database: &Path, ports: &Ports) -> Self {
        let (disk, clock) = (Arc::clone(&ports.disk), Arc::clone(&ports.clock));
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        let (is_being_emptied, not_before_ms) = (AtomicBool::new(false), AtomicU64::new(0));
        Self { path: path.into(), disk, clock, long: LONG, is_being_emptied, not_before_ms }
    }

    /// Empties the log where it is long; called behind a write.
    pub(super) async fn look_after(&self, readers: &Pool, writer: &Writer) {
        let length = self.disk.length(&self.path).unwrap_or(0);
        let now_ms = self.clock.monotonic_ms();
        let is_due = length >= self.long && now_ms >= self.not_before_ms.load(Ordering::Relaxed);
        if !is_due || self.is_being_emptied.swap(true, Ordering::AcqRel) {
            return;
        }
        self.not_before_ms.store(now_ms + BETWEEN.as_millis() as u64, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::drivers::Access;
    use crate::storage::drivers::sqlite::open::open;
    use crate::storage::engine::{Bind, Fetch, Kind, Scope, Session, Tx};
    use tokio::sync::oneshot;

    const LENGTH: u64 = 256 * 1024;

    fn fill(session: &mut dyn Session) -> Result<()> {
        let text = "x".repeat(2 * LENGTH as usize);
        session.run(Kind::Write, Scope::Nobody, |tx: &dyn Tx| {
            tx.execute("INSERT INTO property (entity_set, name, type) VALUES ('s', ?1, '')", &[Bind::Text(&text)])
                .map(drop)
        })
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn it_is_emptied_in_a_moment_made_for_it_and_reads_go_on_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        let (path, ports) = (folder.path().join("records.db"), Ports::default());
        let writer = Writer::start(open(&path, Access::Create, None, &ports).unwrap()).unwrap();
        let pool = Arc::new(Pool::new(path.clone(), 2, &ports));
        let log = Arc::new(Log { long: LENGTH, ..Log::of(&path, &ports) });
        let length = || std::fs::metadata(&log.path).unwrap().len();
        // A read that sees the moment before the write and goes on.
        let (begun, has_begun) = oneshot::channel();
        let (end, may_end) = oneshot::channel::<()>();
        let reading = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move {
                let read = move |session: &mut dyn Session| {
                    session.run(Kind::Read, Scope::Nobody, |tx: &dyn Tx| {
                        tx.query("SELECT no FROM workspace", &[], Fetch::Whole, &mut |_| Ok(()))?;
                        begun.send(()).unwrap();
                        may_end.blocking_recv().unwrap();
                        Ok(())
                    })
                };
                pool.read(read).await
            }
        });
        has_begun.await.unwrap();
        writer.run(fill).await.unwrap();
        assert!(length() >= LENGTH);
        let writer = Arc::new(writer);
        let emptying = tokio::spawn({
            let (pool, writer, log) = (Arc::clone(&pool), Arc::clone(&writer), Arc::clone(&log));
            async move { log.look_after(&pool, &writer).await }
        });
        end.send(()).unwrap();
        reading.await.unwrap().unwrap();
        emptying.await.unwrap();
        assert_eq!(length(), 0, "the moment was made");
        pool.read(|session| session.run(Kind::Read, Scope::Nobody, |_| Ok(()))).await.unwrap();
        // Where it was not enough, nobody waits for it again at once.
        writer.run(fill).await.unwrap_err();
        assert!(log.not_before_ms.load(Ordering::Relaxed) > ports.clock.monotonic_ms());
    }
}
