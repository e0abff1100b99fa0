//! Between cells and SQLite's values, and from SQLite's errors to ours.

use crate::storage::{Result, StorageError};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, Statement};
use std::borrow::Cow;
use tidemark_model::Cell;
use uuid::Uuid;

/// A cell on its way into a statement, borrowed.
pub(super) struct Bound<'c>(pub(super) &'c Cell<'c>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Cell::Null => ValueRef::Null,
            Cell::Integer(n) => ValueRef::Integer(*n),
            Cell::Real(n) => ValueRef::Real(*n),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Guid(id) => ValueRef::Blob(id.as_bytes()),
        }))
    }
}

/// Binds cells to the placeholders from `first` on; returns the number behind the last.
pub(super) fn bind<'c>(
    statement: &mut Statement<'_>,
    first: usize,
    cells: impl IntoIterator<Item = &'c Cell<'c>>,
) -> rusqlite::Result<usize> {
    let mut place = first;
    for cell in cells {
        statement.raw_bind_parameter(place, Bound(cell))?;
        place += 1;
    }
    Ok(place)
}

/// Reads a column as a cell; the only bytes that a record's table holds are GUIDs.
pub(super) fn cell(value: ValueRef<'_>) -> Result<Cell<'_>> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(n) => Cell::Integer(n),
        ValueRef::Real(n) => Cell::Real(n),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Cell::Text(Cow::Borrowed(text)),
            Err(_) => return Err(StorageError::Failed("a text in the database is not UTF-8".into())),
        },
        ValueRef::Blob(bytes) => match Uuid::from_slice(bytes) {
            Ok(id) => Cell::Guid(id),
            Err(_) => return Err(StorageError::Failed("a GUID in the database has not 16 bytes".into())),
        },
    })
}

/// Writes a sequence number or count as SQLite keeps it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Reads a sequence number or count.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// Reads the random mark of a sequence number.
pub(super) fn mark(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// Returns our error for one of SQLite's.
pub(super) fn storage_error(error: rusqlite::Error) -> StorageError {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => StorageError::TooSlow,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StorageError::Busy,
        Some(ErrorCode::DiskFull) => StorageError::Full,
        _ => StorageError::Failed(error.to_string()),
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        storage_error(error)
    }
}
