//! Comparisons that answer true or false even where a side is null, and `in`.
//!
//! Owns: OData's rules: null equals null; `ne` is their opposite; `gt` and `lt` are false where a side is null, and
//! `ge`, `le` are *greater or equal* by those two (URL Conventions 4.01, sections 5.1.1.1.1 to 5.1.1.1.6). Text compares
//! as lists order it, and texts that differ in normal form alone are equal (ADR 0012). Refuses:
//! forms that no index serves where the other side is a literal, hence `c = ? AND c IS NOT NULL`.

use crate::compiler::{Compiler, join};
use crate::constant::{Coerced, coerce, constant};
use crate::error::QueryError;
use crate::number::{Place, Test};
use crate::operand::{Exact, Operand, Side, Type, incomparable};
use crate::postgres::EXACT;
use crate::statement::Dialect;
use crate::wide::{double, is_nan, wide, wide_at};
use tidemark_model::Cell;
use tidemark_model::query::{Compare, Literal};

/// The condition that a null is (`Compiler::as_condition`).
const NULL: &str = "NULL";

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
            let left = by_itself(compiler, left)?;
            compare(compiler, op, left, right)
        }
        (left @ Side::Literal(_), right) => compare(compiler, mirrored(op), right, left),
        (Side::Operand(left), Side::Literal(right)) => {
            let sql = match coerce(&left, right)? {
                Coerced::Cell(cell) => with_value(compiler.dialect, op, &left, &compiler.builder.bind(cell)),
                Coerced::Number(place) => {
                    with_place(compiler.dialect, op, &left, place, |n| compiler.builder.bind(Cell::Integer(n as i64)))
                }
                Coerced::Wide(place) => {
                    with_place(compiler.dialect, op, &left, place, |n| compiler.bind_wide(wide_at(n)))
                }
            };
            Ok(apart_from_nan(compiler.dialect, op, sql, &[&left]))
        }
        (Side::Operand(left), Side::Operand(right)) => {
            let (l, r) = aligned(compiler.dialect, &left, &right)?;
            // A wide number that is raised to more decimals may get too large.
            if let (Type::Exact(l), Type::Exact(r)) = (left.of, right.of)
                && (l.is_wide || r.is_wide)
                && l.scale != r.scale
            {
                compiler.failing += 1;
            }
            let sql = with_each_other(op, &l, &r, left.nullable || right.nullable);
            Ok(apart_from_nan(compiler.dialect, op, sql, &[&left, &right]))
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
        Side::Literal(literal) => by_itself(compiler, literal)?,
        side => side,
    };
    let left = match left {
        Side::Operand(left) => left,
        Side::Condition(sql) if sql == NULL => return Ok(keyword(list.contains(&Literal::Null))),
        Side::Condition(sql) => truth(compiler.dialect, &sql),
        Side::Literal(literal) => return Ok(keyword(list.contains(literal))),
    };
    let mut values = Vec::with_capacity(list.len());
    let mut alternatives = Vec::new();
    for literal in list {
        match literal {
            Literal::Null => alternatives = vec![format!("({} IS NULL)", left.sql)],
            _ => match coerce(&left, literal)? {
                Coerced::Cell(cell) => values.push(cell),
                Coerced::Number(Place::Exactly(n)) => values.push(Cell::Integer(n as i64)),
                Coerced::Wide(Place::Exactly(n)) => values.push(compiler.wide_cell(wide_at(n))),
                Coerced::Number(_) | Coerced::Wide(_) => {}
            },
        }
    }
    if !values.is_empty() {
        let has_value = if left.nullable { format!(" AND {} IS NOT NULL", left.sql) } else { String::new() };
        let is_one = if left.of.is_wide() {
            compiler.builder.is_one_of_wide(&left.sql, values)
        } else {
            compiler.builder.is_one_of(&left.compared(compiler.dialect), values)
        };
        alternatives.push(format!("({is_one}{has_value})"));
    }
    Ok(if alternatives.is_empty() { always(false, &left.sql) } else { join(&alternatives, " OR ") })
}

/// Gives a literal the type it has by itself: its other side is a literal too.
fn by_itself<'e>(compiler: &mut Compiler<'_>, literal: &'e Literal) -> Result<Side<'e>, QueryError> {
    match literal {
        Literal::Null | Literal::Boolean(_) => compiler.as_condition(Side::Literal(literal)).map(Side::Condition),
        _ => Ok(constant(compiler, literal)?.map_or(Side::Literal(literal), Side::Operand)),
    }
}

