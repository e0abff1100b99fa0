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
        // A value that grew past the limit of a connection, or a statement past what SQLite parses: the query's doing.
        Some(ErrorCode::TooBig) => QueryError::TooComplex.into(),
        _ if is_too_complex(&error) => QueryError::TooComplex.into(),
        _ => StorageError::Failed(error.to_string()),
    }
}

/// SQLite has one code for all that is wrong with a statement; its limits are told apart by their sentences.
fn is_too_complex(error: &rusqlite::Error) -> bool {
    let sentence = match error {
        rusqlite::Error::SqliteFailure(_, Some(sentence)) => sentence.as_str(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.as_str(),
        _ => return false,
    };
    ["too many SQL variables", "parser stack overflow", "Expression tree is too large", "too many columns"]
        .iter()
        .any(|limit| sentence.contains(limit))
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        storage_error(error)
    }
}
