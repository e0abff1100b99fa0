//! Records and states as the tables of cases write them.
//!
//! Owns: reading them, for the tests of every rule that has such a table. Refuses: what a case means.

use crate::record::{Record, State, Versioned};
use serde_json::{Map, Value};

/// Reads a record: its properties, and `_UpdatedAt` and `_IsTombstoned` where a case says them.
pub(crate) fn record(json: &Value) -> Record {
    let mut properties: Map<String, Value> = json.as_object().unwrap().clone();
    let updated_at = properties.remove("_UpdatedAt").map_or(1, |v| v.as_i64().unwrap());
    let is_tombstoned = properties.remove("_IsTombstoned").is_some();
    properties.remove("etag");
    let id = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01".parse().unwrap();
    Record { id, properties, updated_at, is_tombstoned, updated_by: None }
}

/// Reads a record with its `etag`; nothing where there is none.
pub(crate) fn versioned(json: &Value) -> Option<Versioned> {
    let etag = json.get("etag")?.as_str()?.to_owned();
    Some(Versioned { record: record(json), etag })
}

/// Reads a state by its word.
pub(crate) fn state(json: &Value) -> State {
    let states = [State::None, State::Add, State::Update, State::Delete];
    states.into_iter().find(|state| *json == state.as_str()).unwrap()
}
