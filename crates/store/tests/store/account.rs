//! One account a folder.

use crate::support::*;
use serde_json::json;
use std::sync::atomic::Ordering;
use tidemark_model::{CycleOutcome, RowDigest};
use tidemark_store::{Account, Answer, CycleEntry, Position, Store, Wanted};

#[test]
fn another_account_or_server_is_refused_until_sign_out() {
    let device = device();
    let store = &device.store;
    let again = Account { token: "t2".into(), server: "http://127.0.0.1:1/".into(), ..account() };
    store.mark_signed_out().unwrap();
    assert!(store.account().unwrap().unwrap().signed_out);
    store.sign_in(&again).unwrap();
    assert_eq!(store.account().unwrap(), Some(Account { token: "t2".into(), ..account() }));
    let others = [
        (Account { user: "bob".into(), ..account() }, "other_account"),
        (Account { server: "http://other".into(), server_id: "s2".into(), ..account() }, "other_account"),
        (Account { workspace: "v".into(), ..account() }, "other_account"),
        (Account { server_id: "s2".into(), ..account() }, "other_server"),
    ];
    for (other, code) in others {
        let error = store.sign_in(&other).unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(store.account().unwrap().unwrap().user, "ann");
    }
}

/// Where the pull of each set stands.
fn standing(store: &Store) -> Vec<(String, Position)> {
    store.positions().unwrap().iter().map(|from| (from.set().to_owned(), from.position().clone())).collect()
}

#[test]
fn the_same_server_is_followed_to_a_new_address_with_everything_pending() {
    let device = device();
    let store = &device.store;
    let added = store.add(ITEMS, &object(json!({ "Title": "unsent" }))).unwrap().record.id;
    let positions = standing(store);
    let moved = Account { server: "https://tide.example.org/".into(), token: "t2".into(), ..account() };
    store.sign_in_with(&moved, &model_document()).unwrap();
    let now = store.account().unwrap().unwrap();
    assert_eq!((now.server.as_str(), now.token.as_str()), ("https://tide.example.org", "t2"));
    assert_eq!((store.counts().unwrap().pending, mark(store, added)), (1, "waiting"));
    assert_eq!(standing(store), positions);
}

#[test]
fn a_lease_ends_with_its_account_and_writes_nothing_more() {
    let device = device();
    let store = &device.store;
    let lease = store.lease().unwrap();
    let from = stands(store, ITEMS);
    store.sign_out(true).unwrap();
    let eve = Account { user: "eve".into(), token: "t2".into(), ..account() };
    store.sign_in_with(&eve, &model_document()).unwrap();
    store.cache(ITEMS).unwrap();
    store.add(ITEMS, &object(json!({ "Title": "eve's" }))).unwrap();
    let item = server_item(id(9), "e9", json!({ "Title": "ann's" }));
    let anything = Wanted { records: 200, bytes: 1 << 20, leaves_out: &|_| false };
    let codes = [
        lease.next_batch(anything).map(drop).unwrap_err(),
        lease.settle(&[reply_to_nobody()]).map(drop).unwrap_err(),
        lease.settle_and_next(&[reply_to_nobody()], anything).map(drop).unwrap_err(),
        lease.pull(|tx| take(&mut tx.onto(&from)?, ITEMS, &item)).map(drop).unwrap_err(),
        lease.learn_clock(sample(60_000)).unwrap_err(),
        lease.set_setting("batch_records", "1").unwrap_err(),
        lease.adopt_model(&model_document().replace("TodoItem\"", "TodoThing\"")).unwrap_err(),
        lease.record_cycle(&cycle(1)).unwrap_err(),
        lease.mark_signed_out().unwrap_err(),
        lease.history_with(ITEMS, id(9), &[]).map(drop).unwrap_err(),
        lease.positions().map(drop).unwrap_err(),
    ]
    .map(|error| error.code());
    assert_eq!(codes, ["account_changed"; 11]);
    assert_eq!((store.get(ITEMS, id(9)).unwrap(), store.cycles(9).unwrap()), (None, Vec::new()));
    assert_eq!(store.account().unwrap(), Some(eve));
}

#[test]
fn one_record_that_is_parked_with_no_answer_keeps_no_other_from_being_compared() {
    let device = device();
    let store = &device.store;
    for n in [1, 2] {
        clean_item(store, n, "e1");
    }
    edit(store, id(1), json!({ "Title": "mine" }));
    pull(store, ITEMS, |tx| tx.move_to(&Position::Delta { link: "d".into() })).unwrap();
    let lease = store.lease().unwrap();
    let sent = batch(store);
    assert!(lease.audit(ITEMS).unwrap().is_none(), "its answer will tell");
    for _ in 0..5 {
        let reason = "The server failed at it.".into();
        store.settle(&[reply(&sent[0], Answer::Undecided { reason, counts: true })]).unwrap();
    }
    assert_eq!(store.counts().unwrap().parked, 1);
    let asked = lease.audit(ITEMS).unwrap().unwrap();
    let buckets: Vec<usize> = (0..asked.buckets.len()).collect();
    // The server has another version of both.
    let rows = [1, 2].map(|n| (id(n), RowDigest { identity: 1, content: 1 }));
    assert_eq!(lease.heal(ITEMS, &asked.link, &buckets, &rows).unwrap(), 1);
    assert_eq!(store.refetch().unwrap(), [(ITEMS.to_owned(), vec![id(2)])]);
}

