//! An addition that goes straight to the server: the same again, while nobody knows whether it arrived, is the same one.

use crate::support::*;
use serde_json::{Map, Value, json};
use std::sync::atomic::Ordering;
use tidemark_model::RecordId;
use tidemark_store::Store;

fn content(name: &str) -> Map<String, Value> {
    object(json!({ "Name": name, "Address": "Quay" }))
}

fn unanswered(store: &Store, set: &str, name: &str) -> RecordId {
    let addition = store.begin_addition(set, &content(name));
    assert!(addition.is_kept());
    let id = addition.id();
    addition.end(false);
    id
}

#[test]
fn the_same_addition_goes_under_the_same_id_until_it_is_answered() {
    let device = device();
    let store = &device.store;
    let first = unanswered(store, "Sites", "a");
    assert_eq!(unanswered(store, "Sites", "a"), first);
    let turned = object(json!({ "Address": "Quay", "Name": "a" }));
    let addition = store.begin_addition("Sites", &turned);
    assert_eq!(addition.id(), first, "in whatever order");
    for (set, name) in [("Contacts", "a"), ("Sites", "b")] {
        assert_ne!(unanswered(store, set, name), first, "{set} {name}");
    }
    // Two of the same at the same time are two.
    let beside = store.begin_addition("Sites", &content("a"));
    assert_ne!(beside.id(), first);
    beside.end(true);
    addition.end(true);
    assert_ne!(unanswered(store, "Sites", "a"), first, "once answered the same again is another one");
}

#[test]
fn an_addition_given_up_by_this_program_or_by_one_that_is_gone_counts_as_not_answered() {
    let device = device();
    let dropped = device.store.begin_addition("Sites", &content("a"));
    let id = dropped.id();
    drop(dropped);
    assert_eq!(unanswered(&device.store, "Sites", "a"), id);
    let waits = device.store.begin_addition("Sites", &content("a"));
    // Another program is there, and may be the one that waits.
    let other = open(device.dir.path());
    assert_ne!(unanswered(&other, "Sites", "a"), id);
    device.clock.0.fetch_add(3 * 60 * 1000, Ordering::Relaxed);
    std::mem::forget(waits);
    drop(other);
    let Device { store, dir, .. } = device;
    // As a kill leaves it.
    std::mem::forget(store);
    let copied = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(dir.path()).unwrap().flatten() {
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), copied.path().join(entry.file_name())).unwrap();
        }
    }
    assert_eq!(unanswered(&open(copied.path()), "Sites", "a"), id);
}

#[test]
fn an_addition_that_came_back_unanswered_is_made_again_by_whoever_is_asked() {
    let device = device();
    let (first, second) = (unanswered(&device.store, "Sites", "a"), unanswered(&device.store, "Sites", "b"));
    let other = open(device.dir.path());
    assert_eq!(unanswered(&other, "Sites", "a"), first, "nobody waits for it");
    // Answered there, it is over here as well; the other one is not.
    let addition = other.begin_addition("Sites", &content("a"));
    assert_eq!(addition.id(), first);
    addition.end(true);
    assert_ne!(unanswered(&device.store, "Sites", "a"), first);
    assert_eq!(unanswered(&device.store, "Sites", "b"), second);
}

#[test]
fn unanswered_additions_are_bounded_in_number_and_age_and_go_with_the_account() {
    let device = device();
    let store = &device.store;
    let first = unanswered(store, "Sites", "first");
    let later: Vec<_> = (0..256).map(|n| unanswered(store, "Sites", &format!("n{n}"))).collect();
    let last = later[255];
    assert_ne!(unanswered(store, "Sites", "first"), first);
    assert_eq!(unanswered(store, "Sites", "n255"), last);
    // A clock that is set back forgets nothing of today's.
    device.clock.0.fetch_sub(60 * 60 * 1000, Ordering::Relaxed);
    assert_eq!(unanswered(store, "Sites", "n255"), last);
    device.clock.0.fetch_add(25 * 60 * 60 * 1000, Ordering::Relaxed);
    assert_ne!(unanswered(store, "Sites", "n255"), last);
    let before = unanswered(store, "Sites", "mine");
    store.sign_out(true).unwrap();
    assert!(!store.begin_addition("Sites", &content("mine")).is_kept(), "nobody is signed in");
    store.sign_in(&account()).unwrap();
    assert_ne!(unanswered(store, "Sites", "mine"), before);
}
