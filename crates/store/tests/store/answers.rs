//! Answers looked at before, taken back after, and given to many at once; a record explained.

use crate::support::*;
use serde_json::json;
use std::collections::BTreeMap;
use tidemark_model::{AttemptOutcome, ConflictKind, RecordId, Resolution, Side, State};
use tidemark_store::{Answer, OpenConflict, OutgoingChange, Store};

const KINDS: [(ConflictKind, &[Resolution]); 3] = [
    (ConflictKind::BothEdited, &[Resolution::KeepMine, Resolution::TakeServer]),
    (ConflictKind::DeletedOnServer, &[Resolution::Restore, Resolution::AcceptDelete]),
    (ConflictKind::EditedOnServer, &[Resolution::DeleteAnyway, Resolution::KeepServer]),
];

/// Opens a conflict about record `n`.
fn conflict(store: &Store, n: u64, kind: ConflictKind) -> OpenConflict {
    clean_item(store, n, &format!("{n}-1"));
    match kind {
        ConflictKind::EditedOnServer => store.delete(ITEMS, id(n)).unwrap(),
        _ => edit(store, id(n), json!({ "Title": "mine", "Priority": 7 })),
    }
    let etag = format!("{n}-2");
    match kind {
        ConflictKind::DeletedOnServer => {
            let tally = pull_removed(store, ITEMS, id(n), &etag);
            pull_content(store, id(n), &etag, json!({ "Title": "a", "Notes": "n", "_UpdatedAt": 1_000 }));
            tally
        }
        _ => pull_item(store, &server_item(id(n), &etag, json!({ "Title": "theirs", "Notes": "m", "_UpdatedAt": 9 }))),
    };
    of(store, id(n)).unwrap()
}

fn of(store: &Store, id: RecordId) -> Option<OpenConflict> {
    store.conflicts().unwrap().into_iter().find(|open| open.record_id == id)
}

fn every_answer() -> Vec<(ConflictKind, Resolution)> {
    let mut all: Vec<_> =
        KINDS.iter().flat_map(|(kind, answers)| answers.iter().map(move |answer| (*kind, answer.clone()))).collect();
    for side in [Side::Mine, Side::Server] {
        all.push((ConflictKind::BothEdited, Resolution::Merge(BTreeMap::from([("Title".to_owned(), side)]))));
    }
    all
}

#[test]
fn a_preview_is_what_the_answer_comes_to_and_stores_nothing() {
    for (kind, answer) in every_answer() {
        let device = device();
        let store = &device.store;
        let open = conflict(store, 1, kind);
        let (shown_before, waiting) = (shown(store, id(1)), store.counts().unwrap());
        let preview = store.preview_resolve(open.id, &answer).unwrap();
        assert_eq!((shown(store, id(1)), store.counts().unwrap()), (shown_before, waiting));
        assert_eq!(of(store, id(1)).unwrap(), open);
        let answered = store.resolve(open.id, &answer).unwrap().record.map(|local| local.record.properties);
        assert_eq!(preview.map(|record| record.properties), answered, "{kind:?} {answer:?}");
    }
    let device = device();
    let open = conflict(&device.store, 1, ConflictKind::BothEdited);
    let wrong = device.store.preview_resolve(open.id, &Resolution::Restore).unwrap_err();
    assert_eq!(wrong.code(), "wrong_answer");
    assert_eq!(device.store.preview_resolve(id(9), &Resolution::Restore).unwrap_err().code(), "no_such_conflict");
}

#[test]
fn an_answer_that_was_not_sent_is_taken_back_as_if_it_had_never_been() {
    for (kind, answer) in every_answer() {
        let device = device();
        let store = &device.store;
        let open = conflict(store, 1, kind);
        // What was decided just before stays decided.
        let other = conflict(store, 2, ConflictKind::BothEdited);
        store.resolve(other.id, &Resolution::TakeServer).unwrap();
        let both = |store: &Store| [1, 2].map(|n| store.history(ITEMS, id(n)).unwrap());
        let history = both(store);
        assert_eq!(history[1][0].event.as_str(), "took_server");
        let undo = store.resolve(open.id, &answer).unwrap().undo;
        // Across a crash too: it is on the disk with the answer.
        let crashed = device.after_a_crash();
        let store = &crashed.store;
        assert!(store.undo_resolve(undo).unwrap().reopened, "{kind:?} {answer:?}");
        assert_eq!(of(store, id(1)).unwrap(), open, "{kind:?} {answer:?}");
        assert_eq!(both(store), history, "{kind:?} {answer:?}");
        assert!(batch(store).iter().all(|sent| sent.id != id(1)), "it waits for a person again");
        assert_eq!(store.undo_resolve(undo).unwrap_err().code(), "nothing_to_undo");
        // And every answer still does what it does.
        store.resolve(open.id, &answer).unwrap();
        accept_all(store);
        assert_eq!(store.counts().unwrap().conflicts, 0);
    }
}

