//! One read of an entity set: what is asked, and the statement for it.
//!
//! Owns: the shape of the statement: columns, order, paging. Refuses: where the rows come from (`source`), and whether
//! tombstoned records are shown (the caller's scope says).

use crate::compiler::{Compiler, column};
use crate::computed::Value;
use crate::error::QueryError;
use crate::keys;
use crate::neighbour::Neighbours;
use crate::source::Source;
use crate::statement::{Dialect, Statement};
use std::fmt::Write as _;
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
    /// Makes a read without scope, further conditions, other tables or continuation.
    pub fn new(dialect: Dialect, set: &'a EntitySet, table: &'a str, columns: &'a [&'a str], query: &'a Query) -> Self {
        Self {
            dialect,
            set,
            table,
            columns,
            query,
            scope: &[],
            extra_where: None,
            extra_values: &[],
            neighbours: None,
            after: None,
            with_keys: false,
            by: None,
        }
    }
}

/// Writes the statement that returns rows: filtered, searched, ordered by `order_by` and then `Id`, nulls first in
/// ascending order, limited by `top` and `skip`.
///
/// # Errors
/// What the query asks of the entity type that it does not have, or that cannot be compared.
pub fn select(select: &Select<'_>) -> Result<Statement, QueryError> {
    select_with_values(select).map(|(statement, _)| statement)
}

/// Writes the same statement, and tells which values `$apply` and `$compute` make: each is a text, as a payload has it,
/// behind `columns` and before the ordering keys. Rows that are no records have nothing in `columns`.
///
/// # Errors
/// As [`select`].
pub fn select_with_values(select: &Select<'_>) -> Result<(Statement, Vec<Value>), QueryError> {
    let mut compiler = Compiler::new(select.set, select.dialect, select.neighbours);
    let mut source = Source::of(select, &mut compiler)?;
    compiler.refuse_unknown(&select.query.select)?;
    let before = compiler.failing;
    let keys = keys::keys(&mut compiler, select.query.order())?;
    if let Some(values) = select.after {
        let behind = keys::behind(&mut compiler, &keys, values)?;
        let are_failing = compiler.failing > before;
        if are_failing { source.failing.extend(behind) } else { source.safe.extend(behind) }
    }
    let is_record = compiler.scopes[0].is_record;
    let name = |name: &&str| if is_record { column(select.dialect, name) } else { "NULL".to_owned() };
    let mut returned: Vec<String> = select.columns.iter().map(name).collect();
    let mut values = Vec::new();
    for (value, sql) in compiler.values(&select.query.select)? {
        values.push(value);
        returned.push(sql);
    }
    if select.with_keys {
        returned.extend(keys.iter().map(|key| key.returned.clone()));
    }
    let mut sql = format!("SELECT {}{}", returned.join(", "), source.from(&compiler));
    let order = select.by.map(|by| column(select.dialect, by));
    let _ = write!(sql, " ORDER BY {}", order.unwrap_or_else(|| keys::order(select.dialect, &keys)));
    let (top, skip) = (select.query.top, select.query.skip);
    if let Some(top) = top {
        let _ = write!(sql, " LIMIT {}", compiler.builder.bind(whole(top)));
    } else if skip > 0 && select.dialect == Dialect::Sqlite {
        sql.push_str(" LIMIT -1");
    }
    if skip > 0 {
        let _ = write!(sql, " OFFSET {}", compiler.builder.bind(whole(skip)));
    }
    Ok((compiler.builder.finish(sql)?, values))
}

/// Writes the statement that counts the rows of `apply`, `filter`, `search` and the scope; order and paging do not matter
/// (OData Protocol 4.01, section 11.2.6.5).
///
/// # Errors
/// As [`select`].
pub fn count(select: &Select<'_>) -> Result<Statement, QueryError> {
    let mut compiler = Compiler::new(select.set, select.dialect, select.neighbours);
    let source = Source::of(select, &mut compiler)?;
    let from = source.from(&compiler);
    compiler.builder.finish(format!("SELECT count(*){from}"))
}

/// No table has more rows than fit.
pub(crate) fn whole(n: u64) -> Cell<'static> {
    Cell::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}
