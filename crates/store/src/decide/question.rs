//! An open question with its two sides.
//!
//! Owns: putting one together, and that one whose content changed is another one. Refuses: deciding what is a conflict
//! (`tidemark-model`).

use crate::error::{Result, StoreError};
use crate::tables::conflict::{self, Open};
use crate::tables::pending::{self, Change, Hold};
use crate::tables::row;
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use rusqlite::Connection;
use tidemark_model::{Conflict, ConflictKind, Planted, Record, RecordId, State, Versioned, is_planted};

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

/// Returns a question as the rules look at it.
pub(crate) fn asked(open: &Open, mine: Record, pending: &Change) -> Conflict {
    Conflict {
        kind: open.kind,
        properties: open.properties.clone(),
        base: pending.base.clone(),
        mine,
        server: open.server.clone(),
    }
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
                (Some(shown), Some(now)) => {
                    is_planted(Planted::F6AnswerWithoutVersion) || shown.record.same_content(&now.record)
                }
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
    if is_planted(Planted::X8QuestionWithoutBase) {
        change.base = None;
    }
    change.hold = Hold::Conflict;
    change.reason = None;
    pending::put(tx, &table.set.name, id, change)?;
    tx.note(&table.set.name, id);
    Ok(before.is_none())
}

/// Returns this device's side of a question: the record, and its pending change.
pub(crate) fn sides(conn: &Connection, table: &Table, open: &Open) -> Result<(Record, Change)> {
    let row = row::get(conn, table, open.record_id)?;
    let row = row.ok_or_else(|| StoreError::Internal(format!("conflict {} lost its record", open.id)))?;
    Ok((row.record, pending::expect(conn, &open.set, open.record_id)?))
}
