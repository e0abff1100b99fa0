//! Open questions: one per record at most, with the newest version of the server's side.
//!
//! Owns: the `conflict` table and carrying out a person's answer. Refuses: deciding what is a conflict and what an
//! answer means (`tidemark-model`). The base and this device's side are the live ones of `pending` and the record.

use crate::decide::answered;
use crate::decide::tally::Tally;
use crate::decide::verdict;
use crate::error::{Result, StoreError};
use crate::look::read;
use crate::look::record::LocalRecord;
use crate::tables::conflict::{self, Open};
use crate::tables::pending::{self, Change, Hold};
use crate::tables::row;
use crate::tables::table::Table;
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use rusqlite::Connection;
use std::sync::Arc;
use tidemark_model::{
    Conflict, ConflictKind, Record, RecordId, Resolution, Resolved, State, Versioned, changed_properties, resolve,
};

/// A conflict as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenConflict {
    /// The conflict's own id.
    pub id: RecordId,
    /// The entity set.
    pub set: String,
    /// The record.
    pub record_id: RecordId,
    /// What the question is.
    pub kind: ConflictKind,
    /// The properties in question.
    pub properties: Vec<String>,
    /// The version that this device's change was made on.
    pub base: Option<Versioned>,
    /// This device's record as it is now.
    pub mine: Record,
    /// The server's record, as of when the question was put; tombstoned in *deleted on server*.
    pub server: Option<Versioned>,
    /// Unix milliseconds UTC.
    pub detected_at: i64,
}

/// An answer that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The record as it is then; `None` where it went.
    pub record: Option<LocalRecord>,
    /// Takes the answer back.
    pub undo: RecordId,
}

impl Store {
    /// Returns the open conflicts, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn conflicts(&self) -> Result<Vec<OpenConflict>> {
        self.read(|reading| {
            let mut conflicts = Vec::new();
            for open in conflict::all(reading.conn)? {
                // A set that left the model keeps its questions.
                let Ok(table) = reading.catalog.table_here(&open.set) else { continue };
                conflicts.push(with_sides(reading.conn, table, open)?);
            }
            Ok(conflicts)
        })
    }

    /// Carries out a person's answer on exactly the version that was shown. It is on the disk before this returns.
    ///
    /// # Errors
    /// [`StoreError::NoSuchConflict`] where it was answered or its question changed; the answer does not fit.
    pub fn resolve(&self, conflict: RecordId, answer: &Resolution) -> Result<Answered> {
        self.write(|tx| {
            let open = conflict::by_id(tx.conn, conflict)?.ok_or(StoreError::NoSuchConflict(conflict))?;
            let (table, id) = (Arc::clone(tx.catalog.table_here(&open.set)?), open.record_id);
            let undo = answered::answer(tx, &table, open, answer)?;
            Ok(Answered { record: read::visible(tx.conn, &table, id)?, undo })
        })
    }

    /// Gives the same answer to every open conflict of the same entity set and kind, all or none. Returns what takes
    /// each of them back.
    ///
    /// # Errors
    /// As [`Store::resolve`].
    pub fn resolve_similar(&self, conflict: RecordId, answer: &Resolution) -> Result<Vec<RecordId>> {
        self.write(|tx| {
            let first = conflict::by_id(tx.conn, conflict)?.ok_or(StoreError::NoSuchConflict(conflict))?;
            let table = Arc::clone(tx.catalog.table_here(&first.set)?);
            let mut undo = Vec::new();
            for id in conflict::records(tx.conn, &table)? {
                if let Some(open) = conflict::of_record(tx.conn, &table, id)?.filter(|open| open.kind == first.kind) {
                    undo.push(answered::answer(tx, &table, open, answer)?);
                }
            }
            Ok(undo)
        })
    }

    /// Returns what an answer would make of the record, `None` where it would go. Nothing is stored.
    ///
    /// # Errors
    /// As [`Store::resolve`].
    pub fn preview_resolve(&self, conflict: RecordId, answer: &Resolution) -> Result<Option<Record>> {
        self.read(|reading| {
            let open = conflict::by_id(reading.conn, conflict)?.ok_or(StoreError::NoSuchConflict(conflict))?;
            let table = reading.catalog.table_here(&open.set)?;
            let (mine, pending) = sides(reading.conn, table, &open)?;
            let conflict = asked(&open, mine, &pending);
            Ok(match resolve(&table.set, &conflict, answer)? {
                Resolved::TakeServer => conflict.server.map(|s| s.record).filter(|record| !record.is_tombstoned),
                Resolved::Pending { state: State::Delete, .. } => None,
                Resolved::Pending { local, .. } => Some(Record { is_tombstoned: false, ..local }),
            })
        })
    }
}

