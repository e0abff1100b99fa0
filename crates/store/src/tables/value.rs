//! Cells and ids on their way in and out of SQLite.
//!
//! Owns: the one mapping between `tidemark_model` values and SQLite's five storage classes; binding borrows, so the
//! hot path of a pull allocates nothing. Refuses: knowing which property a value belongs to.

use crate::error::{Result, StoreError};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use tidemark_model::{Cell, RecordId};
use uuid::Uuid;

/// A cell as a bind.
pub(crate) struct Bound<'a>(pub(crate) &'a Cell<'a>);

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

/// Reads a column back into a cell; a blob is a GUID, no property has other bytes.
pub(crate) fn cell(value: ValueRef<'_>) -> Result<Cell<'_>> {
    match value {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(n) => Ok(Cell::Integer(n)),
        ValueRef::Real(n) => Ok(Cell::Real(n)),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Ok(Cell::Text(Cow::Borrowed(text))),
            Err(error) => Err(StoreError::Internal(error.to_string())),
        },
        ValueRef::Blob(bytes) => {
            let id = Uuid::from_slice(bytes).map_err(|error| StoreError::Internal(error.to_string()))?;
            Ok(Cell::Guid(id))
        }
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
