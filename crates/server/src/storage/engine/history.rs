//! A record's history, read from the journal: the newest version, with line after line undone.
//!
//! Owns: the walk along the chain of a record's lines. Refuses: another place's record: the chain begins at the row,
//! which is found within the caller's workspace and, in a set that is kept per user, among the caller's own.

use super::table::{Tables, find};
use super::tx::Tx;
use crate::change::{Mark, Place};
use crate::limits::MAX_PAGE_BYTES;
use crate::storage::{PastChange, Result, ValueChange};
use serde_json::{Map, Value};
use tidemark_model::{EntitySet, JournalKind, RecordId, Vocabulary};

/// Returns a record's newest changes, newest first, as many as a page has room for; `None` where there is no trace of it.
pub(super) fn history(
    tx: &dyn Tx,
    tables: &Tables,
    place: &Place,
    id: RecordId,
    limit: usize,
) -> Result<Option<Vec<PastChange>>> {
    let (set, table) = (tables.set(&place.set)?, tables.table(&place.set)?);
    let Some(row) = find(tx, table, place, id.0)? else { return Ok(None) };
    let mut content = row.to_record(set).properties;
    let mut at = row.version.sequence;
    let mut changes = Vec::new();
    let mut bytes = 0;
    while at > 0 && changes.len() < limit && bytes < MAX_PAGE_BYTES {
        let Some(line) = line(tx, place.workspace_no, at)? else { break };
        at = line.previous;
        let change = line.undo(set, &mut content);
        bytes += change.changes.iter().map(|value| size(&value.from) + size(&value.to)).sum::<usize>();
        changes.push(change);
    }
    Ok(Some(changes))
}

fn size(value: &Value) -> usize {
    if let Value::String(text) = value { text.len() } else { 16 }
}

/// One line of the journal.
struct Line {
    version: Mark,
    what: JournalKind,
    previous: u64,
    before: Option<String>,
    stamp: i64,
    user: Option<String>,
    device: Option<String>,
    at_ms: i64,
}

fn line(tx: &dyn Tx, workspace_no: i64, sequence: u64) -> Result<Option<Line>> {
    let sql = "SELECT mark, what, previous, before, stamp, \"user\", device, at_ms
               FROM journal WHERE workspace = ?1 AND sequence = ?2";
    tx.one(sql, &[workspace_no.into(), sequence.into()], |row| {
        Ok(Line {
            version: Mark { sequence, mark: row.mark(0)? },
            what: JournalKind::from_word(&row.text(1)?).unwrap_or(JournalKind::Update),
            previous: row.unsigned(2)?,
            before: row.text_or_null(3)?,
            stamp: row.integer(4)?,
            user: row.text_or_null(5)?,
            device: row.text_or_null(6)?,
            at_ms: row.integer(7)?,
        })
    })
}

impl Line {
    /// Takes the line back from a record's content; returns what it had changed.
    fn undo(self, set: &EntitySet, content: &mut Map<String, Value>) -> PastChange {
        let mut changes = Vec::new();
        if self.what == JournalKind::Create {
            let made = content.iter().filter(|(_, value)| !value.is_null());
            changes.extend(made.map(|(name, to)| ValueChange {
                property: name.clone(),
                from: Value::Null,
                to: to.clone(),
            }));
        }
        let before = self.before.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let before: Map<String, Value> = before.unwrap_or_default();
        // A property that left the model has no place in its answers any more.
        for (property, from) in before.into_iter().filter(|(name, _)| set.entity_type.property(name).is_some()) {
            let to = content.insert(property.clone(), from.clone()).unwrap_or(Value::Null);
            changes.push(ValueChange { property, from, to });
        }
        PastChange {
            version: self.version,
            at_ms: self.stamp,
            received_ms: self.at_ms,
            user: self.user,
            device: self.device,
            what: self.what,
            changes,
        }
    }
}
