//! A wrong clock: it decides nothing for ever, and makes nothing look old.

use crate::support::*;
use serde_json::json;
use std::sync::atomic::Ordering;
use tidemark_model::Policy;
use tidemark_store::{Answer, OutgoingChange, Store};

const YEARS: i64 = 30 * 365 * 24 * 60 * 60 * 1000;

fn synced(store: &Store) {
    let entry = json!({
        "started_at": 0, "duration_ms": 0, "outcome": "synced", "pushed": 0, "pulled": 0, "merged": 0,
        "conflicts": 0, "parked": 0, "requests": 0, "bytes_sent": 0, "bytes_received": 0, "error": null
    });
    store.record_cycle(&serde_json::from_value(entry).unwrap()).unwrap();
}

#[test]
fn one_edit_under_a_clock_far_ahead_does_not_win_from_then_on() {
    let device = device();
    let store = &device.store;
    store.set_policy(ITEMS, Policy::Newest).unwrap();
    accept_all(store);
    let now = device.clock.0.load(Ordering::Relaxed);
    for n in 1..=2 {
        pull_item(store, &server_item(id(n), "e1", json!({ "Title": "a", "Notes": "n", "_UpdatedAt": now })));
    }
    store.learn_clock(sample(0)).unwrap();
    device.clock.0.store(now + YEARS, Ordering::Relaxed);
    edit(store, id(1), json!({ "Title": "from the future" }));
    device.clock.0.store(now + 1_000, Ordering::Relaxed);
    assert!(shown(store, id(1)).unwrap().updated_at > now + YEARS - 1);

    // The server tells the time: what waits is stamped anew before it is sent, and so is what is edited from now on.
    store.learn_clock(sample(0)).unwrap();
    let waiting = shown(store, id(1)).unwrap().updated_at;
    assert!((now..=now + 61_000).contains(&waiting), "{}", waiting - now);
    edit(store, id(2), json!({ "Title": "mine" }));
    let stamp = shown(store, id(2)).unwrap().updated_at;
    assert!((now..=now + 61_000).contains(&stamp), "{}", stamp - now);
    let sent = batch(store);
    let OutgoingChange::Update { body, .. } = &sent[0].change else { panic!() };
    assert_eq!(body["_UpdatedAt"], waiting);

    // Somebody else's later edit wins, as it should.
    let theirs = |n| server_item(id(n), "e2", json!({ "Title": "theirs", "Notes": "n", "_UpdatedAt": now + 120_000 }));
    let replies: Vec<_> =
        sent.iter().zip(1..).map(|(outgoing, n)| reply(outgoing, Answer::Stale { current: theirs(n) })).collect();
    store.settle(&replies).unwrap();
    for n in 1..=2 {
        assert_eq!(shown(store, id(n)).unwrap().get("Title"), &json!("theirs"));
    }
}

#[test]
fn what_the_server_clamped_is_what_stands_here() {
    let device = device();
    let store = &device.store;
    let now = device.clock.0.load(Ordering::Relaxed);
    clean_item(store, 1, "e1");
    device.clock.0.store(now + YEARS, Ordering::Relaxed);
    edit(store, id(1), json!({ "Title": "from the future" }));
    let sent = batch(store);
    store.settle(&[reply(&sent[0], Answer::Done { etag: "e2".into(), stamp: Some(now + 5) })]).unwrap();
    assert_eq!(shown(store, id(1)).unwrap().updated_at, now + 5);
}

#[test]
fn what_the_server_clamped_teaches_the_time_however_little_it_was_ahead() {
    for ahead in [50_000, 20_000, 4_000] {
        let device = device();
        let store = &device.store;
        store.set_policy(ITEMS, Policy::Newest).unwrap();
        accept_all(store);
        let now = device.clock.0.load(Ordering::Relaxed);
        for n in 1..=3 {
            pull_item(store, &server_item(id(n), "e1", json!({ "Title": "a", "_UpdatedAt": now - 5 })));
        }
        store.learn_clock(sample(0)).unwrap();
        device.clock.0.store(now + ahead, Ordering::Relaxed);
        edit(store, id(1), json!({ "Title": "ahead" }));
        let sent = batch(store);
        edit(store, id(2), json!({ "Title": "ahead, and waits" }));
        device.clock.0.store(now + 100, Ordering::Relaxed);
        store.learn_clock(sample(0)).unwrap();
        store.settle(&[reply(&sent[0], Answer::Done { etag: "e2".into(), stamp: Some(now + 50) })]).unwrap();

        edit(store, id(3), json!({ "Title": "right" }));
        for n in 1..=3 {
            let stamp = shown(store, id(n)).unwrap().updated_at;
            assert!((now..now + 2_000).contains(&stamp), "{ahead}: record {n} is {} ahead", stamp - now);
        }
        // The next round goes to whoever is later.
        let theirs = server_item(id(3), "e3", json!({ "Title": "theirs", "_UpdatedAt": now + 3_000 }));
        let sent = batch(store);
        let mine = sent.iter().find(|outgoing| outgoing.id == id(3)).unwrap();
        store.settle(&[reply(mine, Answer::Stale { current: theirs })]).unwrap();
        assert_eq!(shown(store, id(3)).unwrap().get("Title"), &json!("theirs"), "{ahead}");
    }
}

#[test]
fn what_was_written_before_the_time_was_known_is_kept_as_long() {
    let device = device();
    let store = &device.store;
    let now = device.clock.0.load(Ordering::Relaxed);
    synced(store);
    // The battery of the clock is empty; the server's answer is what tells.
    device.clock.0.store(now - YEARS, Ordering::Relaxed);
    clean_item(store, 1, "e1");
    store.delete(ITEMS, id(1)).unwrap();
    accept_all(store);
    store.learn_clock(sample(YEARS)).unwrap();
    synced(store);
    assert!(store.undo_delete(ITEMS, id(1)).is_ok(), "what was confirmed a moment ago is still known");
}

#[test]
fn what_a_policy_answers_keeps_the_time_at_which_it_was_typed() {
    for deleted in [true, false] {
        let device = device();
        let store = &device.store;
        clean_item(store, 1, "e1");
        store.set_policy(ITEMS, Policy::Newest).unwrap();
        edit(store, id(1), json!({ "Title": "typed" }));
        let typed = shown(store, id(1)).unwrap().updated_at;
        device.clock.0.fetch_add(3_600_000, Ordering::SeqCst);
        let mut server = server_item(id(1), "e2", json!({ "Title": "theirs", "_UpdatedAt": 9 }));
        server.record.is_tombstoned = deleted;
        pull_item(store, &server);
        let here = shown(store, id(1)).unwrap();
        assert_eq!((title(&here), here.updated_at), ("typed", typed), "an edit of a minute ago is newer than it");
    }
}
