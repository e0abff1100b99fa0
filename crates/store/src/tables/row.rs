//! One record in its table, as a whole: the slow, general way in and out.
//!
//! Owns: the mapping between `tidemark_model::Record` and a row. Refuses: pending changes (`change`) and their
//! invariants (`local`). A pull does not come through here (`sink`).

use crate::error::{Result, StoreError};
use crate::tables::table::{GENERATION, Table};
use crate::tables::value::{Bound, Count, Key, cell};
use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, OptionalExtension as _};
use serde_json::{Map, Value};
use tidemark_model::{Cell, CellSeed, Property, Record, RecordId, STATE, State, Versioned};
use tidemark_sql::quote;

/// A row of an entity set's table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) record: Record,
    pub(crate) state: State,
    pub(crate) etag: Option<String>,
    pub(crate) generation: i64,
}

impl Row {
    /// Returns the record with the version it has on the server; of use while nothing is pending.
    pub(crate) fn versioned(&self) -> Versioned {
        Versioned { record: self.record.clone(), etag: self.etag.clone().unwrap_or_default() }
    }
}

/// Reads a record by its id, whatever its state.
pub(crate) fn get(conn: &Connection, table: &Table, id: RecordId) -> Result<Option<Row>> {
    let mut statement = conn.prepare_cached(&table.get)?;
    let mut rows = statement.query([Key(id)])?;
    match rows.next()? {
        Some(row) => read(table, row).map(Some),
        None => Ok(None),
    }
}

/// Returns in which full enumeration the server last named a record that is here.
pub(crate) fn generation(conn: &Connection, table: &Table, id: RecordId) -> Result<Option<i64>> {
    let sql = format!("SELECT {GENERATION} FROM {} WHERE \"Id\" = ?1", quote(&table.name));
    Ok(conn.prepare_cached(&sql)?.query_row([Key(id)], |row| row.get(0)).optional()?)
}

/// Reads a row whose columns begin with those of `table.columns`.
pub(crate) fn read(table: &Table, row: &rusqlite::Row<'_>) -> Result<Row> {
    let id: Key = row.get(0)?;
    let mut properties = Map::with_capacity(table.columns.len());
    let mut column = 1;
    for property in table.declared() {
        properties.insert(property.name.clone(), cell(row.get_ref(column)?)?.to_json(property));
        column += 1;
    }
    let mut record = Record::new(id.0, row.get(column)?);
    record.is_tombstoned = row.get(column + 1)?;
    record.updated_by = row.get(column + 2)?;
    let state = State::from_code(row.get(column + 3)?);
    let etag = row.get(column + 4)?;
    if let ValueRef::Text(text) = row.get_ref(column + 5)? {
        properties.extend(serde_json::from_slice::<Map<String, Value>>(text)?);
    }
    record.properties = properties;
    let state = state.ok_or_else(|| StoreError::Internal(format!("{id} has no state", id = id.0)))?;
    Ok(Row { record, state, etag, generation: row.get(column + 6)? })
}

/// Writes a record whatever was there. `generation` is taken by a new row, and by an old one if `confirmed`: the
/// server has just said that it holds the record.
pub(crate) fn put(conn: &Connection, table: &Table, row: &Row, confirmed: bool) -> Result<()> {
    let mut statement = conn.prepare_cached(&table.put)?;
    let record = &row.record;
    statement.raw_bind_parameter(1, Key(record.id))?;
    let mut index = 2;
    for property in table.declared() {
        let cell = storage_form(property, record.get(&property.name))?;
        statement.raw_bind_parameter(index, Bound(&cell))?;
        index += 1;
    }
    let extra = extra(table, record)?;
    bind(&mut statement, &mut index, record.updated_at)?;
    bind(&mut statement, &mut index, record.is_tombstoned)?;
    bind(&mut statement, &mut index, record.updated_by.as_deref())?;
    bind(&mut statement, &mut index, row.state.code())?;
    bind(&mut statement, &mut index, row.etag.as_deref())?;
    bind(&mut statement, &mut index, extra.as_deref())?;
    bind(&mut statement, &mut index, row.generation)?;
    bind(&mut statement, &mut index, confirmed)?;
    statement.raw_execute()?;
    Ok(())
}

/// Removes a record; tells whether it was there.
pub(crate) fn remove(conn: &Connection, table: &Table, id: RecordId) -> Result<bool> {
    Ok(conn.prepare_cached(&table.remove)?.execute([Key(id)])? > 0)
}

fn bind(statement: &mut CachedStatement<'_>, index: &mut usize, value: impl rusqlite::ToSql) -> Result<()> {
    statement.raw_bind_parameter(*index, value)?;
    *index += 1;
    Ok(())
}

fn storage_form<'v>(property: &'v Property, value: &'v Value) -> Result<Cell<'v>> {
    match value {
        // Whether null is allowed was decided when the value came in; a purged tombstone has no content.
        Value::Null => Ok(Cell::Null),
        value => CellSeed::held(property).read(value).map_err(|error| StoreError::Invalid(error.into())),
    }
}

/// Returns the properties that the model does not know, as the text of one JSON object.
fn extra(table: &Table, record: &Record) -> Result<Option<String>> {
    let unknown: Vec<_> = record
        .properties
        .iter()
        .filter(|(name, _)| table.set.entity_type.property(name).is_none())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if unknown.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::to_string(&Map::from_iter(unknown))?))
}

/// Counts the records of a set, whatever their state, from the key's index.
pub(crate) fn count(conn: &Connection, table: &Table) -> Result<u64> {
    let sql = format!("SELECT count(*) FROM {}", quote(&table.name));
    Ok(conn.prepare_cached(&sql)?.query_row([], |row| row.get(0).map(|Count(n)| n))?)
}

/// Returns the newest enumeration that saw a record of a set.
pub(crate) fn newest_generation(conn: &Connection, table: &Table) -> Result<i64> {
    let sql = format!("SELECT coalesce(max({GENERATION}), 0) FROM {}", quote(&table.name));
    Ok(conn.query_row(&sql, [], |row| row.get(0))?)
}

/// Has no enumeration of this counting seen any record.
pub(crate) fn forget_generations(conn: &Connection, table: &Table) -> Result<()> {
    conn.execute(&format!("UPDATE {} SET {GENERATION} = 0", quote(&table.name)), [])?;
    Ok(())
}

/// Removes every record without a pending change.
pub(crate) fn remove_all_clean(conn: &Connection, table: &Table) -> Result<()> {
    conn.execute(&format!("DELETE FROM {} WHERE {STATE} = 0", quote(&table.name)), [])?;
    Ok(())
}

/// Returns the records without a pending change that an enumeration did not see.
pub(crate) fn unseen(conn: &Connection, table: &Table, generation: i64) -> Result<Vec<RecordId>> {
    let sql = format!("SELECT \"Id\" FROM {} WHERE {STATE} = 0 AND {GENERATION} < ?1", quote(&table.name));
    let mut statement = conn.prepare(&sql)?;
    let ids = statement.query_map([generation], |row| row.get::<_, Key>(0).map(|key| key.0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// Removes the records without a pending change that an enumeration did not see; returns which.
pub(crate) fn remove_unseen(conn: &Connection, table: &Table, generation: i64) -> Result<Vec<RecordId>> {
    let sql = format!("DELETE FROM {} WHERE {STATE} = 0 AND {GENERATION} < ?1 RETURNING \"Id\"", quote(&table.name));
    let mut statement = conn.prepare_cached(&sql)?;
    let ids = statement.query_map([generation], |row| row.get::<_, Key>(0).map(|key| key.0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}
