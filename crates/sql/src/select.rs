//! One read of an entity set: what is asked, and the statement for it.
//!
//! Owns: the shape of the statement: columns, conditions, order, paging. Refuses: single conditions
//! (`condition`) and whether tombstoned records are shown (the caller's scope says).

use crate::compiler::{Compiler, all_of, column, join};
use crate::error::QueryError;
use crate::keys;
use crate::name::quoted;
use crate::neighbour::Neighbours;
use crate::path::joined;
use crate::search;
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
        }
    }
}

/// Writes the statement that returns rows: filtered, searched, ordered by `order_by` and then `Id`, nulls first in
/// ascending order, limited by `top` and `skip`.
///
/// # Errors
/// What the query asks of the entity type that it does not have, or that cannot be compared.
pub fn select(select: &Select<'_>) -> Result<Statement, QueryError> {
    for name in select.query.select.iter().filter(|name| *name != "*") {
        select
            .set
            .entity_type
            .property(name)
            .ok_or_else(|| QueryError::UnknownProperty { set: select.set.name.clone(), property: name.clone() })?;
    }
    let mut compiler = Compiler::new(select.set, select.dialect, select.neighbours);
    let mut conditions = conditions(select, &mut compiler)?;
    let before = compiler.failing;
    let keys = keys::keys(&mut compiler, &select.query.order_by)?;
    if let Some(values) = select.after {
        let behind = keys::behind(&mut compiler, &keys, values)?;
        let are_failing = compiler.failing > before;
        if are_failing { conditions.failing.extend(behind) } else { conditions.safe.extend(behind) }
    }
    let mut returned: Vec<String> = select.columns.iter().map(|name| column(select.dialect, name)).collect();
    if select.with_keys {
        returned.extend(keys.iter().map(|key| key.returned.clone()));
    }
    let mut sql = format!("SELECT {}{}", returned.join(", "), from(select, &compiler, &conditions));
    let _ = write!(sql, " ORDER BY {}", keys::order(select.dialect, &keys));
    let (top, skip) = (select.query.top, select.query.skip);
    if let Some(top) = top {
        let _ = write!(sql, " LIMIT {}", compiler.builder.bind(whole(top)));
    } else if skip > 0 && select.dialect == Dialect::Sqlite {
        sql.push_str(" LIMIT -1");
    }
    if skip > 0 {
        let _ = write!(sql, " OFFSET {}", compiler.builder.bind(whole(skip)));
    }
    compiler.builder.finish(sql)
}

/// Writes the statement that counts the rows of `filter`, `search` and the scope; order and paging do not matter
/// (OData Protocol 4.01, section 11.2.6.5).
///
/// # Errors
/// As [`select`].
pub fn count(select: &Select<'_>) -> Result<Statement, QueryError> {
    let mut compiler = Compiler::new(select.set, select.dialect, select.neighbours);
    let conditions = conditions(select, &mut compiler)?;
    let from = from(select, &compiler, &conditions);
    compiler.builder.finish(format!("SELECT count(*){from}"))
}

/// The conditions of a read, all of which must hold.
pub(crate) struct Conditions {
    pub(crate) safe: Vec<String>,
    /// Those that may fail, and must not for a row that the others leave out: it may be another workspace's.
    pub(crate) failing: Vec<String>,
}

/// Writes the conditions of a read.
pub(crate) fn conditions<'a>(select: &Select<'a>, compiler: &mut Compiler<'a>) -> Result<Conditions, QueryError> {
    let mut conditions = Vec::new();
    if let Some(text) = select.extra_where {
        for value in select.extra_values {
            compiler.builder.reserve(value.clone());
        }
        conditions.push(format!("({text})"));
    }
    for (name, value) in select.scope {
        let name = column(select.dialect, name);
        conditions.push(match value {
            Cell::Null => format!("({name} IS NULL)"),
            value => format!("({name} = {})", compiler.builder.bind(value.clone())),
        });
    }
    let mut failing = Vec::new();
    if let Some(filter) = &select.query.filter {
        let condition = compiler.condition(filter, 0)?;
        if compiler.failing > 0 { failing.push(condition) } else { conditions.push(condition) }
    }
    conditions.extend(search::search(compiler, &select.query.search)?);
    Ok(Conditions { safe: conditions, failing })
}

/// Writes where the rows come from.
pub(crate) fn from(select: &Select<'_>, compiler: &Compiler<'_>, conditions: &Conditions) -> String {
    let mut sql = format!(" FROM {} AS t", quoted(select.dialect, select.table));
    sql.extend(compiler.scopes.first().map(joined));
    let Conditions { safe, failing } = conditions;
    // The safe ones stand by themselves too, where an index finds them.
    let guarded = (!failing.is_empty()).then(|| match safe.is_empty() {
        true => join(failing, " AND "),
        false => all_of(safe, failing),
    });
    let all: Vec<&str> = safe.iter().chain(&guarded).map(String::as_str).collect();
    if !all.is_empty() {
        let _ = write!(sql, " WHERE {}", all.join(" AND "));
    }
    sql
}

/// No table has more rows than fit.
fn whole(n: u64) -> Cell<'static> {
    Cell::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}
