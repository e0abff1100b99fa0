//! One transaction finds out whether a record is kept here and saves it.

use crate::support::*;
use serde_json::{Map, json};
use std::sync::mpsc::sync_channel;
use tidemark_model::query::Query;
use tidemark_store::{Kept, Only, StoreError, Unsent};

#[test]
fn a_save_is_here_where_the_set_is_kept_and_else_nothing_was_done() {
    let dir = tempfile::tempdir().unwrap();
    let nobody = open(dir.path()).add_if_kept(ITEMS, &object(json!({ "Title": "a" })));
    assert_eq!(nobody.unwrap_err().code(), "not_signed_in");

    let device = device();
    let store = &device.store;
    let title = |title: &str| object(json!({ "Title": title }));
    let Kept::Here(added) = store.add_if_kept(ITEMS, &title("a")).unwrap() else { panic!("it is kept") };
    let waiting = added.record.id;
    clean_item(store, 7, "e1");
    let shown = Map::new();
    let Kept::Here(edited) = store.edit_if_kept(ITEMS, id(7), &title("b"), &shown).unwrap() else { panic!() };
    assert_eq!(edited.record.get("Title"), &json!("b"));
    assert_eq!(store.delete_if_kept(ITEMS, id(7), &shown).unwrap(), Kept::Here(()));
    assert_eq!(store.add_if_kept("Nothing", &title("a")).unwrap_err().code(), "unknown_set");

    // Kept no longer: what waits here is worked on here, everything else is the server's.
    store.uncache(ITEMS, Unsent::KeepUntilSent).unwrap();
    let before = store.counts().unwrap();
    let elsewhere = store.add_if_kept(ITEMS, &title("c")).unwrap();
    assert!(matches!(&elsewhere, Kept::NotKept(of) if **of == account()), "{elsewhere:?}");
    assert!(matches!(store.edit_if_kept(ITEMS, id(8), &title("c"), &shown).unwrap(), Kept::NotKept(_)));
    assert!(matches!(store.delete_if_kept(ITEMS, id(8), &shown).unwrap(), Kept::NotKept(_)));
    assert_eq!(store.counts().unwrap(), before);
    assert!(matches!(store.edit_if_kept(ITEMS, waiting, &title("d"), &shown).unwrap(), Kept::Here(_)));
    // So is what was deleted here: an edit on the server would run ahead of the deletion, which is then asked about.
    let gone = store.edit_if_kept(ITEMS, id(7), &title("e"), &shown).unwrap_err();
    assert_eq!(gone.code(), "not_found");
    assert!(store.waits(ITEMS, id(7)).unwrap() && !store.waits(ITEMS, id(8)).unwrap());
}

#[test]
fn no_save_is_here_in_a_set_that_another_process_has_just_switched_off() {
    /// How often a save must have met the set on, and off, before the test ends.
    const EACH: u64 = 15;
    let device = device();
    let other = open(device.dir.path());
    // Each save meets one switch: neither runs ahead of the other, and which of the two comes first is the machine's to say.
    let (go, each) = sync_channel(0);
    let switching = std::thread::spawn(move || {
        let mut is_kept = true;
        while each.recv().is_ok() {
            let switched = if is_kept { other.uncache(ITEMS, Unsent::Discard) } else { other.cache(ITEMS) };
            is_kept ^= unless_busy(switched).is_some();
        }
    });
    let (mut here, mut elsewhere) = (0, 0);
    while here < EACH || elsewhere < EACH {
        go.send(()).unwrap();
        // Asked and saved in two steps, one of these would be refused as a set that is not kept.
        match unless_busy(device.store.add_if_kept(ITEMS, &object(json!({ "Title": "a" })))) {
            Some(Kept::Here(_)) => here += 1,
            Some(Kept::NotKept(_)) => elsewhere += 1,
            None => {}
        }
    }
    drop(go);
    switching.join().unwrap();
    assert!(device.store.count(ITEMS, &Query::default(), Only::All).unwrap() <= here);
}

/// Returns what was done, or nothing where the two were in each other's way for too long, which both may be told.
fn unless_busy<T>(outcome: Result<T, StoreError>) -> Option<T> {
    match outcome {
        Ok(done) => Some(done),
        Err(StoreError::Busy) => None,
        Err(error) => panic!("{error}"),
    }
}
