//! The server's change journal about a record, kept beside what this device saw itself, so that it is there offline.
//!
//! Owns: that one change never appears twice: a version of the server is one entry, and the journal, which knows the
//! device and every step, says more of it than a pull could see. Refuses: fetching it (`tidemark-sync`).

use crate::error::Result;
use crate::open::lease::Lease;
use crate::tables::history::{self, HistoryEntry, PropertyChange, Told};
use crate::tables::position;
use tidemark_model::{HistoryEvent, JournalKind, RecordId, Word};

/// A line of the server's change journal about one record.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalLine {
    /// The ETag of the version that it made: the same change seen another way has the same one.
    pub etag: String,
    /// Unix milliseconds UTC.
    pub at: i64,
    /// Who made it.
    pub user: Option<String>,
    /// On which device, where the server knows.
    pub device: Option<String>,
    /// What it did.
    pub kind: Word<JournalKind>,
    /// What it changed.
    pub changes: Vec<PropertyChange>,
}

impl Lease {
    /// Returns a record's history with the server's journal in it. Of a set that is kept offline the lines are kept.
    ///
    /// # Errors
    /// The set is unknown, or the database cannot be written.
    pub fn history_with(&self, set: &str, id: RecordId, lines: &[JournalLine]) -> Result<Vec<HistoryEntry>> {
        let known = self.read(|reading| {
            reading.catalog.table(set)?;
            position::is_kept(reading.conn, set)
        })?;
        if known && !self.store().is_read_only() {
            self.write(|tx| lines.iter().try_for_each(|line| history::keep_told(tx, set, id, &of_version(line))))?;
            return self.store().history(set, id);
        }
        let mut entries = self.read(|reading| {
            let mut entries = history::of_record(reading.conn, set, id)?;
            for line in lines {
                if history::number_of(reading.conn, set, id, &line.etag)?.is_none() {
                    entries.push(told(line));
                }
            }
            Ok(entries)
        })?;
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        Ok(entries)
    }
}

fn event(line: &JournalLine) -> HistoryEvent {
    match &line.kind {
        Word::Known(JournalKind::Create) => HistoryEvent::Created,
        Word::Known(JournalKind::Delete) => HistoryEvent::Deleted,
        Word::Known(JournalKind::Restore) => HistoryEvent::Restored,
        // Whatever a newer server did, the record is another one since.
        Word::Known(JournalKind::Update) | Word::Other(_) => HistoryEvent::Edited,
    }
}

fn of_version(line: &JournalLine) -> Told<'_> {
    Told {
        etag: &line.etag,
        event: event(line),
        at: line.at,
        by: line.user.as_deref(),
        device: line.device.as_deref(),
        changes: &line.changes,
    }
}

fn told(line: &JournalLine) -> HistoryEntry {
    HistoryEntry {
        entry: 0,
        at: line.at,
        event: event(line).into(),
        by_policy: false,
        by: line.user.clone(),
        device: line.device.clone(),
        changes: line.changes.clone(),
        record: None,
        can_bring_back: false,
    }
}
