//! What the steps of a cycle share.
//!
//! Owns: the lease, the connection and the sums of one cycle. Refuses: the steps (`push`, `pull`) and their order (`cycle`).

use crate::blocking::blocking;
use crate::engine::Engine;
use crate::error::SyncError;
use crate::pull::Pulled;
use crate::remote::connection::Connection;
use crate::report::Progress;
use std::sync::Arc;
use tidemark_store::{Lease, Tally};

/// What the steps of a cycle share.
pub(crate) struct Run<'e> {
    pub(crate) engine: &'e Engine,
    /// The only way into the database: what the account or the turn ended is written nowhere.
    pub(crate) store: &'e Lease,
    pub(crate) connection: Arc<Connection>,
    pub(crate) tally: Tally,
    pub(crate) pulled: Pulled,
    /// What the push met and the rest of the cycle went on in spite of: told at the end.
    pub(crate) held: Option<SyncError>,
}

impl Run<'_> {
    /// Keeps what the answers so far tell of this machine's clock.
    pub(crate) fn learn_clock(&self) -> Result<(), SyncError> {
        match self.connection.clock_sample() {
            Some(sample) => Ok(blocking(|| self.store.learn_clock(sample))?),
            None => Ok(()),
        }
    }

    /// Reports how far the cycle is. Until the server has answered once nobody knows whether it can be reached, and the
    /// status line says nothing that may turn out wrong (promise 9).
    pub(crate) fn progress(&self, progress: Progress) {
        if self.connection.traffic().bytes_received == 0 {
            return;
        }
        (self.engine.on_progress)(Some(progress));
    }
}
