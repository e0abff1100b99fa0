//! A piece of work that is tried in one place and, where that did not come to it, in another.
//!
//! Owns: that it is carried out once. Refuses: where.

use super::tx::Tx;
use crate::storage::{Result, StorageError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Work<T> = Box<dyn FnOnce(&dyn Tx) -> Result<T> + Send>;

/// The work; its clones are the same.
pub(super) struct Once<T>(Arc<Mutex<Option<Work<T>>>>);

impl<T> Clone for Once<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Once<T> {
    pub(super) fn of(work: impl FnOnce(&dyn Tx) -> Result<T> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(work)))))
    }

    /// Tells whether it was begun.
    pub(super) fn is_done(&self) -> bool {
        self.work().is_none()
    }

    /// Carries it out.
    pub(super) fn run(&self, tx: &dyn Tx) -> Result<T> {
        let work = self.work().take();
        work.ok_or_else(|| StorageError::Failed("a read was asked for twice".into()))?(tx)
    }

    fn work(&self) -> MutexGuard<'_, Option<Work<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
