//! Save: what a person does to a record on this device (DESIGN section 4, Local change).
//!
//! Owns: add, edit, delete and undo, each in one transaction that is on the disk before it is acknowledged; the
//! network is never waited for. Refuses: the table of folding and the rules of validity (`tidemark-model`).

use crate::decide::answer;
use crate::error::{Result, StoreError};
use crate::look::read;
use crate::look::record::{LocalRecord, MARK, Mark};
use crate::tables::account;
use crate::tables::conflict;
use crate::tables::history::{self, Entry};
use crate::tables::local;
use crate::tables::pending::{self, Change, Hold};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::sent;
use crate::tables::table::Table;
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use serde_json::{Map, Value};
use std::sync::Arc;
use tidemark_model::{
    ConflictKind, Fold, ID, LocalChange, Planted, Record, RecordId, Resolution, State, Strictness, Versioned,
    changed_properties, fold, is_planted, read_changes, read_record, same_value,
};

impl Store {
    /// Adds a record; it gets a fresh `Id` unless it brings one.
    ///
    /// # Errors
    /// The record does not fit the model, its `Id` is taken, or it could not be saved; nothing is saved then.
    pub fn add(&self, set: &str, json: &Map<String, Value>) -> Result<LocalRecord> {
        self.write(|tx| add(tx, set, json))
    }

    /// Changes some properties of a record.
    ///
    /// # Errors
    /// The record is not here, a value does not fit, or it could not be saved; nothing is saved then.
    pub fn edit(&self, set: &str, id: RecordId, changes: &Map<String, Value>) -> Result<LocalRecord> {
        self.write(|tx| change(tx, set, id, changes))
    }

    /// Deletes a record.
    ///
    /// # Errors
    /// The record is not here, or it could not be saved.
    pub fn delete(&self, set: &str, id: RecordId) -> Result<()> {
        self.write(|tx| delete(tx, set, id))
    }

    /// Takes a deletion back, also after it was sent: the record is then restored on the server.
    ///
    /// # Errors
    /// The record was not deleted here in the last 30 days, or it could not be saved.
    pub fn undo_delete(&self, set: &str, id: RecordId) -> Result<LocalRecord> {
        self.write(|tx| undo_delete(tx, set, id))
    }
}

pub(crate) fn add(tx: &Tx<'_>, set: &str, json: &Map<String, Value>) -> Result<LocalRecord> {
    let table = Arc::clone(tx.catalog.table(set)?);
    if !position::standing(tx, &table)?.is_cached {
        return Err(StoreError::NotCached(set.to_owned()));
    }
    let id = match given_id(json)? {
        Some(id) => id,
        None => tx.fresh_id(),
    };
    let exists = row::get(tx.conn, &table, id)?.is_some();
    if fold(exists, State::None, false, LocalChange::Add) == Fold::Refuse {
        return Err(StoreError::Exists { set: set.to_owned(), id });
    }
    let mut record = read_record(&table.set, Some(id), &without_mark(json), Strictness::RefuseUnknown)?;
    if let Some(owner) = &table.set.per_user
        && record.get(owner).is_null()
    {
        let user = account::user(tx.conn)?.map_or(Value::Null, Value::String);
        record.properties.insert(owner.clone(), user);
    }
    record.is_tombstoned = false;
    stamp(tx, &mut record, 0)?;
    local::put_pending(tx, &table, record, &Change::new(State::Add, None))?;
    saved(tx, &table, id)
}

pub(crate) fn change(tx: &Tx<'_>, set: &str, id: RecordId, changes: &Map<String, Value>) -> Result<LocalRecord> {
    let table = Arc::clone(tx.catalog.table(set)?);
    let row = existing(tx, &table, id)?;
    let mut record = row.record.clone();
    for (name, value) in typed(&table, &row.record, changes)? {
        // A text that came back with other line ends or in another normal form is no edit: what is kept stays.
        if !same_value(record.get(&name), &value) {
            record.properties.insert(name, value);
        }
    }
    let unchanged = record.same_content(&row.record);
    let mut pending = match row.state {
        State::None if unchanged => return saved(tx, &table, id),
        State::None => Change::on(&row, State::Update),
        _ => pending::expect(tx.conn, set, id)?,
    };
    let known = pending.is_known_to_server();
    match fold(true, row.state, known, LocalChange::Edit) {
        Fold::Pending(state) => pending.state = state,
        _ => return Err(StoreError::NotFound { set: set.to_owned(), id }),
    }
    pending.release();
    if position::is_unread(tx, &table, row.generation, changed_properties(&row.record, &record).into_iter())? {
        // Nobody has seen what stands there of a property that came with the model: it is read before this goes over it.
        pending.set_aside = true;
        if pending.in_flight.is_none() {
            position::fetch_later(tx, &table, id)?;
        }
    }
    if !unchanged {
        stamp(tx, &mut record, row.record.updated_at)?;
    }
    local::put_pending(tx, &table, record.clone(), &pending)?;
    if pending.hold == Hold::Conflict {
        answer::reconsider(tx, &table, id)?;
    }
    // In a set that is kept no longer, a record that has nothing left to send goes with its last edit.
    let gone = LocalRecord { record, etag: String::new(), state: State::None, mark: Mark::None };
    Ok(read::visible(tx.conn, &table, id)?.unwrap_or(gone))
}

