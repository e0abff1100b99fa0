//! The model changes under a device that has work pending.

mod came_back;

use crate::support::*;
use serde_json::{Value, json};
use tidemark_model::query::Query;
use tidemark_model::{HistoryEvent, Record, Resolution, State, Versioned};
use tidemark_store::{Answer, Only, OutgoingChange, Position, Store, Tally, Unsent};

#[test]
fn an_added_property_comes_with_the_next_read_and_disturbs_nothing() {
    let device = device();
    let store = &device.store;
    let json = |colour: Value| json!({ "Title": "a", "Notes": "n", "Colour": colour, "_UpdatedAt": 1_000 });
    // The server sent it before this device knew what it was.
    pull_item(store, &server_item(id(1), "e1", json(json!("red"))));
    clean_item(store, 2, "e2");
    clean_item(store, 3, "e3");
    edit(store, id(3), json!({ "Title": "mine" }));
    let document = changed("Colour", json!({ "$Nullable": true, "$DefaultValue": "white" }));
    store.adopt_model(&document).unwrap();
    store.adopt_model(&document).unwrap();
    assert!(store.model().unwrap().set(ITEMS).unwrap().entity_type.property("Colour").is_some());
    assert_eq!(shown(store, id(1)).unwrap().get("Colour"), "red");
    assert_eq!(shown(store, id(2)).unwrap().get("Colour"), &Value::Null);

    // 410: everything is read again, in the versions that are here.
    pull(store, ITEMS, |tx| {
        tx.move_to(&Position::Start { restored: false })?;
        tx.start_enumeration(None)?;
        for n in 1..=3 {
            take_with_colour(tx, n)?;
        }
        tx.finish_enumeration()
    })
    .unwrap();
    assert_eq!(shown(store, id(2)).unwrap().get("Colour"), "blue", "same version, more of it");
    let mine = store.get(ITEMS, id(3)).unwrap().unwrap();
    assert_eq!((title(&mine.record), mine.record.get("Colour"), mine.state), ("mine", &json!("blue"), State::Update));
    let OutgoingChange::Update { body, .. } = &batch(store)[0].change else { panic!() };
    assert_eq!(body.keys().collect::<Vec<_>>(), ["Title", "_UpdatedAt"], "only what was edited here");
    edit(store, id(2), json!({ "Colour": "green" }));
    assert_eq!(device.after_a_crash().store.get(ITEMS, id(2)).unwrap().unwrap().record.get("Colour"), "green");
}

fn take_with_colour(tx: &mut tidemark_store::Onto<'_>, n: u64) -> Result<(), tidemark_store::StoreError> {
    use tidemark_model::{Cell, Incoming, IncomingRow, RowSink};
    let document = changed("Colour", json!({ "$Nullable": true, "$DefaultValue": "white" }));
    let model = tidemark_model::EntityModel::parse(&document).unwrap();
    let text = |text: &'static str| Cell::Text(text.into());
    let cells: Vec<Cell<'_>> = model
        .set(ITEMS)
        .unwrap()
        .entity_type
        .declared()
        .map(|p| match p.name.as_str() {
            "Title" => text("a"),
            "Notes" => text("n"),
            "Colour" => text("blue"),
            "IsDone" | "Priority" => Cell::Integer(0),
            _ => Cell::Null,
        })
        .collect();
    let etag = format!("e{n}");
    tx.sink()?.take(Incoming::Row(IncomingRow {
        id: id(n),
        etag: &etag,
        cells: &cells,
        updated_at: 1_000,
        is_tombstoned: false,
        updated_by: Some("bob"),
        extra: None,
    }))
}

#[test]
fn an_edit_of_a_removed_property_is_sent_all_the_same_so_that_the_server_refuses_it_by_name() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    clean_item(store, 2, "e2");
    edit(store, id(1), json!({ "Notes": "an hour's work" }));
    store.adopt_model(&changed("Notes", Value::Null)).unwrap();
    assert_eq!(shown(store, id(2)).unwrap().properties.get("Notes"), None);
    let sent = batch(store);
    let OutgoingChange::Update { body, if_match } = &sent[0].change else { panic!() };
    assert_eq!((&body["Notes"], if_match.as_str()), (&json!("an hour's work"), "e1"));
    let reason = "TodoItems has no property Notes".to_owned();
    store.settle(&[reply(&sent[0], tidemark_store::Answer::Refused { reason })]).unwrap();
    assert_eq!(store.parked().unwrap()[0].record.record.get("Notes"), "an hour's work");
}

