//! OData's rules once more, in the plainest Rust: what the SQL is measured against.

use crate::kinds;
use crate::ordering::compare;
use crate::support::{Row, World};
use bigdecimal::{BigDecimal, RoundingMode, Zero};
use std::collections::BTreeMap;
use tidemark_model::query::{Arithmetic, Compare, Expr, Function, Literal, Logic, Path, Quantifier};
use tidemark_model::{Cell, EntitySet, Kind, text};
use uuid::Uuid;

/// Digits behind the point that a division has at the least.
pub(crate) const QUOTIENT: i64 = 10;
const DAY: i64 = 86_400_000_000;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    /// A number without rounding, with the scale of its type, and whether it is a whole number by its type.
    Exact(BigDecimal, i64, bool),
    /// A double; and what only a double can be.
    Double(f64),
    Text(String),
    Date(String),
    Time(i64),
    Duration(BigDecimal),
    Instant(i64),
    Guid(Uuid),
    Record(Option<Uuid>),
}

/// Why there is no value: a division by zero, or a number that gets too large.
#[derive(Debug)]
pub(crate) struct Failed;

pub(crate) type Result<T> = std::result::Result<T, Failed>;

/// Where names lead from.
#[derive(Clone)]
pub(crate) struct Here<'w> {
    pub(crate) world: &'w World,
    pub(crate) set: &'w EntitySet,
    pub(crate) row: &'w Row,
    variables: BTreeMap<String, (&'w EntitySet, &'w Row)>,
    /// What `$apply` and `$compute` made of the row, by name or path.
    made: BTreeMap<String, Value>,
}

impl<'w> Here<'w> {
    pub(crate) fn new(world: &'w World, row: &'w Row) -> Self {
        Self { world, set: world.set(), row, variables: BTreeMap::new(), made: BTreeMap::new() }
    }

    /// Returns the same with what was made of the row.
    pub(crate) fn with(self, made: BTreeMap<String, Value>) -> Self {
        Self { made, ..self }
    }

    /// Follows a path over records; `None` where there is none.
    fn walk(&self, path: &Path, names: &[String]) -> Option<(&'w EntitySet, &'w Row)> {
        let mut at = match &path.from {
            Some(variable) => self.variables[variable],
            None => (self.set, self.row),
        };
        for name in names {
            let way = at.0.entity_type.navigation.iter().find(|way| way.name == *name).expect("a way");
            at = self.world.find(&way.target_set, at.1.get(way.property.as_str())?)?;
        }
        Some(at)
    }

    fn related(&self, path: &Path) -> Vec<(&'w EntitySet, &'w Row)> {
        let (last, before) = path.names.split_last().expect("a name");
        let Some((set, row)) = self.walk(path, before) else { return Vec::new() };
        let way = set.entity_type.collections.iter().find(|way| way.name == *last).expect("a collection");
        self.world.referring(&way.target_set, &way.property, &row["Id"])
    }
}

fn whole(n: impl Into<i128>) -> Value {
    Value::Exact(BigDecimal::from(n.into()), 0, true)
}

pub(crate) fn property(set: &EntitySet, row: &Row, name: &str) -> Value {
    let kind = &set.entity_type.property(name).unwrap().kind;
    match (row.get(name).unwrap_or(&Cell::Null), kind) {
        (Cell::Null, _) => Value::Null,
        (Cell::Integer(n), Kind::Boolean) => Value::Boolean(*n != 0),
        (Cell::Integer(n), Kind::DateTimeOffset) => Value::Instant(*n),
        (Cell::Integer(n), Kind::Decimal { scale, .. }) => {
            Value::Exact(BigDecimal::new((*n).into(), (*scale).into()), (*scale).into(), false)
        }
        (Cell::Integer(n), _) => whole(*n),
        (Cell::Real(n), _) => Value::Double(*n),
        (Cell::Text(text), Kind::Date) => Value::Date(text.to_string()),
        (Cell::Text(text), _) => Value::Text(text.to_string()),
        (Cell::Guid(id), _) => Value::Guid(*id),
    }
}

