//! The server's change journal about a record, kept beside what this device saw itself, so that it is there offline.
//!
//! Owns: that one change never appears twice: a version of the server is one entry, and the journal, which knows the
//! device and every step, says more of it than a pull could see. Refuses: fetching it (`tidemark-sync`).

use crate::error::Result;
use crate::open::lease::Lease;
use crate::tables::history::{self, CREATED, DELETED, EDITED, HistoryEntry, PropertyChange, RESTORED, changes_text};
use crate::tables::position;
use crate::tables::value::Key;
use crate::tx::transaction::Tx;
use rusqlite::params;
use tidemark_model::RecordId;

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
    /// `create`, `update`, `delete`, `restore`.
    pub kind: String,
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
            self.write(|tx| lines.iter().try_for_each(|line| keep(tx, set, id, line)))?;
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

fn event(line: &JournalLine) -> &'static str {
    match line.kind.as_str() {
        "create" => CREATED,
        "delete" => DELETED,
        "restore" => RESTORED,
        _ => EDITED,
    }
}

fn keep(tx: &Tx<'_>, set: &str, id: RecordId, line: &JournalLine) -> Result<()> {
    let changes = changes_text(&line.changes)?;
    if let Some(number) = history::number_of(tx.conn, set, id, &line.etag)? {
        // Whoever decided stays; what the server knows better is when, on which device, and each step of it.
        let sql = "UPDATE history SET at = ?1, event = ?2, by = coalesce(?3, by), device = coalesce(?4, device), \
                   changes = CASE WHEN decision = 1 THEN changes ELSE coalesce(?5, changes) END WHERE order_no = ?6";
        let mut statement = tx.conn.prepare_cached(sql)?;
        statement.execute(params![line.at, event(line), line.user, line.device, changes, number])?;
        return Ok(());
    }
    let sql = "INSERT INTO history (at, event, by, device, changes, entity_set, id, etag, seen, kept_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9)";
    tx.conn.prepare_cached(sql)?.execute(params![
        line.at,
        event(line),
        line.user,
        line.device,
        changes,
        set,
        Key(id),
        line.etag,
        tx.server_now_ms()?,
    ])?;
    Ok(())
}

fn told(line: &JournalLine) -> HistoryEntry {
    HistoryEntry {
        entry: 0,
        at: line.at,
        event: event(line).to_owned(),
        by_policy: false,
        by: line.user.clone(),
        device: line.device.clone(),
        changes: line.changes.clone(),
        record: None,
        can_bring_back: false,
    }
}
