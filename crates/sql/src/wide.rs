//! Wide numbers in SQL: 16 bytes that sort as they do in SQLite, numeric in PostgreSQL, scaled as a decimal's column is.
//!
//! Owns: their constants, and the ways to them from a column and on to a double. Refuses: calculating (`arithmetic`).

use crate::calculation::{DOUBLE, WIDE};
use crate::number::Place;
use crate::operand::{Exact, Type};
use crate::statement::Dialect;
use tidemark_model::query::INFINITY;
use tidemark_model::{Cell, Wide};
use uuid::Uuid;

/// Returns the storage form of a wide number; PostgreSQL's is the text of a numeric.
pub(crate) fn wide_cell(dialect: Dialect, number: Wide) -> Cell<'static> {
    match (dialect, number) {
        (Dialect::Sqlite, number) => Cell::Guid(Uuid::from_bytes(number.to_bytes())),
        (Dialect::Postgres, Wide::Finite(number)) => Cell::Text(number.to_string().into()),
        (Dialect::Postgres, Wide::Infinity) => Cell::Text("Infinity".into()),
        (Dialect::Postgres, Wide::NegativeInfinity) => Cell::Text("-Infinity".into()),
        (Dialect::Postgres, Wide::NotANumber) => Cell::Text("NaN".into()),
    }
}

/// Finds the place of a number's text among wide numbers, where the infinities are too.
pub(crate) fn wide_place(text: &str, scale: u8) -> Option<Place> {
    const ABOVE: i128 = Wide::MOST + 1;
    const BELOW: i128 = i128::MIN;
    Some(match Place::of(text, scale)? {
        Place::Above if text == INFINITY => Place::Exactly(ABOVE),
        Place::Below if text.ends_with(INFINITY) => Place::Exactly(BELOW),
        Place::Above => Place::Between(Wide::MOST),
        Place::Below => Place::Between(BELOW),
        place => place,
    })
}

/// Returns the number that a place of [`wide_place`] names.
pub(crate) fn wide_at(number: i128) -> Wide {
    Wide::new(number).unwrap_or(if number < 0 { Wide::NegativeInfinity } else { Wide::Infinity })
}

/// Writes an exact number as a wide one of this scale, which is not below its own.
pub(crate) fn wide(dialect: Dialect, sql: &str, of: Exact, scale: u8) -> String {
    let power = scale.saturating_sub(of.scale);
    match dialect {
        Dialect::Sqlite if of.is_wide && power == 0 => sql.to_owned(),
        Dialect::Sqlite => format!("{WIDE}({sql}, {power})"),
        Dialect::Postgres => {
            let numeric = if of.is_wide { sql.to_owned() } else { format!("{sql}::numeric") };
            if power == 0 { numeric } else { format!("({numeric} * 1{})", "0".repeat(power.into())) }
        }
    }
}

/// Writes a wide number as the double that is nearest to it.
pub(crate) fn double(dialect: Dialect, sql: &str, scale: u8) -> String {
    match dialect {
        Dialect::Sqlite => format!("{DOUBLE}({sql}, {scale})"),
        Dialect::Postgres => format!("({sql} * 1e-{scale}::numeric)::double precision"),
    }
}

/// Writes what is no number. SQLite has no such double: a text stands for it, which sorts behind all of them as
/// PostgreSQL's does.
pub(crate) fn nan(dialect: Dialect, of: Type) -> String {
    match (dialect, of) {
        (Dialect::Postgres, Type::Double) => "'NaN'::double precision".to_owned(),
        (Dialect::Postgres, _) => "'NaN'::numeric".to_owned(),
        (Dialect::Sqlite, Type::Double) => "'NaN'".to_owned(),
        (Dialect::Sqlite, _) => format!("x'{}'", "f".repeat(32)),
    }
}

/// Writes whether a value is no number: true or false, never null.
pub(crate) fn is_nan(dialect: Dialect, sql: &str, of: Type) -> String {
    format!("COALESCE({sql} = {}, FALSE)", nan(dialect, of))
}
