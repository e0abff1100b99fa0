//! OData's rules once more, in the plainest Rust: what the SQL is measured against.

use crate::support::Row;
use std::cmp::Ordering;
use tidemark_model::query::{Compare, Expr, Function, Literal, Logic, OrderBy};
use tidemark_model::{Cell, EntitySet, Kind, text};
use uuid::Uuid;

/// Numbers are exact here: the tests' values have at most this many decimals.
const DECIMALS: u32 = 6;

/// A value; numbers are of one kind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    Instant(i64),
    Guid(Uuid),
}

/// A number times 10 to the power of [`DECIMALS`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    NegativeInfinity,
    Finite(i128),
    Infinity,
    Nan,
}

pub(crate) fn property(set: &EntitySet, row: &Row, name: &str) -> Value {
    let kind = &set.entity_type.property(name).unwrap().kind;
    let unit = 10i128.pow(DECIMALS);
    match (row.get(name).unwrap_or(&Cell::Null), kind) {
        (Cell::Null, _) => Value::Null,
        (Cell::Integer(n), Kind::Boolean) => Value::Boolean(*n != 0),
        (Cell::Integer(n), Kind::DateTimeOffset) => Value::Instant(*n),
        (Cell::Integer(n), Kind::Decimal { scale, .. }) => {
            Value::Number(Number::Finite(i128::from(*n) * unit / 10i128.pow((*scale).into())))
        }
        (Cell::Integer(n), _) => Value::Number(Number::Finite(i128::from(*n) * unit)),
        // Beyond all whole numbers of 64 bits one is as good as another.
        (Cell::Real(n), _) if n.abs() > 1e30 => {
            Value::Number(Number::Finite(if *n > 0.0 { unit.pow(6) } else { -unit.pow(6) }))
        }
        (Cell::Real(n), _) => {
            Value::Number(Number::Finite(n.trunc() as i128 * unit + (n.fract() * unit as f64) as i128))
        }
        (Cell::Text(text), _) => Value::Text(text.to_string()),
        (Cell::Guid(id), _) => Value::Guid(*id),
    }
}

fn literal(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Boolean(b) => Value::Boolean(*b),
        Literal::Number(text) => Value::Number(number(text)),
        Literal::String(text) | Literal::Date(text) => Value::Text(text.clone()),
        Literal::Guid(id) => Value::Guid(*id),
        Literal::DateTimeOffset(micros) => Value::Instant(*micros),
    }
}

