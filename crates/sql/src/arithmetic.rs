//! Arithmetic (OData URL Conventions 4.01, sections 5.1.1.2 and 5.1.1.8): exact as long as no Double is in it.
//!
//! Owns: which types meet and what comes of them: whole numbers and decimals of up to 38 digits, doubles, durations, dates
//! and instants that durations are added to. `div` of decimals has ten digits behind the point, or as many as its left
//! side has more. Refuses: rounding where nothing is said of it: what gets too large fails, and so does a division by
//! zero that the specification lets fail.

use crate::calculation::{
    ADD, CEILING, DATE, DAY_OF, DAYS, DIV, DIVBY, FLOOR, MOD, MUL, NARROW, REAL_ADD, REAL_CEILING, REAL_DIV,
    REAL_FLOOR, REAL_MOD, REAL_MUL, REAL_ROUND, REAL_SUB, ROUND, SUB, WIDE,
};
use crate::compare::{as_double, truth};
use crate::compiler::Compiler;
use crate::constant::constant;
use crate::error::QueryError;
use crate::operand::{Exact, Operand, Side, Type};
use crate::statement::Dialect;
use crate::wide::wide;
use tidemark_model::duration_micros;
use tidemark_model::query::{Arithmetic, Expr, Function, Literal};

/// Digits behind the point that a division has at the least.
const QUOTIENT: u8 = 10;
/// More of them leave no room for the number.
const MOST_DECIMALS: u8 = 36;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
/// The first and the last instant of the years that four digits can write, in microseconds.
pub(crate) const FIRST: i64 = -62_167_219_200_000_000;
pub(crate) const LAST: i64 = 253_402_300_799_999_999;

pub(crate) const NULL: &Literal = &Literal::Null;

