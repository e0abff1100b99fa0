//! Ids, counts and JSON on their way in and out of SQLite; cells are `tidemark-sqlite`'s.
//!
//! Owns: how each is bound and read. Refuses: knowing which property a value belongs to.

use crate::error::{Result, StoreError};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tidemark_model::RecordId;
use tidemark_sqlite::NotACell;
pub(crate) use tidemark_sqlite::{Bound, cell};
use uuid::Uuid;

/// A record's id as a bind and as a column.
#[derive(Clone, Copy)]
pub(crate) struct Key(pub(crate) RecordId);

impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.0.as_bytes())))
    }
}

impl FromSql for Key {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let id = Uuid::from_slice(value.as_blob()?).map_err(|error| FromSqlError::Other(Box::new(error)))?;
        Ok(Self(RecordId(id)))
    }
}

impl From<NotACell> for StoreError {
    fn from(error: NotACell) -> Self {
        Self::Internal(error.to_string())
    }
}

/// Writes a value for a JSON column.
pub(crate) fn to_text<T: Serialize>(value: &T) -> Result<String> {
    Ok(serde_json::to_string(value)?)
}

/// Reads a value from a JSON column.
pub(crate) fn from_text<T: DeserializeOwned>(text: &str) -> Result<T> {
    Ok(serde_json::from_str(text)?)
}

/// Reads a value from a JSON column that may be null.
pub(crate) fn from_optional_text<T: DeserializeOwned>(text: Option<String>) -> Result<Option<T>> {
    text.as_deref().map(from_text).transpose()
}

/// A count as a bind and as a column; SQLite's integers are signed.
#[derive(Clone, Copy)]
pub(crate) struct Count(pub(crate) u64);

impl ToSql for Count {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(i64::try_from(self.0).unwrap_or(i64::MAX).into()))
    }
}

impl FromSql for Count {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(u64::try_from(value.as_i64()?).unwrap_or(0)))
    }
}