#[test]
fn an_audit_of_one_account_says_nothing_of_the_next() {
    let device = device();
    let store = &device.store;
    let at_one_link =
        |store: &Store| pull(store, ITEMS, |tx| tx.move_to(&Position::Delta { link: "d".into() })).map(drop).unwrap();
    at_one_link(store);
    let lease = store.lease().unwrap();
    let asked = lease.audit(ITEMS).unwrap().unwrap();
    store.sign_out(true).unwrap();
    let eve = Account { user: "eve".into(), token: "t2".into(), ..account() };
    store.sign_in_with(&eve, &model_document()).unwrap();
    store.cache(ITEMS).unwrap();
    at_one_link(store);
    let anns = [(id(9), RowDigest { identity: 1, content: 1 })];
    let buckets: Vec<usize> = (0..asked.buckets.len()).collect();
    let codes = [
        lease.heal(ITEMS, &asked.link, &buckets, &anns).map(drop).unwrap_err(),
        lease.heal_whole(ITEMS, &asked.link).map(drop).unwrap_err(),
        lease.audit_passed(ITEMS).unwrap_err(),
        lease.audit(ITEMS).map(drop).unwrap_err(),
    ]
    .map(|error| error.code());
    assert_eq!(codes, ["account_changed"; 4]);
    assert!(store.refetch().unwrap().iter().all(|(_, ids)| ids.is_empty()));
    assert_eq!(standing(store).into_iter().filter(|(set, _)| set == ITEMS).count(), 1);
    assert!(store.incidents(9).unwrap().is_empty());
}

#[test]
fn an_audit_of_a_set_is_due_a_day_after_it_was_read_or_compared() {
    let device = device();
    let store = &device.store;
    pull(store, ITEMS, |tx| tx.move_to(&Position::Delta { link: "d".into() })).unwrap();
    let due = |hours: i64| {
        device.clock.0.fetch_add(hours * 60 * 60 * 1000, Ordering::Relaxed);
        store.audits_due().unwrap().contains(&ITEMS.to_owned())
    };
    assert_eq!([due(0), due(23), due(2)], [false, false, true]);
    store.lease().unwrap().audit_passed(ITEMS).unwrap();
    assert_eq!([due(1), due(24)], [false, true]);
}

#[test]
fn only_the_token_that_was_refused_is_marked() {
    let device = device();
    let store = &device.store;
    let lease = store.lease().unwrap();
    store.sign_in(&Account { token: "t2".into(), ..account() }).unwrap();
    lease.mark_signed_out().unwrap();
    assert!(!store.account().unwrap().unwrap().signed_out);
    store.lease().unwrap().mark_signed_out().unwrap();
    assert!(store.account().unwrap().unwrap().signed_out);
}

fn reply_to_nobody() -> tidemark_store::Reply {
    tidemark_store::Reply { set: ITEMS.into(), id: id(9), request_id: id(10), answer: done("e") }
}

fn cycle(started_at: i64) -> CycleEntry {
    serde_json::from_value(json!({
        "started_at": started_at, "duration_ms": 0, "outcome": "synced", "pushed": 0, "pulled": 0, "merged": 0,
        "conflicts": 0, "parked": 0, "requests": 0, "bytes_sent": 0, "bytes_received": 0, "error": null
    }))
    .unwrap()
}

#[test]
fn signing_out_leaves_nothing_behind_but_asks_about_unsent_changes() {
    let device = device();
    let store = &device.store;
    let secret = "the-canary-sings-at-dawn";
    store.add(ITEMS, &object(json!({ "Title": secret }))).unwrap();
    store.set_setting("device.name", "field laptop").unwrap();
    store.set_setting("window", "800x600").unwrap();
    let error = store.sign_out(false).unwrap_err();
    assert_eq!(error.code(), "unsent_changes");
    assert!(store.account().unwrap().is_some());

    store.sign_out(true).unwrap();
    assert_eq!((store.account().unwrap(), store.model().is_none()), (None, true));
    assert_eq!(store.get(ITEMS, id(1)).unwrap_err().code(), "not_signed_in");
    assert_eq!((store.counts().unwrap(), store.entities().unwrap().len()), (Default::default(), 0));
    assert_eq!(store.setting("device.name").unwrap().as_deref(), Some("field laptop"));
    assert_eq!(store.setting("window").unwrap(), None);
    for entry in std::fs::read_dir(device.dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }

    let bob = Account { user: "bob".into(), ..account() };
    store.sign_in(&bob).unwrap();
    store.adopt_model(&model_document()).unwrap();
    store.cache(ITEMS).unwrap();
    store.add(ITEMS, &object(json!({ "Title": "b" }))).unwrap();
}

