//! What is asked, and people's answers.
//!
//! Owns: the list of open questions, and that an answer is to what was shown (FAULTS I14). Refuses: what an answer means
//! (`tidemark-model`).

use crate::decide::answered;
use crate::decide::question::{self, OpenConflict};
use crate::error::{Result, StoreError};
use crate::look::read;
use crate::look::record::LocalRecord;
use crate::tables::conflict;
use crate::tx::store::Store;
use std::sync::Arc;
use tidemark_model::{Record, RecordId, Resolution, Resolved, State, resolve};

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
                conflicts.push(question::with_sides(reading.conn, table, open)?);
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
            let (mine, pending) = question::sides(reading.conn, table, &open)?;
            let conflict = question::asked(&open, mine, &pending);
            Ok(match resolve(&table.set, &conflict, answer)? {
                Resolved::TakeServer => conflict.server.map(|s| s.record).filter(|record| !record.is_tombstoned),
                Resolved::Pending { state: State::Delete, .. } => None,
                Resolved::Pending { local, .. } => Some(Record { is_tombstoned: false, ..local }),
            })
        })
    }
}