fn literal(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Boolean(b) => Value::Boolean(*b),
        Literal::Number(text) => number(text),
        Literal::String(text) => Value::Text(text.clone()),
        Literal::Date(text) => Value::Date(text.clone()),
        Literal::Guid(id) => Value::Guid(*id),
        Literal::TimeOfDay(micros) => Value::Time(*micros),
        Literal::Duration(micros) => Value::Duration((*micros).into()),
        Literal::DateTimeOffset { micros, .. } => Value::Instant(*micros),
        Literal::Foreign(of) => panic!("nothing has a value of {of}"),
    }
}

fn number(text: &str) -> Value {
    match text {
        "INF" => Value::Double(f64::INFINITY),
        "-INF" => Value::Double(f64::NEG_INFINITY),
        "NaN" => Value::Double(f64::NAN),
        _ if text.contains('e') => Value::Double(text.parse().unwrap()),
        _ => {
            let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i64);
            Value::Exact(text.parse().unwrap(), scale, scale == 0)
        }
    }
}

pub(crate) fn value(here: &Here<'_>, expr: &Expr) -> Result<Value> {
    let of = |expr: &Expr| value(here, expr);
    Ok(match expr {
        Expr::Literal(l) => literal(l),
        Expr::Property(name) if here.made.contains_key(name) => here.made[name].clone(),
        Expr::Property(name) if here.set.entity_type.property(name).is_some() => property(here.set, here.row, name),
        Expr::Property(name) => record(here, &Path { from: None, names: vec![name.clone()] }),
        Expr::Path(path) => reached(here, path),
        Expr::Count(path) => whole(here.related(path).len() as i64),
        Expr::CountOf { over, filter, .. } => {
            let mut count = 0i64;
            for (set, row) in here.related(over) {
                let there = Here { set, row, ..here.clone() };
                let holds = filter.as_deref().map(|filter| condition(&there, filter)).transpose()?;
                count += i64::from(holds.is_none_or(|holds| holds == Some(true)));
            }
            whole(count)
        }
        Expr::Not(inner) => truth(condition(here, inner)?.map(|b| !b)),
        Expr::Negate(inner) => match of(inner)? {
            Value::Exact(n, scale, is_whole) => Value::Exact(-n, scale, is_whole),
            Value::Double(n) => Value::Double(0.0 - n),
            Value::Duration(n) => Value::Duration(-n),
            Value::Null => Value::Null,
            other => panic!("-{other:?}"),
        },
        Expr::Logic { op, left, right } => {
            let decisive = *op == Logic::Or;
            // What may fail is asked where the other side does not decide.
            let (a, b) = (condition(here, left), condition(here, right));
            match (&a, &b) {
                (Ok(Some(known)), _) | (_, Ok(Some(known))) if *known == decisive => return Ok(truth(Some(decisive))),
                _ => {}
            }
            truth(match (a?, b?) {
                (Some(_), Some(_)) => Some(!decisive),
                _ => None,
            })
        }
        Expr::Compare { op, left, right } => Value::Boolean(compare(*op, &of(left)?, &of(right)?)),
        Expr::In { left, list } => {
            let left = of(left)?;
            Value::Boolean(list.iter().any(|l| compare(Compare::Eq, &left, &literal(l))))
        }
        Expr::Arithmetic { op, left, right } => arithmetic(*op, of(left)?, of(right)?)?,
        Expr::Call { function, arguments } => {
            let values = arguments.iter().map(of).collect::<Result<Vec<_>>>()?;
            if values.contains(&Value::Null) { Value::Null } else { call(*function, &values) }
        }
        Expr::Case(pairs) => {
            for (asked, then) in pairs {
                if condition(here, asked)? == Some(true) {
                    return Ok(kinds::as_of(kinds::kind(here, expr), of(then)?));
                }
            }
            Value::Null
        }
        Expr::Cast { value, to } => crate::casting::cast(of(value)?, to).unwrap_or(Value::Null),
        Expr::IsOf { value, of: to } => {
            let value = of(value)?;
            Value::Boolean(value == Value::Null || crate::casting::cast(value, to).is_some_and(|v| v != Value::Null))
        }
        Expr::Lambda { quantifier, over, variable, condition: asked } => {
            let mut found = *quantifier == Quantifier::All;
            for (set, row) in here.related(over) {
                let holds = match asked {
                    None => true,
                    Some(asked) => {
                        let mut there = here.clone();
                        there.variables.insert(variable.clone(), (set, row));
                        condition(&there, asked)? == Some(true)
                    }
                };
                match quantifier {
                    Quantifier::Any => found |= holds,
                    Quantifier::All => found &= holds,
                }
            }
            Value::Boolean(found)
        }
    })
}

