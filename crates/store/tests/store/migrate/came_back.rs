//! Properties that left the model and came back: what stood there meanwhile is known, or read before it is written over.

use super::*;

#[test]
fn what_a_property_held_before_it_left_the_model_is_known_when_it_comes_back() {
    let device = device();
    let store = &device.store;
    let server = |etag: &str, title: &str| {
        server_item(id(1), etag, json!({ "Title": title, "Assignee": "here before", "_UpdatedAt": 1_000 }))
    };
    pull_item(store, &server("e1", "a"));
    edit(store, id(1), json!({ "Assignee": "mine" }));
    let without = changed("Assignee", Value::Null);
    // Without it, the same version comes, and then one that others made.
    for etag in ["e1", "e2"] {
        store.adopt_model(&without).unwrap();
        let mut seen = server(etag, "b");
        seen.record.properties.remove("Assignee");
        if etag == "e1" {
            seen.record.properties.insert("Title".into(), json!("a"));
        }
        let model = tidemark_model::EntityModel::parse(&without).unwrap();
        pull(store, ITEMS, |tx| take_under(tx, &model, ITEMS, &seen)).unwrap();
        store.adopt_model(&model_document()).unwrap();
    }
    assert_eq!(pull_item(store, &server("e3", "c")).conflicts, 0, "nobody else wrote it");
    assert_eq!(shown(store, id(1)).unwrap().get("Assignee"), &json!("mine"));
}

/// What the server has of a record while the model lacks a property of it.
fn without_assignee(store: &Store, server: &Versioned) -> Tally {
    let document = changed("Assignee", Value::Null);
    let mut seen = server.clone();
    seen.record.properties.remove("Assignee");
    let model = tidemark_model::EntityModel::parse(&document).unwrap();
    pull(store, ITEMS, |tx| take_under(tx, &model, ITEMS, &seen)).unwrap().1
}

#[test]
fn what_others_make_of_a_property_while_the_model_lacks_it_is_asked_about_when_it_comes_back() {
    for is_refused in [true, false] {
        let device = device();
        let store = &device.store;
        let server = |etag: &str, title: &str, assignee: &str| {
            let record = json!({ "Title": title, "Assignee": assignee, "_UpdatedAt": 1_000, "_UpdatedBy": "ben" });
            server_item(id(1), etag, record)
        };
        pull_item(store, &server("e1", "a", "before"));
        edit(store, id(1), json!({ "Assignee": "mine" }));
        store.adopt_model(&changed("Assignee", Value::Null)).unwrap();
        if is_refused {
            store.settle(&[reply(&batch(store)[0], Answer::Refused { reason: "no".into() })]).unwrap();
        }
        // Of what cannot be seen nobody is asked, whatever else has changed there.
        for (etag, title) in [("e2", "a"), ("e3", "b")] {
            assert_eq!(without_assignee(store, &server(etag, title, "theirs")).conflicts, 0, "{is_refused} {etag}");
        }
        store.adopt_model(&model_document()).unwrap();
        assert_eq!(pull_item(store, &server("e3", "b", "theirs")).conflicts, 1, "{is_refused}");
        let asked = store.conflicts().unwrap().remove(0);
        assert_eq!(asked.properties, ["Assignee"]);
        let side = |record: Option<&Record>| record.map(|record| record.get("Assignee").clone());
        assert_eq!(side(asked.server.as_ref().map(|server| &server.record)), Some(json!("theirs")));
        assert_eq!(side(asked.base.as_ref().map(|base| &base.record)), Some(json!("before")));
    }
}

#[test]
fn nothing_goes_over_what_came_back_with_the_model_and_was_never_seen() {
    let device = device();
    let store = &device.store;
    let server = |assignee: &str| {
        let record = json!({ "Title": "theirs", "Assignee": assignee, "_UpdatedAt": 1_000, "_UpdatedBy": "ben" });
        server_item(id(1), "e1", record)
    };
    // Somebody made the record under the same id, and gave it an assignee that the model then lost.
    store.add(ITEMS, &object(json!({ "Id": id(1).to_string(), "Title": "mine", "Assignee": "me" }))).unwrap();
    store.adopt_model(&changed("Assignee", Value::Null)).unwrap();
    assert_eq!(without_assignee(store, &server("theirs")).conflicts, 1);
    let asked = store.conflicts().unwrap().remove(0);
    assert_eq!(asked.properties, ["Title"]);
    store.resolve(asked.id, &Resolution::KeepMine).unwrap();
    store.adopt_model(&model_document()).unwrap();
    assert_eq!(batch(store), [], "it is read first");
    assert_eq!(pull_item(store, &server("theirs")).conflicts, 1);
    let asked = store.conflicts().unwrap().remove(0);
    assert!(asked.properties.contains(&"Assignee".to_owned()), "{:?}", asked.properties);
    store.resolve(asked.id, &Resolution::KeepMine).unwrap();
    let OutgoingChange::Update { body, if_match } = batch(store).remove(0).change else { panic!() };
    assert_eq!((&body["Assignee"], if_match.as_str()), (&json!("me"), "e1"));
}

