//! The change journal: one line per accepted change, never rewritten but for a purge.
//!
//! Owns: the lines, the ledger of repeatable requests that they are, and a record's earlier versions, which follow
//! from the newest by undoing line after line. DESIGN section 4, Server; FAULTS I15.

use super::refusal::Refused;
use super::table::{SetTable, find};
use super::tx::{Bind, Columns, Tx};
use crate::change::{Mark, Outcome, Place, Repeat, Row};
use crate::storage::{Caller, Result, StorageError};
use serde_json::{Map, Value};
use tidemark_model::{Cell, CellSeed, EntitySet, JournalKind, Vocabulary};
use uuid::Uuid;

/// A line to write.
pub(super) struct Line<'l> {
    pub(super) place: &'l Place,
    pub(super) caller: &'l Caller,
    pub(super) what: JournalKind,
    pub(super) stored: Option<&'l Row>,
    pub(super) row: &'l Row,
    pub(super) repeat: Option<Repeat>,
    pub(super) now_ms: i64,
}

/// Writes a line.
pub(super) fn write(tx: &dyn Tx, set: &EntitySet, line: &Line<'_>) -> Result<()> {
    let sql = "INSERT INTO journal (workspace, sequence, mark, entity_set, record, what, previous, before, stamp,
                   is_tombstoned, \"user\", account, device, at_ms, request, content)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
    let row = line.row;
    let before = line.stored.and_then(|stored| before(set, stored, row));
    let values: [Bind<'_>; 16] = [
        line.place.workspace_no.into(),
        row.version.sequence.into(),
        i64::from(row.version.mark).into(),
        (&line.place.set).into(),
        row.id.into(),
        line.what.as_str().into(),
        line.stored.map_or(0, |stored| stored.version.sequence).into(),
        before.as_ref().into(),
        row.updated_at.into(),
        i64::from(row.is_tombstoned).into(),
        row.updated_by.as_ref().into(),
        line.caller.user_no.into(),
        line.caller.device.as_ref().into(),
        line.now_ms.into(),
        line.repeat.map(|repeat| Uuid::from_bytes(repeat.request)).into(),
        line.repeat.map(|repeat| Uuid::from_bytes(repeat.content)).into(),
    ];
    tx.send(sql, &values)
}

/// Returns what the changed properties were, as JSON text; `None` where none changed.
fn before(set: &EntitySet, stored: &Row, row: &Row) -> Option<String> {
    let mut text = Vec::new();
    for (property, (was, is)) in set.entity_type.declared().zip(stored.cells.iter().zip(&row.cells)) {
        if was != is {
            text.extend_from_slice(if text.is_empty() { b"{\"" } else { b",\"" });
            // A property's name is letters, digits and underscores.
            text.extend_from_slice(property.name.as_bytes());
            text.extend_from_slice(b"\":");
            was.write_json(property, &mut text);
        }
    }
    if text.is_empty() {
        return None;
    }
    text.push(b'}');
    String::from_utf8(text).ok()
}

/// A line that a repeated request finds.
#[derive(Clone)]
pub(super) struct Earlier {
    /// The hash of what it held.
    pub(super) content: Option<[u8; 16]>,
    what: JournalKind,
    /// What it was answered, where it was refused.
    pub(super) refused: Option<Refused>,
    place: Place,
    id: Uuid,
    version: Mark,
    pub(super) stamp: i64,
    is_tombstoned: bool,
    user: Option<String>,
}

/// The lines of an account's requests that `of` is said of, those that were refused among them.
fn earlier_lines(of: &str) -> String {
    format!(
        "SELECT content, what, workspace, entity_set, record, sequence, mark, stamp, is_tombstoned, \"user\", request
         FROM journal WHERE account = ?1 AND request {of}
         UNION ALL SELECT content, what, workspace, '', CAST(NULL AS UUID), 0, 0, at_ms, 0, CAST(NULL AS TEXT), request
         FROM refusal WHERE account = ?1 AND request {of}"
    )
}

