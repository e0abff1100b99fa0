//! The records that are related to many others, in one statement.
//!
//! Owns: each one's share of a list: filtered, ordered, limited by itself. Refuses: which records those are (the caller has
//! their ids).

use crate::compiler::{Compiler, column};
use crate::computed::Value;
use crate::error::QueryError;
use crate::keys;
use crate::reading::Select;
use crate::source::Source;
use crate::statement::{Statement, whole};
use std::fmt::Write as _;
use tidemark_model::{Cell, ID};
use uuid::Uuid;

/// A read of the records whose property is one of some ids.
#[derive(Clone, Debug)]
pub struct Related<'a> {
    /// The read; its query's `skip` and `top` are of each id by itself, `after` means nothing here.
    pub select: Select<'a>,
    /// The property.
    pub by: &'a str,
    /// The ids.
    pub of: &'a [Uuid],
}

/// Writes the statement that returns the id first, then the columns, the values that `$compute` makes and the ordering keys
/// if they are wanted, by id and in the order of the query; and tells which values these are, as
/// [`crate::select_with_values`] does.
///
/// # Errors
/// As [`crate::select`].
pub fn related(read: &Related<'_>) -> Result<(Statement, Vec<Value>), QueryError> {
    let select = &read.select;
    let mut compiler = Compiler::new(select.set, select.dialect, select.neighbours);
    let (by, mut source) = (column(select.dialect, read.by), Source::of(select, &mut compiler)?);
    source.safe.push(one_of(&mut compiler, &by, read.of));
    let keys = keys::keys(&mut compiler, select.query.order())?;
    let order = keys::order(select.dialect, &keys);
    let columns = select.columns.iter().map(|name| column(select.dialect, name));
    let (values, made): (Vec<Value>, Vec<String>) = compiler.values(&select.query.select)?.into_iter().unzip();
    let wanted = keys.iter().filter(|_| select.with_keys).map(|key| key.returned.clone());
    let returned: Vec<String> = columns.chain(made).chain(wanted).collect();
    // Each one's share is chosen by keys alone, and read then: put in order is as little as can be.
    let id = column(select.dialect, ID);
    let chosen = format!(
        "SELECT {by} AS p, {id} AS i, row_number() OVER (PARTITION BY {by} ORDER BY {order}) AS n{}",
        source.from(&compiler)
    );
    let from = Source::of_chosen(select, &mut compiler, &chosen);
    let mut sql = format!("SELECT x.p, {}{from}", returned.join(", "));
    let (skip, top) = (select.query.skip, select.query.top);
    let _ = write!(sql, " WHERE x.n > {}", compiler.builder.bind(whole(skip)));
    if let Some(top) = top {
        let _ = write!(sql, " AND x.n <= {}", compiler.builder.bind(whole(skip.saturating_add(top))));
    }
    sql.push_str(" ORDER BY x.p, x.n");
    Ok((compiler.builder.finish(sql)?, values))
}

/// Writes the statement that returns each id that has any, and how many, whatever `skip` and `top`.
///
/// # Errors
/// As [`crate::select`].
pub fn related_counts(read: &Related<'_>) -> Result<Statement, QueryError> {
    let select = &read.select;
    let mut compiler = Compiler::new(select.set, select.dialect, select.neighbours);
    let (by, mut source) = (column(select.dialect, read.by), Source::of(select, &mut compiler)?);
    source.safe.push(one_of(&mut compiler, &by, read.of));
    let from = source.from(&compiler);
    compiler.builder.finish(format!("SELECT {by}, count(*){from} GROUP BY {by}"))
}

fn one_of(compiler: &mut Compiler<'_>, by: &str, of: &[Uuid]) -> String {
    format!("({})", compiler.builder.is_one_of(by, of.iter().map(|id| Cell::Guid(*id)).collect()))
}
