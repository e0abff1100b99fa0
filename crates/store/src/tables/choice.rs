//! Which entity sets are kept offline, and who decides their conflicts: records of `CachedEntities` (seed step 1.2).
//!
//! Owns: reading the choice out of the records that it is. Refuses: a second place where a choice is, and choosing
//! (`save::choice`).

use crate::error::Result;
use crate::tables::account;
use crate::tables::catalog::Catalog;
use crate::tables::row::{self, Row};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::{CACHED_ENTITIES, CachedEntity, CachedEntityProperty, Policy, State};

/// Returns who decides a set's conflicts; those of the choice itself are never asked.
pub(crate) fn policy(conn: &Connection, catalog: &Catalog, set: &str) -> Result<Policy> {
    if set == CACHED_ENTITIES {
        return Ok(Policy::Newest);
    }
    let row = chosen(conn, catalog, set)?;
    let word = row.as_ref().and_then(|row| row.record.get(CachedEntityProperty::POLICY).as_str());
    Ok(word.and_then(Policy::from_word).unwrap_or_default())
}

/// Reads the signed-in user's choice for a set.
pub(crate) fn chosen(conn: &Connection, catalog: &Catalog, set: &str) -> Result<Option<Row>> {
    let (Some(table), Some(user)) = (catalog.choices(), account::user(conn)?) else { return Ok(None) };
    let row = row::get(conn, table, CachedEntity::id(&user, set))?;
    Ok(row.filter(|row| row.state != State::Delete))
}

/// Tells whether a set is to be kept offline.
pub(crate) fn is_offline(conn: &Connection, catalog: &Catalog, set: &str) -> Result<bool> {
    let says_so = |row: Row| row.record.get(CachedEntityProperty::IS_OFFLINE) == &Value::Bool(true);
    Ok(set == CACHED_ENTITIES || chosen(conn, catalog, set)?.is_some_and(says_so))
}