#[test]
fn cycles_are_kept_newest_first_and_not_for_ever() {
    let device = device();
    let store = &device.store;
    let entry = |started_at| CycleEntry {
        started_at,
        duration_ms: 1,
        outcome: CycleOutcome::Synced.into(),
        pushed: 0,
        pulled: 0,
        merged: 0,
        conflicts: 0,
        parked: 0,
        requests: 1,
        bytes_sent: 2,
        bytes_received: 3,
        error: None,
        behind: Vec::new(),
    };
    for n in 0..3 {
        store.record_cycle(&entry(n)).unwrap();
    }
    let started = |limit| store.cycles(limit).unwrap().iter().map(|c| c.started_at).collect::<Vec<_>>();
    assert_eq!(started(2), [2, 1]);
    assert_eq!(store.cycles(1).unwrap(), [entry(2)]);
}

#[test]
fn the_newest_cycle_that_went_through_outlives_a_long_time_offline() {
    let device = device();
    let store = &device.store;
    let record = |started_at: i64, outcome: &str| {
        let entry = json!({
            "started_at": started_at, "duration_ms": 0, "outcome": outcome, "pushed": 0, "pulled": 0, "merged": 0,
            "conflicts": 0, "parked": 0, "requests": 0, "bytes_sent": 0, "bytes_received": 0, "error": null
        });
        store.record_cycle(&serde_json::from_value(entry).unwrap()).unwrap();
    };
    assert_eq!(store.last_synced().unwrap(), None);
    record(1, "synced");
    record(2, "synced");
    for n in 3..=1_010 {
        record(n, "offline");
    }
    assert_eq!(store.last_synced().unwrap().unwrap().started_at, 2);
    let kept = store.cycles(u32::MAX).unwrap();
    assert_eq!((kept.len(), kept.last().unwrap().started_at), (1_001, 2));
    record(1_011, "of another version");
    let newest = store.cycles(1).unwrap().remove(0);
    assert_eq!((newest.started_at, newest.outcome.as_str()), (1_011, "of another version"));
    assert_eq!(store.last_synced().unwrap().unwrap().started_at, 2);
    record(1_012, "synced");
    assert_eq!(store.cycles(u32::MAX).unwrap().last().unwrap().started_at, 13);
    assert_eq!(store.last_synced().unwrap().unwrap().started_at, 1_012);
}

#[test]
fn a_cycle_that_leaves_a_set_behind_is_no_complete_one() {
    let device = device();
    let store = &device.store;
    store.record_cycle(&cycle(1)).unwrap();
    pull(store, "Sites", |tx| tx.move_to(&Position::Start { restored: false })).unwrap();
    let awaited = |store: &tidemark_store::Store| -> Vec<_> {
        store.awaited().unwrap().into_iter().map(|awaited| (awaited.set, awaited.figures.done)).collect()
    };
    assert_eq!(awaited(store), [("Sites".to_owned(), 0)]);
    store.record_cycle(&cycle(2)).unwrap();
    assert_eq!(store.last_synced().unwrap().unwrap().started_at, 1);
    assert_eq!(store.cycles(1).unwrap()[0].behind, ["Sites"]);
    pull(store, "Sites", |tx| tx.move_to(&Position::Delta { link: "Sites?$deltatoken=1".into() })).unwrap();
    store.record_cycle(&cycle(3)).unwrap();
    assert_eq!((store.last_synced().unwrap().unwrap().started_at, awaited(store)), (3, Vec::new()));
}

#[test]
fn a_restore_by_undo_is_offered_for_thirty_days() {
    let device = device();
    let store = &device.store;
    let synced = || {
        let entry = json!({
            "started_at": 0, "duration_ms": 0, "outcome": "synced", "pushed": 0, "pulled": 0, "merged": 0,
            "conflicts": 0, "parked": 0, "requests": 0, "bytes_sent": 0, "bytes_received": 0, "error": null
        });
        store.record_cycle(&serde_json::from_value(entry).unwrap()).unwrap();
    };
    synced();
    for (days, expected) in [(29, true), (33, false)] {
        clean_item(store, days, "e1");
        store.delete(ITEMS, id(days)).unwrap();
        accept_all(store);
        // The next day's cycle sees it there.
        let day = 24 * 60 * 60 * 1000;
        device.clock.0.fetch_add(day, std::sync::atomic::Ordering::Relaxed);
        synced();
        device.clock.0.fetch_add((days as i64 - 1) * day, std::sync::atomic::Ordering::Relaxed);
        synced();
        assert_eq!(store.undo_delete(ITEMS, id(days)).is_ok(), expected, "{days}");
    }
}
