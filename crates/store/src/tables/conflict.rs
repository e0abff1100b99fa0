//! Open questions: one per record at most, with the newest version of the server's side.
//!
//! Owns: the `conflict` table. Refuses: deciding what is a conflict and what an answer means (`decide`). The base and this
//! device's side are the live ones of `pending` and the record.

use crate::error::{Result, StoreError};
use crate::tables::pending;
use crate::tables::table::Table;
use crate::tables::value::{Count, Key, from_optional_text, from_text, to_text};
use crate::tx::transaction::Tx;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use tidemark_model::{ConflictKind, RecordId, Versioned};

/// The table's name, and its column of record ids.
pub(crate) const TABLE: &str = "conflict";
pub(crate) const RECORD: &str = "record_id";

/// A row of `conflict`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) id: RecordId,
    pub(crate) set: String,
    pub(crate) record_id: RecordId,
    pub(crate) kind: ConflictKind,
    pub(crate) properties: Vec<String>,
    pub(crate) server: Option<Versioned>,
    pub(crate) detected_at: i64,
}

/// Writes a question, in the place of the one that is open about the record.
pub(crate) fn put(tx: &Tx<'_>, open: &Open) -> Result<()> {
    let sql = "INSERT INTO conflict (id, entity_set, record_id, kind, properties, server, detected_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (entity_set, record_id) DO UPDATE SET \
               id = ?1, kind = ?4, properties = ?5, server = ?6, detected_at = ?7";
    tx.conn.prepare_cached(sql)?.execute(params![
        Key(open.id),
        open.set,
        Key(open.record_id),
        open.kind.as_str(),
        to_text(&open.properties)?,
        open.server.as_ref().map(to_text).transpose()?,
        open.detected_at,
    ])?;
    Ok(())
}

/// Closes the question about a record, if there is one.
pub(crate) fn close(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<()> {
    let sql = "DELETE FROM conflict WHERE entity_set = ?1 AND record_id = ?2";
    tx.conn.prepare_cached(sql)?.execute(params![table.set.name, Key(id)])?;
    Ok(())
}

/// Says anew which properties are in question.
pub(crate) fn put_properties(tx: &Tx<'_>, question: RecordId, properties: &[String]) -> Result<()> {
    let sql = "UPDATE conflict SET properties = ?2 WHERE id = ?1";
    tx.conn.prepare_cached(sql)?.execute(params![Key(question), to_text(&properties)?])?;
    Ok(())
}

/// Returns every question, in the order in which their changes were made here: clocks may be moved (FAULTS I23).
pub(crate) fn all(conn: &Connection) -> Result<Vec<Open>> {
    let place = pending::place_of("conflict.entity_set", "record_id");
    let mut statement = conn.prepare_cached(&format!("{SELECT} ORDER BY {place}, record_id"))?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read_open(row)?);
    }
    Ok(all)
}

/// Returns the open question about a record.
pub(crate) fn of_record(conn: &Connection, table: &Table, id: RecordId) -> Result<Option<Open>> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} WHERE entity_set = ?1 AND record_id = ?2"))?;
    let mut rows = statement.query(params![table.set.name, Key(id)])?;
    rows.next()?.map(read_open).transpose()
}

/// Returns a question by its own id.
pub(crate) fn by_id(conn: &Connection, id: RecordId) -> Result<Option<Open>> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
    let mut rows = statement.query([Key(id)])?;
    rows.next()?.map(read_open).transpose()
}

/// Returns the records of a set that have an open question.
pub(crate) fn records(conn: &Connection, table: &Table) -> Result<Vec<RecordId>> {
    let mut statement = conn.prepare_cached(OF_SET)?;
    let ids = statement.query_map([&table.set.name], |row| row.get::<_, Key>(0).map(|key| key.0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

const SELECT: &str = "SELECT id, entity_set, record_id, kind, properties, server, detected_at FROM conflict";

fn read_open(row: &rusqlite::Row<'_>) -> Result<Open> {
    let kind: String = row.get(3)?;
    Ok(Open {
        id: row.get::<_, Key>(0)?.0,
        set: row.get(1)?,
        record_id: row.get::<_, Key>(2)?.0,
        kind: [ConflictKind::BothEdited, ConflictKind::DeletedOnServer, ConflictKind::EditedOnServer]
            .into_iter()
            .find(|known| known.as_str() == kind)
            .ok_or_else(|| StoreError::Internal(format!("{kind} is no kind of conflict")))?,
        properties: from_text(&row.get::<_, String>(4)?)?,
        server: from_optional_text(row.get(5)?)?,
        detected_at: row.get(6)?,
    })
}

/// The records of the set `?1` that have an open question, as a table of a statement.
pub(crate) const OF_SET: &str = "SELECT record_id FROM conflict WHERE entity_set = ?1";

/// Counts the open questions.
pub(crate) fn count(conn: &Connection) -> Result<u64> {
    Ok(conn.prepare_cached("SELECT count(*) FROM conflict")?.query_row([], |row| row.get(0).map(|Count(n)| n))?)
}

/// Removes questions that hold no change; returns how many.
pub(crate) fn remove_orphans(tx: &Tx<'_>) -> Result<u64> {
    let sql = format!("DELETE FROM conflict WHERE (entity_set, record_id) NOT IN ({})", pending::ASKED);
    Ok(tx.conn.execute(&sql, [])? as u64)
}
