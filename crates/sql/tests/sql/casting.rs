//! `cast` once more, in plain Rust.

use crate::naive::{Value, date, days, double};
use bigdecimal::{BigDecimal, RoundingMode};

const DECIMALS: i64 = 10;

/// Casts a value; `None` where the types have nothing to do with each other.
pub(crate) fn cast(value: Value, to: &str) -> Option<Value> {
    if value == Value::Null {
        return Some(Value::Null);
    }
    let range = match to {
        "Edm.Byte" => Some((0, 255)),
        "Edm.Int32" => Some((i32::MIN.into(), i32::MAX.into())),
        "Edm.Int64" => Some((i64::MIN, i64::MAX)),
        _ => None,
    };
    let within = |n: BigDecimal| match range {
        Some((least, most)) if n < least || n > most => Value::Null,
        _ => Value::Exact(n, 0, true),
    };
    Some(match (value, to) {
        (value, "Edm.String") => Value::Text(text(&value)?),
        (Value::Exact(n, ..), _) if range.is_some() => within(n.with_scale_round(0, RoundingMode::HalfUp)),
        (Value::Double(n), _) if range.is_some() => match n.to_string().parse::<BigDecimal>() {
            Ok(exact) => within(exact.with_scale_round(0, RoundingMode::HalfUp)),
            Err(_) => Value::Null,
        },
        (Value::Text(text), _) if range.is_some() => {
            let is_whole = !text.contains(['.', 'e', 'E']);
            literal(&text).filter(|_| is_whole).map_or(Value::Null, within)
        }
        (Value::Exact(n, scale, _), "Edm.Decimal") => Value::Exact(n, scale, false),
        (Value::Double(n), "Edm.Decimal") if n.is_finite() => {
            let exact: BigDecimal = n.to_string().parse().unwrap();
            Value::Exact(exact.with_scale_round(DECIMALS, RoundingMode::HalfUp), DECIMALS, false)
        }
        (Value::Double(n), "Edm.Decimal") => Value::Double(n),
        (Value::Text(text), "Edm.Decimal") => {
            let fits = |n: &BigDecimal| n.abs() < 10i128.pow(27);
            literal(&text).filter(fits).map_or(Value::Null, |n| {
                Value::Exact(n.with_scale_round(DECIMALS, RoundingMode::HalfUp), DECIMALS, false)
            })
        }
        (value @ (Value::Exact(..) | Value::Double(_)), "Edm.Double") => Value::Double(double(&value)),
        (Value::Text(text), "Edm.Double") => {
            let number = |n: BigDecimal| n.to_string().parse::<f64>().unwrap();
            let number = literal(&text).map(number).filter(|n| n.is_finite());
            number.map_or(Value::Null, Value::Double)
        }
        (Value::Text(text), "Edm.Boolean") => match text.as_str() {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => Value::Null,
        },
        (Value::Text(text), "Edm.Date") => {
            let is_date = text.len() == 10 && text.parse::<chrono::NaiveDate>().is_ok();
            if is_date { Value::Date(text) } else { Value::Null }
        }
        (Value::Text(text), "Edm.Guid") => uuid::Uuid::parse_str(&text).map_or(Value::Null, Value::Guid),
        (Value::Text(text), "Edm.DateTimeOffset") => {
            let at = chrono::DateTime::parse_from_rfc3339(&text);
            at.map_or(Value::Null, |at| Value::Instant(at.timestamp_micros()))
        }
        (value @ Value::Boolean(_), "Edm.Boolean")
        | (value @ Value::Date(_), "Edm.Date")
        | (value @ Value::Time(_), "Edm.TimeOfDay")
        | (value @ Value::Duration(_), "Edm.Duration")
        | (value @ Value::Instant(_), "Edm.DateTimeOffset")
        | (value @ Value::Guid(_), "Edm.Guid") => value,
        _ => return None,
    })
}

/// Reads a number's text, of which the drawn ones are short.
fn literal(text: &str) -> Option<BigDecimal> {
    let begins = text.strip_prefix('-').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit());
    let is_plain = text.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    if begins && is_plain && !text.ends_with('.') { text.parse().ok() } else { None }
}

fn text(value: &Value) -> Option<String> {
    let fraction = |micros: i64| match micros {
        0 => String::new(),
        n if n % 1_000 == 0 => format!(".{:03}", n / 1_000),
        n => format!(".{n:06}"),
    };
    let time = |micros: i64| {
        let seconds = micros / 1_000_000;
        let (hour, minute) = (seconds / 3_600, seconds / 60 % 60);
        format!("{hour:02}:{minute:02}:{:02}{}", seconds % 60, fraction(micros % 1_000_000))
    };
    const DAY: i64 = 86_400_000_000;
    Some(match value {
        Value::Text(text) | Value::Date(text) => text.clone(),
        Value::Boolean(b) => b.to_string(),
        Value::Exact(n, ..) => n.normalized().to_plain_string(),
        Value::Double(n) if n.is_nan() => "NaN".into(),
        Value::Double(n) if n.is_infinite() => {
            if *n > 0.0 {
                "INF".into()
            } else {
                "-INF".into()
            }
        }
        Value::Double(n) => serde_json::to_string(&(n + 0.0)).unwrap(),
        Value::Time(micros) => time(*micros),
        Value::Instant(micros) => {
            format!("{}T{}Z", date(micros.div_euclid(DAY)), time(micros.rem_euclid(DAY)))
        }
        Value::Guid(id) => id.to_string(),
        Value::Duration(micros) => {
            let all: i128 = micros.to_string().parse().unwrap();
            tidemark_model::duration_text(all)
        }
        Value::Null | Value::Record(_) => return None,
    })
}

/// The days of a date are counted in `naive`; a date that is read here is one of its.
#[test]
fn dates_are_counted_both_ways() {
    assert_eq!(date(days("2026-02-28") + 1), "2026-03-01");
}
