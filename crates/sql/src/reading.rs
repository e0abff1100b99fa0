//! One read of an entity set: what is asked, and of which table.
//!
//! Owns: its shape. Refuses: the statement (`select`).

use crate::neighbour::Neighbours;
use crate::statement::Dialect;
use tidemark_model::query::Query;
use tidemark_model::{Cell, EntitySet};

/// A read of an entity set's table. Within the text the table is called `t`.
#[derive(Clone, Debug)]
pub struct Select<'a> {
    /// Which database.
    pub dialect: Dialect,
    /// The entity set that the query was written for.
    pub set: &'a EntitySet,
    /// The table that holds its records; every property has a column of its own name, in PostgreSQL shortened where it
    /// is too long, and beside it its [folded text](crate::folded_column).
    pub table: &'a str,
    /// The columns to return, in this order, one at least; names from the caller's code, not from a user.
    pub columns: &'a [&'a str],
    /// What is asked. `select` is checked against the entity type, but `columns` says what is returned.
    pub query: &'a Query,
    /// Columns that must equal a value (the workspace, `_IsTombstoned`); names from the caller's code.
    pub scope: &'a [(&'a str, Cell<'static>)],
    /// A column whose value must be one of these; a name from the caller's code, and no value null.
    pub among: Option<(&'a str, &'a [Cell<'static>])>,
    /// One more condition, trusted text; columns of the table are `t."Name"`.
    pub extra_where: Option<&'a str>,
    /// The values of `?1`, `?2`… (`$1`…) in `extra_where`: they are numbered before all others.
    pub extra_values: &'a [Cell<'static>],
    /// The tables of the other entity sets, where paths and lambdas may lead to them.
    pub neighbours: Option<&'a dyn Neighbours>,
    /// Continues behind the row that had these ordering keys: one for each key of `order_by`, then `Id`.
    pub after: Option<&'a [Cell<'static>]>,
    /// Whether the ordering keys are returned too, behind `columns`, in the form that `after` takes.
    pub with_keys: bool,
    /// A column that the rows are in the order of, whatever the query says; a name from the caller's code.
    pub by: Option<&'a str>,
}

impl<'a> Select<'a> {
    /// Makes a read without scope, choice, further conditions, other tables or continuation.
    pub fn new(dialect: Dialect, set: &'a EntitySet, table: &'a str, columns: &'a [&'a str], query: &'a Query) -> Self {
        Self {
            dialect,
            set,
            table,
            columns,
            query,
            scope: &[],
            among: None,
            extra_where: None,
            extra_values: &[],
            neighbours: None,
            after: None,
            with_keys: false,
            by: None,
        }
    }
}
