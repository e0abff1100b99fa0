//! The columns that a search looks in where the database cannot fold texts itself.
//!
//! Owns: which there are and what stands in them. Refuses: writing them: who writes a record's text writes its folded
//! form in the same statement.

use crate::column::{Column, ColumnKind};
use crate::statement::Dialect;
use tidemark_model::text::folded;
use tidemark_model::{Cell, Kind, Property, Role};

/// Returns the column beside a property's own that holds its folded text: declared String properties have one in
/// PostgreSQL. No property's name has a `$`.
pub fn folded_column(dialect: Dialect, property: &Property) -> Option<Column> {
    let is_searched = matches!(property.kind, Kind::String { .. }) && property.role == Role::Declared;
    (dialect == Dialect::Postgres && is_searched)
        .then(|| Column::nullable(folded_name(&property.name), ColumnKind::Text))
}

/// Returns the name of a property's folded column, also of a property that the model lost.
pub fn folded_name(property: &str) -> String {
    format!("{property}$folded")
}

/// Returns what stands in a folded column beside a property's value.
pub fn folded_cell(value: &Cell<'_>) -> Cell<'static> {
    match value {
        Cell::Text(text) => Cell::Text(folded(text).into()),
        _ => Cell::Null,
    }
}