fn record(here: &Here<'_>, path: &Path) -> Value {
    match here.walk(path, &path.names) {
        Some((_, row)) => match row["Id"] {
            Cell::Guid(id) => Value::Record(Some(id)),
            _ => unreachable!("records have ids"),
        },
        None => Value::Null,
    }
}

fn reached(here: &Here<'_>, path: &Path) -> Value {
    let Some((last, before)) = path.names.split_last() else { return record(here, path) };
    match here.walk(path, before) {
        Some((set, row)) if set.entity_type.property(last).is_some() => property(set, row, last),
        Some(_) => record(here, path),
        None => Value::Null,
    }
}

/// Evaluates a condition; `None` is OData's null.
pub(crate) fn condition(here: &Here<'_>, expr: &Expr) -> Result<Option<bool>> {
    Ok(match value(here, expr)? {
        Value::Boolean(b) => Some(b),
        Value::Null => None,
        other => panic!("{other:?} is no condition"),
    })
}

fn truth(b: Option<bool>) -> Value {
    b.map_or(Value::Null, Value::Boolean)
}

/// A number is not too large below this.
fn bounded(n: BigDecimal, scale: i64) -> Result<BigDecimal> {
    let unscaled = (&n * BigDecimal::new(1.into(), -scale)).abs();
    if unscaled > i128::MAX - 2 { Err(Failed) } else { Ok(n) }
}

/// Cuts digits off behind the point.
fn cut(n: &BigDecimal, scale: i64) -> BigDecimal {
    n.with_scale_round(scale, RoundingMode::Down)
}

/// Divides exactly enough, and cuts.
fn quotient(a: &BigDecimal, b: &BigDecimal, scale: i64) -> BigDecimal {
    let (a, b) = (a.with_scale(40), b.with_scale(40));
    let (a, _) = a.into_bigint_and_exponent();
    let (b, _) = b.into_bigint_and_exponent();
    let raised = a * num(10, scale);
    BigDecimal::new(raised / b, scale)
}

fn num(base: i64, power: i64) -> bigdecimal::num_bigint::BigInt {
    bigdecimal::num_bigint::BigInt::from(base).pow(power as u32)
}

