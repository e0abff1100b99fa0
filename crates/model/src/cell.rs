//! A property value as both databases store it, and the one way between that form and JSON.
//!
//! Owns: parsing, checking and writing of primitive values (OData JSON 4.01 section 7.1). Refuses: whole records
//! (`validate`), the digits of a decimal (`decimal`) and SQL (`tidemark-sql`). Storage forms: Boolean and integers as INTEGER, Double as REAL, Decimal
//! as an INTEGER scaled by its declared scale, DateTimeOffset as INTEGER microseconds UTC, Date and String as
//! TEXT, Guid as 16 bytes; each of them sorts and compares in SQL as the value does.

use crate::calendar::days_of_date;
use crate::decimal::{MOST_DIGITS, decimal_json, decimal_text, decimal_unscaled, is_exact_as_number};
use crate::entity::{Kind, Property};
use crate::instant::{instant_text, read_instant};
use crate::literal::exact_double;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::io::Write as _;
use uuid::Uuid;

/// A value in storage form.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Null.
    Null,
    /// Boolean (0, 1), Int32, Int64, scaled Decimal or DateTimeOffset in microseconds.
    Integer(i64),
    /// Double.
    Real(f64),
    /// String or Date.
    Text(Cow<'a, str>),
    /// Guid.
    Guid(Uuid),
}

/// Why a value does not fit its property; the sentence names the property.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{property} {problem}")]
pub struct ValueError {
    /// The property.
    pub property: String,
    /// The rest of the sentence.
    pub problem: String,
}

impl ValueError {
    pub(crate) fn new(property: &Property, problem: impl Into<String>) -> Self {
        Self { property: property.name.clone(), problem: problem.into() }
    }
}

impl Cell<'_> {
    /// Copies borrowed text so that the cell outlives its input.
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Cell::Null => Cell::Null,
            Cell::Integer(n) => Cell::Integer(n),
            Cell::Real(n) => Cell::Real(n),
            Cell::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
            Cell::Guid(id) => Cell::Guid(id),
        }
    }

    /// Appends the value as JSON text; `property` must be the one it was read for.
    pub fn write_json(&self, property: &Property, out: &mut Vec<u8>) {
        match (self, &property.kind) {
            (Cell::Null, _) => out.extend_from_slice(b"null"),
            (Cell::Integer(n), Kind::Boolean) => {
                out.extend_from_slice(if *n != 0 { b"true" } else { b"false" });
            }
            (Cell::Integer(n), Kind::Decimal { scale, .. }) => {
                let text = decimal_text(*n, *scale);
                if is_exact_as_number(&text) {
                    out.extend_from_slice(text.as_bytes());
                } else {
                    write_string(&text, out);
                }
            }
            (Cell::Integer(n), Kind::DateTimeOffset) => write_string(&instant_text(*n), out),
            (Cell::Integer(n), _) => {
                let _ = write!(out, "{n}");
            }
            (Cell::Real(n), _) => {
                let _ = serde_json::to_writer(&mut *out, n);
            }
            (Cell::Text(text), _) => write_string(text, out),
            (Cell::Guid(id), _) => {
                let mut buffer = [0; 36];
                out.push(b'"');
                out.extend_from_slice(id.as_hyphenated().encode_lower(&mut buffer).as_bytes());
                out.push(b'"');
            }
        }
    }

    /// Returns the value as canonical JSON: equal values are equal JSON.
    pub fn to_json(&self, property: &Property) -> Value {
        match (self, &property.kind) {
            (Cell::Null, _) => Value::Null,
            (Cell::Integer(n), Kind::Boolean) => Value::Bool(*n != 0),
            (Cell::Integer(n), Kind::Decimal { scale, .. }) => decimal_json(*n, *scale),
            (Cell::Integer(n), Kind::DateTimeOffset) => Value::String(instant_text(*n)),
            (Cell::Integer(n), _) => Value::from(*n),
            (Cell::Real(n), _) => Value::from(*n),
            (Cell::Text(text), _) => Value::String(text.clone().into_owned()),
            (Cell::Guid(id), _) => Value::String(id.to_string()),
        }
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(&mut *out, text);
}

/// Reads a value of one property from any serde input, straight to storage form.
///
/// Works on a borrowed `serde_json` stream without building a tree, and on a [`serde_json::Value`].
/// Int64 and Decimal are taken as numbers and as strings (DESIGN section 5, Int64).
#[derive(Clone, Copy, Debug)]
pub struct CellSeed<'p> {
    property: &'p Property,
    /// The property's limits hold for it.
    is_written: bool,
}

impl<'p> CellSeed<'p> {
    /// Reads a value that somebody writes: it has to keep to the property's length, its digits, and whether it may be empty.
    pub fn written(property: &'p Property) -> Self {
        Self { property, is_written: true }
    }

    /// Reads a value that stands somewhere already, here or on a server: the property's limits are for what is written, and
    /// may be younger than it. What its type cannot hold is refused all the same.
    pub fn held(property: &'p Property) -> Self {
        Self { property, is_written: false }
    }