pub(crate) fn delete(tx: &Tx<'_>, set: &str, id: RecordId) -> Result<()> {
    let table = Arc::clone(tx.catalog.table(set)?);
    let row = existing(tx, &table, id)?;
    let mut pending = match row.state {
        State::None => Change::on(&row, State::Delete),
        _ => pending::expect(tx.conn, set, id)?,
    };
    let open = conflict::of_record(tx.conn, &table, id)?;
    if let Some(open) = open.as_ref().filter(|open| open.kind == ConflictKind::DeletedOnServer) {
        answer::answer(tx, &table, open, &Resolution::AcceptDelete)?;
        let known = pending.base.as_ref().or(open.server.as_ref()).map(|known| &known.record);
        return history::write(tx, &table, id, &Entry::deleted(&row.record, known));
    }
    let mut record = row.record.clone();
    let is_asked = open.is_some_and(|open| open.server.is_some()) && !is_planted(Planted::A14DeletedBesideAQuestion);
    let known = pending.is_known_to_server() || is_asked;
    match fold(true, row.state, known, LocalChange::Delete) {
        Fold::Pending(state) => pending.state = state,
        Fold::Forget => {
            if pending.set_aside {
                // It was never sent, and yet the server spoke of such a record: whoever made that one keeps it.
                position::fetch_later(tx, &table, id)?;
            }
            history::write(tx, &table, id, &Entry::deleted(&record, None))?;
            return local::remove(tx, &table, id);
        }
        Fold::Revert | Fold::Refuse => return Err(StoreError::NotFound { set: set.to_owned(), id }),
    }
    pending.release();
    let unsent = pending.base.as_ref().filter(|base| pending.in_flight.is_none() && base.record.is_tombstoned);
    if let Some(tombstone) = unsent {
        // A restore that was not sent: the deletion it would have undone stands.
        history::write(tx, &table, id, &Entry::deleted(&record, Some(&tombstone.record)))?;
    }
    stamp(tx, &mut record, row.record.updated_at)?;
    local::put_pending(tx, &table, record, &pending)?;
    if pending.hold == Hold::Conflict {
        answer::reconsider(tx, &table, id)?;
    }
    Ok(())
}

pub(crate) fn undo_delete(tx: &Tx<'_>, set: &str, id: RecordId) -> Result<LocalRecord> {
    let table = Arc::clone(tx.catalog.table(set)?);
    let nothing = || StoreError::NothingToUndo { set: set.to_owned(), id };
    let Some(row) = row::get(tx.conn, &table, id)? else {
        return restore_deleted(tx, &table, id)?.ok_or_else(nothing);
    };
    let mut pending = match row.state {
        State::None => return Err(nothing()),
        _ => pending::expect(tx.conn, set, id)?,
    };
    if fold(true, row.state, pending.is_known_to_server(), LocalChange::Undo) != Fold::Revert {
        return Err(nothing());
    }
    pending.state = if pending.base.is_some() { State::Update } else { State::Add };
    pending.release();
    let mut record = row.record.clone();
    stamp(tx, &mut record, row.record.updated_at)?;
    local::put_pending(tx, &table, record, &pending)?;
    if pending.hold == Hold::Conflict {
        answer::reconsider(tx, &table, id)?;
    }
    saved(tx, &table, id)
}

