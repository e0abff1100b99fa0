//! The cycles of the last days, for Activity; and the housekeeping that goes with them.
//!
//! Owns: the `cycle` table. Refuses: deciding what a cycle came to (`tidemark-sync` does).

use crate::error::Result;
use crate::history;
use crate::sent;
use crate::store::Store;
use crate::types::CycleEntry;
use crate::value::{from_text, to_text};

/// Entries kept.
const KEPT: i64 = 1_000;

impl Store {
    /// Keeps what a cycle came to, and drops what has been kept long enough here and elsewhere.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn record_cycle(&self, cycle: &CycleEntry) -> Result<()> {
        self.write(|tx| {
            tx.conn.prepare_cached("INSERT INTO cycle (entry) VALUES (?1)")?.execute([to_text(cycle)?])?;
            let newest = tx.conn.last_insert_rowid();
            tx.conn.prepare_cached("DELETE FROM cycle WHERE order_no <= ?1")?.execute([newest - KEPT])?;
            sent::purge(tx)?;
            history::purge(tx)
        })
    }

    /// Returns the last cycles, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn cycles(&self, limit: u32) -> Result<Vec<CycleEntry>> {
        self.read(|reading| {
            let mut statement =
                reading.conn.prepare_cached("SELECT entry FROM cycle ORDER BY order_no DESC LIMIT ?1")?;
            let entries = statement.query_map([limit], |row| row.get::<_, String>(0))?;
            entries.map(|entry| from_text(&entry?)).collect()
        })
    }
}
