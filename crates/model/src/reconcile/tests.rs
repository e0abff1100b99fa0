//! The table of DESIGN section 4, a row a case; `tests/reconcile.json` holds the cases.

use super::*;
use crate::EntityModel;
use serde_json::{Map, Value};

const CASES: &str = include_str!("../../tests/reconcile.json");

fn record(json: &Value) -> Record {
    let mut properties: Map<String, Value> = json.as_object().unwrap().clone();
    let updated_at = properties.remove("_UpdatedAt").map_or(1, |v| v.as_i64().unwrap());
    let is_tombstoned = properties.remove("_IsTombstoned").is_some();
    properties.remove("etag");
    let id = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01".parse().unwrap();
    Record { id, properties, updated_at, is_tombstoned, updated_by: None }
}

fn versioned(json: &Value) -> Option<Versioned> {
    let etag = json.get("etag")?.as_str()?.to_owned();
    Some(Versioned { record: record(json), etag })
}

fn shown(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Keep => "keep".into(),
        Verdict::Settled => "settled".into(),
        Verdict::Rebase { state, local, merged } => {
            serde_json::json!({ "rebase": state.as_str(), "local": local.properties, "merged": merged })
        }
        Verdict::Conflict { kind, properties } => {
            serde_json::json!({ "conflict": kind.as_str(), "properties": properties })
        }
    }
}

#[test]
fn every_case_of_the_table() {
    let model = EntityModel::parse(EntityModel::default_document()).unwrap();
    let set = model.set("TodoItems").unwrap();
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    assert!(cases.len() > 20);
    for case in &cases {
        let state = ["none", "add", "update", "delete"].iter().position(|s| case["state"] == *s).unwrap();
        let base = versioned(&case["base"]);
        let in_flight = case.get("in_flight").map(record);
        let local = record(&case["local"]);
        let server = versioned(&case["server"]);
        let pending = Pending {
            state: State::from_code(state as i64).unwrap(),
            base: base.as_ref(),
            in_flight: in_flight.as_ref(),
            local: &local,
        };
        let side = match &server {
            None => ServerSide::Absent,
            Some(v) if v.record.is_tombstoned => ServerSide::Tombstoned(v),
            Some(v) => ServerSide::Live(v),
        };
        let verdict = reconcile(set, pending, side);
        assert_eq!(shown(&verdict), case["expected"], "{}", case["description"]);
    }
}