#[test]
fn a_property_of_another_type_is_carried_over_where_it_fits_and_kept_where_not() {
    let device = device();
    let store = &device.store;
    for (n, notes) in [(1, "12"), (2, "twelve")] {
        pull_item(store, &server_item(id(n), "e1", json!({ "Title": "a", "Notes": notes, "_UpdatedAt": 1_000 })));
        edit(store, id(n), json!({ "Title": "mine" }));
    }
    store.adopt_model(&changed("Notes", json!({ "$Type": "Edm.Int64", "$Nullable": true }))).unwrap();
    assert_eq!(shown(store, id(1)).unwrap().get("Notes"), &json!(12));
    assert_eq!(shown(store, id(2)).unwrap().get("Notes"), &Value::Null);
    let kept = store.history(ITEMS, id(2)).unwrap();
    assert_eq!(
        (kept[0].event.as_str(), kept[0].record.as_ref().unwrap().get("Notes")),
        ("model_changed", &json!("twelve"))
    );
    for outgoing in batch(store) {
        let OutgoingChange::Update { body, .. } = &outgoing.change else { panic!() };
        assert_eq!(body.keys().collect::<Vec<_>>(), ["Title", "_UpdatedAt"], "the change of type is no edit");
    }
}

#[test]
fn a_set_that_leaves_the_model_keeps_what_is_pending_until_it_comes_back() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    clean_item(store, 2, "e2");
    edit(store, id(2), json!({ "Title": "mine" }));
    store.adopt_model(&without_set(ITEMS)).unwrap();
    assert_eq!(store.get(ITEMS, id(2)).unwrap_err().code(), "unknown_set");
    // It stays counted and listed, with the reason, and can be exported.
    let counts = store.counts().unwrap();
    assert_eq!((batch(store).len(), counts.pending, counts.parked), (0, 0, 1));
    let parked = store.parked().unwrap();
    assert_eq!((parked[0].set.as_str(), title(&parked[0].record.record)), (ITEMS, "mine"));
    assert!(parked[0].reason.contains("the server has no TodoItems any more"), "{}", parked[0].reason);
    assert_eq!(store.set_that_left(ITEMS).unwrap().map(|set| set.name).as_deref(), Some(ITEMS));
    let here = store.list(ITEMS, &Query::default(), Only::All).unwrap();
    assert_eq!(here.iter().map(|local| title(&local.record)).collect::<Vec<_>>(), ["mine"]);
    assert!(store.explain(ITEMS, id(2)).unwrap().is_some());
    let crashed = device.after_a_crash();
    assert_eq!(crashed.store.parked().unwrap().len(), 1);
    crashed.store.discard(ITEMS, id(2)).unwrap();
    assert_eq!(crashed.store.counts().unwrap(), Default::default());
    assert!(store.positions().unwrap().iter().all(|from| from.set() != ITEMS));

    store.adopt_model(&changed("Colour", json!({ "$Nullable": true }))).unwrap();
    assert_eq!((title(&shown(store, id(2)).unwrap()), mark(store, id(2))), ("mine", "waiting"));
    assert_eq!(shown(store, id(1)), None);
    assert_eq!(batch(store).len(), 1);
    assert!(store.is_cached(ITEMS).unwrap());
}

#[test]
fn the_questions_of_a_set_that_left_the_model_stay_and_can_be_answered() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    pull_item(store, &server_item(id(1), "e2", json!({ "Title": "theirs", "_UpdatedAt": 2_000 })));
    store.adopt_model(&without_set(ITEMS)).unwrap();
    let open = store.conflicts().unwrap();
    assert_eq!((store.counts().unwrap().conflicts, open.len()), (1, 1));
    assert_eq!((title(&open[0].mine), title(&open[0].server.as_ref().unwrap().record)), ("mine", "theirs"));
    store.resolve(open[0].id, &Resolution::TakeServer).unwrap();
    assert_eq!(store.counts().unwrap(), Default::default());
    assert!(store.history(ITEMS, id(1)).unwrap().iter().any(|entry| entry.record.is_some()));
}