    /// Reads a value from JSON in memory.
    ///
    /// # Errors
    /// Names the property and what is wrong with the value.
    pub fn read(self, value: &Value) -> Result<Cell<'_>, ValueError> {
        match value {
            Value::Null => self.null(),
            Value::Bool(b) => self.boolean(*b),
            Value::Number(n) => match (n.as_i64(), n.as_f64()) {
                (Some(n), _) => self.integer(n),
                (None, Some(n)) => self.real(n),
                (None, None) => Err(self.refuse()),
            },
            Value::String(text) => self.text(Cow::Borrowed(text)),
            Value::Array(_) | Value::Object(_) => Err(self.refuse()),
        }
    }

    fn refuse(self) -> ValueError {
        let wanted = match &self.property.kind {
            Kind::String { .. } => "must be text",
            Kind::Boolean => "must be true or false",
            Kind::Int32 => "must be a whole number between -2147483648 and 2147483647",
            Kind::Int64 => "must be a whole number of at most 64 bits",
            Kind::Double => "must be a finite number",
            Kind::Decimal { .. } => "must be a decimal number",
            Kind::Date => "must be a date such as 2026-03-31",
            Kind::DateTimeOffset => "must be a date and time such as 2026-03-31T08:00:00Z",
            Kind::Guid => "must be a GUID such as 8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01",
        };
        ValueError::new(self.property, wanted)
    }

    fn null<'a>(self) -> Result<Cell<'a>, ValueError> {
        if self.is_written && !self.property.nullable {
            return Err(ValueError::new(self.property, "must not be empty"));
        }
        Ok(Cell::Null)
    }

    fn boolean<'a>(self, b: bool) -> Result<Cell<'a>, ValueError> {
        match self.property.kind {
            Kind::Boolean => Ok(Cell::Integer(b.into())),
            _ => Err(self.refuse()),
        }
    }

    fn integer<'a>(self, n: i64) -> Result<Cell<'a>, ValueError> {
        match self.property.kind {
            Kind::Int32 if i32::try_from(n).is_ok() => Ok(Cell::Integer(n)),
            Kind::Int64 => Ok(Cell::Integer(n)),
            Kind::Double => self.double(&n.to_string()),
            Kind::Decimal { precision, scale } => self.decimal(&n.to_string(), precision, scale),
            _ => Err(self.refuse()),
        }
    }

    fn real<'a>(self, n: f64) -> Result<Cell<'a>, ValueError> {
        match self.property.kind {
            Kind::Double if n.is_finite() => Ok(Cell::Real(n + 0.0)),
            Kind::Decimal { precision, scale } => self.decimal(&n.to_string(), precision, scale),
            // 3.0 is a whole number in JSON; 3.5 is not.
            Kind::Int32 | Kind::Int64 if n.fract() == 0.0 && n.abs() < 9.0e15 => self.integer(n as i64),
            _ => Err(self.refuse()),
        }
    }

    fn double<'a>(self, text: &str) -> Result<Cell<'a>, ValueError> {
        let problem = "must be a number that a double keeps as it is written, of about 16 digits";
        exact_double(text).map(Cell::Real).ok_or_else(|| ValueError::new(self.property, problem))
    }

    fn decimal<'a>(self, text: &str, precision: u8, scale: u8) -> Result<Cell<'a>, ValueError> {
        let digits = if self.is_written { precision } else { MOST_DIGITS };
        decimal_unscaled(text, digits, scale)
            .map(Cell::Integer)
            .map_err(|problem| ValueError::new(self.property, problem))
    }

    fn text<'a>(self, text: Cow<'a, str>) -> Result<Cell<'a>, ValueError> {
        match &self.property.kind {
            Kind::String { max_length } => {
                if text.contains('\0') {
                    return Err(ValueError::new(self.property, "must not contain a NUL character"));
                }
                let longest = max_length.filter(|_| self.is_written).unwrap_or(u32::MAX) as usize;
                if text.len() > longest && text.chars().count() > longest {
                    return Err(ValueError::new(self.property, format!("must be at most {longest} characters")));
                }
                Ok(Cell::Text(text))
            }
            Kind::Int64 => text.parse().map(Cell::Integer).map_err(|_| self.refuse()),
            Kind::Double => self.double(&text),
            Kind::Decimal { precision, scale } => self.decimal(&text, *precision, *scale),
            Kind::Date if days_of_date(&text).is_some() => Ok(Cell::Text(text)),
            Kind::DateTimeOffset => {
                read_instant(&text).map(Cell::Integer).map_err(|problem| ValueError::new(self.property, problem))
            }
            Kind::Guid => match Uuid::parse_str(&text) {
                Ok(id) if text.len() == 36 => Ok(Cell::Guid(id)),
                _ => Err(self.refuse()),
            },
            Kind::Boolean | Kind::Int32 | Kind::Date => Err(self.refuse()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for CellSeed<'_> {
    type Value = Cell<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CellSeed<'_> {
    type Value = Cell<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of {}", self.property.kind.edm_name())
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<Cell<'de>, E> {
        self.null().map_err(E::custom)
    }
    fn visit_bool<E: serde::de::Error>(self, b: bool) -> Result<Cell<'de>, E> {
        self.boolean(b).map_err(E::custom)
    }
    fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Cell<'de>, E> {
        self.integer(n).map_err(E::custom)
    }
    fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Cell<'de>, E> {
        match i64::try_from(n) {
            Ok(n) => self.integer(n).map_err(E::custom),
            Err(_) => self.real(n as f64).map_err(E::custom),
        }
    }
    fn visit_f64<E: serde::de::Error>(self, n: f64) -> Result<Cell<'de>, E> {
        self.real(n).map_err(E::custom)
    }
    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Cell<'de>, E> {
        self.text(Cow::Borrowed(text)).map_err(E::custom)
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Cell<'de>, E> {
        self.text(Cow::Owned(text.to_owned())).map_err(E::custom)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cell<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Err(A::Error::custom(self.refuse()))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Err(A::Error::custom(self.refuse()))
    }
}

#[cfg(test)]
mod tests;
