//! One record as a JSON object, in both directions: the slow path, for a 412's current record and for live reads.
//!
//! Owns: control information beside a record. Refuses: the record itself (`tidemark-model` reads it) and whole pages
//! (`page`).

use crate::page::DEEPEST_UNKNOWN;
use crate::{Code, Version, WireError};
use serde_json::{Map, Value};
use tidemark_model::{EntitySet, Record, Strictness, Versioned, read_record};

/// Reads one record of the server's with its ETag; unknown properties are kept, and null counts as left out.
///
/// # Errors
/// 502 `MalformedAnswer` naming the property that does not fit.
pub fn read_entity(json: &Map<String, Value>, set: &EntitySet) -> Result<Versioned, WireError> {
    let malformed = |problem: &dyn std::fmt::Display, property: Option<&str>| {
        let set = &set.name;
        let message = format!("A record of {set} could not be read from the server: {problem}. Nothing was lost here.");
        let error = WireError::new(502, Code::MalformedAnswer, message);
        match property {
            Some(property) => error.about(property),
            None => error,
        }
    };
    // A tombstone whose content was purged has null where the model wants a value.
    let is_wanted = |name: &str| set.entity_type.property(name).is_some_and(|property| !property.nullable);
    let json: Map<String, Value> = json
        .iter()
        .filter(|(name, value)| !(value.is_null() && is_wanted(name)))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    let etag = read_etag(&json).ok_or_else(|| malformed(&"it has no ETag", None))?.to_owned();
    let record = read_record(set, None, &json, Strictness::KeepUnknown).map_err(|e| malformed(&e, e.property()))?;
    let is_too_deep = |(_, value): &(&String, &Value)| nests_deeper(value, DEEPEST_UNKNOWN);
    if let Some((name, _)) = record.properties.iter().find(is_too_deep) {
        let problem = format!("{name} nests more than {DEEPEST_UNKNOWN} levels deep");
        return Err(malformed(&problem, Some(name)));
    }
    Ok(Versioned { record, etag })
}

/// Tells whether a value has more than so many levels.
fn nests_deeper(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return value.is_array() || value.is_object() };
    match value {
        Value::Array(items) => items.iter().any(|item| nests_deeper(item, below)),
        Value::Object(members) => members.values().any(|member| nests_deeper(member, below)),
        _ => false,
    }
}

/// Returns the ETag in a record's control information.
pub fn read_etag(json: &Map<String, Value>) -> Option<&str> {
    json.get("@etag").or_else(|| json.get("@odata.etag")).and_then(Value::as_str)
}

/// Writes a record with its ETag as a JSON object: what a 412 carries as `current`.
pub fn write_entity(record: &Record, etag: &str, version: Version) -> Map<String, Value> {
    let mut json = Map::new();
    json.insert(format!("{}etag", version.prefix()), etag.into());
    json.extend(record.to_json());
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tidemark_model::EntityModel;

    fn read(json: Value) -> Result<Versioned, WireError> {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        read_entity(json.as_object().unwrap(), model.set("TodoItems").unwrap())
    }

    #[test]
    fn a_record_survives_in_both_versions() {
        let mut record = Record::new("8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01".parse().unwrap(), 7);
        record.properties.insert("Title".into(), json!("Pump"));
        record.properties.insert("Colour".into(), json!({ "r": 1 }));
        record.updated_by = Some("ana".into());
        for version in [Version::V40, Version::V401, Version::Unstated] {
            let again = read(Value::Object(write_entity(&record, "W/\"3.0a1b2c3d\"", version))).unwrap();
            assert_eq!(again.etag, "W/\"3.0a1b2c3d\"");
            assert_eq!(
                (again.record.id, again.record.updated_at, again.record.updated_by),
                (record.id, 7, Some("ana".into()))
            );
            assert_eq!(again.record.properties["Colour"], json!({ "r": 1 }));
            assert_eq!(again.record.properties["IsDone"], json!(false));
        }
    }

    #[test]
    fn a_purged_tombstone_is_read_and_a_wrong_value_is_named() {
        let id = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";
        let purged = json!({ "@etag": "W/\"9\"", "Id": id, "Title": null, "_IsTombstoned": true });
        assert!(read(purged).unwrap().record.is_tombstoned);
        let error = read(json!({ "@etag": "W/\"9\"", "Id": id, "Title": 5 })).unwrap_err();
        assert_eq!((error.status, error.target.as_deref()), (502, Some("Title")));
        assert!(error.message.contains("Title must be text"), "{}", error.message);
        let deep = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        let record = |levels| json!({ "@etag": "W/\"9\"", "Id": id, "Title": "a", "New": deep(levels) });
        assert!(read(record(100)).is_ok());
        assert_eq!(read(record(101)).unwrap_err().target.as_deref(), Some("New"), "as in a page");
        let error = read(json!({ "Id": id, "Title": "a" })).unwrap_err();
        assert!(error.message.contains("it has no ETag"), "{}", error.message);
    }
}
