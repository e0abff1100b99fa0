//! The cycles of the last days, for Activity; and the housekeeping that goes with them.
//!
//! Owns: the `cycle` table. Refuses: deciding what a cycle came to (`tidemark-sync` does).

use crate::error::Result;
use crate::look::awaited;
use crate::open::lease::Lease;
use crate::tables::retention::{self, CYCLES};
use crate::tables::value::{from_optional_text, from_text, to_text};
use crate::tx::store::Store;
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

/// One cycle, for Activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CycleEntry {
    /// Unix milliseconds UTC.
    pub started_at: i64,
    /// Milliseconds.
    pub duration_ms: u64,
    /// `synced`, `offline`, `signed_out`, `failed`.
    pub outcome: String,
    /// Changes accepted.
    pub pushed: u64,
    /// Records changed here.
    pub pulled: u64,
    /// Records merged.
    pub merged: u64,
    /// Conflicts opened.
    pub conflicts: u64,
    /// Records parked.
    pub parked: u64,
    /// HTTP requests.
    pub requests: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// The plain sentence of what went wrong.
    pub error: Option<String>,
    /// The sets that it left unfetched; the store notes them as it keeps the entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<String>,
}

const SYNCED: &str = "synced";
/// The newest cycle that went through and left no set behind; found by the index `cycle_synced`.
const NEWEST_SYNCED: &str = "SELECT max(order_no) FROM cycle WHERE json_extract(entry, '$.outcome') = 'synced' \
                             AND json_extract(entry, '$.behind') IS NULL";

impl Lease {
    /// Keeps what a cycle came to, and drops what has been kept long enough here and elsewhere.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn record_cycle(&self, cycle: &CycleEntry) -> Result<()> {
        self.write(|tx| {
            let behind = awaited::awaited(tx.conn)?.into_iter().map(|awaited| awaited.set).collect();
            let entry = CycleEntry { behind, ..cycle.clone() };
            tx.conn.prepare_cached("INSERT INTO cycle (entry) VALUES (?1)")?.execute([to_text(&entry)?])?;
            let newest = tx.conn.last_insert_rowid();
            // "Last synced" is told from the newest complete one, however long ago that is.
            let sql = format!("DELETE FROM cycle WHERE order_no <= ?1 AND order_no IS NOT ({NEWEST_SYNCED})");
            tx.conn.prepare_cached(&sql)?.execute([newest - CYCLES])?;
            // Right after the server told the time: a wrong clock makes nothing look old.
            if cycle.outcome == SYNCED {
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
        self.read(|reading| {
            let sql = format!("SELECT entry FROM cycle WHERE order_no = ({NEWEST_SYNCED})");
            let entry: Option<String> =
                reading.conn.prepare_cached(&sql)?.query_row([], |row| row.get(0)).optional()?;
            from_optional_text(entry)
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
