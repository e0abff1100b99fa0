//! A replica that reads of records may go to.
//!
//! Owns: its connections, and leaving it alone for a while when it does not answer: then the reads go where the writes go.
//! Refuses: whether it is far enough for a read, which the engine asks of it in the read's own snapshot.

use super::connect::{Address, READERS, pool};
use super::run;
use crate::limits::READ_TIMEOUT;
use crate::storage::engine::Session;
use crate::storage::{Result, StorageError};
use deadpool_postgres::Pool;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tidemark_model::ports::Clock;

/// For how long a replica that did not answer is left alone.
const LEFT_ALONE_MS: u64 = 10_000;

/// A replica.
pub(super) struct Replica {
    pool: Pool,
    clock: Arc<dyn Clock>,
    name: String,
    /// The moment, on the monotonic clock, from which on it is asked again.
    asked_from_ms: AtomicU64,
}

impl Replica {
    /// Makes ready for a replica, whose connections are made when they are needed.
    pub(super) fn at(address: &Address, is_apart: bool, clock: Arc<dyn Clock>) -> Result<Self> {
        let pool = pool(address, READERS, READ_TIMEOUT, is_apart)?;
        Ok(Self { pool, clock, name: address.name().to_owned(), asked_from_ms: AtomicU64::new(0) })
    }

    /// Tells whether it is worth asking.
    pub(super) fn is_there(&self) -> bool {
        self.clock.monotonic_ms() >= self.asked_from_ms.load(Ordering::Relaxed)
    }

    /// Does work that reads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let done = run(&self.pool, work).await;
        if let Err(error @ (StorageError::Unreachable(_) | StorageError::NoRights(_))) = &done {
            self.asked_from_ms.store(self.clock.monotonic_ms() + LEFT_ALONE_MS, Ordering::Relaxed);
            tracing::warn!(replica = self.name, %error, "the replica does not answer; reads go to the database itself");
        }
        done
    }
}
