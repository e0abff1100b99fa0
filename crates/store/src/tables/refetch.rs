//! Records that are to be fetched singly, whatever their set's feed says.
//!
//! Owns: the `refetch` table. Refuses: knowing why (`position::fetch_later` is how one comes here).

use crate::error::Result;
use crate::tables::value::Key;
use crate::tx::transaction::Tx;
use rusqlite::{Connection, params};
use tidemark_model::RecordId;

/// Queues a record.
pub(crate) fn add(tx: &Tx<'_>, set: &str, id: RecordId) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO refetch (entity_set, id) VALUES (?1, ?2)";
    tx.conn.prepare_cached(sql)?.execute(params![set, Key(id)])?;
    Ok(())
}

/// Takes a record out; tells whether it was there.
pub(crate) fn remove(tx: &Tx<'_>, set: &str, id: RecordId) -> Result<bool> {
    let sql = "DELETE FROM refetch WHERE entity_set = ?1 AND id = ?2";
    Ok(tx.conn.prepare_cached(sql)?.execute(params![set, Key(id)])? > 0)
}

/// Takes out all of a set but what the query names, whose parameter is the set.
pub(crate) fn keep_only(tx: &Tx<'_>, set: &str, which: &str) -> Result<()> {
    let sql = format!("DELETE FROM refetch WHERE entity_set = ?1 AND id NOT IN ({which})");
    tx.conn.prepare_cached(&sql)?.execute([set])?;
    Ok(())
}

/// Tells whether any record is waited for.
pub(crate) fn is_any(conn: &Connection) -> Result<bool> {
    Ok(conn.prepare_cached("SELECT 1 FROM refetch LIMIT 1")?.exists([])?)
}

/// Tells whether any record is waited for of the sets that a query names.
pub(crate) fn is_any_of_sets(conn: &Connection, sets: &str) -> Result<bool> {
    let sql = format!("SELECT 1 FROM refetch WHERE entity_set IN ({sets}) LIMIT 1");
    Ok(conn.prepare_cached(&sql)?.exists([])?)
}

/// Tells whether a record of a set is waited for.
pub(crate) fn is_any_of(conn: &Connection, set: &str) -> Result<bool> {
    Ok(conn.prepare_cached("SELECT 1 FROM refetch WHERE entity_set = ?1 LIMIT 1")?.exists([set])?)
}

/// Tells whether a record is waited for.
pub(crate) fn is_waited_for(conn: &Connection, set: &str, id: RecordId) -> Result<bool> {
    let sql = "SELECT 1 FROM refetch WHERE entity_set = ?1 AND id = ?2";
    Ok(conn.prepare_cached(sql)?.exists(params![set, Key(id)])?)
}

/// Returns the records of the sets that a query names, set by set.
pub(crate) fn of_sets(conn: &Connection, sets: &str) -> Result<Vec<(String, Vec<RecordId>)>> {
    let sql = format!("SELECT entity_set, id FROM refetch WHERE entity_set IN ({sets}) ORDER BY entity_set, id");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut sets: Vec<(String, Vec<RecordId>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (set, id): (String, Key) = (row.get(0)?, row.get(1)?);
        match sets.last_mut().filter(|(last, _)| *last == set) {
            Some((_, ids)) => ids.push(id.0),
            None => sets.push((set, vec![id.0])),
        }
    }
    Ok(sets)
}
