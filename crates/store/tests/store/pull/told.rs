//! What a pull tells of what it brought: how much, by whom, when.

use super::item;
use crate::support::*;
use serde_json::json;
use tidemark_store::Tally;

#[test]
fn a_record_that_both_deleted_is_gone_which_counts_as_pulled() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    store.delete(ITEMS, id(1)).unwrap();
    assert_eq!(pull_removed(store, ITEMS, id(1), "e2"), Tally { pulled: 1, ..Tally::default() });
    assert_eq!((store.counts().unwrap().pending, store.conflicts().unwrap()), (0, vec![]));
}

#[test]
fn of_an_import_by_others_the_first_five_thousand_records_are_news() {
    const MANY: u64 = 5_003;
    let device = device();
    let store = &device.store;
    for (etag, title) in [("e1", "before"), ("e2", "after")] {
        pull(store, ITEMS, |tx| {
            let mut sink = tx.sink()?;
            (0..MANY).try_for_each(|n| take_into(&mut sink, model(), ITEMS, &item(n, etag, title)))
        })
        .unwrap();
    }
    let is_told = |n| !store.history(ITEMS, id(n)).unwrap().is_empty();
    let told: Vec<u64> = (4_990..MANY).filter(|n| is_told(*n)).collect();
    assert_eq!(told, (4_990..5_000).collect::<Vec<_>>());
}

#[test]
fn a_deletion_by_others_is_told_with_who_and_when() {
    let device = device();
    let store = &device.store;
    let by_another = json!({ "Title": "a", "_UpdatedAt": 1_000, "_UpdatedBy": "carl" });
    pull_item(store, &server_item(id(1), "e1", by_another));
    pull_removed(store, ITEMS, id(1), "e2");
    let told = store.history(ITEMS, id(1)).unwrap().remove(0);
    let event = serde_json::to_value(told.event).unwrap();
    assert_eq!((event, told.by.as_deref(), told.at), (json!("deleted"), Some("bob"), 1_700_000_000_500));
}