#[test]
fn edits_made_since_the_answer_join_this_devices_side() {
    let device = device();
    let store = &device.store;
    let open = conflict(store, 1, ConflictKind::BothEdited);
    let undo = store.resolve(open.id, &Resolution::TakeServer).unwrap().undo;
    edit(store, id(1), json!({ "Assignee": "eve" }));
    assert!(store.undo_resolve(undo).unwrap().reopened);
    let mine = of(store, id(1)).unwrap().mine;
    assert_eq!((title(&mine), mine.get("Assignee"), mine.get("Priority")), ("mine", &json!("eve"), &json!(7)));
}

#[test]
fn what_was_set_aside_for_the_push_is_read_again_where_the_answer_is_taken_back_first() {
    for (kind, answer) in every_answer() {
        let device = device();
        let store = &device.store;
        let open = conflict(store, 1, kind);
        let undo = store.resolve(open.id, &answer).unwrap().undo;
        if !store.lease().unwrap().has_unsent().unwrap() {
            continue;
        }
        // The look before a push brings a newer version, and the push does not follow.
        let from = stands(store, ITEMS);
        let newer = server_item(id(1), "1-9", json!({ "Title": "newer", "_UpdatedAt": 99 }));
        store
            .pull(|tx| {
                tx.before_push();
                take(&mut tx.onto(&from)?, ITEMS, &newer)
            })
            .unwrap();
        assert!(store.undo_resolve(undo).unwrap().reopened, "{kind:?} {answer:?}");
        assert_eq!(store.refetch().unwrap(), [(ITEMS.to_owned(), vec![id(1)])], "{kind:?} {answer:?}");
    }
}

#[test]
fn an_answer_that_was_sent_is_taken_back_by_a_new_change() {
    // (kind, answer, the title after taking it back)
    let table = [
        (ConflictKind::BothEdited, Resolution::KeepMine, Some("theirs")),
        (ConflictKind::DeletedOnServer, Resolution::Restore, None),
        (ConflictKind::EditedOnServer, Resolution::DeleteAnyway, Some("theirs")),
    ];
    for settled in [true, false] {
        for (kind, answer, after) in &table {
            let device = device();
            let store = &device.store;
            let open = conflict(store, 1, *kind);
            let undo = store.resolve(open.id, answer).unwrap().undo;
            let sent = batch(store);
            if settled {
                store.settle(&[reply(&sent[0], done("1-3"))]).unwrap();
            }
            let undone = store.undo_resolve(undo).unwrap();
            assert!(!undone.reopened, "{kind:?} {settled}");
            let record = undone.record.map(|local| title(&local.record).to_owned());
            assert_eq!(record.as_deref(), *after, "{kind:?} {settled}");
            assert_eq!(of(store, id(1)), None);
            if !settled {
                store.settle(&[reply(&sent[0], done("1-3"))]).unwrap();
            }
            let next = batch(store).remove(0).change;
            let on = match &next {
                OutgoingChange::Update { if_match, .. }
                | OutgoingChange::Restore { if_match, .. }
                | OutgoingChange::Delete { if_match } => if_match,
                OutgoingChange::Add { .. } => panic!("{next:?}"),
            };
            assert_eq!(on, "1-3", "{kind:?} {settled}: on top of the answer");
        }
    }
    // The server's record was taken, and has moved on since.
    let device = device();
    let store = &device.store;
    let open = conflict(store, 1, ConflictKind::BothEdited);
    let undo = store.resolve(open.id, &Resolution::TakeServer).unwrap().undo;
    accept_all(store);
    pull_item(store, &server_item(id(1), "1-5", json!({ "Title": "newer", "Notes": "k", "_UpdatedAt": 11 })));
    let undone = store.undo_resolve(undo).unwrap();
    let record = undone.record.unwrap().record;
    assert!(!undone.reopened);
    assert_eq!((title(&record), record.get("Notes")), ("mine", &json!("k")), "what lost, and nothing else");
}

#[test]
fn an_answer_that_came_too_late_is_asked_again_and_has_nothing_left_to_take_back() {
    let device = device();
    let store = &device.store;
    let open = conflict(store, 1, ConflictKind::BothEdited);
    let undo = store.resolve(open.id, &Resolution::KeepMine).unwrap().undo;
    let sent = batch(store);
    let current = server_item(id(1), "1-4", json!({ "Title": "newest", "Notes": "m", "_UpdatedAt": 12 }));
    store.settle(&[reply(&sent[0], Answer::Stale { current })]).unwrap();
    let again = of(store, id(1)).unwrap();
    assert!(store.undo_resolve(undo).unwrap().reopened);
    assert_eq!(of(store, id(1)).unwrap(), again);
}