pub(crate) fn arithmetic(op: Arithmetic, l: Value, r: Value) -> Result<Value> {
    use Arithmetic::{Add, Div, DivBy, Mod, Mul, Sub};
    let sign = |n: &BigDecimal| if op == Sub { -n } else { n.clone() };
    Ok(match (l, r) {
        (Value::Null, _) | (_, Value::Null) => Value::Null,
        (Value::Exact(a, sa, wa), Value::Exact(b, sb, wb)) => {
            let (widest, is_whole) = (sa.max(sb), wa && wb);
            let of = if op == Div && is_whole { 0 } else { sa.max(QUOTIENT) };
            match op {
                Add | Sub => Value::Exact(bounded(a + sign(&b), widest)?, widest, is_whole),
                Mul => Value::Exact(bounded(a * b, sa + sb)?, sa + sb, is_whole),
                Mod if b.is_zero() => return Err(Failed),
                Mod => Value::Exact(&a - &b * quotient(&a, &b, 0), widest, is_whole),
                Div if b.is_zero() => return Err(Failed),
                DivBy if b.is_zero() => Value::Double(match a.sign() {
                    bigdecimal::num_bigint::Sign::Minus => f64::NEG_INFINITY,
                    bigdecimal::num_bigint::Sign::NoSign => f64::NAN,
                    bigdecimal::num_bigint::Sign::Plus => f64::INFINITY,
                }),
                Div | DivBy => {
                    bounded(a.clone(), of + sb)?;
                    Value::Exact(quotient(&a, &b, of), of, op == Div && is_whole)
                }
            }
        }
        // An infinity beside an exact number is one of `divby`.
        (Value::Exact(a, scale, is_whole), Value::Double(b)) if b.is_infinite() && op == Mod => {
            Value::Exact(a, scale, is_whole)
        }
        (Value::Exact(..), Value::Double(b)) if b.is_infinite() && matches!(op, Div | DivBy) => {
            Value::Exact(BigDecimal::zero(), 0, false)
        }
        (Value::Double(a), Value::Exact(b, ..)) if a.is_infinite() && b.is_zero() && op == Div => return Err(Failed),
        (l @ (Value::Exact(..) | Value::Double(_)), r @ (Value::Exact(..) | Value::Double(_))) => {
            let (a, b) = (double(&l), double(&r));
            let result = match op {
                Add => a + b,
                Sub => a - b,
                Mul => a * b,
                Div | DivBy => a / (b + 0.0),
                Mod if b == 0.0 && !a.is_nan() => return Err(Failed),
                Mod => a % b,
            };
            let grew = result.is_infinite() && a.is_finite() && b.is_finite() && b != 0.0;
            let shrank = result == 0.0 && a != 0.0 && b != 0.0 && a.is_finite() && b.is_finite();
            if grew || (shrank && matches!(op, Mul | Div | DivBy)) {
                return Err(Failed);
            }
            Value::Double(result)
        }
        (Value::Duration(a), Value::Duration(b)) => Value::Duration(bounded(a + sign(&b), 0)?),
        (Value::Instant(a), Value::Duration(b)) => {
            let moved = BigDecimal::from(a) + sign(&b);
            in_years(&moved).map_or(Value::Null, Value::Instant)
        }
        (Value::Date(a), Value::Duration(b)) => {
            let moved = BigDecimal::from(days(&a) * DAY) + sign(&b);
            in_years(&moved).map_or(Value::Null, |micros| Value::Date(date(micros.div_euclid(DAY))))
        }
        (Value::Instant(a), Value::Instant(b)) => Value::Duration(BigDecimal::from(a) - BigDecimal::from(b)),
        (Value::Date(a), Value::Date(b)) => Value::Duration(BigDecimal::from((days(&a) - days(&b)) * DAY)),
        (Value::Duration(a), Value::Exact(b, scale, _)) | (Value::Exact(b, scale, _), Value::Duration(a))
            if op == Mul =>
        {
            bounded(&a * &b, scale)?;
            Value::Duration(cut(&(a * b), 0))
        }
        (Value::Duration(_), Value::Exact(b, ..)) if b.is_zero() => return Err(Failed),
        (Value::Duration(a), Value::Exact(b, scale, _)) => {
            bounded(a.clone(), scale)?;
            Value::Duration(quotient(&a, &b, 0))
        }
        (l, r) => panic!("{l:?} {op:?} {r:?}"),
    })
}

fn in_years(micros: &BigDecimal) -> Option<i64> {
    let (first, last) = (-62_167_219_200_000_000_i64, 253_402_300_799_999_999_i64);
    let is_in = *micros >= first && *micros <= last;
    is_in.then(|| micros.to_string().parse().unwrap())
}

pub(crate) fn days(date: &str) -> i64 {
    let date: chrono::NaiveDate = date.parse().unwrap();
    date.signed_duration_since(chrono::NaiveDate::default()).num_days()
}

pub(crate) fn date(days: i64) -> String {
    (chrono::NaiveDate::default() + chrono::TimeDelta::days(days)).format("%Y-%m-%d").to_string()
}

pub(crate) fn double(value: &Value) -> f64 {
    match value {
        Value::Exact(n, ..) => n.to_string().parse().unwrap(),
        Value::Double(n) => *n,
        other => panic!("{other:?} is no number"),
    }
}

