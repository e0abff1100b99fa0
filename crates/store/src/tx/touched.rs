//! What a transaction changed of what waits, whichever statement did it.
//!
//! Owns: the list, in memory. Refuses: noting (`watch`), and what is told of it (`outbox`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tidemark_model::RecordId;

/// One thing that was touched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Touch {
    /// A pending change, by its place in the queue.
    Place(i64),
    /// A record whose pending change or question was changed or removed.
    Record(String, RecordId),
    /// The account, the model or the shape of a set that left it, by the name of its setting.
    Setting(String),
}

/// What was touched since it was last taken; a note of what was rolled back harms nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Touched(Arc<Mutex<Vec<Touch>>>);

impl Touched {
    /// Forgets what was noted.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Takes what was noted, in the order in which it was touched.
    pub(crate) fn take(&self) -> Vec<Touch> {
        std::mem::take(&mut *self.lock())
    }

    /// Notes a thing.
    pub(crate) fn note(&self, touch: Touch) {
        self.lock().push(touch);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Touch>> {
        // A list is never half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
