//! The functions that the statements of `tidemark_sql::calculation` name, in a connection; null in, null out.
//!
//! Owns: putting the rules of `tidemark_model` there, and how their values lie in SQLite: a wide number is 16 bytes, and
//! what is no number is one of these or, among doubles, the text `NaN`, since SQLite makes null of that double. Refuses: the
//! rules themselves.

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, Result};
use std::panic::{RefUnwindSafe, UnwindSafe};
use tidemark_model::casts::{double_of_text, double_of_wide, double_text, wide_of_double, wide_of_text, wide_text};
use tidemark_model::pattern::Pattern;
use tidemark_model::{
    NoNumber, Rounding, Wide, date_of_days, days_of_date, duration_micros, duration_text, instant_micros, instant_text,
    time_of_day_micros, time_of_day_text,
};
use tidemark_sql::calculation as names;
use uuid::Uuid;

const FLAGS: FunctionFlags =
    FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC).union(FunctionFlags::SQLITE_INNOCUOUS);
/// What is no number, among doubles.
const NAN: &str = "NaN";
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Gives a connection the functions.
///
/// # Errors
/// SQLite has no memory left.
pub(crate) fn set_up(connection: &Connection) -> Result<()> {
    exact(connection)?;
    doubles(connection)?;
    times(connection)?;
    casts(connection)?;
    sums(connection)?;
    define(connection, names::SUBSTRING, 2, |ctx| substring(text(ctx, 0)?, wide(ctx, 1)?, Wide::Infinity))?;
    define(connection, names::SUBSTRING, 3, |ctx| substring(text(ctx, 0)?, wide(ctx, 1)?, wide(ctx, 2)?))?;
    define(connection, names::MATCHES, 2, |ctx| {
        let pattern = ctx.get_or_create_aux(1, |pattern| {
            Pattern::from_syntax(pattern.as_str()?).map_err(Box::<dyn std::error::Error + Send + Sync>::from)
        })?;
        Ok(Value::Integer(pattern.is_in(text(ctx, 0)?).into()))
    })
}

fn exact(connection: &Connection) -> Result<()> {
    type Operation = fn(Wide, Wide) -> std::result::Result<Wide, NoNumber>;
    let operations: [(&str, Operation); 6] = [
        (names::ADD, Wide::plus),
        (names::SUB, |a, b| a.plus(b.negated())),
        (names::MUL, Wide::times),
        (names::DIV, Wide::divided),
        (names::DIVBY, |a, b| Ok(a.divided_by_any(b))),
        (names::MOD, Wide::remainder),
    ];
    for (name, operation) in operations {
        define(connection, name, 2, move |ctx| result(operation(wide(ctx, 0)?, wide(ctx, 1)?)))?;
    }
    let roundings = [(names::FLOOR, Rounding::Down), (names::CEILING, Rounding::Up), (names::ROUND, Rounding::Nearest)];
    for (name, rounding) in roundings {
        define(connection, name, 2, move |ctx| Ok(bytes(wide(ctx, 0)?.rounded(small(ctx, 1)?.into(), rounding))))?;
    }
    define(connection, names::WIDE, 2, |ctx| result(wide(ctx, 0)?.scaled(small(ctx, 1)?.into())))?;
    define(connection, names::DOUBLE, 2, |ctx| Ok(real(double_of_wide(wide(ctx, 0)?, small(ctx, 1)?))))?;
    define(connection, names::NARROW, 3, |ctx| {
        let (least, most) = (ctx.get::<i64>(1)?, ctx.get::<i64>(2)?);
        Ok(match wide(ctx, 0)? {
            Wide::Finite(number) => i64::try_from(number)
                .ok()
                .filter(|number| (least..=most).contains(number))
                .map_or(Value::Null, Value::Integer),
            _ => Value::Null,
        })
    })
}

fn doubles(connection: &Connection) -> Result<()> {
    type Operation = fn(f64, f64) -> std::result::Result<f64, NoNumber>;
    let operations: [(&str, Operation); 5] = [
        (names::REAL_ADD, |a, b| in_range(a, b, a + b, false)),
        (names::REAL_SUB, |a, b| in_range(a, b, a - b, false)),
        (names::REAL_MUL, |a, b| in_range(a, b, a * b, a != 0.0 && b != 0.0)),
        // A zero has no sign here.
        (names::REAL_DIV, |a, b| in_range(a, b, a / (b + 0.0), a != 0.0 && b.is_finite())),
        (names::REAL_MOD, |a, b| if b == 0.0 && !a.is_nan() { Err(NoNumber::DividedByZero) } else { Ok(a % b) }),
    ];
    for (name, operation) in operations {
        define(connection, name, 2, move |ctx| operation(double(ctx, 0)?, double(ctx, 1)?).map(real).map_err(failed))?;
    }
    type Rounding = fn(f64) -> f64;
    let roundings: [(&str, Rounding); 3] =
        [(names::REAL_FLOOR, f64::floor), (names::REAL_CEILING, f64::ceil), (names::REAL_ROUND, f64::round)];
    for (name, rounding) in roundings {
        define(connection, name, 1, move |ctx| Ok(real(rounding(double(ctx, 0)?))))?;
    }
    Ok(())
}

