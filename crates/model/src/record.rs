//! A record: one entity of an entity set, with its id, its stamp and its tombstone mark (seed step 2).
//!
//! Owns: the shape of a record in memory and in JSON, and which properties of two records differ. Refuses: validation against the model
//! (`validate`) and any decision about two versions (`merge`, `reconcile`).

use crate::text;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The key property of every entity type.
pub const ID: &str = "Id";
/// Unix milliseconds UTC of the last change, `Edm.Int64`.
pub const UPDATED_AT: &str = "_UpdatedAt";
/// The soft-delete mark, `Edm.Boolean`.
pub const IS_TOMBSTONED: &str = "_IsTombstoned";
/// The account that made the last change; read-only, set by the server.
pub const UPDATED_BY: &str = "_UpdatedBy";
/// The client-only state; never on the wire.
pub const STATE: &str = "_State";

/// Tells whether a property name is one of the sync properties or the client-only `_State`.
pub fn is_sync_property(name: &str) -> bool {
    matches!(name, UPDATED_AT | IS_TOMBSTONED | UPDATED_BY | STATE)
}

/// The client-made GUID of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(pub Uuid);

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no GUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a GUID such as 8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01")]
pub struct InvalidId(pub String);

impl FromStr for RecordId {
    type Err = InvalidId;
    /// Reads the hyphenated form only: it is the one `Edm.Guid` has (OData ABNF `guidValue`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hyphenated = Some(text).filter(|text| text.len() == 36);
        hyphenated.and_then(|text| Uuid::parse_str(text).ok()).map(Self).ok_or_else(|| InvalidId(text.to_owned()))
    }
}

/// What this device did to a record and has not settled with the server (seed step 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The record is as the server has it.
    #[default]
    None,
    /// Made here, unknown to the server.
    Add,
    /// Changed here.
    Update,
    /// Deleted here.
    Delete,
}

impl State {
    /// Returns the word for commands and IPC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Add => "add",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// Returns the number that the offline database keeps.
    pub fn code(self) -> i64 {
        match self {
            Self::None => 0,
            Self::Add => 1,
            Self::Update => 2,
            Self::Delete => 3,
        }
    }

    /// Reads the number that the offline database keeps.
    pub fn from_code(code: i64) -> Option<Self> {
        [Self::None, Self::Add, Self::Update, Self::Delete].into_iter().find(|state| state.code() == code)
    }
}

/// One entity of an entity set: canonical property values plus the sync properties.
///
/// `properties` holds declared and unknown properties in canonical JSON (see [`crate::Cell`]); neither `Id`
/// nor a sync property nor an annotation is in it. A property that is absent counts as null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The key.
    pub id: RecordId,
    /// Declared and unknown properties, canonical JSON, in model order where known.
    pub properties: Map<String, Value>,
    /// Unix milliseconds UTC.
    pub updated_at: i64,
    /// Whether the record is soft-deleted.
    pub is_tombstoned: bool,
    /// Who made the last change, as the server says; `None` for a change the server has not seen.
    pub updated_by: Option<String>,
}

impl Record {
    /// Makes an empty live record.
    pub fn new(id: RecordId, updated_at: i64) -> Self {
        Self { id, properties: Map::new(), updated_at, is_tombstoned: false, updated_by: None }
    }

    /// Returns a property's value, null where it is absent.
    pub fn get(&self, name: &str) -> &Value {
        self.properties.get(name).unwrap_or(&Value::Null)
    }

    /// Tells whether two records hold the same content: every property and the tombstone mark, not the stamp.
    pub fn same_content(&self, other: &Self) -> bool {
        self.is_tombstoned == other.is_tombstoned && changed_properties(self, other).is_empty()
    }

    /// Returns the record as an OData entity: `Id`, the properties, the sync properties.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut json = Map::with_capacity(self.properties.len() + 4);
        json.insert(ID.into(), Value::String(self.id.to_string()));
        json.extend(self.properties.iter().map(|(k, v)| (k.clone(), v.clone())));
        json.insert(UPDATED_AT.into(), self.updated_at.into());
        json.insert(IS_TOMBSTONED.into(), self.is_tombstoned.into());
        json.insert(UPDATED_BY.into(), self.updated_by.clone().map_or(Value::Null, Value::String));
        json
    }
}

/// Tells whether two values say the same: equal, or texts that differ in line ends or normal form alone. Such a
/// difference is no edit and no clash (ADR 0012); either text stays as it is kept.
pub fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => text::same(a, b),
        _ => a == b,
    }
}

/// Returns the names of the properties whose values differ; an absent property is null.
pub fn changed_properties<'r>(a: &'r Record, b: &'r Record) -> Vec<&'r str> {
    let mut seen = BTreeSet::new();
    a.properties
        .keys()
        .chain(b.properties.keys())
        .filter(|name| !same_value(a.get(name), b.get(name)) && seen.insert(name.as_str()))
        .map(String::as_str)
        .collect()
}

/// A record together with the ETag of exactly that version on the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Versioned {
    /// The content.
    pub record: Record,
    /// The server's ETag of this version, with its quotes.
    pub etag: String,
}
