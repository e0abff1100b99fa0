//! The readers: a few connections, each used by one read at a time, off the async threads.
//!
//! A read that takes too long is interrupted, also where nobody waits for it any more (FAULTS A16).

use super::open::open_reader;
use super::session::SqliteSession;
use crate::limits::READ_TIMEOUT;
use crate::storage::engine::Session;
use crate::storage::{Result, StorageError};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// The readers of one file.
pub(super) struct Pool {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    /// Makes a pool of so many; its connections are opened when they are needed.
    pub(super) fn new(path: PathBuf, readers: usize) -> Self {
        Self { path, idle: Arc::default(), permits: Arc::new(Semaphore::new(readers)) }
    }

    /// Reads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StorageError::Stopping)?;
        let idle = Arc::clone(&self.idle);
        let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match connection {
            Some(connection) => connection,
            None => open_reader(&self.path)?,
        };
        let interrupt = connection.get_interrupt_handle();
        let watch = tokio::spawn(async move {
            tokio::time::sleep(READ_TIMEOUT).await;
            interrupt.interrupt();
        })
        .abort_handle();
        let work = tokio::task::spawn_blocking(move || {
            let outcome = read(&mut SqliteSession(&mut connection));
            watch.abort();
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            drop(permit);
            outcome
        });
        work.await.map_err(|error| StorageError::Failed(format!("a read broke off: {error}")))?
    }
}
