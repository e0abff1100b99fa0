//! Comparisons that answer true or false even where a side is null, and `in`.
//!
//! Owns: OData's rules: null equals null; `ne` is their opposite; `gt` and `lt` are false where a side is null, and
//! `ge`, `le` are *greater or equal* by those two (URL Conventions 4.01, sections 5.1.1.1.1 to 5.1.1.1.6). Text compares
//! as lists order it, and texts that differ in normal form alone are equal (ADR 0012). Refuses:
//! forms that no index serves where the other side is a literal, hence `c = ? AND c IS NOT NULL`.

use crate::compiler::{Compiler, join};
use crate::error::QueryError;
use crate::number::{Place, Test};
use crate::operand::{Operand, Side, Type, describe, incomparable};
use crate::postgres::EXACT;
use crate::statement::Dialect;
use tidemark_model::query::{Compare, Literal};
use tidemark_model::{Cell, instant_micros};

/// Writes a comparison of two sides.
pub(crate) fn compare(
    compiler: &mut Compiler<'_>,
    op: Compare,
    left: Side<'_>,
    right: Side<'_>,
) -> Result<String, QueryError> {
    match (left, right) {
        (Side::Literal(Literal::Null), side) | (side, Side::Literal(Literal::Null)) => Ok(with_null(op, &side)),
        (Side::Literal(left), right @ Side::Literal(_)) => {
            let left = constant(compiler, left)?;
            compare(compiler, op, left, right)
        }
        (left @ Side::Literal(_), right) => compare(compiler, mirrored(op), right, left),
        (Side::Operand(left), Side::Literal(right)) => match coerce(&left, right)? {
            Coerced::Cell(cell) => Ok(with_value(op, &left, &compiler.builder.bind(cell))),
            Coerced::Number(place) => Ok(match place.test(op) {
                Test::With(op, n) => with_value(op, &left, &compiler.builder.bind(Cell::Integer(n))),
                Test::HasValue => format!("({} IS NOT NULL)", left.sql),
                Test::Constant(b) => always(b, &left.sql),
            }),
        },
        (Side::Operand(left), Side::Operand(right)) => {
            let (l, r) = aligned(compiler.dialect, &left, &right)?;
            Ok(with_each_other(op, &l, &r, left.nullable || right.nullable))
        }
        (left, right) => {
            let (left, right) = (compiler.as_condition(left)?, compiler.as_condition(right)?);
            Ok(with_each_other(op, &left, &right, true))
        }
    }
}

/// Writes `in`: the same as `eq` with one of the literals.
pub(crate) fn is_in(compiler: &mut Compiler<'_>, left: Side<'_>, list: &[Literal]) -> Result<String, QueryError> {
    let left = match left {
        Side::Literal(literal) => constant(compiler, literal)?,
        side => side,
    };
    let Side::Operand(left) = left else {
        let what = "A condition or null on the left of in".to_owned();
        return Err(QueryError::Unsupported { what });
    };
    let mut values = Vec::with_capacity(list.len());
    let mut alternatives = Vec::new();
    for literal in list {
        match literal {
            Literal::Null => alternatives = vec![format!("({} IS NULL)", left.sql)],
            _ => match coerce(&left, literal)? {
                Coerced::Cell(cell) => values.push(cell),
                Coerced::Number(Place::Exactly(n)) => values.push(Cell::Integer(n)),
                Coerced::Number(_) => {}
            },
        }
    }
    if !values.is_empty() {
        let has_value = if left.nullable { format!(" AND {} IS NOT NULL", left.sql) } else { String::new() };
        alternatives.push(format!("({}{has_value})", compiler.builder.is_one_of(&left.compared(), values)));
    }
    Ok(if alternatives.is_empty() { always(false, &left.sql) } else { join(&alternatives, " OR ") })
}

