//! A statement under construction: text and binds side by side, for one dialect.
//!
//! Owns: placeholders and what differs between the dialects in a word or two. Refuses: knowing what is asked.
//! Own text, not sea-query: OData's null semantics, shared numbered placeholders, typed PostgreSQL binds and
//! byte-order collation would each have been custom SQL inside its expressions, and its values a second
//! vocabulary beside `Cell`.

use crate::error::QueryError;
use tidemark_model::Cell;

/// SQLite takes 32,766 and PostgreSQL 65,535.
const MOST_VALUES: usize = 30_000;

/// Which database the text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite 3.39 or newer.
    Sqlite,
    /// PostgreSQL 12 or newer.
    Postgres,
}

/// SQL text with its binds: `?1`, `?2`… in SQLite, `$1::bigint`… in PostgreSQL, each number once in `values`.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The text.
    pub sql: String,
    /// The value of placeholder 1, 2 and so on. In PostgreSQL bind `Integer` as `i64`, `Real` as `f64`, `Text` as
    /// text, `Guid` as `Uuid`; `Null` occurs only where `Select::extra_values` had it.
    pub values: Vec<Cell<'static>>,
}

/// Collects the binds of one statement.
pub(crate) struct Builder {
    dialect: Dialect,
    values: Vec<Cell<'static>>,
}

impl Builder {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { dialect, values: Vec::new() }
    }

    /// Takes a value and returns its placeholder; the same text may stand in the statement several times.
    ///
    /// PostgreSQL placeholders carry their type: it would otherwise be guessed from what stands beside them.
    pub(crate) fn bind(&mut self, cell: Cell<'static>) -> String {
        let cast = match &cell {
            Cell::Null => return "NULL".to_owned(),
            Cell::Integer(_) => "bigint",
            Cell::Real(_) => "double precision",
            Cell::Text(_) => "text",
            Cell::Guid(_) => "uuid",
        };
        self.values.push(cell);
        let number = self.values.len();
        match self.dialect {
            Dialect::Sqlite => format!("?{number}"),
            Dialect::Postgres => format!("${number}::{cast}"),
        }
    }

    /// Takes a value whose placeholder stands in text already.
    pub(crate) fn reserve(&mut self, cell: Cell<'static>) {
        self.values.push(cell);
    }

    /// Puts the text beside its binds.
    pub(crate) fn finish(self, sql: String) -> Result<Statement, QueryError> {
        let fits = self.values.len() <= MOST_VALUES;
        if fits { Ok(Statement { sql, values: self.values }) } else { Err(QueryError::TooComplex) }
    }
}
/// Turns `?1`, `?2` of a fixed text into a dialect's placeholders.
pub fn placeholders(dialect: Dialect, sql: &str) -> std::borrow::Cow<'_, str> {
    match dialect {
        Dialect::Sqlite => sql.into(),
        Dialect::Postgres => sql.replace('?', "$").into(),
    }
}
