//! One account a folder.

use crate::support::*;
use serde_json::json;
use tidemark_store::{Account, CycleEntry};

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
        (Account { server: "http://other".into(), ..account() }, "other_account"),
        (Account { workspace: "v".into(), ..account() }, "other_account"),
        (Account { server_id: "s2".into(), ..account() }, "other_server"),
    ];
    for (other, code) in others {
        let error = store.sign_in(&other).unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(store.account().unwrap().unwrap().user, "ann");
    }
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
        outcome: "synced".into(),
        pushed: 0,
        pulled: 0,
        merged: 0,
        conflicts: 0,
        parked: 0,
        requests: 1,
        bytes_sent: 2,
        bytes_received: 3,
        error: None,
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
    record(1_011, "synced");
    assert_eq!(store.cycles(u32::MAX).unwrap().last().unwrap().started_at, 12);
    assert_eq!(store.last_synced().unwrap().unwrap().started_at, 1_011);
}

#[test]
fn a_restore_by_undo_is_offered_for_thirty_days() {
    let device = device();
    let store = &device.store;
    for (days, expected) in [(29, true), (31, false)] {
        clean_item(store, days, "e1");
        store.delete(ITEMS, id(days)).unwrap();
        accept_all(store);
        let day = 24 * 60 * 60 * 1000;
        device.clock.0.fetch_add(days as i64 * day, std::sync::atomic::Ordering::Relaxed);
        let started_at = 0;
        let entry = json!({
            "started_at": started_at, "duration_ms": 0, "outcome": "synced", "pushed": 0, "pulled": 0, "merged": 0,
            "conflicts": 0, "parked": 0, "requests": 0, "bytes_sent": 0, "bytes_received": 0, "error": null
        });
        store.record_cycle(&serde_json::from_value(entry).unwrap()).unwrap();
        assert_eq!(store.undo_delete(ITEMS, id(days)).is_ok(), expected, "{days}");
    }
}
