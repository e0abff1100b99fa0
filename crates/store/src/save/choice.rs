//! Which entity sets are kept offline, and who decides their conflicts: records of `CachedEntities` (seed step 1.2).
//!
//! Owns: writing the choice as the records they are, so that it is pushed and pulled like any other. Refuses: following it
//! (`tx::follow`).

use crate::error::{Result, StoreError};
use crate::save::edit;
use crate::tables::account;
use crate::tables::choice;
use crate::tables::history;
use crate::tables::local;
use crate::tables::pending;
use crate::tables::position;
use crate::tables::row;
use crate::tables::table::Table;
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tidemark_model::{CACHED_ENTITIES, CachedEntity, CachedEntityProperty, ID, Policy};

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

impl Store {
    /// Tells whether a set is kept offline.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn is_cached(&self, set: &str) -> Result<bool> {
        self.read(|reading| {
            reading.catalog.table(set)?;
            position::is_kept(reading.conn, set)
        })
    }

    /// Returns who decides a set's conflicts.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn policy(&self, set: &str) -> Result<Policy> {
        self.read(|reading| {
            reading.catalog.table(set)?;
            choice::policy(reading.conn, &reading.catalog, set)
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
    if choice::chosen(tx.conn, &tx.catalog, set)?.is_some() {
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

fn give_up(tx: &Tx<'_>, table: &Table) -> Result<()> {
    for id in pending::of_set(tx.conn, &table.set.name)? {
        let lost = row::get(tx.conn, table, id)?.map(|row| row.record);
        history::discarded(tx, table, id, lost.as_ref(), &pending::expect(tx.conn, &table.set.name, id)?)?;
        local::remove(tx, table, id)?;
    }
    Ok(())
}