impl Compiler<'_> {
    /// Writes an operation on two values; null where one of them is.
    pub(crate) fn arithmetic<'e>(
        &mut self,
        op: Arithmetic,
        left: &Expr,
        right: &Expr,
        depth: usize,
    ) -> Result<Side<'e>, QueryError> {
        let is_dated = |operand: &Option<Operand>| {
            matches!(operand, Some(Operand { of: Type::Instant | Type::Date | Type::Duration, .. }))
        };
        let (l, r) = match (self.operand(left, depth)?, right) {
            // A duration may stand without its word (section 5.1.1.14.1).
            (l, Expr::Literal(Literal::String(text))) if is_dated(&l) && duration_micros(text).is_ok() => {
                let duration = Literal::Duration(duration_micros(text).unwrap_or_default());
                (l, constant(self, &duration)?)
            }
            (l, _) => (l, self.operand(right, depth)?),
        };
        let (l, r) = match (l, r) {
            (Some(l), Some(r)) => (l, r),
            (Some(one), None) | (None, Some(one)) => return null_of(self.dialect, one).map(Side::Operand),
            (None, None) => return Ok(Side::Literal(NULL)),
        };
        // Too large, or a division by zero.
        self.failing += 1;
        let nullable = l.nullable || r.nullable;
        let name = format!("{} {} {}", l.name, word(op), r.name);
        let (sql, of) = self.calculated(op, &l, &r)?;
        let may_fall_out = matches!(of, Type::Instant | Type::Date);
        let mut result = Operand::calculated(sql, of, nullable || may_fall_out, name);
        result.may_be_nan = of == Type::Double || l.may_be_nan || r.may_be_nan || op == Arithmetic::DivBy;
        Ok(Side::Operand(result))
    }

    fn calculated(&mut self, op: Arithmetic, l: &Operand, r: &Operand) -> Result<(String, Type), QueryError> {
        use Arithmetic::{Add, Div, DivBy, Mul, Sub};
        let dialect = self.dialect;
        Ok(match (op, l.of, r.of) {
            (_, Type::Exact(a), Type::Exact(b)) => {
                let (sql, of) = exact(dialect, op, (&l.sql, a), (&r.sql, b))?;
                (sql, Type::Exact(of))
            }
            (_, Type::Exact(_) | Type::Double, Type::Exact(_) | Type::Double) => {
                let double = |side: &Operand| match side.of {
                    Type::Exact(of) => as_double(dialect, &side.sql, of),
                    _ => side.sql.clone(),
                };
                (real(dialect, op, &double(l), &double(r)), Type::Double)
            }
            (Add | Sub, Type::Duration, Type::Duration) => (of_wide(dialect, op, &l.sql, &r.sql), Type::Duration),
            (Add | Sub, Type::Instant, Type::Duration) => (moved(dialect, op, &l.sql, &r.sql), Type::Instant),
            (Add | Sub, Type::Date, Type::Duration) => {
                let moved = moved(dialect, op, &format!("({DAYS}({}) * {DAY})", l.sql), &r.sql);
                (date_at(&moved), Type::Date)
            }
            (Sub, Type::Instant, Type::Instant) => {
                let side = |sql: &str| wide(dialect, sql, Exact::WHOLE, 0);
                (of_wide(dialect, Sub, &side(&l.sql), &side(&r.sql)), Type::Duration)
            }
            (Sub, Type::Date, Type::Date) => {
                let side = |sql: &str| wide(dialect, &format!("({DAYS}({sql}) * {DAY})"), Exact::WHOLE, 0);
                (of_wide(dialect, Sub, &side(&l.sql), &side(&r.sql)), Type::Duration)
            }
            (Mul, Type::Duration, Type::Exact(of)) => (times(dialect, &l.sql, (&r.sql, of)), Type::Duration),
            (Mul, Type::Exact(of), Type::Duration) => (times(dialect, &r.sql, (&l.sql, of)), Type::Duration),
            (Div | DivBy, Type::Duration, Type::Exact(of)) => {
                let raised = wide(dialect, &l.sql, Exact::wide(0, true), of.scale);
                (of_wide(dialect, Div, &raised, &wide(dialect, &r.sql, of, of.scale)), Type::Duration)
            }
            _ => {
                let problem = format!("{} ({}) {} {} ({}) means nothing", l.name, l.edm, word(op), r.name, r.edm);
                return Err(QueryError::TypeMismatch { property: l.property.clone(), problem });
            }
        })
    }

    /// Writes the minus in front of a number or a duration.
    pub(crate) fn negated<'e>(&mut self, inner: &Expr, depth: usize) -> Result<Side<'e>, QueryError> {
        let Some(operand) = self.operand(inner, depth)? else { return Ok(Side::Literal(NULL)) };
        let dialect = self.dialect;
        let zero = match dialect {
            Dialect::Sqlite => format!("{WIDE}(0, 0)"),
            Dialect::Postgres => "0::numeric".to_owned(),
        };
        let (sql, of) = match operand.of {
            Type::Exact(of) => {
                let wide = wide(dialect, &operand.sql, of, of.scale);
                (of_wide(dialect, Arithmetic::Sub, &zero, &wide), Type::Exact(Exact { is_wide: true, ..of }))
            }
            Type::Duration => (of_wide(dialect, Arithmetic::Sub, &zero, &operand.sql), Type::Duration),
            Type::Double => (real(dialect, Arithmetic::Sub, "0.0", &operand.sql), Type::Double),
            _ => return Err(no_number("-", &operand)),
        };
        let mut result = Operand::calculated(sql, of, operand.nullable, format!("-{}", operand.name));
        result.may_be_nan = operand.may_be_nan;
        Ok(Side::Operand(result))
    }

    /// Writes `round`, `floor` and `ceiling`.
    pub(crate) fn rounded<'e>(
        &mut self,
        function: Function,
        argument: &Expr,
        depth: usize,
    ) -> Result<Side<'e>, QueryError> {
        let Some(operand) = self.operand(argument, depth)? else { return Ok(Side::Literal(NULL)) };
        let dialect = self.dialect;
        let (exact, double) = match function {
            Function::Floor => (FLOOR, REAL_FLOOR),
            Function::Ceiling => (CEILING, REAL_CEILING),
            _ => (ROUND, REAL_ROUND),
        };
        let (sql, of) = match operand.of {
            Type::Exact(of) => {
                let wide = wide(dialect, &operand.sql, of, of.scale);
                (format!("{exact}({wide}, {})", of.scale), Type::Exact(Exact::wide(0, of.is_whole)))
            }
            Type::Double => (format!("{double}({})", operand.sql), Type::Double),
            _ => return Err(no_number(function.name(), &operand)),
        };
        let mut result = Operand::calculated(sql, of, operand.nullable, format!("{}(…)", function.name()));
        result.may_be_nan = operand.may_be_nan;
        Ok(Side::Operand(result))
    }

    /// Writes an expression as a value with a type; `None` for a null that has none.
    pub(crate) fn operand(&mut self, expr: &Expr, depth: usize) -> Result<Option<Operand>, QueryError> {
        match self.side(expr, depth)? {
            Side::Operand(operand) => Ok(Some(operand)),
            Side::Literal(literal) => constant(self, literal),
            Side::Condition(sql) => Ok(Some(truth(self.dialect, &sql))),
        }
    }
}

/// Calculates with exact numbers; each is given with its type.
pub(crate) fn exact(
    dialect: Dialect,
    op: Arithmetic,
    (l, a): (&str, Exact),
    (r, b): (&str, Exact),
) -> Result<(String, Exact), QueryError> {
    let widest = a.scale.max(b.scale);
    let is_whole = a.is_whole && b.is_whole;
    let of = match op {
        Arithmetic::Add | Arithmetic::Sub | Arithmetic::Mod => Exact::wide(widest, is_whole),
        Arithmetic::Mul => Exact::wide(a.scale + b.scale, is_whole),
        Arithmetic::Div if is_whole => Exact::wide(0, true),
        Arithmetic::Div | Arithmetic::DivBy => Exact::wide(a.scale.max(QUOTIENT), false),
    };
    if of.scale > MOST_DECIMALS {
        return Err(QueryError::TooComplex);
    }
    let (l, r) = match op {
        Arithmetic::Add | Arithmetic::Sub | Arithmetic::Mod => {
            (wide(dialect, l, a, widest), wide(dialect, r, b, widest))
        }
        Arithmetic::Mul => (wide(dialect, l, a, a.scale), wide(dialect, r, b, b.scale)),
        // The quotient of scaled numbers, scaled itself.
        Arithmetic::Div | Arithmetic::DivBy => (wide(dialect, l, a, of.scale + b.scale), wide(dialect, r, b, b.scale)),
    };
    Ok((of_wide(dialect, op, &l, &r), of))
}

