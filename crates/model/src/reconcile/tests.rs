//! The table of DESIGN section 4, a row a case; `tests/reconcile.json` holds the cases.

use super::*;
use crate::EntityModel;
use crate::cases::{record, versioned};
use serde_json::Value;

const CASES: &str = include_str!("../../tests/reconcile.json");

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
