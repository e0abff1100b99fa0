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
use crate::tables::pending::{self, Change, Hold};
use crate::tables::row;
use crate::tables::table::Table;
use crate::tables::value::{Key, from_optional_text, from_text, to_text};
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
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

/// A row of `conflict`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) id: RecordId,
    pub(crate) set: String,
    pub(crate) record_id: RecordId,
    pub(crate) kind: ConflictKind,
    properties: Vec<String>,
    pub(crate) server: Option<Versioned>,
    detected_at: i64,
}

impl Store {
    /// Returns the open conflicts, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn conflicts(&self) -> Result<Vec<OpenConflict>> {
        self.read(|reading| {
            let sql = format!("{SELECT} ORDER BY detected_at, record_id");
            let mut statement = reading.conn.prepare_cached(&sql)?;
            let mut rows = statement.query([])?;
            let mut conflicts = Vec::new();
            while let Some(row) = rows.next()? {
                let open = read_open(row)?;
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
            let open = by_id(tx.conn, conflict)?.ok_or(StoreError::NoSuchConflict(conflict))?;
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
            let first = by_id(tx.conn, conflict)?.ok_or(StoreError::NoSuchConflict(conflict))?;
            let table = Arc::clone(tx.catalog.table_here(&first.set)?);
            let mut undo = Vec::new();
            for id in records(tx.conn, &table)? {
                if let Some(open) = of_record(tx.conn, &table, id)?.filter(|open| open.kind == first.kind) {
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
            let open = by_id(reading.conn, conflict)?.ok_or(StoreError::NoSuchConflict(conflict))?;
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
    let before = of_record(tx.conn, table, id)?;
    let same = before.as_ref().filter(|open| {
        open.kind == conflict.kind
            && match (&open.server, &conflict.server) {
                (Some(shown), Some(now)) => shown.record.same_content(&now.record),
                (None, None) => true,
                _ => false,
            }
    });
    put(
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

/// Writes a question, in the place of the one that is open about the record.
pub(crate) fn put(tx: &Tx<'_>, open: &Open) -> Result<()> {
    let sql = "INSERT INTO conflict (id, entity_set, record_id, kind, properties, server, detected_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (entity_set, record_id) DO UPDATE SET \
               id = ?1, kind = ?4, properties = ?5, server = ?6, detected_at = ?7";
    tx.conn.prepare_cached(sql)?.execute(params![
        Key(open.id),
        open.set,
        Key(open.record_id),
        open.kind.as_str(),
        to_text(&open.properties)?,
        open.server.as_ref().map(to_text).transpose()?,
        open.detected_at,
    ])?;
    Ok(())
}

/// Closes the question about a record, if there is one.
pub(crate) fn close(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<()> {
    let sql = "DELETE FROM conflict WHERE entity_set = ?1 AND record_id = ?2";
    tx.conn.prepare_cached(sql)?.execute(params![table.set.name, Key(id)])?;
    Ok(())
}

/// Looks at an open question again after this device's side was edited: it may have answered itself.
pub(crate) fn reconsider(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<Tally> {
    let Some(open) = of_record(tx.conn, table, id)? else { return Ok(Tally::default()) };
    if open.kind != ConflictKind::DeletedOnServer {
        return verdict::judge(tx, table, id, open.server.as_ref());
    }
    // Whatever the edit: the record is gone there, and only an answer brings it back or lets it go.
    let (mine, pending) = sides(tx.conn, table, &open)?;
    let properties = match &pending.base {
        Some(base) => changed_properties(&base.record, &mine).into_iter().map(str::to_owned).collect(),
        None => open.properties,
    };
    let sql = "UPDATE conflict SET properties = ?2 WHERE id = ?1";
    tx.conn.prepare_cached(sql)?.execute(params![Key(open.id), to_text(&properties)?])?;
    Ok(Tally::default())
}

/// Returns the open question about a record.
pub(crate) fn of_record(conn: &Connection, table: &Table, id: RecordId) -> Result<Option<Open>> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} WHERE entity_set = ?1 AND record_id = ?2"))?;
    let mut rows = statement.query(params![table.set.name, Key(id)])?;
    rows.next()?.map(read_open).transpose()
}

fn by_id(conn: &Connection, id: RecordId) -> Result<Option<Open>> {
    let mut statement = conn.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
    let mut rows = statement.query([Key(id)])?;
    rows.next()?.map(read_open).transpose()
}

/// Returns the records of a set that have an open question.
pub(crate) fn records(conn: &Connection, table: &Table) -> Result<Vec<RecordId>> {
    let mut statement = conn.prepare_cached("SELECT record_id FROM conflict WHERE entity_set = ?1")?;
    let ids = statement.query_map([&table.set.name], |row| row.get::<_, Key>(0).map(|key| key.0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

const SELECT: &str = "SELECT id, entity_set, record_id, kind, properties, server, detected_at FROM conflict";

fn read_open(row: &rusqlite::Row<'_>) -> Result<Open> {
    let kind: String = row.get(3)?;
    Ok(Open {
        id: row.get::<_, Key>(0)?.0,
        set: row.get(1)?,
        record_id: row.get::<_, Key>(2)?.0,
        kind: [ConflictKind::BothEdited, ConflictKind::DeletedOnServer, ConflictKind::EditedOnServer]
            .into_iter()
            .find(|known| known.as_str() == kind)
            .ok_or_else(|| StoreError::Internal(format!("{kind} is no kind of conflict")))?,
        properties: from_text(&row.get::<_, String>(4)?)?,
        server: from_optional_text(row.get(5)?)?,
        detected_at: row.get(6)?,
    })
}

pub(crate) fn sides(conn: &Connection, table: &Table, open: &Open) -> Result<(Record, Change)> {
    let row = row::get(conn, table, open.record_id)?;
    let row = row.ok_or_else(|| StoreError::Internal(format!("conflict {} lost its record", open.id)))?;
    Ok((row.record, pending::expect(conn, &open.set, open.record_id)?))
}
