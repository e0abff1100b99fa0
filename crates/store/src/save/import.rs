//! Many records at once, all or none.
//!
//! Owns: naming the row at fault, that a record is in a file once, and what a row does to a record that is here: only what
//! differs from the version that the file was written from is an edit (ADR 0011). Refuses: file formats (`tidemark-app` reads
//! CSV and JSON lines), and bringing a deleted record back unasked (promise 3).

use crate::decide::verdict;
use crate::error::{Result, StoreError};
use crate::save::edit;
use crate::save::file_row::{FileRow, RowProblem};
use crate::tables::exported;
use crate::tables::local;
use crate::tables::pending::{Change, Hold};
use crate::tables::row;
use crate::tables::table::Table;
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use std::collections::HashMap;
use std::sync::Arc;
use tidemark_model::{
    Conflict, ConflictKind, FileEdit, ID, Planted, RecordId, State, Strictness, UPDATED_AT, Versioned, is_as_written,
    is_planted, read_back, read_changes,
};

impl Store {
    /// Adds records; a row whose `Id` is here already is an edit. Returns how many rows there were.
    ///
    /// # Errors
    /// [`StoreError::Row`] or [`StoreError::SameRecord`] with the first row at fault, counted from 1; nothing is imported
    /// then.
    pub fn import(
        &self,
        set: &str,
        rows: &mut dyn Iterator<Item = std::result::Result<FileRow, RowProblem>>,
    ) -> Result<u64> {
        self.write(|tx| {
            let table = Arc::clone(tx.catalog.table(set)?);
            let mut row = 0;
            let mut seen = HashMap::new();
            for file_row in rows {
                row += 1;
                let file_row =
                    file_row.map_err(|RowProblem { problem, property }| StoreError::Row { row, problem, property })?;
                let id = edit::given_id(&file_row.members).map_err(|error| of_row(row, error))?;
                let first = id.and_then(|id| seen.insert(id, row));
                if let Some(first) = first.filter(|_| !is_planted(Planted::B19TwiceInAFile)) {
                    return Err(StoreError::SameRecord { row, first });
                }
                take(tx, &table, id, &file_row).map_err(|error| of_row(row, error))?;
            }
            Ok(row)
        })
    }
}

fn take(tx: &Tx<'_>, table: &Table, id: Option<RecordId>, file_row: &FileRow) -> Result<()> {
    let set = &table.set.name;
    let Some(id) = id else { return edit::add(tx, set, &file_row.members).map(drop) };
    let values = read_changes(&table.set, &file_row.members, Strictness::RefuseUnknown)?;
    let stamps = file_row.version.clone().unwrap_or(i64::MIN..=i64::MAX);
    let mut versions = exported::versions(tx.conn, set, id, &stamps)?;
    let here = row::get(tx.conn, table, id)?;
    let Some(here) = here.filter(|here| here.state != State::Delete && !here.record.is_tombstoned) else {
        let is_going = row::get(tx.conn, table, id)?.is_some();
        return match is_as_written(&values, &versions) {
            // Nobody edited the row: there is nothing to do, and nothing to bring back.
            true => Ok(()),
            false if is_going => Err(misfit(
                ID,
                "belongs to a record that was deleted here; take the row out, restore the record first, or empty the Id \
                 to add it anew",
            )),
            // Where the server has a tombstone it answers with the question whether the record is to come back.
            false => edit::add(tx, set, &file_row.members).map(drop),
        };
    };
    if is_planted(Planted::B20FilePutBackOverwrites) {
        versions = vec![here.record.clone()];
    }
    if versions.is_empty() {
        match &file_row.version {
            Some(stamps) if stamps.start() == stamps.end() && *stamps.start() > here.record.updated_at => {
                return Err(misfit(
                    UPDATED_AT,
                    "is later than the record is here; synchronise first, or empty it to change the record as it is here",
                ));
            }
            // Written from a version that is here no longer.
            Some(stamps) if *stamps != (here.record.updated_at..=here.record.updated_at) => {}
            // The version that is here, or a file that speaks of none: an edit as any other.
            _ => versions.push(here.record.clone()),
        }
    }
    let found = read_back(&table.set, &values, &versions, &here.record);
    match found.clashing.first() {
        None => {
            let changes = found.changes(&here.record);
            if changes.is_empty() { Ok(()) } else { edit::change(tx, set, id, &changes).map(drop) }
        }
        Some(_) if here.state == State::None => ask(tx, table, &here, found),
        Some(property) => Err(misfit(
            property,
            "was changed on this device since the file was written, and that is not sent yet; synchronise first and \
             import then, or take the row out",
        )),
    }
}

/// Asks about a row whose cells were changed here meanwhile, as about any other edit on a version that is not the newest.
fn ask(tx: &Tx<'_>, table: &Table, here: &row::Row, found: FileEdit) -> Result<()> {
    let FileEdit { base, mut mine, clashing } = found;
    edit::stamp(tx, &mut mine, here.record.updated_at)?;
    // The version has no ETag of its own here: no version of the server's is taken for it.
    let base = Versioned { record: base, etag: String::new() };
    let mut change = Change::new(State::Update, Some(base.clone()));
    change.hold = Hold::Conflict;
    local::put_pending(tx, table, mine.clone(), &change)?;
    let conflict = Conflict {
        kind: ConflictKind::BothEdited,
        properties: clashing,
        base: Some(base),
        mine,
        server: Some(here.versioned()),
    };
    verdict::ask(tx, table, change, &conflict).map(drop)
}

fn misfit(property: &str, problem: &str) -> StoreError {
    StoreError::InvalidMember { property: property.to_owned(), problem: problem.to_owned() }
}

/// Names the row in an error that is about its content; a full disk is not.
fn of_row(row: u64, error: StoreError) -> StoreError {
    let property = error.property().map(str::to_owned);
    let problem = match &error {
        StoreError::Invalid(inner) => inner.to_string(),
        StoreError::InvalidMember { property, problem } => format!("{property} {problem}"),
        StoreError::NotFound { .. } | StoreError::Exists { .. } => {
            "Id belongs to a record that was deleted here".into()
        }
        _ => return error,
    };
    StoreError::Row { row, problem, property }
}
