//! A column of a table.
//!
//! Owns: its shape. Refuses: which columns a table has (`table`, `folded`).

/// The SQL type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// String, Date, JSON text; compared by bytes in both dialects.
    Text,
    /// Boolean, integers, scaled Decimal, DateTimeOffset in microseconds: 64 bits.
    Integer,
    /// Double.
    Real,
    /// Guid: 16 bytes in SQLite, `uuid` in PostgreSQL; both sort alike.
    Guid,
    /// Other bytes.
    Bytes,
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name; a property's column has the property's name.
    pub name: String,
    /// The SQL type.
    pub kind: ColumnKind,
    /// Whether null is allowed.
    pub nullable: bool,
}

impl Column {
    /// Makes a column that must hold a value.
    pub fn required(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self { name: name.into(), kind, nullable: false }
    }

    /// Makes a column that may be null.
    pub fn nullable(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self { name: name.into(), kind, nullable: true }
    }
}
