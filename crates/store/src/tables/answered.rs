//! What a question was before a person answered it.
//!
//! Owns: the `answered` table. Refuses: what is in an entry, and taking an answer back (`decide::answered`).

use crate::error::Result;
use crate::tables::value::Key;
use crate::tx::transaction::Tx;
use rusqlite::{OptionalExtension, params};
use tidemark_model::RecordId;

/// The table's name.
pub(crate) const TABLE: &str = "answered";

/// Keeps what an answer replaced, under the id that takes it back.
pub(crate) fn add(tx: &Tx<'_>, undo: RecordId, set: &str, id: RecordId, before: &str) -> Result<()> {
    let sql = "INSERT INTO answered (id, entity_set, record_id, at, before, order_no) \
               SELECT ?1, ?2, ?3, ?4, ?5, coalesce(max(order_no), 0) + 1 FROM answered";
    tx.conn.prepare_cached(sql)?.execute(params![Key(undo), set, Key(id), tx.server_now_ms()?, before])?;
    Ok(())
}

/// Takes an entry out: the set, and what was replaced.
pub(crate) fn take(tx: &Tx<'_>, undo: RecordId) -> Result<Option<(String, String)>> {
    let mut statement = tx.conn.prepare_cached("DELETE FROM answered WHERE id = ?1 RETURNING entity_set, before")?;
    Ok(statement.query_row([Key(undo)], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}
