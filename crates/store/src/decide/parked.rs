//! Changes that the server refuses for a reason other than a conflict: kept, shown, sent again when asked to.
//!
//! Owns: parking, retrying, giving up. Refuses: holding up other records (promise 7).

use crate::decide::unfit::{self, Unfit};
use crate::error::{Result, StoreError};
use crate::look::read;
use crate::look::record::LocalRecord;
use crate::tables::history;
use crate::tables::local;
use crate::tables::pending::{self, Change, Hold};
use crate::tables::position;
use crate::tables::row;
use crate::tables::table::Table;
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use std::sync::Arc;
use tidemark_model::RecordId;

/// A parked record.
#[derive(Clone, Debug, PartialEq)]
pub struct Parked {
    /// The entity set.
    pub set: String,
    /// The record as its user sees it.
    pub record: LocalRecord,
    /// The server's reason.
    pub reason: String,
    /// The values in the way: what the model has no place for any more.
    pub unfit: Vec<Unfit>,
}

/// For people: nothing is lost, and what can be done.
const UNREADABLE: &str =
    "this change cannot be read any more and was not sent; the record is here as you left it: copy it, then discard it";

impl Store {
    /// Returns the parked records, longest parked first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn parked(&self) -> Result<Vec<Parked>> {
        self.read(|reading| {
            let mut parked = Vec::new();
            for (set, id, reason) in pending::parked(reading.conn)? {
                let Ok(table) = reading.catalog.table_here(&set) else { continue };
                let Some(local) = row::get(reading.conn, table, id)? else { continue };
                // A change that cannot be read is listed all the same, with its reason.
                let unfit = match (reading.catalog.table(&set), pending::get(reading.conn, &set, local.record.id)) {
                    (Ok(table), Ok(Some(change))) => unfit::of(table, &local.record, &change),
                    _ => Vec::new(),
                };
                let record = read::local_record(reading.conn, table, local)?;
                parked.push(Parked { set, record, reason: reason.unwrap_or_default(), unfit });
            }
            Ok(parked)
        })
    }

    /// Parks a record whose change cannot be sent as it is, such as one that is too large alone, or one that never gets
    /// an answer. Whether the server has it already is asked again when it is retried or edited.
    ///
    /// # Errors
    /// Nothing is pending for the record.
    pub fn park(&self, set: &str, id: RecordId, reason: &str) -> Result<()> {
        self.write(|tx| {
            let table = Arc::clone(tx.catalog.table(set)?);
            let mut change =
                pending::get(tx.conn, set, id)?.ok_or_else(|| StoreError::NotFound { set: set.to_owned(), id })?;
            if change.hold == Hold::Conflict {
                // It is not sent before its question is answered.
                return Ok(());
            }
            // What is in flight stays so: the server may have it, and only its answer tells.
            change.attempts = 0;
            hold(tx, &table, id, change, reason)
        })
    }

    /// Lets a parked record be sent again by the next cycle.
    ///
    /// # Errors
    /// The record is not parked.
    pub fn retry_parked(&self, set: &str, id: RecordId) -> Result<()> {
        self.write(|tx| {
            let table = Arc::clone(tx.catalog.table(set)?);
            let mut change = parked(tx, &table, id)?;
            change.release();
            pending::put(tx, set, id, &change)?;
            tx.note(set, id);
            Ok(())
        })
    }

    /// Gives a parked change up: the record is again what the server last had, or goes where it had none.
    ///
    /// # Errors
    /// The record is not parked.
    pub fn discard(&self, set: &str, id: RecordId) -> Result<()> {
        self.write(|tx| {
            let table = Arc::clone(tx.catalog.table_here(set)?);
            let change = parked(tx, &table, id)?;
            let lost = row::get(tx.conn, &table, id)?.map(|row| row.record);
            history::discarded(tx, &table, id, lost.as_ref(), &change)?;
            // What was sent and never answered may have arrived.
            if change.set_aside || change.in_flight.is_some() || !change.doubts.is_empty() {
                position::fetch_later(tx, &table, id)?;
            }
            match change.base {
                Some(base) => local::put_clean(tx, &table, &base, false),
                None => local::remove(tx, &table, id),
            }
        })
    }
}

/// Keeps a change from being sent until somebody asks for it.
pub(crate) fn hold(tx: &Tx<'_>, table: &Table, id: RecordId, mut change: Change, reason: &str) -> Result<()> {
    change.hold = Hold::Parked;
    change.reason = Some(reason.to_owned());
    pending::put(tx, &table.set.name, id, &change)?;
    tx.note(&table.set.name, id);
    Ok(())
}

/// Holds a change that this program cannot read, without reading it: it stays as it is, and the others go on.
pub(crate) fn hold_unreadable(tx: &Tx<'_>, table: &Table, id: RecordId, problem: &str) -> Result<()> {
    let set = &table.set.name;
    tracing::error!(set, %id, problem, "a pending change cannot be read");
    pending::park_unread(tx, set, id, UNREADABLE)?;
    tx.note(set, id);
    Ok(())
}

fn parked(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<Change> {
    let set = &table.set.name;
    let change = pending::get(tx.conn, set, id)?.filter(|change| change.hold == Hold::Parked);
    change.ok_or_else(|| StoreError::NotParked { set: set.clone(), id })
}