#[test]
fn what_the_model_has_no_place_for_is_named_and_the_rest_is_sent_without_it() {
    let shorter = json!({ "$MaxLength": 5, "$Nullable": true });
    let narrow = changed("Notes", shorter);
    for (document, adds) in [(changed("Notes", Value::Null), false), (narrow.clone(), false), (narrow, true)] {
        let device = device();
        let store = &device.store;
        let of = id(1);
        if adds {
            let record = json!({ "Id": of.to_string(), "Title": "mine", "Notes": "an hour's work" });
            store.add(ITEMS, &object(record)).unwrap();
        } else {
            clean_item(store, 1, "e1");
            edit(store, of, json!({ "Title": "mine", "Notes": "an hour's work" }));
        }
        store.adopt_model(&document).unwrap();
        let refused = Answer::Refused { reason: "no".into() };
        store.settle(&[reply(&batch(store)[0], refused)]).unwrap();
        let parked = store.parked().unwrap();
        let unfit = &parked[0].unfit;
        assert_eq!(unfit.len(), 1, "{unfit:?}");
        assert_eq!((unfit[0].property.as_str(), &unfit[0].value), ("Notes", &json!("an hour's work")));
        assert!(unfit[0].problem.contains("Notes"), "{}", unfit[0].problem);

        store.send_rest(ITEMS, of).unwrap();
        assert_eq!((mark(store, of), store.counts().unwrap().pending), ("waiting", 1));
        let sent = batch(store);
        let (OutgoingChange::Update { body, .. } | OutgoingChange::Add { body }) = &sent[0].change else { panic!() };
        assert_eq!((&body["Title"], body.get("Notes")), (&json!("mine"), None));
        // What it said is whole in the history, and comes back once there is a place for it again.
        let kept =
            store.history(ITEMS, of).unwrap().into_iter().find(|entry| entry.event == HistoryEvent::Discarded).unwrap();
        assert_eq!(kept.record.as_ref().unwrap().get("Notes"), &json!("an hour's work"));
        assert_eq!((kept.changes.len(), kept.changes[0].property.as_str()), (1, "Notes"));
        store.adopt_model(&changed("Notes", json!({ "$Nullable": true }))).unwrap();
        store.bring_back(ITEMS, of, kept.entry).unwrap();
        assert_eq!(shown(store, of).unwrap().get("Notes"), &json!("an hour's work"));
    }
}

#[test]
fn that_a_property_which_left_the_model_has_no_value_is_no_news() {
    let device = device();
    let store = &device.store;
    pull_item(store, &server_item(id(1), "e1", json!({ "Title": "a", "_UpdatedAt": 1_000 })));
    edit(store, id(1), json!({ "Title": "mine" }));
    pull_removed(store, ITEMS, id(1), "e2");
    pull_content(store, id(1), "e2", json!({ "Title": "a", "_UpdatedAt": 1_000 }));
    store.adopt_model(&changed("Notes", Value::Null)).unwrap();
    store.resolve(store.conflicts().unwrap()[0].id, &Resolution::Restore).unwrap();
    let sent = batch(store);
    let OutgoingChange::Restore { body, .. } = &sent[0].change else { panic!() };
    assert_eq!((&body["Title"], body.get("Notes")), (&json!("mine"), None));
    store.settle(&[reply(&sent[0], Answer::Refused { reason: "no".into() })]).unwrap();
    assert_eq!(store.parked().unwrap()[0].unfit, []);
    // Nor is it one that this device took the value out before.
    store.adopt_model(&model_document()).unwrap();
    let third = server_item(id(3), "e1", json!({ "Title": "a", "Notes": "n", "_UpdatedAt": 1_000 }));
    let end = Position::Delta { link: "d".into() };
    pull(store, ITEMS, |tx| take(tx, ITEMS, &third).and_then(|()| tx.move_to(&end))).unwrap();
    edit(store, id(3), json!({ "Title": "mine", "Notes": null }));
    store.adopt_model(&changed("Notes", Value::Null)).unwrap();
    let sent = batch(store);
    let OutgoingChange::Update { body, .. } = &sent[0].change else { panic!() };
    assert_eq!(body.keys().collect::<Vec<_>>(), ["Title", "_UpdatedAt"]);
    store.settle(&[reply(&sent[0], Answer::Refused { reason: "no".into() })]).unwrap();
    assert!(store.parked().unwrap().iter().all(|parked| parked.unfit.is_empty()));
}

#[test]
fn what_a_record_cannot_be_without_is_asked_for_by_name() {
    let device = device();
    let store = &device.store;
    store.add(ITEMS, &object(json!({ "Id": id(1).to_string(), "Title": "much too long a title" }))).unwrap();
    store.adopt_model(&changed("Title", json!({ "$MaxLength": 5 }))).unwrap();
    store.settle(&[reply(&batch(store)[0], Answer::Refused { reason: "no".into() })]).unwrap();
    let error = store.send_rest(ITEMS, id(1)).unwrap_err();
    assert!(error.to_string().contains("Title"), "{error}");
    assert_eq!(mark(store, id(1)), "refused", "nothing was changed");
    edit(store, id(1), json!({ "Title": "short" }));
    assert_eq!((mark(store, id(1)), store.counts().unwrap().parked), ("waiting", 0));
}

