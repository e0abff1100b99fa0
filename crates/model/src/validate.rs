//! Reading JSON into records that the model allows: at Save, on the server's door, and from the server's answers.
//!
//! Owns: which JSON members become properties, defaults, required properties. Refuses: single values (`cell`) and
//! everything about versions. Unknown members are kept by a client and refused by a server (DESIGN section 2).

use crate::cell::{CellSeed, ValueError};
use crate::entity::{EntitySet, Property, Role};
use crate::record::{ID, IS_TOMBSTONED, Record, RecordId, STATE, UPDATED_AT, UPDATED_BY};
use serde_json::{Map, Value};

/// Why a JSON object is no record of its entity set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecord {
    /// A value does not fit its property.
    #[error("{0}")]
    Value(#[from] ValueError),
    /// A required property is missing.
    #[error("{0} is required")]
    Missing(String),
    /// The entity type has no such property.
    #[error("{set} has no property {property}")]
    Unknown {
        /// The entity set.
        set: String,
        /// The member's name.
        property: String,
    },
    /// A member's name is there a second time, in whatever spelling of JSON.
    #[error("{0} is there twice")]
    Twice(String),
    /// The JSON is not an object.
    #[error("a record must be a JSON object")]
    NotAnObject,
}

impl InvalidRecord {
    /// Returns the property at fault, where there is one; OData calls it the error's `target`.
    pub fn property(&self) -> Option<&str> {
        match self {
            Self::Value(error) => Some(&error.property),
            Self::Missing(property) | Self::Twice(property) | Self::Unknown { property, .. } => Some(property),
            Self::NotAnObject => None,
        }
    }
}

/// What happens to members that the model does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// They are kept and travel back untouched, and no value has to keep to the limits of its property, which may be
    /// younger than it: what a client does with a server's answer.
    KeepUnknown,
    /// They are an error, as is a value beyond the limits of its property: what Save and the server do.
    RefuseUnknown,
}

/// Reads the members of a partial change: canonical values of the named properties, in the order given.
///
/// `Id`, the sync properties, `_State` and annotations (`@…`, `…@…`) are left out of the result; the caller
/// reads those it wants. A null for a property that has a default and is not nullable is an error.
///
/// # Errors
/// The first member that does not fit, by name.
pub fn read_changes(
    set: &EntitySet,
    json: &Map<String, Value>,
    strictness: Strictness,
) -> Result<Map<String, Value>, InvalidRecord> {
    let mut changes = Map::with_capacity(json.len());
    for (name, value) in json {
        if matches!(name.as_str(), ID | UPDATED_AT | IS_TOMBSTONED | UPDATED_BY | STATE) || name.contains('@') {
            continue;
        }
        match set.entity_type.property(name) {
            Some(property) => {
                let seed = match strictness {
                    Strictness::KeepUnknown => CellSeed::held(property),
                    Strictness::RefuseUnknown => CellSeed::written(property),
                };
                let cell = seed.read(value)?;
                changes.insert(name.clone(), cell.to_json(property));
            }
            None if strictness == Strictness::KeepUnknown => {
                changes.insert(name.clone(), value.clone());
            }
            None => {
                return Err(InvalidRecord::Unknown { set: set.name.clone(), property: name.clone() });
            }
        }
    }
    Ok(changes)
}

/// Reads a whole record: every declared property is in the result, in model order, then the unknown ones.
///
/// A property left out takes its default, else null; `Id` comes from the JSON unless `id` is given. A missing
/// `_UpdatedAt` reads as 0.
///
/// # Errors
/// The first member that does not fit, or the first required property that is missing. A tombstoned record may
/// lack its content.
pub fn read_record(
    set: &EntitySet,
    id: Option<RecordId>,
    json: &Map<String, Value>,
    strictness: Strictness,
) -> Result<Record, InvalidRecord> {
    let mut given = read_changes(set, json, strictness)?;
    let sync = |name: &str| match (set.entity_type.property(name), json.get(name)) {
        (Some(property), Some(value)) => CellSeed::written(property).read(value).map(|cell| cell.to_json(property)),
        _ => Ok(Value::Null),
    };
    let id = match id {
        Some(id) => id,
        None => match sync(ID)?.as_str().and_then(|text| text.parse().ok()) {
            Some(id) => id,
            None => return Err(InvalidRecord::Missing(ID.into())),
        },
    };
    let mut record = Record::new(id, sync(UPDATED_AT)?.as_i64().unwrap_or(0));
    record.is_tombstoned = sync(IS_TOMBSTONED)?.as_bool().unwrap_or(false);
    record.updated_by = sync(UPDATED_BY)?.as_str().map(str::to_owned);
    for property in set.entity_type.declared() {
        let value = match given.shift_remove(&property.name) {
            Some(value) => value,
            None => default_of(property, record.is_tombstoned)?,
        };
        record.properties.insert(property.name.clone(), value);
    }
    record.properties.extend(given);
    Ok(record)
}

fn default_of(property: &Property, is_tombstoned: bool) -> Result<Value, InvalidRecord> {
    debug_assert_eq!(property.role, Role::Declared);
    match &property.default {
        Some(default) => Ok(default.clone()),
        None if property.nullable || is_tombstoned => Ok(Value::Null),
        None => Err(InvalidRecord::Missing(property.name.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntityModel;
    use serde_json::json;

    fn read(json: Value, strictness: Strictness) -> Result<Record, InvalidRecord> {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let id = Some("8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01".parse().unwrap());
        read_record(model.set("TodoItems").unwrap(), id, json.as_object().unwrap(), strictness)
    }

    #[test]
    fn defaults_fill_what_is_left_out_and_required_properties_are_asked_for() {
        let record = read(json!({ "Title": "Check pump 3" }), Strictness::RefuseUnknown).unwrap();
        assert_eq!(record.get("IsDone"), &json!(false));
        assert_eq!(record.get("Notes"), &Value::Null);
        let error = read(json!({ "Notes": "x" }), Strictness::RefuseUnknown).unwrap_err();
        assert_eq!(error.to_string(), "Title is required");
        let error = read(json!({ "Title": null }), Strictness::RefuseUnknown).unwrap_err();
        assert_eq!(error.to_string(), "Title must not be empty");
    }

    #[test]
    fn unknown_members_are_refused_or_kept() {
        let json = json!({ "Title": "a", "Colour": { "r": 1 }, "@odata.etag": "x" });
        assert_eq!(read(json.clone(), Strictness::RefuseUnknown).unwrap_err().property(), Some("Colour"));
        let kept = read(json, Strictness::KeepUnknown).unwrap();
        assert_eq!(kept.get("Colour"), &json!({ "r": 1 }));
        assert!(!kept.properties.contains_key("@odata.etag"));
        let longer = json!({ "Title": "a".repeat(5000) });
        assert!(read(longer.clone(), Strictness::RefuseUnknown).is_err());
        assert_eq!(read(longer.clone(), Strictness::KeepUnknown).unwrap().get("Title"), &longer["Title"]);
    }
}