/// A literal in the storage form of what it is compared with.
enum Coerced {
    Cell(Cell<'static>),
    Number(Place),
}

fn coerce(operand: &Operand, literal: &Literal) -> Result<Coerced, QueryError> {
    let refuse = || incomparable(operand, &describe(literal));
    Ok(match (operand.of, literal) {
        (Type::Text, Literal::String(text)) => Coerced::Cell(text_cell(text)?),
        (Type::Boolean, Literal::Boolean(b)) => Coerced::Cell(Cell::Integer((*b).into())),
        (Type::Exact(scale), Literal::Number(text)) => Coerced::Number(Place::of(text, scale).ok_or_else(refuse)?),
        (Type::Double, Literal::Number(text)) => match double(text).ok_or_else(refuse)? {
            n if n.is_nan() => Coerced::Number(Place::Nowhere),
            n => Coerced::Cell(Cell::Real(n)),
        },
        (Type::Date, Literal::Date(text)) if is_date(text) => Coerced::Cell(Cell::Text(text.clone().into())),
        (Type::Instant, Literal::DateTimeOffset(micros)) => Coerced::Cell(Cell::Integer(*micros)),
        (Type::Guid, Literal::Guid(id)) => Coerced::Cell(Cell::Guid(*id)),
        _ => return Err(refuse()),
    })
}

/// Gives a literal the type it has by itself: its other side is a literal too.
fn constant<'e>(compiler: &mut Compiler<'_>, literal: &'e Literal) -> Result<Side<'e>, QueryError> {
    let (cell, of, edm) = match literal {
        Literal::Null | Literal::Boolean(_) => {
            return compiler.as_condition(Side::Literal(literal)).map(Side::Condition);
        }
        Literal::Number(text) => match (Place::of(text, 0), double(text)) {
            (Some(Place::Exactly(n)), _) => (Cell::Integer(n), Type::Exact(0), "Edm.Int64"),
            (_, Some(n)) if !n.is_nan() => (Cell::Real(n), Type::Double, "Edm.Double"),
            _ => {
                let problem = format!("{} cannot be compared with a constant", describe(literal));
                return Err(QueryError::TypeMismatch { property: None, problem });
            }
        },
        Literal::String(text) => (text_cell(text)?, Type::Text, "Edm.String"),
        Literal::Guid(id) => (Cell::Guid(*id), Type::Guid, "Edm.Guid"),
        Literal::Date(text) => (Cell::Text(text.clone().into()), Type::Date, "Edm.Date"),
        Literal::DateTimeOffset(micros) => (Cell::Integer(*micros), Type::Instant, "Edm.DateTimeOffset"),
    };
    let mut sql = compiler.builder.bind(cell);
    if (of, compiler.dialect) == (Type::Date, Dialect::Postgres) {
        // A column says so itself; the order of the database may be any.
        sql.push_str(" COLLATE \"C\"");
    }
    Ok(Side::Operand(Operand { sql, of, nullable: false, name: describe(literal), property: None, edm }))
}

/// Brings two operands to one form: decimals to one scale, decimals beside a Double to Double. SQLite compares whole
/// numbers with a Double exactly by itself.
fn aligned(dialect: Dialect, left: &Operand, right: &Operand) -> Result<(String, String), QueryError> {
    Ok(match (left.of, right.of) {
        (Type::Exact(l), Type::Exact(r)) => {
            let widest = l.max(r);
            (scaled(dialect, &left.sql, widest - l), scaled(dialect, &right.sql, widest - r))
        }
        (Type::Text, Type::Text) => (left.compared(), right.sql.clone()),
        (Type::Exact(0), Type::Double) if dialect == Dialect::Postgres => {
            (format!("{}::numeric", left.sql), format!("{EXACT}({})", right.sql))
        }
        (Type::Double, Type::Exact(0)) if dialect == Dialect::Postgres => {
            (format!("{EXACT}({})", left.sql), format!("{}::numeric", right.sql))
        }
        (Type::Exact(scale), Type::Double) => (as_double(dialect, &left.sql, scale), right.sql.clone()),
        (Type::Double, Type::Exact(scale)) => (left.sql.clone(), as_double(dialect, &right.sql, scale)),
        (l, r) if l == r => (left.sql.clone(), right.sql.clone()),
        _ => return Err(incomparable(left, &format!("{}, which is {}", right.name, right.edm))),
    })
}

/// Multiplies by a power of ten. A product beyond 64 bits is an error in PostgreSQL, hence numeric; SQLite makes it
/// a REAL that is still larger than any value of 18 digits on the other side.
fn scaled(dialect: Dialect, sql: &str, power: u8) -> String {
    match (power, dialect) {
        (0, _) => sql.to_owned(),
        (_, Dialect::Sqlite) => format!("({sql} * 1{})", "0".repeat(power.into())),
        (_, Dialect::Postgres) => format!("({sql}::numeric * 1{})", "0".repeat(power.into())),
    }
}

fn as_double(dialect: Dialect, sql: &str, scale: u8) -> String {
    let divisor = format!("1{}.0", "0".repeat(scale.into()));
    match dialect {
        Dialect::Sqlite if scale == 0 => sql.to_owned(),
        Dialect::Sqlite => format!("({sql} / {divisor})"),
        Dialect::Postgres => format!("({sql}::double precision / {divisor}::double precision)"),
    }
}

/// Both sides may be null. `IS NOT DISTINCT FROM` is in both dialects.
fn with_each_other(op: Compare, left: &str, right: &str, nullable: bool) -> String {
    let sign = sign(op);
    match op {
        _ if !nullable => format!("({left} {sign} {right})"),
        Compare::Eq => format!("({left} IS NOT DISTINCT FROM {right})"),
        Compare::Ne => format!("({left} IS DISTINCT FROM {right})"),
        Compare::Gt | Compare::Lt => format!("COALESCE({left} {sign} {right}, FALSE)"),
        Compare::Ge | Compare::Le => format!("COALESCE({left} {sign} {right}, {left} IS NULL AND {right} IS NULL)"),
    }
}

/// The right side is bound and not null.
fn with_value(op: Compare, left: &Operand, value: &str) -> String {
    let (sql, compared, sign) = (&left.sql, left.compared(), sign(op));
    match op {
        _ if !left.nullable => format!("({compared} {sign} {value})"),
        Compare::Ne => format!("({compared} <> {value} OR {sql} IS NULL)"),
        _ => format!("({compared} {sign} {value} AND {sql} IS NOT NULL)"),
    }
}

fn with_null(op: Compare, side: &Side<'_>) -> String {
    let sql = match side {
        Side::Operand(operand) => &operand.sql,
        Side::Condition(sql) => sql,
        Side::Literal(literal) => {
            let same = **literal == Literal::Null;
            return keyword(match op {
                Compare::Eq | Compare::Ge | Compare::Le => same,
                Compare::Ne => !same,
                Compare::Gt | Compare::Lt => false,
            });
        }
    };
    match op {
        Compare::Eq | Compare::Ge | Compare::Le => format!("({sql} IS NULL)"),
        Compare::Ne => format!("({sql} IS NOT NULL)"),
        Compare::Gt | Compare::Lt => always(false, sql),
    }
}

/// The same for every row. The side is named all the same: its binds must occur in the text.
fn always(b: bool, sql: &str) -> String {
    if b { format!("({sql} IS NULL OR TRUE)") } else { format!("({sql} IS NULL AND FALSE)") }
}

/// Binds text. No stored text has a NUL (`tidemark_model::Cell`) and PostgreSQL takes none.
pub(crate) fn text_cell(text: &str) -> Result<Cell<'static>, QueryError> {
    if text.contains('\0') {
        let problem = "Text in a query must not contain a NUL character".to_owned();
        return Err(QueryError::TypeMismatch { property: None, problem });
    }
    Ok(Cell::Text(text.to_owned().into()))
}

fn double(text: &str) -> Option<f64> {
    match text {
        "INF" => Some(f64::INFINITY),
        "-INF" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ => text.parse().ok().filter(|_| text.bytes().any(|b| b.is_ascii_digit())),
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && instant_micros(&format!("{text}T00:00Z")).is_some()
}

fn keyword(b: bool) -> String {
    (if b { "TRUE" } else { "FALSE" }).to_owned()
}

fn sign(op: Compare) -> &'static str {
    match op {
        Compare::Eq => "=",
        Compare::Ne => "<>",
        Compare::Gt => ">",
        Compare::Ge => ">=",
        Compare::Lt => "<",
        Compare::Le => "<=",
    }
}

/// The operator when the sides change places.
fn mirrored(op: Compare) -> Compare {
    match op {
        Compare::Gt => Compare::Lt,
        Compare::Ge => Compare::Le,
        Compare::Lt => Compare::Gt,
        Compare::Le => Compare::Ge,
        Compare::Eq | Compare::Ne => op,
    }
}