/// Calculates with wide numbers.
pub(crate) fn of_wide(dialect: Dialect, op: Arithmetic, l: &str, r: &str) -> String {
    match (dialect, op) {
        (Dialect::Sqlite, Arithmetic::Add) => format!("{ADD}({l}, {r})"),
        (Dialect::Sqlite, Arithmetic::Sub) => format!("{SUB}({l}, {r})"),
        (Dialect::Sqlite, Arithmetic::Mul) => format!("{MUL}({l}, {r})"),
        (Dialect::Sqlite, Arithmetic::Div) => format!("{DIV}({l}, {r})"),
        (Dialect::Sqlite, Arithmetic::Mod) => format!("{MOD}({l}, {r})"),
        (_, Arithmetic::DivBy) => format!("{DIVBY}({l}, {r})"),
        (Dialect::Postgres, Arithmetic::Add) => format!("({l} + {r})"),
        (Dialect::Postgres, Arithmetic::Sub) => format!("({l} - {r})"),
        (Dialect::Postgres, Arithmetic::Mul) => format!("({l} * {r})"),
        (Dialect::Postgres, Arithmetic::Div) => format!("div({l}, {r})"),
        (Dialect::Postgres, Arithmetic::Mod) => format!("mod({l}, {r})"),
    }
}

/// Calculates with doubles.
fn real(dialect: Dialect, op: Arithmetic, l: &str, r: &str) -> String {
    match (dialect, op) {
        (Dialect::Sqlite, Arithmetic::Add) => format!("{REAL_ADD}({l}, {r})"),
        (Dialect::Sqlite, Arithmetic::Sub) => format!("{REAL_SUB}({l}, {r})"),
        (Dialect::Sqlite, Arithmetic::Mul) => format!("{REAL_MUL}({l}, {r})"),
        (Dialect::Postgres, Arithmetic::Add) => format!("({l} + {r})"),
        (Dialect::Postgres, Arithmetic::Sub) => format!("({l} - {r})"),
        (Dialect::Postgres, Arithmetic::Mul) => format!("({l} * {r})"),
        (_, Arithmetic::Div | Arithmetic::DivBy) => format!("{REAL_DIV}({l}, {r})"),
        (_, Arithmetic::Mod) => format!("{REAL_MOD}({l}, {r})"),
    }
}

/// Multiplies a duration, without parts of a microsecond.
fn times(dialect: Dialect, duration: &str, (by, of): (&str, Exact)) -> String {
    let product = of_wide(dialect, Arithmetic::Mul, duration, &wide(dialect, by, of, of.scale));
    if of.scale == 0 {
        return product;
    }
    let unit = wide(dialect, "1", Exact::WHOLE, of.scale);
    of_wide(dialect, Arithmetic::Div, &product, &unit)
}

/// Moves an instant by a duration; null where it falls out of the years that there are.
fn moved(dialect: Dialect, op: Arithmetic, micros: &str, duration: &str) -> String {
    let moved = of_wide(dialect, op, &wide(dialect, micros, Exact::WHOLE, 0), duration);
    format!("{NARROW}({moved}, {FIRST}, {LAST})")
}

/// Writes the date on which an instant is.
pub(crate) fn date_at(micros: &str) -> String {
    format!("{DATE}({DAY_OF}({micros}))")
}

/// Writes a null of a value's type. The value is named all the same, once: its binds must occur in the text, and null within
/// null must not double it.
fn null_of(dialect: Dialect, value: Operand) -> Result<Operand, QueryError> {
    let of = match value.of {
        Type::Exact(Exact { is_wide: true, .. }) | Type::Duration => "numeric",
        Type::Exact(_) | Type::Instant => "bigint",
        Type::Double => "double precision",
        Type::Date => "text",
        _ => return Err(no_number("Arithmetic", &value)),
    };
    let null = if dialect == Dialect::Postgres { format!("NULL::{of}") } else { "NULL".to_owned() };
    let sql = format!("CASE WHEN {} IS NULL THEN {null} END", value.sql);
    Ok(Operand { sql, nullable: true, ..value })
}

fn no_number(what: &str, operand: &Operand) -> QueryError {
    let problem = format!("{what} takes a number, and {} ({}) is not", operand.name, operand.edm);
    QueryError::TypeMismatch { property: operand.property.clone(), problem }
}

fn word(op: Arithmetic) -> &'static str {
    match op {
        Arithmetic::Add => "add",
        Arithmetic::Sub => "sub",
        Arithmetic::Mul => "mul",
        Arithmetic::Div => "div",
        Arithmetic::DivBy => "divby",
        Arithmetic::Mod => "mod",
    }
}