#[test]
fn the_same_answer_for_all_similar_ones() {
    let device = device();
    let store = &device.store;
    for n in 1..=3 {
        conflict(store, n, ConflictKind::BothEdited);
    }
    conflict(store, 4, ConflictKind::DeletedOnServer);
    let first = of(store, id(1)).unwrap();
    assert_eq!(store.resolve_similar(first.id, &Resolution::Restore).unwrap_err().code(), "wrong_answer");
    assert_eq!(store.conflicts().unwrap().len(), 4, "all or none");
    let undo = store.resolve_similar(first.id, &Resolution::KeepMine).unwrap();
    assert_eq!(undo.len(), 3);
    let left: Vec<_> = store.conflicts().unwrap().iter().map(|open| open.record_id).collect();
    assert_eq!(left, [id(4)]);
    assert_eq!(batch(store).len(), 3);
    assert_eq!(store.decisions(10).unwrap().len(), 3);
    for n in 1..=3 {
        assert_eq!(title(&shown(store, id(n)).unwrap()), "mine");
    }
}

#[test]
fn a_record_is_explained_at_every_step_of_its_way() {
    let device = device();
    let store = &device.store;
    assert_eq!(store.explain(ITEMS, id(1)).unwrap(), None);
    clean_item(store, 1, "e1");
    let explain = || store.explain(ITEMS, id(1)).unwrap().unwrap();
    let clean = explain();
    assert_eq!((clean.local.state, clean.base, clean.attempts.len()), (State::None, None, 0));
    assert_eq!(title(&clean.server.unwrap()), "a");

    edit(store, id(1), json!({ "Title": "mine" }));
    let waiting = explain();
    let base = waiting.base.unwrap();
    assert_eq!((waiting.local.mark.as_str(), title(&base.record), base.etag.as_str()), ("waiting", "a", "e1"));
    assert_eq!((waiting.in_flight, title(&waiting.server.unwrap())), (None, "a"));

    let sent = batch(store);
    edit(store, id(1), json!({ "Title": "mine two" }));
    let sending = explain();
    assert_eq!((sending.local.mark.as_str(), title(&sending.in_flight.unwrap())), ("sending", "mine"));
    assert_eq!(sending.attempts[0].outcome, AttemptOutcome::Unanswered);
    store.settle(&[reply(&sent[0], done("e2"))]).unwrap();
    let sent = batch(store);
    store.settle(&[reply(&sent[0], Answer::Refused { reason: "Title is rude".into() })]).unwrap();
    let parked = explain();
    assert_eq!((parked.local.mark.as_str(), parked.reason.as_deref()), ("refused", Some("Title is rude")));
    let outcomes = |store: &Store| -> Vec<(String, Option<String>)> {
        let explained = store.explain(ITEMS, id(1)).unwrap().unwrap();
        explained.attempts.into_iter().map(|attempt| (attempt.outcome.into(), attempt.message)).collect()
    };
    let refused = ("refused".to_owned(), Some("Title is rude".to_owned()));
    assert!(outcomes(store).contains(&refused) && outcomes(store).contains(&("accepted".to_owned(), None)));

    edit(store, id(1), json!({ "Title": "mine three" }));
    let sent = batch(store);
    let current = server_item(id(1), "e9", json!({ "Title": "theirs", "Notes": "n", "_UpdatedAt": 9 }));
    store.settle(&[reply(&sent[0], Answer::Stale { current })]).unwrap();
    let asked = explain();
    assert_eq!((asked.local.mark.as_str(), title(&asked.server.unwrap())), ("conflict", "theirs"));
    assert_eq!(asked.conflict.unwrap().id, of(store, id(1)).unwrap().id);
    assert!(outcomes(store).contains(&("changed_meanwhile".to_owned(), None)));

    let database = rusqlite::Connection::open(device.dir.path().join("tidemark.db")).unwrap();
    database.execute("UPDATE attempt SET outcome = 'put_off' WHERE outcome = 'refused'", []).unwrap();
    let put_off = ("put_off".to_owned(), Some("Title is rude".to_owned()));
    assert!(outcomes(store).contains(&put_off), "a word that another version wrote is read as it is");
}

#[test]
fn no_more_than_twenty_answers_of_a_record_are_kept() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    for n in 0..30 {
        edit(store, id(1), json!({ "Title": format!("try {n}") }));
        let sent = batch(store);
        store.settle(&[reply(&sent[0], Answer::Refused { reason: format!("no {n}") })]).unwrap();
    }
    let attempts = store.explain(ITEMS, id(1)).unwrap().unwrap().attempts;
    assert_eq!((attempts.len(), attempts[0].message.as_deref()), (20, Some("no 29")));
    let database = rusqlite::Connection::open(device.dir.path().join("tidemark.db")).unwrap();
    let kept: i64 = database.query_row("SELECT count(*) FROM attempt", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 20);
}
