//! What is left of which answer, a row a case; `tests/take_back.json` holds the cases.

use super::*;
use crate::EntityModel;
use crate::cases::{record, state};
use serde_json::{Value, json};

const CASES: &str = include_str!("../../tests/take_back.json");

#[test]
fn every_case_of_the_table() {
    let model = EntityModel::parse(EntityModel::default_document()).unwrap();
    let set = model.set("TodoItems").unwrap();
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    assert!(cases.len() > 10);
    for case in &cases {
        let (mine, after, now) = (record(&case["mine"]["record"]), &case["after"], &case["now"]);
        let (held_after, held_now) =
            (after.is_object().then(|| record(&after["record"])), now.is_object().then(|| record(&now["record"])));
        let answered = Answered {
            shown: case["shown"].as_str(),
            mine: &mine,
            after: held_after.as_ref().map(|record| (state(&after["state"]), record)),
            accepts_delete: case["answer"] == "accept_delete",
            lost_a_deletion: case["answer"] == "restore" || case["answer"] == "keep_server",
        };
        let now = held_now.as_ref().map(|record| Standing {
            state: state(&now["state"]),
            record,
            etag: now["etag"].as_str(),
            in_flight: now["in_flight"] == true,
            is_asked: now["is_asked"] == true,
        });
        let taken = match take_back(set, answered, now) {
            TakenBack::AskedAgain => "asked_again".into(),
            TakenBack::Reopened { mine } => json!({ "reopened": mine.properties }),
            TakenBack::Deleted => "deleted".into(),
            TakenBack::BroughtBack => "brought_back".into(),
        };
        assert_eq!(taken, case["expected"], "{}", case["description"]);
    }
}