/// Reads the few forms that the generators write: `-12.5`, `3e2`, `INF`.
fn number(text: &str) -> Number {
    let (mantissa, exponent) = match text {
        "INF" => return Number::Infinity,
        "-INF" => return Number::NegativeInfinity,
        "NaN" => return Number::Nan,
        _ => text.split_once('e').map_or((text, 0), |(m, e)| (m, e.parse::<u32>().unwrap())),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().unwrap();
    Number::Finite(digits * 10i128.pow(exponent + DECIMALS - fraction.len() as u32))
}

pub(crate) fn value(set: &EntitySet, row: &Row, expr: &Expr) -> Value {
    let of = |expr: &Expr| value(set, row, expr);
    match expr {
        Expr::Literal(l) => literal(l),
        Expr::Property(name) => property(set, row, name),
        Expr::Not(inner) => truth(condition(set, row, inner).map(|b| !b)),
        Expr::Logic { op, left, right } => {
            let decisive = *op == Logic::Or;
            truth(match (condition(set, row, left), condition(set, row, right)) {
                (Some(a), _) | (_, Some(a)) if a == decisive => Some(decisive),
                (Some(_), Some(_)) => Some(!decisive),
                _ => None,
            })
        }
        Expr::Compare { op, left, right } => Value::Boolean(compare(*op, &of(left), &of(right))),
        Expr::In { left, list } => {
            let left = of(left);
            Value::Boolean(list.iter().any(|l| compare(Compare::Eq, &left, &literal(l))))
        }
        Expr::Call { function, arguments } => {
            let mut texts = Vec::new();
            for argument in arguments {
                match of(argument) {
                    Value::Text(text) => texts.push(text),
                    Value::Null => return Value::Null,
                    other => panic!("{other:?} is no text"),
                }
            }
            call(*function, &texts)
        }
    }
}

/// Evaluates a condition; `None` is OData's null.
pub(crate) fn condition(set: &EntitySet, row: &Row, expr: &Expr) -> Option<bool> {
    match value(set, row, expr) {
        Value::Boolean(b) => Some(b),
        Value::Null => None,
        other => panic!("{other:?} is no condition"),
    }
}

fn truth(b: Option<bool>) -> Value {
    b.map_or(Value::Null, Value::Boolean)
}

fn call(function: Function, texts: &[String]) -> Value {
    let whole = |n: usize| Value::Number(Number::Finite(n as i128 * 10i128.pow(DECIMALS)));
    let texts: Vec<String> = texts.iter().map(|text| text::normal(text).into_owned()).collect();
    match (function, &texts[..]) {
        (Function::Contains, [a, b]) => Value::Boolean(a.contains(b)),
        (Function::StartsWith, [a, b]) => Value::Boolean(a.starts_with(b)),
        (Function::EndsWith, [a, b]) => Value::Boolean(a.ends_with(b)),
        (Function::ToLower, [a]) => Value::Text(text::normal(&a.to_lowercase()).into_owned()),
        (Function::ToUpper, [a]) => Value::Text(text::normal(&a.to_uppercase()).into_owned()),
        (Function::Length, [a]) => whole(a.chars().count()),
        (Function::Trim, [a]) => Value::Text(a.trim().to_owned()),
        (Function::IndexOf, [a, b]) => match a.find(b) {
            Some(at) => whole(a[..at].chars().count()),
            None => Value::Number(Number::Finite(-(10i128.pow(DECIMALS)))),
        },
        (Function::Concat, [a, b]) => Value::Text(format!("{a}{b}")),
        _ => panic!("{function:?} of {texts:?}"),
    }
}

fn compare(op: Compare, left: &Value, right: &Value) -> bool {
    let equal = match (left, right) {
        (Value::Number(a), Value::Number(b)) => order_numbers(*a, *b) == Some(Ordering::Equal),
        (Value::Text(a), Value::Text(b)) => text::normal(a) == text::normal(b),
        (a, b) => a == b,
    };
    let order = if *left == Value::Null || *right == Value::Null { None } else { order(left, right) };
    match op {
        Compare::Eq => equal,
        Compare::Ne => !equal,
        Compare::Gt => order == Some(Ordering::Greater),
        Compare::Lt => order == Some(Ordering::Less),
        Compare::Ge => equal || order == Some(Ordering::Greater),
        Compare::Le => equal || order == Some(Ordering::Less),
    }
}

fn order_numbers(a: Number, b: Number) -> Option<Ordering> {
    let rank = |n| match n {
        Number::NegativeInfinity => Some((-1, 0)),
        Number::Finite(n) => Some((0, n)),
        Number::Infinity => Some((1, 0)),
        Number::Nan => None,
    };
    Some(rank(a)?.cmp(&rank(b)?))
}

/// Orders values of one kind, nulls first.
fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Null, _) => Some(Ordering::Less),
        (_, Value::Null) => Some(Ordering::Greater),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => order_numbers(*a, *b),
        (Value::Text(a), Value::Text(b)) => Some(text::compare(a, b)),
        (Value::Instant(a), Value::Instant(b)) => Some(a.cmp(b)),
        (Value::Guid(a), Value::Guid(b)) => Some(a.cmp(b)),
        _ => panic!("{a:?} beside {b:?}"),
    }
}

/// Orders rows by the keys, then by `Id`.
pub(crate) fn order_rows(set: &EntitySet, keys: &[OrderBy], a: &Row, b: &Row) -> Ordering {
    let by_keys = keys.iter().map(|key| {
        let found = order(&value(set, a, &key.expr), &value(set, b, &key.expr)).unwrap();
        if key.descending { found.reverse() } else { found }
    });
    let by_id = order(&property(set, a, "Id"), &property(set, b, "Id")).unwrap();
    by_keys.chain([by_id]).find(|o| *o != Ordering::Equal).unwrap_or(Ordering::Equal)
}
