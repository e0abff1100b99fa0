//! Bringing back what did not stand: a losing side becomes a new local change, an edit like any other.
//!
//! Owns: making that change and writing it down; what it replaces is kept in turn. Refuses: what comes back of which entry
//! (`tidemark_model::bring_back`), and bringing back unasked.

use crate::error::{Result, StoreError};
use crate::look::read;
use crate::look::record::LocalRecord;
use crate::save::edit;
use crate::tables::conflict;
use crate::tables::history::{self, Entry};
use crate::tables::local;
use crate::tables::position;
use crate::tables::row;
use crate::tables::table::Table;
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use serde_json::{Map, Value};
use std::sync::Arc;
use tidemark_model::{BroughtBack, HistoryEvent, Lost, Record, RecordId, State, Strictness, read_record};

impl Store {
    /// Makes the losing side of an entry of a record's history a new local change: an edit, a restore where the record
    /// is deleted, a deletion where that is what did not stand. Returns the record as it is then.
    ///
    /// # Errors
    /// The record has no such entry, nothing of it was lost, or its set is not kept offline. [`StoreError::StillAsked`]: a
    /// question about it is open, and what comes back would go over the version that it is about.
    pub fn bring_back(&self, set: &str, id: RecordId, entry: i64) -> Result<Option<LocalRecord>> {
        self.write(|tx| {
            let table = Arc::clone(tx.catalog.table(set)?);
            if conflict::of_record(tx.conn, &table, id)?.is_some() {
                return Err(StoreError::StillAsked);
            }
            bring_back(tx, &table, id, entry)?;
            read::visible(tx.conn, &table, id)
        })
    }
}

/// As [`Store::bring_back`].
pub(crate) fn bring_back(tx: &Tx<'_>, table: &Table, id: RecordId, number: i64) -> Result<()> {
    let set = &table.set.name;
    if !position::standing(tx, table)?.is_cached {
        return Err(StoreError::NotCached(set.clone()));
    }
    let nothing = || StoreError::NothingToBringBack { set: set.clone(), id };
    let entry = history::of_number(tx.conn, set, id, number)?.ok_or_else(nothing)?;
    let before = row::get(tx.conn, table, id)?;
    let shown = before.as_ref().filter(|row| row.state != State::Delete).map(|row| &row.record);
    let properties: Vec<&str> = entry.changes.iter().map(|change| change.property.as_str()).collect();
    let lost = Lost { event: &entry.event, record: entry.record.as_ref(), properties: &properties };
    let here = before.as_ref().map(|row| row.state);
    match tidemark_model::bring_back(&table.set, lost, here).ok_or_else(nothing)? {
        BroughtBack::Delete => {
            edit::delete(tx, set, id)?;
            return log(tx, table, id, shown, None);
        }
        BroughtBack::Edit { undo_delete, values } => {
            if undo_delete {
                edit::undo_delete(tx, set, id)?;
            }
            edit::change(tx, set, id, &values)?;
        }
        BroughtBack::Restore { values } => {
            // What an earlier entry tells is older than what was known when the record was deleted here.
            let known = edit::own_tombstone(tx, table, id)?.or_else(|| entry.known());
            restore(tx, table, known.ok_or_else(nothing)?, &values)?;
        }
    }
    let after = row::get(tx.conn, table, id)?.map(|row| row.record);
    log(tx, table, id, shown, after.as_ref())
}

/// Restores a record that is not here, and of whose last version this much is known.
fn restore(tx: &Tx<'_>, table: &Table, known: Record, values: &Map<String, Value>) -> Result<()> {
    let mut record = read_record(&table.set, Some(known.id), values, Strictness::RefuseUnknown)?;
    edit::stamp(tx, &mut record, known.updated_at)?;
    let change = edit::on_tombstone(tx, table, known)?;
    local::put_pending(tx, table, record, &change)
}

fn log(tx: &Tx<'_>, table: &Table, id: RecordId, before: Option<&Record>, after: Option<&Record>) -> Result<()> {
    let changes = after.map_or_else(Vec::new, |after| history::changes(before, after));
    if after.is_some() && before.is_some() && changes.is_empty() {
        return Ok(());
    }
    history::write(tx, table, id, &Entry { decision: true, changes, ..Entry::here(HistoryEvent::BroughtBack, before) })
}
