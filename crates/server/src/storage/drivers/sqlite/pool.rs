//! The readers: a few connections, each used by one read at a time.
//!
//! Owns: how many there are, a deadline for each read that SQLite itself looks at (also where nobody waits for the read
//! any more, FAULTS A16), and a gate at which new reads wait while the log is emptied. Refuses: whose turn it is.

use super::open::open_reader;
use super::session::SqliteSession;
use crate::limits::READ_TIMEOUT;
use crate::machine::has_threads;
use crate::ports::Ports;
use crate::storage::engine::Session;
use crate::storage::{Result, StorageError};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tidemark_model::ports::Clock;
use tidemark_sqlite::Disk;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock, Semaphore};

/// After so many of SQLite's steps the deadline is looked at: some tens of microseconds.
const STEPS: i32 = 2_000;

/// A connection and the moment at which its read is to end.
struct Reader {
    connection: Connection,
    deadline_ms: Arc<AtomicU64>,
}

/// The readers of one file.
pub(super) struct Pool {
    path: PathBuf,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    idle: Arc<Mutex<Vec<Reader>>>,
    deadlines: Mutex<Vec<Arc<AtomicU64>>>,
    permits: Arc<Semaphore>,
    gate: Arc<RwLock<()>>,
}

impl Pool {
    /// Makes a pool of so many; its connections are opened when they are needed.
    pub(super) fn new(path: PathBuf, readers: usize, ports: &Ports) -> Self {
        let (disk, clock) = (Arc::clone(&ports.disk), Arc::clone(&ports.clock));
        let permits = Arc::new(Semaphore::new(readers));
        Self { path, disk, clock, idle: Arc::default(), deadlines: Mutex::default(), permits, gate: Arc::default() }
    }

    /// Reads, on a thread where a read may take its time.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let open = Arc::clone(&self.gate).read_owned().await;
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StorageError::Stopping)?;
        let idle = Arc::clone(&self.idle);
        let mut reader = self.take()?;
        let work = move || {
            let outcome = read(&mut SqliteSession(&mut reader.connection));
            locked(&idle).push(reader);
            drop((permit, open));
            outcome
        };
        if !has_threads() {
            return work();
        }
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| StorageError::Failed(format!("a read broke off: {error}")))?
    }

    /// Reads what takes microseconds, where the caller is: another thread would cost more than the read.
    pub(super) async fn glance<T>(&self, read: impl FnOnce(&mut dyn Session) -> Result<T>) -> Result<T> {
        let _permit = self.permits.acquire().await.map_err(|_| StorageError::Stopping)?;
        let mut reader = self.take()?;
        let glance = || read(&mut SqliteSession(&mut reader.connection));
        let outcome = if has_threads() { tokio::task::block_in_place(glance) } else { glance() };
        locked(&self.idle).push(reader);
        outcome
    }

    fn take(&self) -> Result<Reader> {
        let idle = locked(&self.idle).pop();
        let reader = match idle {
            Some(reader) => reader,
            None => self.open()?,
        };
        let deadline_ms = self.clock.monotonic_ms() + READ_TIMEOUT.as_millis() as u64;
        reader.deadline_ms.store(deadline_ms, Ordering::Relaxed);
        Ok(reader)
    }

    fn open(&self) -> Result<Reader> {
        let mut connection = open_reader(&*self.disk, &self.path)?;
        let deadline_ms = Arc::new(AtomicU64::new(0));
        let (clock, until) = (Arc::clone(&self.clock), Arc::clone(&deadline_ms));
        connection.progress_handler(STEPS, Some(move || clock.monotonic_ms() > until.load(Ordering::Relaxed)))?;
        locked(&self.deadlines).push(Arc::clone(&deadline_ms));
        Ok(Reader { connection, deadline_ms })
    }

    /// Waits until no read is under way and lets none begin while the guard is held; nothing where that takes longer.
    /// New reads wait meanwhile.
    pub(super) async fn pause(&self, at_most: Duration) -> Option<OwnedRwLockWriteGuard<()>> {
        tokio::time::timeout(at_most, Arc::clone(&self.gate).write_owned()).await.ok()
    }

    /// Ends the reads that are under way.
    pub(super) fn end_reads(&self) {
        locked(&self.deadlines).iter().for_each(|deadline_ms| deadline_ms.store(0, Ordering::Relaxed));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
