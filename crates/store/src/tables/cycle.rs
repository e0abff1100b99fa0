//! What each cycle came to.
//!
//! Owns: the `cycle` table, and that the newest complete cycle stays, however long ago it was. Refuses: deciding what a
//! cycle came to (`tidemark-sync` does).

use crate::error::Result;
use crate::tables::value::{from_optional_text, from_text, to_text};
use crate::tx::transaction::Tx;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use tidemark_model::{CycleOutcome, Word};

/// One cycle, for Activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CycleEntry {
    /// Unix milliseconds UTC.
    pub started_at: i64,
    /// Milliseconds.
    pub duration_ms: u64,
    /// What it came to.
    pub outcome: Word<CycleOutcome>,
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

/// The newest cycle that went through and left no set behind; found by the index `cycle_synced`.
const NEWEST_SYNCED: &str = "SELECT max(order_no) FROM cycle WHERE json_extract(entry, '$.outcome') = 'synced' \
                             AND json_extract(entry, '$.behind') IS NULL";

/// Keeps a cycle, and the last `kept` of all.
pub(crate) fn add(tx: &Tx<'_>, entry: &CycleEntry, kept: i64) -> Result<()> {
    tx.conn.prepare_cached("INSERT INTO cycle (entry) VALUES (?1)")?.execute([to_text(entry)?])?;
    let newest = tx.conn.last_insert_rowid();
    // "Last synced" is told from the newest complete one, however long ago that is.
    let sql = format!("DELETE FROM cycle WHERE order_no <= ?1 AND order_no IS NOT ({NEWEST_SYNCED})");
    tx.conn.prepare_cached(&sql)?.execute([newest - kept])?;
    Ok(())
}

/// Returns the newest cycle that went through and left no set behind.
pub(crate) fn newest_synced(conn: &Connection) -> Result<Option<CycleEntry>> {
    let sql = format!("SELECT entry FROM cycle WHERE order_no = ({NEWEST_SYNCED})");
    let entry: Option<String> = conn.prepare_cached(&sql)?.query_row([], |row| row.get(0)).optional()?;
    from_optional_text(entry)
}

/// Returns the last cycles, newest first.
pub(crate) fn newest(conn: &Connection, limit: u32) -> Result<Vec<CycleEntry>> {
    let mut statement = conn.prepare_cached("SELECT entry FROM cycle ORDER BY order_no DESC LIMIT ?1")?;
    let entries = statement.query_map([limit], |row| row.get::<_, String>(0))?;
    entries.map(|entry| from_text(&entry?)).collect()
}
