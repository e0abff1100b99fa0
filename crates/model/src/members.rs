//! The members of one record as JSON text, before anything is lost of them.
//!
//! Owns: what a tree of JSON values forgets: that a name came twice (the last would win unsaid), and the digits of a
//! number that no double keeps. Refuses: what members mean (`validate`) and single values (`cell`).

use crate::cell::ValueError;
use crate::entity::{EntitySet, Kind};
use crate::literal::{exact_double, exact_integer};
use crate::validate::InvalidRecord;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::fmt;

/// Why a text holds no record's members.
#[derive(Debug, thiserror::Error)]
pub enum UnreadRecord {
    /// The text is not JSON.
    #[error("{0}")]
    NotJson(serde_json::Error),
    /// It is JSON, and no record of the set.
    #[error("{0}")]
    Invalid(#[from] InvalidRecord),
}

/// The members of a record, and those beside its properties that are arrays and objects, as text.
#[derive(Debug)]
pub struct Members<'j> {
    /// Values by name; what stands in an array or object where a single value is wanted is left out.
    pub values: Map<String, Value>,
    /// Arrays and objects that no property has, by name.
    pub nested: Vec<(String, &'j RawValue)>,
}

/// Reads the members of a record from JSON text, each name once, and takes no array or object apart: a tree of thirty
/// kilobytes on the wire may be a gigabyte in memory.
///
/// # Errors
/// As [`read_members`].
pub fn read_members_apart<'j>(set: &EntitySet, json: &'j [u8]) -> Result<Members<'j>, UnreadRecord> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let read = deserializer.deserialize_map(Visited).and_then(|members| deserializer.end().map(|()| members));
    let members = match read {
        Ok(members) => members,
        Err(_) if serde_json::from_slice::<IgnoredAny>(json).is_ok() => return Err(InvalidRecord::NotAnObject.into()),
        Err(error) => return Err(UnreadRecord::NotJson(error)),
    };
    let mut record = Members { values: Map::with_capacity(members.len()), nested: Vec::new() };
    let mut seen = HashSet::with_capacity(members.len());
    for (name, raw) in members {
        if !seen.insert(name.clone()) {
            return Err(InvalidRecord::Twice(name).into());
        }
        let is_nested = raw.get().starts_with(['[', '{']);
        if is_nested && set.entity_type.property(&name).is_none() {
            record.nested.push((name, raw));
            continue;
        }
        let value = value_of(set, &name, raw).map_err(|problem| {
            let property = name.clone();
            InvalidRecord::Value(ValueError { property, problem })
        })?;
        record.values.insert(name, value);
    }
    Ok(record)
}

/// Reads the members of a record from JSON text, each name once. A number of a numeric property that a JSON tree would
/// round is kept as text, which [`crate::CellSeed`] reads digit for digit.
///
/// # Errors
/// The text is not JSON, is no object, has a name twice, or has a text that is none (half a surrogate pair).
pub fn read_members(set: &EntitySet, json: &[u8]) -> Result<Map<String, Value>, UnreadRecord> {
    let Members { mut values, nested } = read_members_apart(set, json)?;
    // What is in them matters to nobody: no property has one.
    values.extend(nested.into_iter().map(|(name, raw)| (name, empty(raw.get()))));
    Ok(values)
}

fn empty(raw: &str) -> Value {
    if raw.starts_with('[') { Value::Array(Vec::new()) } else { Value::Object(Map::new()) }
}

