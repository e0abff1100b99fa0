//! One value as a CSV field and back, by the type of its property.
//!
//! Owns: the text of each type. Refuses: saying what is wrong with a text; what cannot be read travels on as text,
//! and the model's own sentence names the property.

use super::guard::{guarded, unguarded};
use serde_json::Value;
use std::borrow::Cow;
use tidemark_model::{Kind, Property};

/// Returns the text of a value; null is the empty field.
pub(super) fn field_of<'v>(property: &Property, value: &'v Value) -> Cow<'v, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) if matches!(property.kind, Kind::String { .. }) => guarded(text),
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// Returns the value of a field, or `None` where the row leaves it to the property's default.
pub(super) fn value_of(property: &Property, field: &str) -> Option<Value> {
    if let Kind::String { .. } = property.kind
        && !field.is_empty()
    {
        return Some(Value::String(unguarded(field).to_owned()));
    }
    let text = field.trim();
    if text.is_empty() {
        let takes_default = !property.nullable && property.default.is_some();
        return (!takes_default).then_some(Value::Null);
    }
    // A spreadsheet writes TRUE; 1 and 0 are what databases export.
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    Some(match property.kind {
        Kind::Boolean if is("true") || text == "1" => Value::Bool(true),
        Kind::Boolean if is("false") || text == "0" => Value::Bool(false),
        Kind::Int32 => text.parse::<i64>().map_or_else(|_| Value::String(text.to_owned()), Value::from),
        _ => Value::String(text.to_owned()),
    })
}
