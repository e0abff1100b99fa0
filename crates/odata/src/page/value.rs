//! One value of an item, where it is read otherwise than by its property alone.
//!
//! Owns: decimals digit for digit, text into a buffer that is used again, and how deep what nobody knows nests. Refuses: which member a value belongs to (`record`).

use serde::de::{DeserializeSeed, Deserializer, Visitor};
use std::borrow::Cow;
use std::fmt;
use tidemark_model::{Cell, CellSeed, Property};

/// Reads a decimal digit for digit: other servers write long ones as numbers too, and a double has 15 digits.
pub(super) fn decimal<'de>(property: &Property, json: &'de str) -> Result<Cell<'de>, String> {
    if json == "null" {
        return Ok(Cell::Null);
    }
    let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let text = if is_number {
        Cow::Borrowed(json)
    } else {
        serde_json::from_str::<Cow<'_, str>>(json).map_err(|_| format!("{} must be a decimal number", property.name))?
    };
    let cell = CellSeed::held(property).read(&serde_json::Value::String(text.into_owned())).map(Cell::into_owned);
    cell.map_err(|error| error.to_string())
}

/// A string, written into a buffer that is used again.
pub(super) struct TextInto<'b>(pub(super) &'b mut String);

impl<'de> DeserializeSeed<'de> for TextInto<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for TextInto<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.clear();
        self.0.push_str(text);
        Ok(())
    }
}

/// Counts brackets outside of strings; the text is JSON already.
pub(super) fn deepest_nesting(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = json.bytes();
    let mut in_string = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if in_string => {
                bytes.next();
            }
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
