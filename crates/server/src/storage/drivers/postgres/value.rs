//! Between the engine's values and PostgreSQL's.

use crate::storage::engine::{Bind, Columns};
use crate::storage::{Result, StorageError};
use bytes::BytesMut;
use std::borrow::Cow;
use std::error::Error;
use tidemark_model::Cell;
use tokio_postgres::Row;
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

/// A value on its way into a statement.
#[derive(Debug)]
pub(super) struct Bound<'v>(pub(super) Bind<'v>);

impl ToSql for Bound<'_> {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self.0, of) {
            (Bind::Null, _) => Ok(IsNull::Yes),
            (Bind::Integer(n), &Type::INT4) => i32::try_from(n)?.to_sql(of, out),
            (Bind::Integer(n), &Type::INT8) => n.to_sql(of, out),
            (Bind::Real(n), &Type::FLOAT8) => n.to_sql(of, out),
            (Bind::Text(text), _) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            (Bind::Guid(id), &Type::UUID) => id.to_sql(of, out),
            (Bind::Guids(ids), &Type::UUID_ARRAY) => ids.to_sql(of, out),
            (Bind::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(of, out),
            (value, of) => Err(format!("{value:?} does not fit a {of}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    /// Text goes as text: a list of values comes as one, and is an array to the server (`tidemark_sql`, `in`).
    fn encode_format(&self, _: &Type) -> Format {
        if let Bind::Text(_) = self.0 { Format::Text } else { Format::Binary }
    }

    to_sql_checked!();
}

/// A value that outlives what it was made from.
#[derive(Debug)]
pub(super) enum Kept {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Guid(Uuid),
    Bytes(Vec<u8>),
    Guids(Vec<Uuid>),
}

impl Kept {
    /// Keeps a value.
    pub(super) fn of(value: Bind<'_>) -> Self {
        match value {
            Bind::Null => Self::Null,
            Bind::Integer(n) => Self::Integer(n),
            Bind::Real(n) => Self::Real(n),
            Bind::Text(text) => Self::Text(text.to_owned()),
            Bind::Guid(id) => Self::Guid(id),
            Bind::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Bind::Guids(ids) => Self::Guids(ids.to_vec()),
        }
    }

    /// Lends it to a statement.
    pub(super) fn bound(&self) -> Bound<'_> {
        Bound(match self {
            Self::Null => Bind::Null,
            Self::Integer(n) => Bind::Integer(*n),
            Self::Real(n) => Bind::Real(*n),
            Self::Text(text) => Bind::Text(text),
            Self::Guid(id) => Bind::Guid(*id),
            Self::Bytes(bytes) => Bind::Bytes(bytes),
            Self::Guids(ids) => Bind::Guids(ids),
        })
    }
}

/// One row, fetched.
pub(super) struct Fetched(pub(super) Row);

impl Fetched {
    fn get<'r, T: FromSql<'r>>(&'r self, index: usize) -> Result<Option<T>> {
        self.0.try_get(index).map_err(|error| StorageError::Failed(error.to_string()))
    }
}

impl Columns for Fetched {
    fn cell(&self, index: usize) -> Result<Cell<'_>> {
        let of = self.0.columns().get(index).map(|column| column.type_().clone());
        let of = of.ok_or_else(|| StorageError::Failed(format!("there is no column {index}")))?;
        let cell = match of {
            Type::INT8 => self.get(index)?.map(Cell::Integer),
            Type::INT4 => self.get::<i32>(index)?.map(|n| Cell::Integer(n.into())),
            Type::BOOL => self.get::<bool>(index)?.map(|b| Cell::Integer(b.into())),
            Type::FLOAT8 => self.get(index)?.map(Cell::Real),
            Type::UUID => self.get::<Uuid>(index)?.map(Cell::Guid),
            ref of if <&str as FromSql>::accepts(of) => {
                self.get::<&str>(index)?.map(|text| Cell::Text(Cow::Borrowed(text)))
            }
            of => return Err(StorageError::Failed(format!("a column is a {of}, which no record has"))),
        };
        Ok(cell.unwrap_or(Cell::Null))
    }

    fn width(&self) -> usize {
        self.0.len()
    }

    fn bytes(&self, index: usize) -> Result<&[u8]> {
        self.get(index)?.ok_or_else(|| StorageError::Failed("null stands in place of bytes".into()))
    }
}
