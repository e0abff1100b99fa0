//! A statement under construction: text and binds side by side, for one dialect.
//!
//! Owns: placeholders and what differs between the dialects in a word or two. Refuses: knowing what is asked.
//! Own text, not sea-query: OData's null semantics, shared numbered placeholders, typed PostgreSQL binds and
//! byte-order collation would each have been custom SQL inside its expressions, and its values a second
//! vocabulary beside `Cell`.

use crate::error::QueryError;
use tidemark_model::Cell;

/// SQLite takes 32,766 and PostgreSQL 65,535, where a list is one value.
const MOST_VALUES: usize = 30_000;

/// Which database the text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite 3.39 or newer.
    Sqlite,
    /// PostgreSQL 14 or newer, [set up](crate::postgres::SET_UP).
    Postgres,
}

/// SQL text with its binds: `?1`, `?2`… in SQLite, `$1::bigint`… in PostgreSQL, each number once in `values`.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The text.
    pub sql: String,
    /// The value of placeholder 1, 2 and so on. In PostgreSQL bind `Integer` as `i64`, `Real` as `f64`, `Text` as
    /// text, `Guid` as `Uuid`; `Null` occurs only where `Select::extra_values` had it. The list of an `in` is one `Text`
    /// there whose placeholder is an array: bind every `Text` in the protocol's text format, and both are right.
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
        let Some(cast) = type_name(&cell) else { return "NULL".to_owned() };
        self.values.push(cell);
        let number = self.values.len();
        match self.dialect {
            Dialect::Sqlite => format!("?{number}"),
            Dialect::Postgres => format!("${number}::{cast}"),
        }
    }

    /// Writes that something equals one of some values, which are of one type and none of them null.
    ///
    /// PostgreSQL gets one array: it hashes that, and 5,000 placeholders take it long to parse.
    pub(crate) fn is_one_of(&mut self, sql: &str, values: Vec<Cell<'static>>) -> String {
        match (self.dialect, values.first().and_then(type_name)) {
            (Dialect::Postgres, Some(of)) => {
                self.values.push(Cell::Text(array(&values).into()));
                format!("{sql} = ANY(${}::{of}[])", self.values.len())
            }
            _ => {
                let values: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
                format!("{sql} IN ({})", values.join(", "))
            }
        }
    }

    /// The same of wide numbers.
    pub(crate) fn is_one_of_wide(&mut self, sql: &str, values: Vec<Cell<'static>>) -> String {
        let cast = if self.dialect == Dialect::Postgres { "::numeric" } else { "" };
        let values: Vec<String> = values.into_iter().map(|value| format!("{}{cast}", self.bind(value))).collect();
        format!("{sql} IN ({})", values.join(", "))
    }

    /// Takes a value whose placeholder stands in text already.
    pub(crate) fn reserve(&mut self, cell: Cell<'static>) {
        self.values.push(cell);
    }

    /// Returns how many values there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Forgets the values behind so many.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
    }

    /// Puts the text beside its binds.
    pub(crate) fn finish(self, sql: String) -> Result<Statement, QueryError> {
        let fits = self.values.len() <= MOST_VALUES;
        if fits { Ok(Statement { sql, values: self.values }) } else { Err(QueryError::TooComplex) }
    }
}

/// The type that a placeholder names.
fn type_name(cell: &Cell<'_>) -> Option<&'static str> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Integer(_) => "bigint",
        Cell::Real(_) => "double precision",
        Cell::Text(_) => "text",
        Cell::Guid(_) => "uuid",
    })
}

/// Writes an array as PostgreSQL reads it.
fn array(values: &[Cell<'_>]) -> String {
    let item = |value: &Cell<'_>| match value {
        Cell::Null => "NULL".to_owned(),
        Cell::Integer(n) => n.to_string(),
        // All digits that tell it from its neighbours.
        Cell::Real(n) => format!("{n:e}"),
        Cell::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Cell::Guid(id) => id.to_string(),
    };
    format!("{{{}}}", values.iter().map(item).collect::<Vec<_>>().join(","))
}

/// No table has more rows than fit.
pub(crate) fn whole(n: u64) -> Cell<'static> {
    Cell::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}
