//! Hearing of changes, by this process and by others.
//!
//! Owns: nothing but asking for it. Refuses: telling anything that was rolled back (`tx::notices`).

use crate::error::Result;
use crate::tx::notices::Listener;
use crate::tx::store::Store;
use std::sync::Arc;

impl Store {
    /// Calls `listener` after every commit of this process that changed records, on the thread that committed.
    pub fn on_change(&self, listener: Box<Listener>) {
        self.inner.listeners.add(Arc::from(listener));
    }

    /// Tells whether another process has written since this was last asked.
    ///
    /// It asks the writing connection: `PRAGMA data_version` moves there by other connections' commits only, and
    /// in this process no other connection writes. While a write is running the answer waits for the next call.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn outside_changes(&self) -> Result<bool> {
        self.inner.outside_changes()
    }
}
