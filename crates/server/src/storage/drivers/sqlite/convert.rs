//! Between the engine's values and SQLite's, and from SQLite's errors to ours.

use crate::storage::engine::Bind;
use crate::storage::{Result, StorageError};
use rusqlite::ErrorCode;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use std::borrow::Cow;
use tidemark_model::Cell;
use tidemark_sql::QueryError;
use uuid::Uuid;

/// A value on its way into a statement, borrowed.
pub(super) struct Bound<'v>(pub(super) &'v Bind<'v>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Bind::Null => ValueRef::Null,
            Bind::Integer(n) => ValueRef::Integer(*n),
            Bind::Real(n) => ValueRef::Real(*n),
            Bind::Text(text) => ValueRef::Text(text.as_bytes()),
            Bind::Guid(id) => ValueRef::Blob(id.as_bytes()),
            Bind::Bytes(bytes) => ValueRef::Blob(bytes),
            // Nothing is far here, so nobody asks so.
            Bind::Guids(_) => ValueRef::Null,
        }))
    }
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

/// Returns our error for one of SQLite's.
pub(super) fn storage_error(error: rusqlite::Error) -> StorageError {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => StorageError::TooSlow,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StorageError::Busy,
        Some(ErrorCode::DiskFull) => StorageError::Full,
        // A value that grew past the limit of a connection: the query's doing. What SQLite would not parse is refused before
        // (`tidemark-sql`).
        Some(ErrorCode::TooBig) => QueryError::TooComplex.into(),
        _ => StorageError::Failed(error.to_string()),
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        storage_error(error)
    }
}