fn value_of(set: &EntitySet, name: &str, raw: &RawValue) -> Result<Value, String> {
    let text = raw.get();
    let kind = set.entity_type.property(name).map(|property| &property.kind);
    let as_text = || Value::String(text.to_owned());
    if text.starts_with(['[', '{']) {
        return Ok(empty(text));
    }
    if text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        match kind {
            Some(Kind::Int32 | Kind::Int64) => return Ok(exact_integer(text).map_or_else(as_text, Value::from)),
            Some(Kind::Double) => return Ok(exact_double(text).map_or_else(as_text, Value::from)),
            Some(Kind::Decimal { .. }) => return Ok(text.parse::<i64>().map_or_else(|_| as_text(), Value::from)),
            _ => {}
        }
    }
    serde_json::from_str(text).map_err(|error| {
        let problem = error.to_string();
        let (problem, _) = problem.rsplit_once(" at line").unwrap_or((&problem, ""));
        format!("cannot be read ({problem})")
    })
}

/// The members in their order, each with its text.
struct Visited;

impl<'de> Visitor<'de> for Visited {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EntityModel, Strictness, read_changes};
    use proptest::prelude::*;
    use serde_json::json;

    fn set() -> EntitySet {
        let source = json!({
            "$Version": "4.01",
            "$EntityContainer": "T.Container",
            "T": {
                "Thing": {
                    "$Kind": "EntityType", "$Key": ["Id"],
                    "Id": { "$Type": "Edm.Guid" },
                    "Text": { "$Nullable": true },
                    "Small": { "$Type": "Edm.Int32", "$Nullable": true },
                    "Large": { "$Type": "Edm.Int64", "$Nullable": true },
                    "Real": { "$Type": "Edm.Double", "$Nullable": true },
                    "Price": { "$Type": "Edm.Decimal", "$Precision": 18, "$Scale": 4, "$Nullable": true },
                    "At": { "$Type": "Edm.DateTimeOffset", "$Nullable": true },
                    "Day": { "$Type": "Edm.Date", "$Nullable": true },
                    "Other": { "$Type": "Edm.Guid", "$Nullable": true }
                },
                "Container": { "$Kind": "EntityContainer", "Things": { "$Collection": true, "$Type": "T.Thing" } }
            }
        });
        EntityModel::parse(&source.to_string()).unwrap().set("Things").unwrap().clone()
    }

    /// Reads a record's text as Save does, and writes its values as they are kept.
    fn kept(text: &str) -> Result<String, String> {
        let set = set();
        let members = read_members(&set, text.as_bytes()).map_err(|error| error.to_string())?;
        let changes = read_changes(&set, &members, Strictness::RefuseUnknown).map_err(|error| error.to_string())?;
        Ok(Value::Object(changes).to_string())
    }

    #[test]
    fn a_value_is_kept_as_it_was_written_or_refused_by_name() {
        for (text, wanted) in [
            (r#"{"Large":9007199254740993}"#, r#"{"Large":9007199254740993}"#),
            (r#"{"Large":"9007199254740993"}"#, r#"{"Large":9007199254740993}"#),
            (r#"{"Large":-9223372036854775808}"#, r#"{"Large":-9223372036854775808}"#),
            (r#"{"Large":9007199254740993.0}"#, r#"{"Large":9007199254740993}"#),
            (r#"{"Small":3.0}"#, r#"{"Small":3}"#),
            (r#"{"Small":1e2}"#, r#"{"Small":100}"#),
            (r#"{"Price":12345678901234.5678}"#, r#"{"Price":"12345678901234.5678"}"#),
            (r#"{"Price":"12345678901234.5678"}"#, r#"{"Price":"12345678901234.5678"}"#),
            (r#"{"Price":1.50}"#, r#"{"Price":1.5}"#),
            (r#"{"Price":-1e3}"#, r#"{"Price":-1000}"#),
            (r#"{"Real":0.1}"#, r#"{"Real":0.1}"#),
            (r#"{"Real":0.10000000000000001}"#, r#"{"Real":0.1}"#),
            (r#"{"Real":2.2250738585072014e-308}"#, r#"{"Real":2.2250738585072014e-308}"#),
            (r#"{"Real":"0.30000000000000004"}"#, r#"{"Real":0.30000000000000004}"#),
            (r#"{"Text":"a\ud83d\ude00\r\n"}"#, "{\"Text\":\"a😀\\r\\n\"}"),
            (
                r#"{"Other":"8F0E6A52-6D5F-4A55-9D5E-2F7B4C1D9E01"}"#,
                r#"{"Other":"8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01"}"#,
            ),
            (r#"{"At":"2026-03-31T10:00:00.123456+02:00"}"#, r#"{"At":"2026-03-31T08:00:00.123456Z"}"#),
        ] {
            assert_eq!(kept(text).as_deref(), Ok(wanted), "{text}");
        }
        for (text, says) in [
            (r#"{"Large":9223372036854775808}"#, "Large must be a whole number"),
            (r#"{"Large":2.9999999999999999999}"#, "Large must be a whole number"),
            (r#"{"Small":2.9999999999999999999}"#, "Small must be a whole number"),
            (r#"{"Small":"5"}"#, "Small must be a whole number"),
            (r#"{"Price":12345678901234.56789}"#, "Price must have at most 18 digits"),
            (r#"{"Price":123456789012345678.9}"#, "Price must have at most 18 digits"),
            (r#"{"Real":9007199254740993}"#, "Real must be a number that a double keeps"),
            (r#"{"Real":"9007199254740993"}"#, "Real must be a number that a double keeps"),
            (r#"{"Real":0.1234567890123456789}"#, "Real must be a number that a double keeps"),
            (r#"{"Real":1e400}"#, "Real must be a number that a double keeps"),
            (r#"{"Text":1}"#, "Text must be text"),
            (r#"{"Text":"\ud800"}"#, "Text cannot be read"),
            (r#"{"Text":"a\u0000"}"#, "Text must not contain a NUL"),
            (r#"{"Other":"{8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01}"}"#, "Other must be a GUID"),
            (r#"{"Other":"urn:uuid:8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01"}"#, "Other must be a GUID"),
            (r#"{"At":"2026-03-31T08:00:00.1234567Z"}"#, "At must have at most six digits of a second"),
            (r#"{"At":"2016-12-31T23:59:60Z"}"#, "At must not be a leap second"),
            (r#"{"Day":"2026- 3-31"}"#, "Day must be a date"),
            (r#"{"Day":"+026-03-31"}"#, "Day must be a date"),
            (r#"{"Text":"a","Text":"b"}"#, "Text is there twice"),
            (r#"{"Text":"a","\u0054ext":"a"}"#, "Text is there twice"),
            (r#"{"@odata.etag":1,"@odata.etag":1}"#, "@odata.etag is there twice"),
            ("[1]", "a record must be a JSON object"),
            ("{} {}", "trailing characters"),
            ("{", "EOF"),
        ] {
            let problem = kept(text).expect_err(text);
            assert!(problem.contains(says), "{text}: {problem}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_kept_exactly_or_refused(whole in -1_000_000_000_000_000_000_000_i128..1_000_000_000_000_000_000_000, fraction in "[0-9]{0,8}") {
            let literal = if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") };
            for quote in ["", "\""] {
                if let Ok(text) = kept(&format!("{{\"Price\":{quote}{literal}{quote}}}")) {
                    let again = text.trim_start_matches("{\"Price\":").trim_end_matches('}').replace('"', "");
                    prop_assert_eq!(decimal(&again), decimal(&literal));
                }
                if let Ok(text) = kept(&format!("{{\"Large\":{quote}{literal}{quote}}}")) {
                    let again = text.trim_start_matches("{\"Large\":").trim_end_matches('}');
                    prop_assert_eq!(decimal(again), decimal(&literal));
                }
            }
        }
    }

    /// Writes a decimal without what says nothing.
    fn decimal(text: &str) -> String {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        let is_zero = fraction.is_empty() && whole.trim_matches(['-', '0']).is_empty();
        if is_zero { "0".to_owned() } else { format!("{whole}.{fraction}") }
    }
}
