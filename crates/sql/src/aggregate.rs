//! One value of many (Data Aggregation 4.0 section 3.1.3): `sum`, `min`, `max`, `average`, `countdistinct`, `$count`.
//!
//! Owns: which types have them and what comes of them: sums of numbers without a fraction of their own stay exact, with up
//! to 38 digits; the average of these has ten digits behind the point, or as many as they have more. Refuses: grouping
//! (`apply`).

use crate::arithmetic::{exact, of_wide};
use crate::calculation::{REAL_DIV, REAL_SUM, SUM};
use crate::compare::as_double;
use crate::compiler::Compiler;
use crate::error::QueryError;
use crate::operand::{Exact, Operand, Type};
use crate::statement::Dialect;
use crate::text::NORMAL;
use crate::wide::wide;
use tidemark_model::query::{Aggregate, Arithmetic, Method};

/// Writes an aggregate.
pub(crate) fn aggregate(compiler: &mut Compiler<'_>, one: &Aggregate) -> Result<Operand, QueryError> {
    let whole = Type::Exact(Exact::WHOLE);
    if one.method == Method::Count {
        return Ok(Operand::calculated("count(*)".to_owned(), whole, false, &one.name));
    }
    let Some(operand) = compiler.operand(&one.expr, 0)? else {
        return Err(impossible(one.method, "null", "nothing"));
    };
    let (dialect, sql) = (compiler.dialect, &operand.sql);
    let (sql, of) = match (one.method, operand.of) {
        (Method::CountDistinct | Method::Count, _) => {
            (format!("count(DISTINCT {})", distinct(operand.clone()).sql), whole)
        }
        (Method::Min | Method::Max, Type::Record) => return Err(refused(one.method, &operand)),
        (Method::Min | Method::Max, of) => (extreme(dialect, one.method, &operand), of),
        (Method::Sum, Type::Exact(of)) => (sum(dialect, sql, of), Type::Exact(Exact { is_wide: true, ..of })),
        (Method::Sum, Type::Duration) => (sum_of_wide(dialect, sql), Type::Duration),
        (Method::Sum, Type::Double) => (sum_of_doubles(dialect, sql), Type::Double),
        (Method::Average, Type::Exact(of)) => {
            let (total, count) = (sum(dialect, sql, of), format!("count({sql})"));
            let total = (total.as_str(), Exact { is_wide: true, ..of });
            let (sql, of) = exact(dialect, Arithmetic::DivBy, total, (&count, Exact::WHOLE))?;
            (sql, Type::Exact(of))
        }
        (Method::Average, Type::Duration) => {
            let count = wide(dialect, &format!("NULLIF(count({sql}), 0)"), Exact::WHOLE, 0);
            (of_wide(dialect, Arithmetic::Div, &sum_of_wide(dialect, sql), &count), Type::Duration)
        }
        (Method::Average, Type::Double) => {
            let count = as_double(dialect, &format!("NULLIF(count({sql}), 0)"), Exact::WHOLE);
            (format!("{REAL_DIV}({}, {count})", sum_of_doubles(dialect, sql)), Type::Double)
        }
        (method, _) => return Err(refused(method, &operand)),
    };
    // Too large a sum.
    compiler.failing += usize::from(matches!(one.method, Method::Sum | Method::Average));
    let mut result = Operand::calculated(sql, of, true, &one.name);
    result.may_be_nan = operand.may_be_nan || of == Type::Double;
    Ok(result)
}

/// Writes a value so that values are the same where `eq` says so: texts in normal form.
pub(crate) fn distinct(value: Operand) -> Operand {
    match value.of {
        Type::Text => Operand { sql: format!("{NORMAL}({})", value.sql), ..value },
        _ => value,
    }
}

fn sum(dialect: Dialect, sql: &str, of: Exact) -> String {
    sum_of_wide(dialect, &wide(dialect, sql, of, of.scale))
}

fn sum_of_wide(dialect: Dialect, wide: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("{SUM}({wide})"),
        Dialect::Postgres => format!("sum({wide})"),
    }
}

fn sum_of_doubles(dialect: Dialect, sql: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("{REAL_SUM}({sql})"),
        Dialect::Postgres => format!("sum({sql})"),
    }
}

fn extreme(dialect: Dialect, method: Method, operand: &Operand) -> String {
    let word = method.name();
    match (dialect, operand.of) {
        // PostgreSQL 15 knows neither for uuid, whose text sorts as it does.
        (Dialect::Postgres, Type::Guid) => format!("({word}(({})::text COLLATE \"C\"))::uuid", operand.sql),
        // What is made of the text later must not go by the order of people.
        (Dialect::Postgres, Type::Text) => format!("({word}({}) COLLATE \"C\")", operand.compared(dialect)),
        _ => format!("{word}({})", operand.compared(dialect)),
    }
}

fn refused(method: Method, operand: &Operand) -> QueryError {
    let mut error = impossible(method, &operand.name, operand.edm);
    if let QueryError::TypeMismatch { property, .. } = &mut error {
        property.clone_from(&operand.property);
    }
    error
}

fn impossible(method: Method, name: &str, edm: &str) -> QueryError {
    let problem = format!("{} of {name} ({edm}) means nothing", method.name());
    QueryError::TypeMismatch { property: None, problem }
}
