//! What comes back of which entry, a row a case; `tests/bring_back.json` holds the cases.

use super::*;
use crate::EntityModel;
use crate::cases::{record, state};
use serde_json::json;

const CASES: &str = include_str!("../../tests/bring_back.json");

fn shown(brought: Option<BroughtBack>) -> Value {
    match brought {
        None => "nothing".into(),
        Some(BroughtBack::Delete) => "delete".into(),
        Some(BroughtBack::Edit { undo_delete, values }) => json!({ "edit": given(values), "undo_delete": undo_delete }),
        Some(BroughtBack::Restore { values }) => json!({ "restore": given(values) }),
    }
}

/// A restore names every declared property; a case names those that are not null.
fn given(mut values: Map<String, Value>) -> Value {
    values.retain(|_, value| !value.is_null());
    Value::Object(values)
}

#[test]
fn every_case_of_the_table() {
    let model = EntityModel::parse(EntityModel::default_document()).unwrap();
    let set = model.set("TodoItems").unwrap();
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    assert!(cases.len() > 10);
    for case in &cases {
        let event = case["event"].as_str().unwrap().to_owned().into();
        let properties: Vec<&str> =
            case["properties"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let held = case["record"].is_object().then(|| record(&case["record"]));
        let here = case["here"].is_string().then(|| state(&case["here"]));
        let lost = Lost { event: &event, record: held.as_ref(), properties: &properties };
        let brought = bring_back(set, lost, here);
        assert_eq!(brought.is_some(), can_bring_back(&event, held.is_some()), "{}", case["description"]);
        assert_eq!(shown(brought), case["expected"], "{}", case["description"]);
    }
}

#[test]
fn what_was_cleared_comes_back_as_null_and_not_as_left_alone() {
    let model = EntityModel::parse(EntityModel::default_document()).unwrap();
    let record = Record::new("8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01".parse().unwrap(), 1);
    let lost = Lost { event: &HistoryEvent::KeptMine.into(), record: Some(&record), properties: &["Notes"] };
    let values = Map::from_iter([("Notes".to_owned(), Value::Null)]);
    let brought = bring_back(model.set("TodoItems").unwrap(), lost, Some(State::None));
    assert_eq!(brought, Some(BroughtBack::Edit { undo_delete: false, values }));
}
