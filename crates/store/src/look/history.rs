//! What happened to records, for whoever looks.
//!
//! Owns: reading it. Refuses: writing it (`tables::history`).

use crate::error::Result;
use crate::look::read;
use crate::tables::history::{self, HistoryEntry};
use crate::tables::position;
use crate::tables::row;
use crate::tx::store::Store;
use tidemark_model::{Record, RecordId, State};

/// Something that a policy or a person decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The entity set.
    pub set: String,
    /// The record.
    pub id: RecordId,
    /// The record as it is here, or the losing side where it is not: what people know it by.
    pub shown: Option<Record>,
    /// What was decided.
    pub entry: HistoryEntry,
}

impl Store {
    /// Returns what happened to a record, as far as this device knows, newest first.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn history(&self, set: &str, id: RecordId) -> Result<Vec<HistoryEntry>> {
        self.read(|reading| {
            reading.catalog.table_here(set)?;
            history::of_record(reading.conn, set, id)
        })
    }

    /// Returns what policies and people decided on this device, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn decisions(&self, limit: u32) -> Result<Vec<Decision>> {
        self.read(|reading| {
            let mut decisions = Vec::new();
            for (set, id, mut entry) in history::decisions(reading.conn, limit)? {
                let Ok(table) = reading.catalog.table(&set) else { continue };
                let here = row::get(reading.conn, table, id)?;
                let is_shown = here.as_ref().is_some_and(|row| row.state != State::Delete);
                entry.can_bring_back &= position::is_kept(reading.conn, &set)?
                    && (entry.record.is_some() || is_shown && read::visible(reading.conn, table, id)?.is_some());
                let shown = here.map(|row| row.record).or_else(|| entry.record.clone());
                decisions.push(Decision { set, id, shown, entry });
            }
            Ok(decisions)
        })
    }
}
