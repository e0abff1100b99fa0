//! The order of rows, and continuing behind a row without counting from the start.
//!
//! Owns: ordering keys with `Id` as the last, so that the order is total and pages are stable; nulls first in
//! ascending order and last in descending (OData Protocol 4.01, section 11.2.6.2); text in the order people expect (ADR
//! 0012). Refuses: offsets, which are the client's own `$skip`.

use crate::compare::truth;
use crate::compiler::Compiler;
use crate::error::QueryError;
use crate::operand::{Operand, Side, Type, describe};
use crate::statement::Dialect;
use tidemark_model::query::{Expr, OrderBy};
use tidemark_model::{Cell, ID};

/// One ordering key.
pub(crate) struct Key {
    pub(crate) sql: String,
    /// The expression in the type that its `Cell` is read from.
    pub(crate) returned: String,
    /// What makes the expression's type of a `Cell` that is bound.
    cast: &'static str,
    /// The same for ordering; texts that are equal by it stand by the keys behind.
    ordered: String,
    descending: bool,
    nullable: bool,
}

/// Writes the keys of `$orderby`, then `Id` unless it is among them.
pub(crate) fn keys(compiler: &mut Compiler<'_>, order_by: &[OrderBy]) -> Result<Vec<Key>, QueryError> {
    let mut keys = Vec::with_capacity(order_by.len() + 1);
    for OrderBy { expr, descending } in order_by {
        let key = match compiler.side(expr, 0)? {
            Side::Operand(operand) => operand,
            Side::Condition(sql) => truth(compiler.dialect, &sql),
            Side::Literal(literal) => {
                return Err(QueryError::Unsupported {
                    what: format!("Ordering by the constant {}", describe(literal)),
                });
            }
        };
        let ordered = key.compared(compiler.dialect);
        let Operand { sql, of, nullable, .. } = key;
        if of == Type::Record {
            let problem = "Records have no order: name a property behind /".to_owned();
            return Err(QueryError::TypeMismatch { property: None, problem });
        }
        // A driver reads no numeric.
        let is_numeric = of.is_wide() && compiler.dialect == Dialect::Postgres;
        let (returned, cast) = if is_numeric { (format!("({sql})::text"), "::numeric") } else { (sql.clone(), "") };
        keys.push(Key { ordered, returned, cast, sql, descending: *descending, nullable });
    }
    for last in compiler.last_keys(order_by)? {
        let ordered = last.compared(compiler.dialect);
        let returned = last.sql.clone();
        keys.push(Key { ordered, returned, cast: "", sql: last.sql, descending: false, nullable: last.nullable });
    }
    Ok(keys)
}

impl Compiler<'_> {
    /// Finds what tells rows apart that are alike in all that was asked: `Id`, or every value of a row that is no record.
    fn last_keys(&self, order_by: &[OrderBy]) -> Result<Vec<Operand>, QueryError> {
        let is_asked = |name: &str| order_by.iter().any(|key| key.expr == Expr::Property(name.to_owned()));
        let root = &self.scopes[0];
        if !root.is_record {
            return Ok(root.made.iter().filter(|made| !is_asked(&made.name)).cloned().collect());
        }
        Ok(if is_asked(ID) { Vec::new() } else { vec![self.column(ID)?] })
    }
}

/// Writes the list for `ORDER BY`.
pub(crate) fn order(dialect: Dialect, keys: &[Key]) -> String {
    let one = |key: &Key| {
        // SQLite puts nulls there by itself, and PostgreSQL uses an index only where the words agree with it.
        let nulls = match (dialect, key.nullable, key.descending) {
            (Dialect::Sqlite, _, _) | (_, false, _) => "",
            (Dialect::Postgres, true, false) => " NULLS FIRST",
            (Dialect::Postgres, true, true) => " NULLS LAST",
        };
        format!("{}{}{nulls}", key.ordered, if key.descending { " DESC" } else { "" })
    };
    keys.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Writes the conditions for rows that come behind the one with these keys.
pub(crate) fn behind(
    compiler: &mut Compiler<'_>,
    keys: &[Key],
    values: &[Cell<'static>],
) -> Result<Vec<String>, QueryError> {
    let mut conditions = Vec::new();
    let mut behind: Option<String> = None;
    if keys.len() != values.len() {
        return Err(QueryError::Unsupported { what: "Continuing a read in another order".into() });
    }
    for (key, value) in keys.iter().zip(values).rev() {
        let (is_null, value) = (*value == Cell::Null, format!("{}{}", compiler.builder.bind(value.clone()), key.cast));
        let (sql, ordered, nullable) = (&key.sql, &key.ordered, key.nullable);
        let beyond = match (is_null, key.descending) {
            (true, false) => format!("({sql} IS NOT NULL)"),
            (true, true) => "FALSE".to_owned(),
            (false, false) => format!("({ordered} > {value})"),
            (false, true) if nullable => format!("({ordered} < {value} OR {sql} IS NULL)"),
            (false, true) => format!("({ordered} < {value})"),
        };
        let same = if is_null { format!("({sql} IS NULL)") } else { format!("({ordered} = {value})") };
        behind = Some(match behind.take() {
            None => beyond,
            Some(rest) => format!("({beyond} OR ({same} AND {rest}))"),
        });
        // The bound that follows from the first key alone is one that an index can start from.
        conditions = match (is_null, key.descending) {
            (false, false) if keys.len() > 1 => vec![format!("({ordered} >= {value})")],
            (false, true) if keys.len() > 1 && !nullable => vec![format!("({ordered} <= {value})")],
            _ => Vec::new(),
        };
    }
    conditions.extend(behind);
    Ok(conditions)
}
