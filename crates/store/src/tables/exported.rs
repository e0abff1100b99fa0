//! The versions of records that went into files: what a file that is put back was written from (ADR 0011).
//!
//! Owns: the `exported` table. A version is known by its stamp, as the file carries it; where two contents had one stamp,
//! both are kept. Refuses: what an edited row comes to (`tidemark-model`, `file_edit`).

use crate::error::Result;
use crate::tables::value::{Key, from_text, to_text};
use crate::tx::transaction::Tx;
use rusqlite::{Connection, params};
use std::ops::RangeInclusive;
use tidemark_model::{Record, RecordId};

/// The table's name.
pub(crate) const TABLE: &str = "exported";

/// Remembers a record as it goes into a file.
pub(crate) fn add(tx: &Tx<'_>, set: &str, record: &Record) -> Result<()> {
    // What went out once more is the newest again, and kept from now on.
    let sql = "INSERT OR REPLACE INTO exported (entity_set, id, updated_at, content) VALUES (?1, ?2, ?3, ?4)";
    let content = to_text(&record.properties)?;
    tx.conn.prepare_cached(sql)?.execute(params![set, Key(record.id), record.updated_at, content])?;
    Ok(())
}

/// Returns the versions of a record that went into a file under one of these stamps.
pub(crate) fn versions(
    conn: &Connection,
    set: &str,
    id: RecordId,
    stamps: &RangeInclusive<i64>,
) -> Result<Vec<Record>> {
    let sql = "SELECT updated_at, content FROM exported WHERE entity_set = ?1 AND id = ?2 \
               AND updated_at BETWEEN ?3 AND ?4 ORDER BY order_no DESC";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![set, Key(id), stamps.start(), stamps.end()])?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        let mut record = Record::new(id, row.get(0)?);
        record.properties = from_text(&row.get::<_, String>(1)?)?;
        versions.push(record);
    }
    Ok(versions)
}