/// Restores a record whose deletion is settled.
fn restore_deleted(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<Option<LocalRecord>> {
    let set = &table.set.name;
    let confirmed = sent::of_record(tx.conn, set, id)?.pop();
    let deleted = confirmed.as_ref().filter(|sent| sent.change.state == State::Delete);
    let forgotten = history::take_deleted(tx, table, id, deleted.map_or(i64::MIN, |sent| sent.at))?;
    let forgotten = forgotten.and_then(|entry| entry.known().zip(entry.record));
    let (mut record, pending) = match (forgotten, confirmed) {
        (Some((known, record)), _) => (record, on_tombstone(tx, table, known)?),
        (None, Some(sent)) if sent.change.state == State::Delete => {
            let tombstone = sent.tombstone();
            if !tells_all(table, &tombstone) {
                position::fetch_later(tx, table, id)?;
            }
            let base = Versioned { record: tombstone, etag: sent.etag };
            (sent.change.record, Change::new(State::Update, Some(base)))
        }
        _ => return Ok(None),
    };
    record.is_tombstoned = false;
    let before = record.updated_at;
    stamp(tx, &mut record, before)?;
    local::put_pending(tx, table, record, &pending)?;
    saved(tx, table, id).map(Some)
}

/// Tells whether every property of the model is known of a record.
fn tells_all(table: &Table, known: &Record) -> bool {
    table.declared().all(|property| known.properties.contains_key(&property.name))
}

/// Returns what this device knew of a record when it deleted it, where the tombstone that the server last had is the one which
/// that made.
pub(crate) fn own_tombstone(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<Option<Record>> {
    let Some(etag) = history::tombstone(tx.conn, &table.set.name, id)? else { return Ok(None) };
    let sent = sent::of_record(tx.conn, &table.set.name, id)?.pop();
    Ok(sent.filter(|sent| sent.etag == etag && sent.change.state == State::Delete).map(|sent| sent.tombstone()))
}

/// Begins the change that restores a record: on its tombstone where one was seen, else as an addition, which the server
/// answers with a question where it has a tombstone after all. `known` is what this device knows of what the tombstone holds.
pub(crate) fn on_tombstone(tx: &Tx<'_>, table: &Table, known: Record) -> Result<Change> {
    let Some(etag) = history::tombstone(tx.conn, &table.set.name, known.id)? else {
        return Ok(Change::new(State::Add, None));
    };
    if !tells_all(table, &known) || !sent::is_confirmed(tx.conn, &table.set.name, known.id, &etag)? {
        // What others had made of it before they deleted it may be more than was known here, and so may what stands there of a
        // property that came with the model since: it is read before this is sent.
        position::fetch_later(tx, table, known.id)?;
    }
    let tombstone = Record { is_tombstoned: true, ..known };
    Ok(Change::new(State::Update, Some(Versioned { record: tombstone, etag })))
}

/// Reads what an edit changes: canonical values that fit the model.
pub(crate) fn typed(table: &Table, record: &Record, changes: &Map<String, Value>) -> Result<Map<String, Value>> {
    if given_id(changes)?.is_some_and(|given| given != record.id) {
        let problem = "cannot be changed".to_owned();
        return Err(StoreError::InvalidMember { property: ID.to_owned(), problem });
    }
    Ok(read_changes(&table.set, &edited(table, record, changes), Strictness::RefuseUnknown)?)
}

/// Reads a record that its user can see.
pub(crate) fn existing(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<Row> {
    let row = row::get(tx.conn, table, id)?.filter(|row| row.state != State::Delete && !row.record.is_tombstoned);
    row.ok_or_else(|| StoreError::NotFound { set: table.set.name.clone(), id })
}

fn saved(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<LocalRecord> {
    let record = read::visible(tx.conn, table, id)?;
    record.ok_or_else(|| StoreError::NotFound { set: table.set.name.clone(), id })
}

pub(crate) fn stamp(tx: &Tx<'_>, record: &mut Record, base_ms: i64) -> Result<()> {
    record.updated_at = tx.stamp(base_ms)?;
    record.updated_by = None;
    Ok(())
}

/// Reads the `Id` that a record brings; null counts as none.
pub(crate) fn given_id(json: &Map<String, Value>) -> Result<Option<RecordId>> {
    match json.get(ID) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_str().map(str::parse) {
            Some(Ok(id)) => Ok(Some(id)),
            _ => {
                let problem = "must be a GUID such as 8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01".to_owned();
                Err(StoreError::InvalidMember { property: ID.to_owned(), problem })
            }
        },
    }
}

fn without_mark(json: &Map<String, Value>) -> Map<String, Value> {
    json.iter().filter(|(name, _)| *name != MARK).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Leaves out what a screen sends back as it got it: the mark, and properties that the model does not know.
fn edited(table: &Table, record: &Record, changes: &Map<String, Value>) -> Map<String, Value> {
    let mut changes = without_mark(changes);
    changes.retain(|name, value| table.set.entity_type.property(name).is_some() || record.get(name) != value);
    changes
}