/// Writes a comparison with a place among the numbers that the left side can hold.
fn with_place(
    dialect: Dialect,
    op: Compare,
    left: &Operand,
    place: Place,
    bind: impl FnOnce(i128) -> String,
) -> String {
    match place.test(op) {
        Test::With(op, n) => with_value(dialect, op, left, &bind(n)),
        Test::HasValue => format!("({} IS NOT NULL)", left.sql),
        Test::Constant(b) => always(b, &left.sql),
    }
}

/// What is no number equals nothing and stands nowhere; databases let it equal itself, above all others.
fn apart_from_nan(dialect: Dialect, op: Compare, sql: String, sides: &[&Operand]) -> String {
    let tests: Vec<String> = sides
        .iter()
        .filter(|side| side.may_be_nan)
        .map(|side| {
            let is_nan = is_nan(dialect, &side.sql, side.of);
            if op == Compare::Ne { is_nan } else { format!("NOT {is_nan}") }
        })
        .collect();
    match (tests.is_empty(), op) {
        (true, _) => sql,
        (false, Compare::Ne) => format!("({sql} OR {})", tests.join(" OR ")),
        (false, _) => format!("({sql} AND {})", tests.join(" AND ")),
    }
}

/// Brings two operands to one form: decimals to one scale, decimals beside a Double to Double. SQLite compares whole
/// numbers with a Double exactly by itself.
pub(crate) fn aligned(dialect: Dialect, left: &Operand, right: &Operand) -> Result<(String, String), QueryError> {
    const WHOLE: u8 = 0;
    Ok(match (left.of, right.of) {
        (Type::Exact(l), Type::Exact(r)) if l.is_wide || r.is_wide => {
            let widest = l.scale.max(r.scale);
            (wide(dialect, &left.sql, l, widest), wide(dialect, &right.sql, r, widest))
        }
        (Type::Exact(l), Type::Exact(r)) => {
            let widest = l.scale.max(r.scale);
            (scaled(dialect, &left.sql, widest - l.scale), scaled(dialect, &right.sql, widest - r.scale))
        }
        (Type::Text, Type::Text) | (Type::Date, Type::Date) => (left.compared(dialect), right.sql.clone()),
        (Type::Exact(Exact { scale: WHOLE, is_wide: false, .. }), Type::Double) if dialect == Dialect::Postgres => {
            (format!("{}::numeric", left.sql), format!("{EXACT}({})", right.sql))
        }
        (Type::Double, Type::Exact(Exact { scale: WHOLE, is_wide: false, .. })) if dialect == Dialect::Postgres => {
            (format!("{EXACT}({})", left.sql), format!("{}::numeric", right.sql))
        }
        (Type::Exact(Exact { scale: WHOLE, is_wide: false, .. }), Type::Double)
        | (Type::Double, Type::Exact(Exact { scale: WHOLE, is_wide: false, .. })) => {
            (left.sql.clone(), right.sql.clone())
        }
        (Type::Exact(of), Type::Double) => (as_double(dialect, &left.sql, of), right.sql.clone()),
        (Type::Double, Type::Exact(of)) => (left.sql.clone(), as_double(dialect, &right.sql, of)),
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

/// Writes an exact number as a double.
pub(crate) fn as_double(dialect: Dialect, sql: &str, of: Exact) -> String {
    if of.is_wide {
        return double(dialect, sql, of.scale);
    }
    let divisor = format!("1{}.0", "0".repeat(of.scale.into()));
    match dialect {
        // The nearest one: whole numbers of 64 bits have more digits.
        Dialect::Sqlite if of.scale == 0 => format!("CAST({sql} AS REAL)"),
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
fn with_value(dialect: Dialect, op: Compare, left: &Operand, value: &str) -> String {
    let (sql, compared, sign) = (&left.sql, left.compared(dialect), sign(op));
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

/// Makes a value of a condition.
pub(crate) fn truth(dialect: Dialect, condition: &str) -> Operand {
    let sql = match dialect {
        Dialect::Sqlite => condition.to_owned(),
        Dialect::Postgres => format!("({condition})::int::bigint"),
    };
    Operand::calculated(sql, Type::Boolean, true, "a condition")
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
