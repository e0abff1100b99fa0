//! One bad record, reply or row holds up nothing else.

use crate::support::*;
use serde_json::json;
use tidemark_store::{Answer, OutgoingChange, Tally, Unsent};

fn undecided(counts: bool) -> Answer {
    Answer::Undecided { reason: "The server failed at it.".into(), counts }
}

#[test]
fn the_fifth_answer_in_a_row_that_is_no_decision_sets_a_record_aside() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    let sent = batch(store).remove(0);
    for _ in 0..20 {
        assert_eq!(store.settle(&[reply(&sent, undecided(false))]).unwrap(), Tally::default());
    }
    for _ in 0..4 {
        assert_eq!(store.settle(&[reply(&sent, undecided(true))]).unwrap(), Tally::default());
        assert_eq!(batch(store), std::slice::from_ref(&sent));
    }
    assert_eq!(store.settle(&[reply(&sent, undecided(true))]).unwrap().parked, 1);
    assert_eq!(batch(store), []);
    assert_eq!(store.parked().unwrap()[0].reason, "The server failed at it.");
    // The server may have it: what is sent again is the very same request.
    store.retry_parked(ITEMS, id(1)).unwrap();
    assert_eq!(batch(store), std::slice::from_ref(&sent));
    // An edit made since is sent in its place.
    edit(store, id(1), json!({ "Title": "mine two" }));
    for _ in 0..5 {
        store.settle(&[reply(&sent, undecided(true))]).unwrap();
    }
    assert_ne!(batch(store)[0].request_id, sent.request_id);
    assert_eq!(store.counts().unwrap().parked, 0);
}

#[test]
fn what_failed_before_is_sent_behind_the_others_and_not_with_them() {
    let device = device();
    let store = &device.store;
    for n in 1..=3 {
        clean_item(store, n, "e1");
        edit(store, id(n), json!({ "Title": format!("mine {n}") }));
    }
    let sent = batch(store);
    store.settle(&[reply(&sent[0], undecided(true))]).unwrap();
    let ids = |store| batch(store).iter().map(|outgoing| outgoing.id).collect::<Vec<_>>();
    assert_eq!(ids(store), [id(2), id(3)]);
    store.settle(&[reply(&sent[1], done("e2")), reply(&sent[2], done("e3"))]).unwrap();
    assert_eq!(ids(store), [id(1)]);
}

#[test]
fn what_was_deleted_while_no_answer_was_a_decision_is_sent_as_that() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    let sent = batch(store).remove(0);
    store.delete(ITEMS, id(1)).unwrap();
    for _ in 0..5 {
        store.settle(&[reply(&sent, undecided(true))]).unwrap();
    }
    assert_eq!(store.counts().unwrap().parked, 0);
    assert!(matches!(items(store)[..], [OutgoingChange::Delete { .. }]), "{:?}", items(store));
}

#[test]
fn a_refused_addition_that_was_deleted_meanwhile_can_be_undone_where_its_set_is_kept_no_longer() {
    let is_told = |switches_off: bool, deletes: bool| {
        let device = device();
        let store = &device.store;
        let added = store.add(ITEMS, &object(json!({ "Title": "new" }))).unwrap().record.id;
        let sent = batch(store).remove(0);
        if deletes {
            store.delete(ITEMS, added).unwrap();
        } else {
            edit(store, added, json!({ "Title": "newer" }));
        }
        if switches_off {
            store.uncache(ITEMS, Unsent::KeepUntilSent).unwrap();
        }
        store.settle(&[reply(&sent, Answer::Refused { reason: "no".into() })]).unwrap();
        let history = store.history(ITEMS, added).unwrap();
        history
            .iter()
            .any(|entry| serde_json::to_value(&entry.event).unwrap() == json!("deleted") && entry.can_bring_back)
    };
    assert!(is_told(true, true));
    assert!(!is_told(true, false) && !is_told(false, true) && !is_told(false, false));
}

fn spoil(device: &Device, column: &str, n: u64) {
    let database = rusqlite::Connection::open(device.dir.path().join("tidemark.db")).unwrap();
    let sql = format!("UPDATE pending SET {column} = '{{' WHERE id = ?1");
    assert_eq!(database.execute(&sql, [id(n).0.as_bytes().as_slice()]).unwrap(), 1);
}

#[test]
fn an_answer_that_cannot_be_settled_holds_up_no_other() {
    let device = device();
    let store = &device.store;
    for n in 1..=3 {
        clean_item(store, n, "e1");
        edit(store, id(n), json!({ "Title": format!("mine {n}") }));
    }
    let sent = batch(store);
    spoil(&device, "base", 2);
    let replies: Vec<_> = sent.iter().map(|outgoing| reply(outgoing, done("e2"))).collect();
    let tally = store.settle(&replies).unwrap();
    assert_eq!((tally.pushed, tally.parked), (2, 1));
    assert_eq!(batch(store), []);
    let parked = store.parked().unwrap();
    assert_eq!((parked.len(), parked[0].record.record.id), (1, id(2)));
    assert!(parked[0].reason.contains("cannot be read"));
}

#[test]
fn a_change_that_cannot_be_read_holds_up_no_other() {
    let device = device();
    let store = &device.store;
    for n in 1..=3 {
        clean_item(store, n, "e1");
        edit(store, id(n), json!({ "Title": format!("mine {n}") }));
    }
    spoil(&device, "base", 1);
    let sent: Vec<_> = batch(store).iter().map(|outgoing| outgoing.id).collect();
    assert_eq!(sent, [id(2), id(3)]);
    assert_eq!(store.counts().unwrap().parked, 1);
}