fn call(function: Function, values: &[Value]) -> Value {
    use Value::{Date, Double, Duration, Exact, Instant, Text, Time};
    let normal = |text: &String| text::normal(text).into_owned();
    let time = |micros: i64| micros.rem_euclid(DAY);
    match (function, values) {
        (Function::Contains, [Text(a), Text(b)]) => Value::Boolean(normal(a).contains(&normal(b))),
        (Function::StartsWith, [Text(a), Text(b)]) => Value::Boolean(normal(a).starts_with(&normal(b))),
        (Function::EndsWith, [Text(a), Text(b)]) => Value::Boolean(normal(a).ends_with(&normal(b))),
        (Function::ToLower, [Text(a)]) => Text(normal(&normal(a).to_lowercase())),
        (Function::ToUpper, [Text(a)]) => Text(normal(&normal(a).to_uppercase())),
        (Function::Length, [Text(a)]) => whole(normal(a).chars().count() as i64),
        (Function::Trim, [Text(a)]) => Text(normal(a).trim().to_owned()),
        (Function::IndexOf, [Text(a), Text(b)]) => {
            let (a, b) = (normal(a), normal(b));
            whole(a.find(&b).map_or(-1, |at| a[..at].chars().count() as i64))
        }
        (Function::Concat, [Text(a), Text(b)]) => Text(format!("{}{}", normal(a), normal(b))),
        (Function::Substring, [Text(a), Exact(from, ..), rest @ ..]) => {
            let letters: Vec<char> = normal(a).chars().collect();
            let clamp = |n: &BigDecimal| n.to_string().parse::<i128>().unwrap().clamp(-1_000_000, 1_000_000);
            let from = clamp(from);
            let from = if from < 0 { (letters.len() as i128 + from).max(0) } else { from } as usize;
            let length = match rest {
                [Exact(length, ..)] => clamp(length) as usize,
                _ => usize::MAX,
            };
            Text(letters.into_iter().skip(from).take(length).collect())
        }
        (Function::MatchesPattern, [Text(a), Text(pattern), rest @ ..]) => {
            let flags = rest.first().map_or("", |flags| if let Text(flags) = flags { flags } else { "" });
            let regex = regex::RegexBuilder::new(pattern).case_insensitive(flags.contains('i')).build().unwrap();
            Value::Boolean(regex.is_match(&normal(a)))
        }
        (Function::Date, [Instant(at)]) => Date(date(at.div_euclid(DAY))),
        (Function::Time, [Instant(at)]) => Time(time(*at)),
        (Function::Year, [Date(at)]) => whole(at[..4].parse::<i64>().unwrap()),
        (Function::Month, [Date(at)]) => whole(at[5..7].parse::<i64>().unwrap()),
        (Function::Day, [Date(at)]) => whole(at[8..].parse::<i64>().unwrap()),
        (Function::Year | Function::Month | Function::Day, [Instant(at)]) => {
            call(function, &[Date(date(at.div_euclid(DAY)))])
        }
        (Function::Hour, [Time(at)]) => whole(at / 3_600_000_000),
        (Function::Minute, [Time(at)]) => whole(at / 60_000_000 % 60),
        (Function::Second, [Time(at)]) => whole(at / 1_000_000 % 60),
        (Function::FractionalSeconds, [Time(at)]) => Exact(BigDecimal::new((at % 1_000_000).into(), 6), 6, false),
        (Function::Hour | Function::Minute | Function::Second | Function::FractionalSeconds, [Instant(at)]) => {
            call(function, &[Time(time(*at))])
        }
        (Function::TotalOffsetMinutes, [Instant(_)]) => whole(0),
        (Function::TotalSeconds, [Duration(micros)]) => Exact(micros * BigDecimal::new(1.into(), 6), 6, false),
        (Function::MinDateTime, []) => Instant(-62_167_219_200_000_000),
        (Function::MaxDateTime, []) => Instant(253_402_300_799_999_999),
        (Function::Round, [Double(n)]) => Double(n.round()),
        (Function::Floor, [Double(n)]) => Double(n.floor()),
        (Function::Ceiling, [Double(n)]) => Double(n.ceil()),
        (Function::Round, [Exact(n, _, whole)]) => Exact(n.with_scale_round(0, RoundingMode::HalfUp), 0, *whole),
        (Function::Floor, [Exact(n, _, whole)]) => Exact(n.with_scale_round(0, RoundingMode::Floor), 0, *whole),
        (Function::Ceiling, [Exact(n, _, whole)]) => Exact(n.with_scale_round(0, RoundingMode::Ceiling), 0, *whole),
        _ => panic!("{function:?} of {values:?}"),
    }
}
