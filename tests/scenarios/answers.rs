//! Answers that say nothing about a record: what cannot be read is not absent, and a 404 of the set is none of the
//! record. Nothing is settled, dropped, asked or decided by a policy on such an answer.

use serde_json::{Value, json};
use tidemark_tests::{Device, Office, Server};

const DEFAULT: &str = include_str!("../../crates/model/entities.csdl.json");

/// The default model with titles of any length up to 2,000.
fn wide() -> String {
    let model = DEFAULT.replacen(r#""Title": { "$MaxLength": 200"#, r#""Title": { "$MaxLength": 2000"#, 1);
    assert_ne!(model, DEFAULT);
    model
}

/// The default model with nothing but the sites.
fn without_items() -> String {
    let mut model: Value = serde_json::from_str(DEFAULT).unwrap();
    let container = model["$EntityContainer"].as_str().unwrap().to_owned();
    let (schema, name) = container.split_once('.').unwrap();
    for of_items in ["TodoList", "Site"] {
        assert!(model[schema][of_items].as_object_mut().unwrap().remove("TodoItems").is_some());
    }
    let sets = model[schema][name].as_object_mut().unwrap();
    assert!(sets.remove("TodoItems").is_some());
    for set in sets.values_mut().filter_map(Value::as_object_mut) {
        if let Some(bindings) = set.get_mut("$NavigationPropertyBinding").and_then(Value::as_object_mut) {
            bindings.retain(|_, target| target != "TodoItems");
        }
    }
    model.to_string()
}

#[test]
fn a_current_record_that_the_known_model_cannot_read_is_no_deletion() {
    for policy in ["ask", "mine", "server", "newest"] {
        let mut server = Server::start_with_model(Some(DEFAULT));
        let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
        let office = Office::new(&server.url, "ben");
        let id = ana.add("TodoItems", &json!({ "Title": "Pump" }));
        ana.run(&["policy", "TodoItems", policy]).ok();
        ana.sync();
        server.remodel(&wide());
        let long = "x".repeat(500);
        office.patch("TodoItems", &id, &json!({ "Title": long }));
        // The device has not heard of the wider property.
        ana.run(&["delete", "TodoItems", &id]).ok();
        ana.sync();
        ana.sync();

        let open = ana.conflicts();
        let there = office.get(&format!("TodoItems({id})")).status().as_u16();
        match policy {
            "ask" => {
                assert_eq!(open.len(), 1, "{open:?}");
                assert_eq!((&open[0]["kind"], &open[0]["server"]["Title"]), (&json!("edited_on_server"), &json!(long)));
                ana.run(&["resolve", open[0]["id"].as_str().unwrap(), "delete-anyway"]).ok();
                ana.sync();
                assert_eq!(office.get(&format!("TodoItems({id})")).status().as_u16(), 404);
            }
            "server" => assert_eq!((there, open.len()), (200, 0), "{policy}"),
            _ => assert_eq!((there, open.len()), (404, 0), "{policy}"),
        }
        assert_eq!(ana.status()["pending"], 0, "{policy}");
        assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"), "{policy}");
    }
}

#[test]
fn a_set_that_the_server_lacks_for_a_while_settles_drops_and_asks_nothing() {
    let mut server = Server::start_with_model(Some(DEFAULT));
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let office = Office::new(&server.url, "ben");
    let edited = ana.add("TodoItems", &json!({ "Title": "edited" }));
    let deleted = ana.add("TodoItems", &json!({ "Title": "deleted" }));
    ana.run(&["policy", "TodoItems", "server"]).ok();
    ana.sync();
    ana.edit("TodoItems", &edited, &json!({ "Title": "edited here" }));
    ana.run(&["delete", "TodoItems", &deleted]).ok();
    let added = ana.add("TodoItems", &json!({ "Title": "added here" }));

    server.remodel(&without_items());
    for _ in 0..3 {
        let report = ana.sync();
        assert_eq!((&report["pushed"], &report["conflicts"]), (&json!(0), &json!(0)));
    }
    assert_eq!(ana.status()["parked"], 3, "it is counted, with the reason");
    let parked = ana.run(&["parked"]).ok();
    assert!(parked.as_array().unwrap().iter().all(|p| p["reason"].as_str().unwrap().contains("TodoItems")), "{parked}");
    assert_eq!(ana.conflicts(), Vec::<Value>::new());

    server.remodel(DEFAULT);
    ana.sync();
    ana.sync();
    let status = ana.status();
    assert_eq!((&status["pending"], &status["parked"]), (&json!(0), &json!(0)));
    assert_eq!(ana.conflicts(), Vec::<Value>::new());
    assert_eq!(office.read(&format!("TodoItems({edited})"))["Title"], "edited here");
    assert_eq!(office.read(&format!("TodoItems({added})"))["Title"], "added here");
    assert_eq!(office.get(&format!("TodoItems({deleted})")).status().as_u16(), 404);
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
}