#[test]
fn what_is_here_already_keeps_to_no_limit_that_the_model_has_now() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    clean_item(store, 2, "e1");
    edit(store, id(1), json!({ "Title": "much too long a title" }));
    pull_item(store, &server_item(id(2), "e2", json!({ "Title": "theirs, and long" })));
    store.adopt_model(&changed("Title", json!({ "$MaxLength": 5 }))).unwrap();
    pull_item(store, &server_item(id(3), "e3", json!({ "Title": "from before the model" })));
    store.settle(&[reply(&batch(store)[0], Answer::Refused { reason: "no".into() })]).unwrap();
    // What stands there is read again, since the answer may not be what happened: the change stays what it was.
    pull_item(store, &server_item(id(1), "e1", json!({ "Title": "a" })));
    assert_eq!((mark(store, id(1)), title(&shown(store, id(1)).unwrap())), ("refused", "much too long a title"));
    assert_eq!(title(&shown(store, id(2)).unwrap()), "theirs, and long");
    for of in [id(2), id(3)] {
        edit(store, of, json!({ "Notes": "another property" }));
    }
    assert_eq!(batch(store).len(), 2);
    // Where the table is made anew for another property, it stays as well.
    let mut document: Value = serde_json::from_str(&changed("Title", json!({ "$MaxLength": 5 }))).unwrap();
    document["Tidemark"]["TodoItem"].as_object_mut().unwrap().shift_remove("Notes");
    store.adopt_model(&document.to_string()).unwrap();
    assert_eq!(title(&shown(store, id(1)).unwrap()), "much too long a title");
}

#[test]
fn a_model_with_a_mistake_changes_nothing() {
    let device = device();
    clean_item(&device.store, 1, "e1");
    let error = device.store.adopt_model("{ \"$Version\": ").unwrap_err();
    assert_eq!(error.code(), "model");
    assert_eq!(title(&shown(&device.store, id(1)).unwrap()), "a");
}

#[test]
fn a_database_of_the_first_version_keeps_its_history() {
    let device = device();
    let Device { store, dir, .. } = device;
    drop(store);
    let database = rusqlite::Connection::open(dir.path().join("tidemark.db")).unwrap();
    let columns = ["by_policy", "decision", "seen", "device", "etag", "changes", "kept_at"];
    let dropped: String = columns.map(|column| format!("ALTER TABLE history DROP COLUMN {column};")).concat();
    let record = serde_json::to_string(&server_item(id(1), "e1", json!({ "Title": "theirs" })).record).unwrap();
    database
        .execute_batch(&format!(
            "DROP INDEX history_of_record; DROP INDEX history_decisions; DROP INDEX cycle_synced;
             {dropped} ALTER TABLE pending DROP COLUMN offer; ALTER TABLE pending DROP COLUMN doubts;
             DROP TABLE answered; DROP TABLE attempt;
             ALTER TABLE position DROP COLUMN incarnation; DROP TABLE exported; DROP TABLE incident;
             CREATE INDEX history_of_record ON history (entity_set, id, order_no);
             CREATE INDEX history_by_age ON history (at);
             INSERT INTO history (entity_set, id, at, event, by, record)
             VALUES ('TodoItems', x'{id}', 5, 'kept_mine_by_policy', 'bob', '{record}');
             PRAGMA user_version = 1;",
            id = id(1).0.simple(),
        ))
        .unwrap();
    drop(database);
    let store = open(dir.path());
    let entry = store.history(ITEMS, id(1)).unwrap().remove(0);
    assert_eq!((entry.event.as_str(), entry.by_policy, entry.at), ("kept_mine", true, 5));
    assert_eq!(title(entry.record.as_ref().unwrap()), "theirs");
    assert_eq!(store.decisions(10).unwrap()[0].entry, entry);
    let lives: std::collections::HashSet<_> = store.positions().unwrap().iter().map(|p| p.incarnation()).collect();
    assert_eq!(lives.len(), 5, "each position has a life of its own");
    pull_item(&store, &server_item(id(1), "e2", json!({ "Title": "mine", "_UpdatedAt": 9 })));
    store.bring_back(ITEMS, id(1), entry.entry).unwrap();
    assert_eq!(title(&shown(&store, id(1)).unwrap()), "theirs");
}
