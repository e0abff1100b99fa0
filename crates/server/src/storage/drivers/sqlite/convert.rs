//! From the engine's values to SQLite's, and from SQLite's errors to ours.

use crate::storage::StorageError;
use crate::storage::engine::Bind;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use tidemark_sql::QueryError;
use tidemark_sqlite::{ErrorClass, NotACell, class, no_number};

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

/// Returns our error for one of SQLite's.
pub(super) fn storage_error(error: rusqlite::Error) -> StorageError {
    if let Some(reason) = no_number(&error) {
        return QueryError::from(reason).into();
    }
    match class(&error) {
        ErrorClass::Interrupted => StorageError::TooSlow,
        ErrorClass::Busy => StorageError::Busy,
        ErrorClass::Full => StorageError::Full,
        // A value that grew past the limit of a connection: the query's doing. What SQLite would not parse is refused before
        // (`tidemark-sql`).
        ErrorClass::TooBig => QueryError::TooComplex.into(),
        _ => StorageError::Failed(error.to_string()),
    }
}

impl From<NotACell> for StorageError {
    fn from(error: NotACell) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        storage_error(error)
    }
}