/// Finds the line of a request that an account made before.
pub(super) fn find_request(tx: &dyn Tx, caller: &Caller, request: [u8; 16]) -> Result<Option<Earlier>> {
    let values = [caller.user_no.into(), Uuid::from_bytes(request).into()];
    tx.one(&earlier_lines("= ?2"), &values, |row| earlier(row, caller))
}

/// Finds the lines of several requests in one trip.
pub(super) fn find_requests(tx: &dyn Tx, caller: &Caller, requests: &[Uuid]) -> Result<Vec<([u8; 16], Earlier)>> {
    let values = [caller.user_no.into(), Bind::Guids(requests)];
    tx.all(&earlier_lines("= ANY(?2)"), &values, |row| {
        Ok((row.guid_or_null(10)?.unwrap_or_default().into_bytes(), earlier(row, caller)?))
    })
}

fn earlier(row: &dyn Columns, caller: &Caller) -> Result<Earlier> {
    let what = row.text(1)?;
    Ok(Earlier {
        content: row.guid_or_null(0)?.map(Uuid::into_bytes),
        what: JournalKind::from_word(&what).unwrap_or(JournalKind::Update),
        refused: Refused::from_word(&what),
        place: Place { set: row.text(3)?, workspace_no: row.integer(2)?, owner_no: 0, user_no: caller.user_no },
        id: row.guid_or_null(4)?.unwrap_or_default(),
        version: Mark { sequence: row.unsigned(5)?, mark: row.mark(6)? },
        stamp: row.integer(7)?,
        is_tombstoned: row.integer(8)? != 0,
        user: row.text_or_null(9)?,
    })
}

/// A repeat of a change that so many others followed is answered without the record's content as it was then: going back
/// costs a step for each, and a thousand repeats would hold up everybody's writes.
const LONGEST_WALK: usize = 20;

impl Earlier {
    /// Returns what came of the change: the record as it was right after this line, the newest version with every later
    /// line undone, where that is not too far back.
    pub(super) fn outcome(self, tx: &dyn Tx, set: &EntitySet, table: &SetTable, owner_no: i64) -> Result<Outcome> {
        let place = Place { owner_no, ..self.place };
        let Some(mut row) = find(tx, table, &place, self.id)? else {
            return Err(StorageError::Failed(format!("the journal names {}, which is not in {}", self.id, place.set)));
        };
        let without_content = Outcome::AppliedBefore { what: self.what, version: self.version, updated_at: self.stamp };
        let mut at = row.version.sequence;
        let sql = "SELECT previous, before FROM journal WHERE workspace = ?1 AND sequence = ?2";
        for _ in 0..LONGEST_WALK {
            if at <= self.version.sequence {
                row.version = self.version;
                row.updated_at = self.stamp;
                row.is_tombstoned = self.is_tombstoned;
                row.updated_by = self.user;
                return Ok(Outcome::Applied { what: self.what, row: Box::new(row) });
            }
            let values = [place.workspace_no.into(), at.into()];
            let line = tx.one(sql, &values, |line| Ok((line.unsigned(0)?, line.text_or_null(1)?)))?;
            // Without a line nobody can tell what the record was before it.
            let Some((previous, before)) = line else { break };
            undo(set, &mut row, before.as_deref());
            at = previous;
        }
        Ok(without_content)
    }
}

fn undo(set: &EntitySet, row: &mut Row, before: Option<&str>) {
    let before: Map<String, Value> = before.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    for (property, cell) in set.entity_type.declared().zip(&mut row.cells) {
        match before.get(&property.name) {
            Some(Value::Null) => *cell = Cell::Null,
            Some(value) => {
                if let Ok(was) = CellSeed::held(property).read(value) {
                    *cell = was.into_owned();
                }
            }
            None => {}
        }
    }
}