/// Refuses a result that only its size makes an infinity, or a zero where `is_not_zero`, as PostgreSQL does.
fn in_range(a: f64, b: f64, result: f64, is_not_zero: bool) -> std::result::Result<f64, NoNumber> {
    let is_overflown = result.is_infinite() && a.is_finite() && b.is_finite() && b != 0.0;
    let is_underflown = result == 0.0 && is_not_zero && a.is_finite() && b.is_finite();
    if is_overflown || is_underflown { Err(NoNumber::TooLarge) } else { Ok(result) }
}

fn times(connection: &Connection) -> Result<()> {
    define(connection, names::DATE, 1, |ctx| Ok(optional_text(date_of_days(ctx.get(0)?))))?;
    define(connection, names::DAYS, 1, |ctx| Ok(optional_integer(days_of_date(text(ctx, 0)?))))?;
    define(connection, names::DAY_OF, 1, |ctx| Ok(Value::Integer(ctx.get::<i64>(0)?.div_euclid(DAY))))?;
    define(connection, names::TIME_OF, 1, |ctx| Ok(Value::Integer(ctx.get::<i64>(0)?.rem_euclid(DAY))))?;
    define(connection, names::INSTANT_TEXT, 1, |ctx| Ok(Value::Text(instant_text(ctx.get(0)?))))?;
    define(connection, names::TIME_TEXT, 1, |ctx| Ok(Value::Text(time_of_day_text(ctx.get(0)?))))?;
    define(connection, names::DURATION_TEXT, 1, |ctx| match wide(ctx, 0)? {
        Wide::Finite(micros) => Ok(Value::Text(duration_text(micros))),
        _ => Ok(Value::Null),
    })
}

fn casts(connection: &Connection) -> Result<()> {
    define(connection, names::WIDE_TEXT, 2, |ctx| Ok(Value::Text(wide_text(wide(ctx, 0)?, small(ctx, 1)?))))?;
    define(connection, names::REAL_TEXT, 1, |ctx| Ok(Value::Text(double_text(double(ctx, 0)?))))?;
    define(connection, names::GUID_TEXT, 1, |ctx| {
        Ok(optional_text(Uuid::from_slice(ctx.get_raw(0).as_blob()?).ok().map(|id| id.to_string())))
    })?;
    define(connection, names::TEXT_WIDE, 2, |ctx| {
        Ok(wide_of_text(text(ctx, 0)?, small(ctx, 1)?).map_or(Value::Null, bytes))
    })?;
    define(connection, names::REAL_WIDE, 2, |ctx| {
        Ok(wide_of_double(double(ctx, 0)?, small(ctx, 1)?).map_or(Value::Null, bytes))
    })?;
    define(connection, names::TEXT_REAL, 1, |ctx| Ok(double_of_text(text(ctx, 0)?).map_or(Value::Null, real)))?;
    define(connection, names::TEXT_DATE, 1, |ctx| {
        let date = text(ctx, 0)?;
        Ok(optional_text(days_of_date(date).map(|_| date.to_owned())))
    })?;
    define(connection, names::TEXT_INSTANT, 1, |ctx| {
        let written = text(ctx, 0)?;
        // Without a zone it is taken for one of UTC (section 5.1.1.9.1).
        let instant = instant_micros(written).or_else(|| instant_micros(&format!("{written}Z")));
        Ok(optional_integer(instant))
    })?;
    define(connection, names::TEXT_TIME, 1, |ctx| Ok(optional_integer(time_of_day_micros(text(ctx, 0)?))))?;
    define(connection, names::TEXT_DURATION, 1, |ctx| {
        let micros = duration_micros(text(ctx, 0)?).ok();
        Ok(micros.map_or(Value::Null, |micros| bytes(Wide::Finite(micros.into()))))
    })?;
    define(connection, names::TEXT_GUID, 1, |ctx| {
        let written = text(ctx, 0)?;
        let id = Uuid::parse_str(written).ok().filter(|_| written.len() == 36);
        Ok(id.map_or(Value::Null, |id| Value::Blob(id.as_bytes().to_vec())))
    })
}

