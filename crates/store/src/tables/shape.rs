//! The shape of a set's table under one model and under another.
//!
//! Owns: a record in another shape, and the shape of a set that left the model while something of it was pending. Refuses:
//! changing tables (`tx::reshape`).

use crate::error::Result;
use crate::tables::catalog::SHAPES;
use crate::tables::setting;
use crate::tables::table::Table;
use rusqlite::Connection;
use tidemark_model::{CellSeed, EntityModel, Record};

/// The setting that holds the document by which the table of a set that left the model was made.
pub(crate) fn key(set: &str) -> String {
    format!("{SHAPES}{set}")
}

/// Writes a record in the shape of the new model. An edit of a property that is no longer there stays beside it: the
/// server will refuse it and say so, which parks the record with its text.
pub(crate) fn reshaped(old: &Table, new: &Table, record: &Record, keep_removed: bool) -> Record {
    let mut shaped = Record { properties: serde_json::Map::new(), ..record.clone() };
    for property in new.declared() {
        let value = record.get(&property.name);
        let value = CellSeed::held(property).read(value).map_or(serde_json::Value::Null, |cell| cell.to_json(property));
        shaped.properties.insert(property.name.clone(), value);
    }
    for (name, value) in &record.properties {
        let was_declared = old.set.entity_type.property(name).is_some();
        if new.set.entity_type.property(name).is_none() && (keep_removed || !was_declared) {
            shaped.properties.insert(name.clone(), value.clone());
        }
    }
    shaped
}

/// Returns the table of a set that left the model while something of it was pending.
pub(crate) fn left(conn: &Connection, set: &str) -> Result<Option<Table>> {
    let Some(shape) = setting::get(conn, &key(set))? else { return Ok(None) };
    Ok(EntityModel::parse(&shape)?.set(set).map(Table::new))
}

/// Writes a record that was put down under an earlier model so that its table takes it.
pub(crate) fn fitting(table: &Table, record: &Record) -> Record {
    reshaped(table, table, record, true)
}

/// Tells whether there is a table of that name.
pub(crate) fn exists(conn: &Connection, table: &str) -> Result<bool> {
    let mut statement = conn.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1")?;
    Ok(statement.exists([table])?)
}
