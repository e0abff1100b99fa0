//! Save: folding, validation, undo, import, and what is on the disk afterwards.

use crate::support::*;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use tidemark_model::query::Query;
use tidemark_model::{Resolution, State, UPDATED_AT};
use tidemark_store::{Answer, Only, OutgoingChange, Store, StoreError};

fn pending(store: &Store) -> u64 {
    store.counts().unwrap().pending
}

#[test]
fn an_added_record_is_pending_with_defaults_and_a_stamp() {
    let device = device();
    let added = device.store.add(ITEMS, &object(json!({ "Title": "Check pump 3" }))).unwrap();
    assert_eq!((added.state, added.mark.as_str()), (State::Add, "waiting"));
    assert_eq!(added.record.get("IsDone"), &json!(false));
    assert_eq!(added.record.updated_at, device.clock.0.load(Ordering::Relaxed).max(added.record.updated_at));
    assert_eq!(device.store.get(ITEMS, added.record.id).unwrap(), Some(added));
    assert_eq!(pending(&device.store), 1);
}

#[test]
fn changes_to_one_record_fold() {
    #[derive(Clone, Copy, Debug)]
    enum Do {
        Edit(&'static str),
        Delete,
        Undo,
        Send,
    }
    use Do::{Delete, Edit, Send, Undo};
    // (begins clean on the server, steps, what is then sent: nothing, or the kind and the title)
    type Case = (bool, &'static [Do], Option<(&'static str, &'static str)>);
    let table: [Case; 14] = [
        (false, &[Edit("b")], Some(("add", "b"))),
        (false, &[Delete], None),
        (false, &[Delete, Undo], Some(("add", "a"))),
        (false, &[Send, Edit("b")], Some(("add", "a"))),
        (false, &[Send, Delete], Some(("add", "a"))),
        (true, &[Edit("b")], Some(("update", "b"))),
        (true, &[Edit("a")], None),
        (true, &[Edit("b"), Edit("a")], None),
        (true, &[Edit("b"), Send, Edit("a")], Some(("update", "b"))),
        (true, &[Edit("b"), Edit("c")], Some(("update", "c"))),
        (true, &[Edit("b"), Delete], Some(("delete", ""))),
        (true, &[Delete, Undo], None),
        (true, &[Edit("b"), Delete, Undo], Some(("update", "b"))),
        (true, &[Delete, Send, Undo], Some(("delete", ""))),
    ];
    for (on_server, steps, expected) in table {
        let device = device();
        let store = &device.store;
        let id = match on_server {
            true => clean_item(store, 1, "e1"),
            false => store.add(ITEMS, &object(json!({ "Title": "a" }))).unwrap().record.id,
        };
        for step in steps {
            match step {
                Edit(to) => edit(store, id, json!({ "Title": to })),
                Delete => store.delete(ITEMS, id).unwrap(),
                Undo => drop(store.undo_delete(ITEMS, id).unwrap()),
                Send => drop(batch(store)),
            }
        }
        let sent = batch(store);
        let sent = sent.first().map(|outgoing| match &outgoing.change {
            OutgoingChange::Add { body } => ("add", body["Title"].as_str().unwrap().to_owned()),
            OutgoingChange::Update { body, if_match } => {
                assert_eq!(if_match, "e1");
                assert_eq!(body.keys().collect::<Vec<_>>(), ["Title", UPDATED_AT]);
                ("update", body["Title"].as_str().unwrap().to_owned())
            }
            OutgoingChange::Delete { if_match } => {
                assert_eq!(if_match, "e1");
                ("delete", String::new())
            }
            OutgoingChange::Restore { .. } => panic!("nothing is restored here"),
        });
        let expected = expected.map(|(kind, title)| (kind, title.to_owned()));
        assert_eq!(sent, expected, "{on_server} {steps:?}");
        if expected.is_none() {
            assert_eq!(pending(store), 0, "{on_server} {steps:?}");
        }
    }
}

#[test]
fn an_edit_that_is_taken_back_leaves_the_record_as_the_server_had_it() {
    let device = device();
    let id = clean_item(&device.store, 1, "e1");
    let before = device.store.get(ITEMS, id).unwrap();
    edit(&device.store, id, json!({ "Title": "b" }));
    assert_eq!(mark(&device.store, id), "waiting");
    edit(&device.store, id, json!({ "Title": "a" }));
    assert_eq!(device.store.get(ITEMS, id).unwrap(), before);
}

#[test]
fn stamps_rise_whatever_the_clock_does() {
    let device = device();
    let store = &device.store;
    let base = device.clock.0.load(Ordering::Relaxed) + 50_000;
    pull_item(store, &server_item(id(1), "e1", json!({ "Title": "a", "_UpdatedAt": base })));
    edit(store, id(1), json!({ "Title": "b" }));
    assert_eq!(shown(store, id(1)).unwrap().updated_at, base + 1);
    device.clock.0.store(5, Ordering::Relaxed);
    let added = store.add(ITEMS, &object(json!({ "Title": "x" }))).unwrap();
    assert_eq!(added.record.updated_at, base + 2, "later than this device's last stamp");
    store.learn_clock(sample(9_000_000_000_000)).unwrap();
    let added = store.add(ITEMS, &object(json!({ "Title": "y" }))).unwrap();
    assert_eq!(added.record.updated_at, 9_000_000_000_005, "corrected by what the server's replies tell");
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_nothing_is_saved() {
    let device = device();
    let store = &device.store;
    let known = clean_item(store, 1, "e1");
    let long = "x".repeat(201);
    let cases: [(Value, &str, &str); 8] = [
        (json!({ "Notes": "n" }), "invalid", "Title"),
        (json!({ "Title": null }), "invalid", "Title"),
        (json!({ "Title": long }), "invalid", "Title"),
        (json!({ "Title": "a", "Notes": "a\u{0}b" }), "invalid", "Notes"),
        (json!({ "Title": "a", "Colour": "red" }), "invalid", "Colour"),
        (json!({ "Title": "a", "Priority": 1.5 }), "invalid", "Priority"),
        (json!({ "Title": "a", "Id": "no guid" }), "invalid", "Id"),
        (json!({ "Title": "a", "Id": known.to_string() }), "exists", ""),
    ];
    for (json, code, property) in cases {
        let error = store.add(ITEMS, &object(json.clone())).unwrap_err();
        assert_eq!((error.code(), error.property().unwrap_or("")), (code, property), "{json}");
        assert!(error.to_string().contains("nothing was saved"), "{error}");
    }
    let error = store.edit(ITEMS, known, &object(json!({ "Title": "b", "Id": id(2).to_string() }))).unwrap_err();
    assert_eq!(error.property(), Some("Id"));
    assert_eq!(store.edit(ITEMS, id(9), &object(json!({}))).unwrap_err().code(), "not_found");
    assert_eq!(store.add("Nothing", &object(json!({}))).unwrap_err().code(), "unknown_set");
    assert_eq!(pending(store), 0);
    assert_eq!(title(&shown(store, known).unwrap()), "a");
}

#[test]
fn awkward_text_is_stored_exactly() {
    let device = device();
    let text = "\u{202e}rtl <script>alert(1)</script>\r\n\t'\"\\ \u{1f4a7} e\u{301} \u{feff}";
    let added = device.store.add(ITEMS, &object(json!({ "Title": text, "Notes": "n".repeat(1 << 20) }))).unwrap();
    let shown = device.after_a_crash().store.get(ITEMS, added.record.id).unwrap().unwrap();
    assert_eq!(shown, added);
}

#[test]
fn what_a_screen_sends_back_as_it_got_it_is_no_edit() {
    let device = device();
    let store = &device.store;
    pull_item(store, &server_item(id(1), "e1", json!({ "Title": "a", "Colour": { "r": 1 }, "_UpdatedAt": 5 })));
    let json = store.get(ITEMS, id(1)).unwrap().unwrap().to_json();
    let after = store.edit(ITEMS, id(1), &json).unwrap();
    assert_eq!(after.state, State::None);
    assert_eq!(after.record.get("Colour"), &json!({ "r": 1 }), "what the model does not know is kept");
    let error = store.edit(ITEMS, id(1), &object(json!({ "Colour": 2 }))).unwrap_err();
    assert_eq!(error.property(), Some("Colour"));
}

#[test]
fn a_deletion_can_be_taken_back_before_and_after_it_was_sent() {
    let device = device();
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    edit(store, id, json!({ "Notes": "mine" }));
    store.delete(ITEMS, id).unwrap();
    assert_eq!(shown(store, id), None);
    assert_eq!(store.delete(ITEMS, id).unwrap_err().code(), "not_found");
    assert_eq!(store.edit(ITEMS, id, &object(json!({}))).unwrap_err().code(), "not_found");

    let sent = batch(store);
    store.settle(&[reply(&sent[0], done("e2"))]).unwrap();
    assert_eq!(pending(store), 0);
    // The echo of the deletion changes nothing.
    assert_eq!(pull_removed(store, ITEMS, id, "e2").pulled, 0);

    let back = store.undo_delete(ITEMS, id).unwrap();
    assert_eq!(back.record.get("Notes"), &json!("mine"));
    let sent = batch(store);
    let OutgoingChange::Restore { body, if_match } = &sent[0].change else { panic!("{sent:?}") };
    assert_eq!(if_match, "e2");
    assert_eq!((&body["Notes"], &body["_IsTombstoned"]), (&json!("mine"), &json!(false)));
    store.settle(&[reply(&sent[0], done("e3"))]).unwrap();
    assert_eq!((mark(store, id), pending(store)), ("none", 0));
    assert_eq!(store.undo_delete(ITEMS, id).unwrap_err().code(), "nothing_to_undo");
}

#[test]
fn a_deletion_undone_while_it_was_in_flight_becomes_a_restore() {
    let device = device();
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    store.delete(ITEMS, id).unwrap();
    let sent = batch(store);
    store.undo_delete(ITEMS, id).unwrap();
    assert_eq!(batch(store), sent, "one change in flight per record");
    store.settle(&[reply(&sent[0], done("e2"))]).unwrap();
    let sent = batch(store);
    assert!(matches!(&sent[0].change, OutgoingChange::Restore { if_match, .. } if if_match == "e2"));
    // Deleted once more before that is sent: there is nothing to send, the server has the deletion.
    let device = device_of(2);
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    store.delete(ITEMS, id).unwrap();
    accept_all(store);
    store.undo_delete(ITEMS, id).unwrap();
    store.delete(ITEMS, id).unwrap();
    assert_eq!(batch(store), []);
    assert_eq!(pending(store), 0);
    store.undo_delete(ITEMS, id).unwrap();
    assert_eq!(title(&shown(store, id).unwrap()), "a");
}

#[test]
fn a_record_added_and_deleted_before_it_was_sent_can_come_back_twice() {
    let device = device();
    let store = &device.store;
    let id = store.add(ITEMS, &object(json!({ "Title": "a" }))).unwrap().record.id;
    for _ in 0..2 {
        store.delete(ITEMS, id).unwrap();
        assert_eq!(pending(store), 0);
        store.undo_delete(ITEMS, id).unwrap();
    }
    accept_all(store);
    store.delete(ITEMS, id).unwrap();
    accept_all(store);
    store.undo_delete(ITEMS, id).unwrap();
    assert!(matches!(batch(store)[0].change, OutgoingChange::Restore { .. }));
}

#[test]
fn an_import_is_all_or_nothing_and_names_the_row() {
    let device = device();
    let store = &device.store;
    let known = clean_item(store, 1, "e1");
    let rows = |last: Value| {
        let rows = [json!({ "Title": "new" }), json!({ "Id": known.to_string(), "Title": "edited" }), last];
        rows.into_iter().map(|row| Ok(object(row).into()))
    };
    let error = store.import(ITEMS, &mut rows(json!({ "Title": "x", "Priority": "high" }))).unwrap_err();
    assert_eq!((error.code(), error.property()), ("invalid", Some("Priority")));
    assert!(error.to_string().starts_with("row 3: Priority must be"), "{error}");
    assert_eq!((pending(store), title(&shown(store, known).unwrap())), (0, "a"));

    let mut broken = rows(json!({})).take(1).chain([Err("is no JSON".to_owned().into())]);
    assert_eq!(store.import(ITEMS, &mut broken).unwrap_err().to_string(), "row 2: is no JSON; nothing was imported");
    assert_eq!(pending(store), 0);

    assert_eq!(store.import(ITEMS, &mut rows(json!({ "Title": "y" }))).unwrap(), 3);
    assert_eq!((pending(store), title(&shown(store, known).unwrap())), (3, "edited"));
}

#[test]
fn a_row_of_an_import_that_cannot_be_saved_is_named_whatever_is_wrong_with_it() {
    let device = device();
    let store = &device.store;
    let deleted = clean_item(store, 1, "e1");
    store.delete(ITEMS, deleted).unwrap();
    for (row, says) in [
        (json!({ "Id": deleted.to_string(), "Title": "x" }), "row 2: Id belongs to a record that was deleted here"),
        (json!({ "Id": "no id", "Title": "x" }), "row 2: Id must be"),
        (json!({ "Id": id(9).to_string(), "Title": null }), "row 2: Title must not be empty"),
    ] {
        let mut rows = [json!({ "Title": "new" }), row].into_iter().map(|row| Ok(object(row).into()));
        let error = store.import(ITEMS, &mut rows).unwrap_err();
        assert!(error.to_string().starts_with(says), "{error}");
        assert!(error.to_string().ends_with("nothing was imported"), "{error}");
        assert_eq!(pending(store), 1, "the deletion alone");
    }
}

#[test]
fn a_save_that_changes_nothing_makes_nothing_to_send() {
    let device = device();
    let store = &device.store;
    let known = clean_item(store, 1, "e1");
    edit(store, known, json!({ "Title": "a" }));
    assert_eq!((pending(store), batch(store).len(), mark(store, known)), (0, 0, "none"));
}

#[test]
fn lists_hide_what_was_deleted_and_show_what_waits() {
    let device = device();
    let store = &device.store;
    let (a, b) = (clean_item(store, 1, "e1"), clean_item(store, 2, "e2"));
    edit(store, a, json!({ "Title": "z" }));
    store.delete(ITEMS, b).unwrap();
    clean_item(store, 3, "e3");
    let ids = |only| {
        let found = store.list(ITEMS, &Query::default(), only).unwrap();
        let counted = store.count(ITEMS, &Query::default(), only).unwrap();
        assert_eq!(found.len() as u64, counted);
        found.into_iter().map(|local| local.record.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Only::All), [a, id(3)]);
    assert_eq!(ids(Only::Pending), [a, b]);
    assert_eq!(ids(Only::Conflicting), []);
    pull_item(store, &server_item(a, "e9", json!({ "Title": "theirs", "Notes": "n", "_UpdatedAt": 9 })));
    assert_eq!(ids(Only::Conflicting), [a]);
    let figures = store.entities().unwrap();
    let items = figures.iter().find(|figures| figures.name == ITEMS).unwrap();
    assert_eq!((items.records, items.pending, items.offline), (2, 2, true));
    assert!(items.bytes >= 4096);
}

#[test]
fn an_edit_during_its_own_push_survives_the_answer() {
    let device = device();
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    edit(store, id, json!({ "Title": "b" }));
    let sent = batch(store);
    assert_eq!(mark(store, id), "sending");
    edit(store, id, json!({ "Notes": "later" }));
    store.settle(&[reply(&sent[0], done("e2"))]).unwrap();
    let sent = batch(store);
    let OutgoingChange::Update { body, if_match } = &sent[0].change else { panic!() };
    assert_eq!((if_match.as_str(), body.get("Title"), &body["Notes"]), ("e2", None, &json!("later")));
}

#[test]
fn acknowledged_means_on_the_disk() {
    let device = device();
    let known = clean_item(&device.store, 1, "e1");
    edit(&device.store, known, json!({ "Title": "b" }));
    let added = device.store.add(ITEMS, &object(json!({ "Title": "new" }))).unwrap();
    let sent = batch(&device.store);
    let after = device.after_a_crash();
    assert_eq!(title(&shown(&after.store, known).unwrap()), "b");
    assert_eq!(after.store.get(ITEMS, added.record.id).unwrap().unwrap().record, added.record);
    assert_eq!(batch(&after.store), sent, "the same requests under the same ids");
}

#[test]
fn a_refused_answer_to_a_question_changes_nothing() {
    let device = device();
    let store = &device.store;
    assert_eq!(store.resolve(id(1), &Resolution::KeepMine).unwrap_err().code(), "no_such_conflict");
    let id = clean_item(store, 1, "e1");
    edit(store, id, json!({ "Title": "b" }));
    let sent = batch(store);
    let current = server_item(id, "e2", json!({ "Title": "c", "Notes": "n", "_UpdatedAt": 9 }));
    store.settle(&[reply(&sent[0], Answer::Stale { current })]).unwrap();
    let open = store.conflicts().unwrap().remove(0);
    let error = store.resolve(open.id, &Resolution::Restore).unwrap_err();
    assert_eq!(error.code(), "wrong_answer");
    assert!(matches!(error, StoreError::WrongAnswer(_)));
    assert_eq!(store.conflicts().unwrap(), [open]);
}

#[test]
fn what_others_made_of_a_record_before_they_deleted_it_too_is_seen_before_it_comes_back() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    store.delete(ITEMS, id(1)).unwrap();
    pull_removed(store, ITEMS, id(1), "e3");
    assert!(store.get(ITEMS, id(1)).unwrap().is_none(), "both deleted it");
    store.undo_delete(ITEMS, id(1)).unwrap();
    assert_eq!(batch(store), [], "nobody has seen what it would be written over");
    pull_content(store, id(1), "e3", json!({ "Title": "a", "Notes": "theirs", "_UpdatedAt": 2_000 }));
    let sent = batch(store);
    let OutgoingChange::Restore { body, if_match } = &sent[0].change else { panic!("{sent:?}") };
    assert_eq!((&body["Notes"], if_match.as_str()), (&json!("theirs"), "e3"));
}
