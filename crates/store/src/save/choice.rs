//! Which entity sets are kept offline, and who decides their conflicts: records of `CachedEntities` (seed step 1.2).
//!
//! Owns: reading and writing the choice as the records they are, so that it is pushed and pulled like any other;
//! and following it: `position` has a row for every set that is kept. Refuses: a second place where a choice is.

use crate::error::{Result, StoreError};
use crate::save::edit;
use crate::tables::account;
use crate::tables::catalog::Catalog;
use crate::tables::history;
use crate::tables::local;
use crate::tables::pending;
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::table::Table;
use crate::tables::value::Key;
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tidemark_model::{CACHED_ENTITIES, CachedEntity, CachedEntityProperty, ID, Policy, State};
use tidemark_sql::quote;

/// What becomes of unsent changes when a set is no longer kept offline (UX, Offline Sync Settings).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// Refuse while there are any: the caller asks.
    Refuse,
    /// Records with unsent changes stay until they are settled; the rest goes.
    KeepUntilSent,
    /// They are given up, by the user's explicit choice.
    Discard,
}

/// Tells whether a set is the one that holds the choice itself. It travels like any record, but no figure that people
/// read counts it: "1 change waiting" means work, not a setting.
pub(crate) fn is_choice(set: &str) -> bool {
    set == CACHED_ENTITIES
}

impl Store {
    /// Tells whether a set is kept offline.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn is_cached(&self, set: &str) -> Result<bool> {
        self.read(|reading| {
            reading.catalog.table(set)?;
            has_position(reading.conn, set)
        })
    }

    /// Returns who decides a set's conflicts.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn policy(&self, set: &str) -> Result<Policy> {
        self.read(|reading| {
            reading.catalog.table(set)?;
            policy(reading.conn, &reading.catalog, set)
        })
    }

    /// Keeps a set offline from now on; the next cycle fetches it.
    ///
    /// # Errors
    /// The set is unknown, nobody is signed in, or the database cannot be written.
    pub fn cache(&self, set: &str) -> Result<()> {
        self.write(|tx| choose(tx, set, CachedEntityProperty::IS_OFFLINE, Value::Bool(true)))
    }

    /// Keeps a set offline no longer. Records without a pending change go at once.
    ///
    /// # Errors
    /// [`StoreError::Unsent`] with [`Unsent::Refuse`] while it has unsettled changes.
    pub fn uncache(&self, set: &str, unsent: Unsent) -> Result<()> {
        self.write(|tx| {
            let table = Arc::clone(chooseable(tx, set)?);
            let n = pending::count(tx.conn, set)?;
            match unsent {
                Unsent::Refuse if n > 0 => return Err(StoreError::Unsent { n }),
                Unsent::Discard => give_up(tx, &table)?,
                Unsent::Refuse | Unsent::KeepUntilSent => {}
            }
            choose(tx, set, CachedEntityProperty::IS_OFFLINE, Value::Bool(false))
        })
    }

    /// Chooses who decides a set's conflicts from now on.
    ///
    /// # Errors
    /// As [`Store::cache`].
    pub fn set_policy(&self, set: &str, policy: Policy) -> Result<()> {
        self.write(|tx| choose(tx, set, CachedEntityProperty::POLICY, policy.as_str().into()))
    }
}

/// Tells whether a set is kept offline.
pub(crate) fn has_position(conn: &Connection, set: &str) -> Result<bool> {
    let mut statement = conn.prepare_cached("SELECT 1 FROM position WHERE entity_set = ?1")?;
    Ok(statement.exists([set])?)
}

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
fn chosen(conn: &Connection, catalog: &Catalog, set: &str) -> Result<Option<Row>> {
    let (Some(table), Some(user)) = (catalog.choices(), account::user(conn)?) else { return Ok(None) };
    let row = row::get(conn, table, CachedEntity::id(&user, set))?;
    Ok(row.filter(|row| row.state != State::Delete))
}

fn chooseable<'t>(tx: &'t Tx<'_>, set: &str) -> Result<&'t Arc<Table>> {
    match set {
        CACHED_ENTITIES => Err(StoreError::AlwaysCached),
        set => tx.catalog.table(set),
    }
}

fn choose(tx: &Tx<'_>, set: &str, property: &str, value: Value) -> Result<()> {
    chooseable(tx, set)?;
    let user = account::user(tx.conn)?.ok_or(StoreError::NotSignedIn)?;
    let id = CachedEntity::id(&user, set);
    if chosen(tx.conn, &tx.catalog, set)?.is_some() {
        return edit::change(tx, CACHED_ENTITIES, id, &Map::from_iter([(property.to_owned(), value)])).map(drop);
    }
    let table = tx.catalog.table(CACHED_ENTITIES)?;
    if row::get(tx.conn, table, id)?.is_some() {
        // The choice was deleted like a record; choosing again takes that back.
        edit::undo_delete(tx, CACHED_ENTITIES, id)?;
        return choose(tx, set, property, value);
    }
    let mut record = Map::from_iter([
        (ID.to_owned(), json!(id)),
        (CachedEntityProperty::ENTITY_SET.to_owned(), json!(set)),
        (CachedEntityProperty::USER.to_owned(), json!(user)),
        (CachedEntityProperty::IS_OFFLINE.to_owned(), json!(false)),
    ]);
    record.insert(property.to_owned(), value);
    edit::add(tx, CACHED_ENTITIES, &record).map(drop)
}

/// Makes `position` and the tables follow the choice: every set that is kept has a position, no other has one, and
/// a set that is not kept has only records with a pending change.
pub(crate) fn follow(tx: &Tx<'_>, catalog: &Catalog) -> Result<()> {
    if account::user(tx.conn)?.is_none() {
        return Ok(());
    }
    for table in catalog.tables() {
        let set = table.set.name.as_str();
        let wanted = set == CACHED_ENTITIES
            || chosen(tx.conn, catalog, set)?
                .is_some_and(|row| row.record.get(CachedEntityProperty::IS_OFFLINE) == &Value::Bool(true));
        match (wanted, has_position(tx.conn, set)?) {
            (true, false) => {
                position::begin(tx, set)?;
                // What is still to be settled from before was seen by no enumeration of this counting.
                tx.conn.execute(&format!("UPDATE {} SET _generation = 0", quote(&table.name)), [])?;
            }
            (false, true) => {
                position::end(tx, set)?;
                tx.conn.execute(&format!("DELETE FROM {} WHERE _State = 0", quote(&table.name)), [])?;
                tx.note_many(set);
            }
            _ => {}
        }
    }
    tx.forget_standings();
    Ok(())
}

fn give_up(tx: &Tx<'_>, table: &Table) -> Result<()> {
    let mut statement = tx.conn.prepare_cached("SELECT id FROM pending WHERE entity_set = ?1")?;
    let ids = statement
        .query_map(params![table.set.name], |row| row.get::<_, Key>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for Key(id) in ids {
        let lost = row::get(tx.conn, table, id)?.map(|row| row.record);
        history::discarded(tx, table, id, lost.as_ref(), &pending::expect(tx.conn, &table.set.name, id)?)?;
        local::remove(tx, table, id)?;
    }
    Ok(())
}