/// Puts an open question beside its sides.
pub(crate) fn with_sides(conn: &Connection, table: &Table, open: Open) -> Result<OpenConflict> {
    let (mine, pending) = sides(conn, table, &open)?;
    Ok(OpenConflict {
        id: open.id,
        set: open.set,
        record_id: open.record_id,
        kind: open.kind,
        properties: open.properties,
        base: pending.base,
        mine: Record { is_tombstoned: pending.state == State::Delete, ..mine },
        server: open.server,
        detected_at: open.detected_at,
    })
}

fn asked(open: &Open, mine: Record, pending: &Change) -> Conflict {
    Conflict {
        kind: open.kind,
        properties: open.properties.clone(),
        base: pending.base.clone(),
        mine,
        server: open.server.clone(),
    }
}

/// Carries out an answer to an open question.
pub(crate) fn answer(tx: &Tx<'_>, table: &Table, open: &Open, answer: &Resolution) -> Result<()> {
    let (mine, pending) = sides(tx.conn, table, open)?;
    let conflict = asked(open, mine, &pending);
    verdict::carry_out(tx, table, &pending, &conflict, answer, false)
}

/// Opens a question, or puts a newer version of the server's side into the open one; tells whether it is new.
///
/// An answer is about what was shown (FAULTS I14): where the question's content changes it gets another id, so that
/// an answer to the old one finds nothing and is asked again.
pub(crate) fn open(tx: &Tx<'_>, table: &Table, id: RecordId, change: &mut Change, conflict: &Conflict) -> Result<bool> {
    let before = conflict::of_record(tx.conn, table, id)?;
    let same = before.as_ref().filter(|open| {
        open.kind == conflict.kind
            && match (&open.server, &conflict.server) {
                (Some(shown), Some(now)) => shown.record.same_content(&now.record),
                (None, None) => true,
                _ => false,
            }
    });
    conflict::put(
        tx,
        &Open {
            id: same.map_or_else(|| tx.fresh_id(), |open| open.id),
            set: table.set.name.clone(),
            record_id: id,
            kind: conflict.kind,
            properties: conflict.properties.clone(),
            server: conflict.server.clone(),
            detected_at: same.map_or(tx.now_ms, |open| open.detected_at),
        },
    )?;
    change.hold = Hold::Conflict;
    change.reason = None;
    pending::put(tx, &table.set.name, id, change)?;
    tx.note(&table.set.name, id);
    Ok(before.is_none())
}

/// Looks at an open question again after this device's side was edited: it may have answered itself.
pub(crate) fn reconsider(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<Tally> {
    let Some(open) = conflict::of_record(tx.conn, table, id)? else { return Ok(Tally::default()) };
    if open.kind != ConflictKind::DeletedOnServer {
        return verdict::judge(tx, table, id, open.server.as_ref());
    }
    // Whatever the edit: the record is gone there, and only an answer brings it back or lets it go.
    let (mine, pending) = sides(tx.conn, table, &open)?;
    let properties = match &pending.base {
        Some(base) => changed_properties(&base.record, &mine).into_iter().map(str::to_owned).collect(),
        None => open.properties,
    };
    conflict::put_properties(tx, open.id, &properties)?;
    Ok(Tally::default())
}

pub(crate) fn sides(conn: &Connection, table: &Table, open: &Open) -> Result<(Record, Change)> {
    let row = row::get(conn, table, open.record_id)?;
    let row = row.ok_or_else(|| StoreError::Internal(format!("conflict {} lost its record", open.id)))?;
    Ok((row.record, pending::expect(conn, &open.set, open.record_id)?))
}
