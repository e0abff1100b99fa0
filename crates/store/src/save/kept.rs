//! Save where it is not known yet whether the record is kept here: one transaction finds that out and saves.
//!
//! Owns: that no other process can switch the set off, or sign out, between the question and the save; and that a save is one
//! transaction and one trip to the disk. Refuses: what a save does (`edit`, `shown`), and the way to the server, which is the
//! caller's where the record is not kept.

use crate::error::{Result, StoreError};
use crate::look::record::LocalRecord;
use crate::save::{edit, shown};
use crate::tables::account::{self, Account};
use crate::tables::catalog::Catalog;
use crate::tables::table::Table;
use crate::tables::{position, row};
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use rusqlite::Connection;
use serde_json::{Map, Value};
use tidemark_model::{RecordId, State};

/// What became of a change of a record that may be kept here or not.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept<T> {
    /// It is saved on this device.
    Here(T),
    /// The set is not kept here: nothing was done, and the server may be asked under this account.
    NotKept(Box<Account>),
}

impl Store {
    /// As [`Store::add`], where the set is kept here.
    ///
    /// # Errors
    /// As [`Store::add`]; nobody has signed in.
    pub fn add_if_kept(&self, set: &str, json: &Map<String, Value>) -> Result<Kept<LocalRecord>> {
        self.save_if_kept(set, None, |tx| edit::add(tx, set, json))
    }

    /// As [`Store::edit_shown`], where the record is kept here or a change of it waits here.
    ///
    /// # Errors
    /// As [`Store::edit_shown`]; nobody has signed in.
    pub fn edit_if_kept(
        &self,
        set: &str,
        id: RecordId,
        changes: &Map<String, Value>,
        shown: &Map<String, Value>,
    ) -> Result<Kept<LocalRecord>> {
        self.save_if_kept(set, Some(id), |tx| shown::edit_shown(tx, set, id, changes, shown))
    }

    /// As [`Store::delete_shown`], where the record is kept here or a change of it waits here.
    ///
    /// # Errors
    /// As [`Store::delete_shown`]; nobody has signed in.
    pub fn delete_if_kept(&self, set: &str, id: RecordId, shown: &Map<String, Value>) -> Result<Kept<()>> {
        self.save_if_kept(set, Some(id), |tx| shown::delete_shown(tx, set, id, shown))
    }

    /// Tells whether a change of a record waits here, its deletion too, whether or not its set is kept.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn waits(&self, set: &str, id: RecordId) -> Result<bool> {
        self.read(|reading| waits(reading.conn, reading.catalog.table(set)?, id))
    }

    fn save_if_kept<T>(
        &self,
        set: &str,
        id: Option<RecordId>,
        save: impl FnOnce(&Tx<'_>) -> Result<T>,
    ) -> Result<Kept<T>> {
        // Where nothing can be saved, a record that is not kept here goes to the server all the same.
        if self.is_read_only()
            && let Some(account) = self.read(|reading| elsewhere(reading.conn, &reading.catalog, set, id))?
        {
            return Ok(Kept::NotKept(account));
        }
        self.write(|tx| match elsewhere(tx.conn, &tx.catalog, set, id)? {
            Some(account) => Ok(Kept::NotKept(account)),
            None => save(tx).map(Kept::Here),
        })
    }
}

/// Tells whether a change of a record waits here, a deletion too.
fn waits(conn: &Connection, table: &Table, id: RecordId) -> Result<bool> {
    Ok(row::get(conn, table, id)?.is_some_and(|row| row.state != State::None))
}

/// Returns the account under which a record is found on the server; nothing where it is kept here, or a change of it waits
/// here, which its own device must not overtake.
fn elsewhere(conn: &Connection, catalog: &Catalog, set: &str, id: Option<RecordId>) -> Result<Option<Box<Account>>> {
    let table = catalog.table(set)?;
    if position::is_kept(conn, set)? {
        return Ok(None);
    }
    if let Some(id) = id
        && waits(conn, table, id)?
    {
        return Ok(None);
    }
    account::get(conn)?.map(Box::new).map_or(Err(StoreError::NotSignedIn), |account| Ok(Some(account)))
}
