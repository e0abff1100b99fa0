//! How OData compares and orders values, in the plainest Rust.

use crate::naive::{Here, Result, Value, double, property, value};
use crate::support::{Row, World};
use bigdecimal::BigDecimal;
use std::cmp::Ordering;
use tidemark_model::query::{Compare, OrderBy};
use tidemark_model::text;

pub(crate) fn compare(op: Compare, left: &Value, right: &Value) -> bool {
    let is_nan = |value: &Value| matches!(value, Value::Double(n) if n.is_nan());
    if is_nan(left) || is_nan(right) {
        return op == Compare::Ne;
    }
    let equal = match (left, right) {
        (Value::Text(a), Value::Text(b)) => text::normal(a) == text::normal(b),
        (Value::Null, _) | (_, Value::Null) => left == right,
        (a, b) => order(a, b) == Some(Ordering::Equal),
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

/// Orders numbers exactly; what is no number stands behind all.
fn order_numbers(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Double(n) if n.is_nan() => 2,
        Value::Double(n) if n.is_infinite() => n.signum() as i32,
        _ => 0,
    };
    let exact = |value: &Value| match value {
        Value::Exact(n, ..) => n.clone(),
        // The exact value of a double, not the shortest text of it.
        Value::Double(n) => BigDecimal::try_from(*n).unwrap(),
        other => panic!("{other:?} is no number"),
    };
    rank(a).cmp(&rank(b)).then_with(|| if rank(a) == 0 { exact(a).cmp(&exact(b)) } else { Ordering::Equal })
}

/// Orders values of one kind, nulls first.
fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Null, _) => Some(Ordering::Less),
        (_, Value::Null) => Some(Ordering::Greater),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        // Decimals beside a double become doubles (section 5.1.1.16); whole numbers are compared as they are.
        (Value::Exact(_, scale, _), Value::Double(b)) if *scale > 0 && b.is_finite() => {
            Some(double(a).total_cmp(&(b + 0.0)))
        }
        (Value::Double(a), Value::Exact(_, scale, _)) if *scale > 0 && a.is_finite() => {
            Some((a + 0.0).total_cmp(&double(b)))
        }
        (Value::Exact(..) | Value::Double(_), Value::Exact(..) | Value::Double(_)) => Some(order_numbers(a, b)),
        (Value::Text(a), Value::Text(b)) => Some(text::compare(a, b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) | (Value::Instant(a), Value::Instant(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (Value::Guid(a), Value::Guid(b)) => Some(a.cmp(b)),
        (Value::Record(a), Value::Record(b)) => Some(a.cmp(b)),
        _ => panic!("{a:?} beside {b:?}"),
    }
}

/// Orders rows by the keys, then by `Id`.
pub(crate) fn order_rows(world: &World, keys: &[OrderBy], a: &Row, b: &Row) -> Result<Ordering> {
    let (a, b) = (Here::new(world, a), Here::new(world, b));
    for key in keys {
        let found = order(&value(&a, &key.expr)?, &value(&b, &key.expr)?).unwrap();
        if found != Ordering::Equal {
            return Ok(if key.descending { found.reverse() } else { found });
        }
    }
    let id = |here: &Here<'_>| property(here.set, here.row, "Id");
    Ok(order(&id(&a), &id(&b)).unwrap())
}
