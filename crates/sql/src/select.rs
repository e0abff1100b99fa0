//! The statement for one read of an entity set.
//!
//! Owns: the shape of the statement: columns, order, paging. Refuses: where the rows come from (`source`), and whether
//! tombstoned records are shown (the caller's scope says).

use crate::compiler::{Compiler, column};
use crate::computed::Value;
use crate::error::QueryError;
use crate::keys;
use crate::reading::Select;
use crate::source::Source;
use crate::statement::{Dialect, Statement, whole};
use std::fmt::Write as _;
use tidemark_model::ID;

/// From so many records that are passed over on, those that are wanted are chosen first and read then.
const FAR: u64 = 1_000;

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
    let order = select.by.map(|by| column(select.dialect, by));
    let order = order.unwrap_or_else(|| keys::order(select.dialect, &keys));
    let (top, skip) = (select.query.top, select.query.skip);
    let (returned, from) = (returned.join(", "), source.from(&compiler));
    // What is passed over is put in order too.
    let is_far = is_record && skip >= FAR && select.query.apply.is_empty();
    let wanted = if is_far { format!("{} AS i", column(select.dialect, ID)) } else { returned.clone() };
    let mut sql = format!("SELECT {wanted}{from} ORDER BY {order}");
    if let Some(top) = top {
        let _ = write!(sql, " LIMIT {}", compiler.builder.bind(whole(top)));
    } else if skip > 0 && select.dialect == Dialect::Sqlite {
        sql.push_str(" LIMIT -1");
    }
    if skip > 0 {
        let _ = write!(sql, " OFFSET {}", compiler.builder.bind(whole(skip)));
    }
    if is_far {
        let of_chosen = Source::of_chosen(select, &mut compiler, &sql);
        sql = format!("SELECT {returned}{of_chosen} ORDER BY {order}");
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
