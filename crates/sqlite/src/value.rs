//! Cells on their way in and out of SQLite.
//!
//! Owns: the one mapping between [`Cell`] and SQLite's five storage classes; binding borrows, so that the hot path of a page
//! allocates nothing. Refuses: knowing which property a value belongs to.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use std::borrow::Cow;
use tidemark_model::Cell;
use uuid::Uuid;

/// A cell as a bind.
#[derive(Debug)]
pub struct Bound<'c>(pub &'c Cell<'c>);

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

/// Why a column is no cell: somebody else wrote it, or the file is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACell {
    /// A text that is not UTF-8.
    #[error("a text in the database is not UTF-8")]
    Text,
    /// Bytes that are no GUID.
    #[error("a GUID in the database has not 16 bytes")]
    Guid,
}

/// Reads a column as a cell; the only bytes that a record's table holds are GUIDs.
///
/// # Errors
/// [`NotACell`].
pub fn cell(value: ValueRef<'_>) -> Result<Cell<'_>, NotACell> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(n) => Cell::Integer(n),
        ValueRef::Real(n) => Cell::Real(n),
        ValueRef::Text(text) => Cell::Text(Cow::Borrowed(std::str::from_utf8(text).map_err(|_| NotACell::Text)?)),
        ValueRef::Blob(bytes) => Cell::Guid(Uuid::from_slice(bytes).map_err(|_| NotACell::Guid)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_comes_back_as_it_was() {
        let cells = [
            Cell::Null,
            Cell::Integer(i64::MIN),
            Cell::Real(-0.5),
            Cell::Text("é".into()),
            Cell::Guid(Uuid::from_u128(7)),
        ];
        for was in &cells {
            let bound = Bound(was);
            let ToSqlOutput::Borrowed(value) = bound.to_sql().unwrap() else { panic!("{was:?} is copied") };
            assert_eq!(&cell(value).unwrap(), was);
        }
        assert_eq!(cell(ValueRef::Blob(&[1, 2])), Err(NotACell::Guid));
        assert_eq!(cell(ValueRef::Text(&[0xff])), Err(NotACell::Text));
    }
}