#[test]
fn what_came_with_the_model_is_read_before_an_edit_of_it_is_sent() {
    for is_read_again in [false, true] {
        let device = device();
        let store = &device.store;
        let server = server_item(
            id(1),
            "e1",
            json!({ "Title": "a", "Assignee": "theirs", "_UpdatedAt": 1_000, "_UpdatedBy": "ben" }),
        );
        store.adopt_model(&changed("Assignee", Value::Null)).unwrap();
        without_assignee(store, &server);
        store.adopt_model(&model_document()).unwrap();
        if is_read_again {
            let end = Position::Delta { link: "d".into() };
            pull(store, ITEMS, |tx| take(tx, ITEMS, &server).and_then(|()| tx.move_to(&end))).unwrap();
            edit(store, id(1), json!({ "Assignee": "mine" }));
            assert_eq!(batch(store).len(), 1, "what stands there was seen");
            continue;
        }
        edit(store, id(1), json!({ "Title": "b" }));
        assert_eq!(batch(store).len(), 1, "of that nothing is new");
        store.settle(&[reply(&batch(store)[0], Answer::Done { etag: "e2".into(), stamp: None })]).unwrap();
        edit(store, id(1), json!({ "Assignee": "mine" }));
        assert_eq!(batch(store), [], "it is read first");
        let server = Versioned { etag: "e2".into(), ..server };
        let mut seen = server.clone();
        seen.record.properties.insert("Title".into(), json!("b"));
        assert_eq!(pull_item(store, &seen).conflicts, 1);
    }
}

#[test]
fn what_came_back_is_read_after_the_answer_to_what_is_out_and_holds_up_no_set_that_is_left() {
    for is_out in [true, false] {
        let device = device();
        let store = &device.store;
        let server = |etag: &str, title: &str| {
            server_item(id(1), etag, json!({ "Title": title, "Assignee": "before", "_UpdatedAt": 1_000 }))
        };
        pull_item(store, &server("e1", "a"));
        edit(store, id(1), json!({ "Assignee": "mine" }));
        store.adopt_model(&changed("Assignee", Value::Null)).unwrap();
        edit(store, id(1), json!({ "Title": "b" }));
        let sent = if is_out { batch(store) } else { Vec::new() };
        store.adopt_model(&model_document()).unwrap();
        let wants = || store.refetch().unwrap().into_iter().any(|(set, ids)| set == ITEMS && ids == [id(1)]);
        if is_out {
            // Its answer comes first; the property was not in what was sent.
            assert_eq!(batch(store), sent);
            store.settle(&[reply(&sent[0], Answer::Done { etag: "e2".into(), stamp: None })]).unwrap();
        }
        assert!(wants(), "{is_out}");
        store.uncache(ITEMS, Unsent::KeepUntilSent).unwrap();
        assert!(!wants(), "nobody asks any more");
        let waits = store.counts().unwrap().pending > 0;
        assert_eq!(batch(store).iter().any(|outgoing| outgoing.set == ITEMS), waits, "it has a way out: {is_out}");
    }
}

#[test]
fn a_restore_goes_over_nothing_that_came_with_the_model_and_was_never_seen() {
    for (was_known, is_answered_before) in [(true, true), (false, true), (true, false), (false, false)] {
        let device = device();
        let store = &device.store;
        let without = changed("Assignee", Value::Null);
        if !was_known {
            store.adopt_model(&without).unwrap();
        }
        // What stood there before, where the model had the property then.
        let before = server_item(id(1), "e1", json!({ "Title": "a", "Assignee": "before", "_UpdatedAt": 1_000 }));
        if was_known {
            pull_item(store, &before);
            edit(store, id(1), json!({ "Title": "mine" }));
            store.adopt_model(&without).unwrap();
        } else {
            without_assignee(store, &before);
            edit(store, id(1), json!({ "Title": "mine" }));
        }
        let mut gone = server_item(id(1), "e2", json!({ "Title": "a", "_UpdatedAt": 2_000 }));
        gone.record.is_tombstoned = true;
        without_assignee(store, &gone);
        let restore =
            || store.resolve(store.conflicts().unwrap().remove(0).id, &Resolution::Restore).map(drop).unwrap();
        if is_answered_before {
            restore();
        }
        store.adopt_model(&model_document()).unwrap();
        if !is_answered_before {
            restore();
        }
        assert_eq!(batch(store), [], "{was_known} {is_answered_before}: it is read first");
        pull_content(store, id(1), "e2", json!({ "Title": "a", "Assignee": "theirs", "_UpdatedAt": 2_000 }));
        assert_eq!(store.conflicts().unwrap(), [], "{was_known}");
        let OutgoingChange::Restore { body, .. } = batch(store).remove(0).change else { panic!() };
        assert_eq!((&body["Title"], &body["Assignee"]), (&json!("mine"), &json!("theirs")), "{was_known}");
    }
}

#[test]
fn undoing_a_deletion_goes_over_nothing_that_came_with_the_model_since() {
    for is_by_history in [false, true] {
        let device = device();
        let store = &device.store;
        store.adopt_model(&changed("Assignee", Value::Null)).unwrap();
        without_assignee(store, &server_item(id(1), "e1", json!({ "Title": "a", "_UpdatedAt": 1_000 })));
        store.delete(ITEMS, id(1)).unwrap();
        let sent = batch(store).remove(0);
        store.settle(&[reply(&sent, done("e2"))]).unwrap();
        store.adopt_model(&model_document()).unwrap();
        match is_by_history {
            true => drop(store.bring_back(ITEMS, id(1), store.history(ITEMS, id(1)).unwrap()[0].entry).unwrap()),
            false => drop(store.undo_delete(ITEMS, id(1)).unwrap()),
        }
        assert_eq!(batch(store), [], "{is_by_history}: it is read first");
        pull_content(store, id(1), "e2", json!({ "Title": "a", "Assignee": "theirs", "_UpdatedAt": 2_000 }));
        let OutgoingChange::Restore { body, .. } = batch(store).remove(0).change else { panic!() };
        assert_eq!(body["Assignee"], "theirs", "{is_by_history}");
    }
}
