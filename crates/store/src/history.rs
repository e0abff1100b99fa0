//! What happened to a record on this device: the sides that did not stand, whole and restorable.
//!
//! Owns: the `history` table and its words. Refuses: ordinary edits; only what would otherwise vanish is kept
//! (FAULTS I13: at least 90 days; here a year).

use crate::error::Result;
use crate::store::Store;
use crate::table::Table;
use crate::types::HistoryEntry;
use crate::value::{Key, from_optional_text, to_text};
use crate::write::Tx;
use rusqlite::{Connection, params};
use tidemark_model::{Record, RecordId};

const KEPT_MS: i64 = 365 * 24 * 60 * 60 * 1000;

/// A record was deleted here before the server knew it.
pub(crate) const DELETED: &str = "deleted";

/// Writes an entry.
pub(crate) fn log(
    tx: &Tx<'_>,
    table: &Table,
    id: RecordId,
    event: &str,
    by: Option<&str>,
    record: Option<&Record>,
) -> Result<()> {
    let sql = "INSERT INTO history (entity_set, id, at, event, by, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let record = record.map(to_text).transpose()?;
    tx.conn.prepare_cached(sql)?.execute(params![table.set.name, Key(id), tx.now_ms, event, by, record])?;
    Ok(())
}

/// Reads a record's entries, newest first.
pub(crate) fn of_record(conn: &Connection, set: &str, id: RecordId) -> Result<Vec<HistoryEntry>> {
    let sql = "SELECT at, event, by, record FROM history WHERE entity_set = ?1 AND id = ?2 ORDER BY order_no DESC";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![set, Key(id)])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(HistoryEntry {
            at: row.get(0)?,
            event: row.get(1)?,
            by: row.get(2)?,
            record: from_optional_text(row.get(3)?)?,
        });
    }
    Ok(entries)
}

/// Takes back the entry of a deletion that no server heard of, if it is a record's newest and later than `after_ms`.
pub(crate) fn take_deleted(tx: &Tx<'_>, table: &Table, id: RecordId, after_ms: i64) -> Result<Option<Record>> {
    let newest = of_record(tx.conn, &table.set.name, id)?.into_iter().next();
    let Some(entry) = newest.filter(|entry| entry.event == DELETED && entry.at > after_ms) else { return Ok(None) };
    let sql = "DELETE FROM history WHERE order_no = \
               (SELECT max(order_no) FROM history WHERE entity_set = ?1 AND id = ?2)";
    tx.conn.prepare_cached(sql)?.execute(params![table.set.name, Key(id)])?;
    Ok(entry.record)
}

/// Drops entries that have been kept long enough.
pub(crate) fn purge(tx: &Tx<'_>) -> Result<()> {
    tx.conn.prepare_cached("DELETE FROM history WHERE at < ?1")?.execute([tx.now_ms - KEPT_MS])?;
    Ok(())
}

impl Store {
    /// Returns what happened to a record on this device, newest first.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn history(&self, set: &str, id: RecordId) -> Result<Vec<HistoryEntry>> {
        self.read(|reading| {
            reading.catalog.table(set)?;
            of_record(reading.conn, set, id)
        })
    }
}
