//! The cycles of the last days, for Activity; and the housekeeping that goes with them.
//!
//! Owns: that what has been kept long enough goes right after the server told the time. Refuses: deciding what a cycle came
//! to (`tidemark-sync` does).

use crate::error::Result;
use crate::open::lease::Lease;
use crate::tables::cycle::{self, CycleEntry};
use crate::tables::position;
use crate::tables::retention::{self, CYCLES};
use crate::tx::store::Store;
use tidemark_model::CycleOutcome;

impl Lease {
    /// Keeps what a cycle came to, and drops what has been kept long enough here and elsewhere.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn record_cycle(&self, cycle: &CycleEntry) -> Result<()> {
        self.write(|tx| {
            let behind = position::awaited(tx.conn)?.into_iter().map(|(set, _)| set).collect();
            cycle::add(tx, &CycleEntry { behind, ..cycle.clone() }, CYCLES)?;
            // Right after the server told the time: a wrong clock makes nothing look old.
            if cycle.outcome == CycleOutcome::Synced {
                retention::purge(tx)?;
            }
            Ok(())
        })
    }
}

impl Store {
    /// Returns the newest cycle that went through and left no set behind.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_synced(&self) -> Result<Option<CycleEntry>> {
        self.read(|reading| cycle::newest_synced(reading.conn))
    }

    /// Returns the last cycles, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn cycles(&self, limit: u32) -> Result<Vec<CycleEntry>> {
        self.read(|reading| cycle::newest(reading.conn, limit))
    }
}