fn sums(connection: &Connection) -> Result<()> {
    let wide_sum = Sum { read: wide, add: |a: Wide, b| a.plus(b), write: bytes };
    connection.create_aggregate_function(names::SUM, 1, FLAGS, wide_sum)?;
    let real_sum = Sum { read: double, add: |a: f64, b| in_range(a, b, a + b, false), write: real };
    connection.create_aggregate_function(names::REAL_SUM, 1, FLAGS, real_sum)
}

/// A sum: how a value is read, added and written.
struct Sum<T> {
    read: fn(&Context<'_>, usize) -> Result<T>,
    add: fn(T, T) -> std::result::Result<T, NoNumber>,
    write: fn(T) -> Value,
}

impl<T: Copy + UnwindSafe + RefUnwindSafe> Aggregate<Option<T>, Value> for Sum<T> {
    fn init(&self, _: &mut Context<'_>) -> Result<Option<T>> {
        Ok(None)
    }

    fn step(&self, ctx: &mut Context<'_>, sum: &mut Option<T>) -> Result<()> {
        if ctx.get_raw(0) == ValueRef::Null {
            return Ok(());
        }
        let value = (self.read)(ctx, 0)?;
        *sum = Some(match *sum {
            None => value,
            Some(before) => (self.add)(before, value).map_err(failed)?,
        });
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Option<T>>) -> Result<Value> {
        Ok(sum.flatten().map_or(Value::Null, self.write))
    }
}

/// Returns the part of a text that begins at a character, or as far from its end, and is of so many characters.
fn substring(text: &str, from: Wide, length: Wide) -> Result<Value> {
    let count = |number: Wide| match number {
        Wide::Finite(number) => usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    if matches!(length, Wide::NegativeInfinity) || matches!(length, Wide::Finite(number) if number < 0) {
        return Err(failed(NoNumber::NegativeLength));
    }
    let from = match from {
        Wide::NegativeInfinity => 0,
        Wide::Finite(number) if number < 0 => text.chars().count().saturating_sub(count(from)),
        from => count(from),
    };
    Ok(Value::Text(text.chars().skip(from).take(count(length)).collect()))
}

/// Defines a function; where an argument is null its result is.
fn define(
    connection: &Connection,
    name: &str,
    arguments: i32,
    function: impl Fn(&Context<'_>) -> Result<Value> + Send + Sync + 'static,
) -> Result<()> {
    connection.create_scalar_function(name, arguments, FLAGS, move |ctx| {
        let has_null = (0..ctx.len()).any(|place| ctx.get_raw(place) == ValueRef::Null);
        if has_null { Ok(Value::Null) } else { function(ctx) }
    })
}

fn failed(error: NoNumber) -> Error {
    Error::UserFunctionError(Box::new(error))
}

fn result(number: std::result::Result<Wide, NoNumber>) -> Result<Value> {
    number.map(bytes).map_err(failed)
}

fn bytes(number: Wide) -> Value {
    Value::Blob(number.to_bytes().to_vec())
}

fn real(number: f64) -> Value {
    if number.is_nan() { Value::Text(NAN.to_owned()) } else { Value::Real(number + 0.0) }
}

fn optional_text(text: Option<String>) -> Value {
    text.map_or(Value::Null, Value::Text)
}

fn optional_integer(number: Option<i64>) -> Value {
    number.map_or(Value::Null, Value::Integer)
}

fn text<'c>(ctx: &'c Context<'_>, place: usize) -> Result<&'c str> {
    Ok(ctx.get_raw(place).as_str()?)
}

/// Reads an integer of 64 bits or a wide number.
fn wide(ctx: &Context<'_>, place: usize) -> Result<Wide> {
    match ctx.get_raw(place) {
        ValueRef::Integer(number) => Ok(Wide::Finite(number.into())),
        ValueRef::Blob(bytes) => match bytes.try_into() {
            Ok(bytes) => Ok(Wide::from_bytes(bytes)),
            Err(_) => Err(Error::InvalidParameterType(place, rusqlite::types::Type::Blob)),
        },
        other => Err(Error::InvalidParameterType(place, other.data_type())),
    }
}

fn double(ctx: &Context<'_>, place: usize) -> Result<f64> {
    match ctx.get_raw(place) {
        ValueRef::Integer(number) => Ok(number as f64),
        ValueRef::Real(number) => Ok(number),
        ValueRef::Text(_) => Ok(f64::NAN),
        other => Err(Error::InvalidParameterType(place, other.data_type())),
    }
}

/// Reads a scale or a number of digits.
fn small(ctx: &Context<'_>, place: usize) -> Result<u8> {
    ctx.get(place)
}
