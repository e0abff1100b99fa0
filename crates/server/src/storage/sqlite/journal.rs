//! The change journal: one line per accepted change, never rewritten but for a purge.
//!
//! Owns: the lines, the ledger of repeatable requests that they are, and a record's earlier versions, which follow
//! from the newest by undoing line after line. DESIGN section 4, Server; FAULTS I15.

use super::convert::{mark, signed, unsigned};
use super::table::{SetTable, find};
use crate::change::{Mark, Place, Repeat, Row, What};
use crate::storage::{Caller, Result, StorageError};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Map, Value};
use tidemark_model::{Cell, CellSeed, EntitySet};
use uuid::Uuid;

/// A line to write.
pub(super) struct Line<'l> {
    pub(super) place: &'l Place,
    pub(super) caller: &'l Caller,
    pub(super) what: What,
    pub(super) stored: Option<&'l Row>,
    pub(super) row: &'l Row,
    pub(super) repeat: Option<Repeat>,
    pub(super) now_ms: i64,
}

/// Writes a line.
pub(super) fn write(connection: &Connection, set: &EntitySet, line: &Line<'_>) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO journal (workspace, sequence, mark, entity_set, record, what, previous, before, stamp,
             is_tombstoned, user, account, device, at_ms, request, content)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?;
    let row = line.row;
    statement.execute((
        line.place.workspace_no,
        signed(row.version.sequence),
        row.version.mark,
        &line.place.set,
        row.id.as_bytes(),
        line.what.as_str(),
        line.stored.map_or(0, |stored| signed(stored.version.sequence)),
        line.stored.and_then(|stored| before(set, stored, row)),
        row.updated_at,
        row.is_tombstoned,
        &row.updated_by,
        line.caller.user_no,
        &line.caller.device,
        line.now_ms,
        line.repeat.map(|repeat| repeat.request),
        line.repeat.map(|repeat| repeat.content),
    ))?;
    Ok(())
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
pub(super) struct Earlier {
    /// The hash of what it held.
    pub(super) content: Option<[u8; 16]>,
    /// What it did.
    pub(super) what: What,
    place: Place,
    id: Uuid,
    version: Mark,
    stamp: i64,
    is_tombstoned: bool,
    user: Option<String>,
}

/// Finds the line of a request that an account made before.
pub(super) fn find_request(connection: &Connection, caller: &Caller, request: [u8; 16]) -> Result<Option<Earlier>> {
    let mut statement = connection.prepare_cached(
        "SELECT content, what, workspace, entity_set, record, sequence, mark, stamp, is_tombstoned, user
         FROM journal WHERE account = ?1 AND request = ?2",
    )?;
    let found = statement
        .query_row((caller.user_no, request), |row| {
            let what: String = row.get(1)?;
            Ok(Earlier {
                content: row.get(0)?,
                what: What::from_word(&what).unwrap_or(What::Update),
                place: Place { set: row.get(3)?, workspace_no: row.get(2)?, owner_no: 0 },
                id: Uuid::from_bytes(row.get(4)?),
                version: Mark { sequence: unsigned(row.get(5)?), mark: mark(row.get(6)?) },
                stamp: row.get(7)?,
                is_tombstoned: row.get(8)?,
                user: row.get(9)?,
            })
        })
        .optional()?;
    Ok(found)
}

impl Earlier {
    /// Returns the record as it was right after this line: the newest version with every later line undone.
    pub(super) fn row(self, connection: &Connection, set: &EntitySet, table: &SetTable, owner_no: i64) -> Result<Row> {
        let place = Place { owner_no, ..self.place };
        let Some(mut row) = find(connection, table, &place, self.id)? else {
            return Err(StorageError::Failed(format!("the journal names {}, which is not in {}", self.id, place.set)));
        };
        let mut at = row.version.sequence;
        let sql = "SELECT previous, before FROM journal WHERE workspace = ?1 AND sequence = ?2";
        let mut statement = connection.prepare_cached(sql)?;
        while at > self.version.sequence {
            let (previous, before): (i64, Option<String>) =
                statement.query_row((place.workspace_no, signed(at)), |line| Ok((line.get(0)?, line.get(1)?)))?;
            undo(set, &mut row, before.as_deref());
            at = unsigned(previous);
        }
        Ok(Row {
            version: self.version,
            updated_at: self.stamp,
            is_tombstoned: self.is_tombstoned,
            updated_by: self.user,
            ..row
        })
    }
}

fn undo(set: &EntitySet, row: &mut Row, before: Option<&str>) {
    let before: Map<String, Value> = before.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    for (property, cell) in set.entity_type.declared().zip(&mut row.cells) {
        match before.get(&property.name) {
            Some(Value::Null) => *cell = Cell::Null,
            Some(value) => {
                if let Ok(was) = CellSeed(property).read(value) {
                    *cell = was.into_owned();
                }
            }
            None => {}
        }
    }
}
