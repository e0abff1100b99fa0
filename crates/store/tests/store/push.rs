//! What is sent, in which order, how much at once, and that it is sent again exactly as it was.

use crate::support::server::Server;
use crate::support::*;
use serde_json::json;
use std::collections::HashSet;
use tidemark_model::RecordId;
use tidemark_store::{Answer, Outgoing, OutgoingChange, Store, Tally};

fn kinds(batch: &[Outgoing]) -> Vec<(&str, &'static str)> {
    let kind = |change: &OutgoingChange| match change {
        OutgoingChange::Add { .. } => "add",
        OutgoingChange::Update { .. } => "update",
        OutgoingChange::Restore { .. } => "restore",
        OutgoingChange::Delete { .. } => "delete",
    };
    batch.iter().map(|outgoing| (outgoing.set.as_str(), kind(&outgoing.change))).collect()
}

#[test]
fn an_addition_on_its_way_comes_before_what_refers_to_it_though_it_was_deleted_since() {
    let device = device();
    let store = &device.store;
    let list = store.add("TodoLists", &object(json!({ "Name": "new" }))).unwrap().record.id;
    store.add(ITEMS, &object(json!({ "Title": "new", "TodoListId": list.to_string() }))).unwrap();
    let sent = batch(store);
    assert_eq!(kinds(&sent), [("TodoLists", "add"), (ITEMS, "add")]);
    store.delete("TodoLists", list).unwrap();
    assert_eq!(batch(store), sent, "as it was");
}

#[test]
fn an_addition_that_was_refused_comes_before_what_refers_to_it_and_is_out() {
    let device = device();
    let store = &device.store;
    let list = store.add("TodoLists", &object(json!({ "Name": "new" }))).unwrap().record.id;
    store.add(ITEMS, &object(json!({ "Title": "new", "TodoListId": list.to_string() }))).unwrap();
    let sent = batch(store);
    let undecided = Answer::Undecided { reason: "Its disk is full.".into(), counts: false };
    let refused = Answer::Refused { reason: "Not so.".into() };
    store.settle(&[reply(&sent[0], refused), reply(&sent[1], undecided)]).unwrap();
    store.edit("TodoLists", list, &object(json!({ "Name": "mended" }))).unwrap();
    assert_eq!(kinds(&batch(store)), [("TodoLists", "add"), (ITEMS, "add")]);
}

#[test]
fn a_set_comes_after_what_it_refers_to_and_deletions_the_other_way_round() {
    let device = device();
    let store = &device.store;
    let add = |set: &str, json| store.add(set, &object(json)).unwrap().record.id;
    let item = add(ITEMS, json!({ "Title": "old" }));
    let list = add("TodoLists", json!({ "Name": "old" }));
    accept_all(store);
    store.delete("TodoLists", list).unwrap();
    store.delete(ITEMS, item).unwrap();
    add(ITEMS, json!({ "Title": "new" }));
    add("Sites", json!({ "Name": "new" }));
    add("TodoLists", json!({ "Name": "new" }));
    let batch = batch(store);
    let order = kinds(&batch);
    let at = |wanted| order.iter().position(|found| *found == wanted).unwrap();
    assert_eq!(order.len(), 5);
    assert!(at(("TodoLists", "add")) < at((ITEMS, "add")) && at(("Sites", "add")) < at((ITEMS, "add")));
    assert!(at((ITEMS, "add")) < at((ITEMS, "delete")) && at((ITEMS, "delete")) < at(("TodoLists", "delete")));
}

#[test]
fn an_addition_leaves_nulls_out_and_carries_its_id_and_stamp() {
    let device = device();
    let added = device.store.add(ITEMS, &object(json!({ "Title": "a", "Priority": 2 }))).unwrap().record;
    let sent = batch(&device.store);
    let OutgoingChange::Add { body } = &sent[0].change else { panic!() };
    let expected = json!({
        "Id": added.id.to_string(), "Title": "a", "IsDone": false, "Priority": 2, "_UpdatedAt": added.updated_at
    });
    assert_eq!(body, expected.as_object().unwrap());
}

#[test]
fn a_batch_is_limited_by_records_and_by_bytes() {
    let device = device();
    let store = &device.store;
    for n in 0..450 {
        store.add(ITEMS, &object(json!({ "Title": format!("t{n}") }))).unwrap();
    }
    let mut tried = HashSet::new();
    let mut next = |records, bytes| {
        let batch = store.next_batch(records, bytes, &tried).unwrap();
        tried.extend(batch.iter().map(|outgoing| outgoing.id));
        batch.len()
    };
    assert_eq!([next(200, 1 << 20), next(200, 1 << 20), next(200, 1 << 20), next(200, 1 << 20)], [200, 200, 50, 0]);

    let all = store.next_batch(1000, 1 << 20, &HashSet::new()).unwrap();
    assert_eq!(all.len(), 450, "in flight or not, what was not tried in this cycle is sent");
    let half = store.next_batch(1000, 60_000, &HashSet::new()).unwrap();
    assert!((50..200).contains(&half.len()), "{}", half.len());
    assert_eq!(half, all[..half.len()]);
    assert_eq!(store.next_batch(1000, 1, &HashSet::new()).unwrap().len(), 1, "too large alone is sent alone");
    let three: usize = all[..3].iter().map(tidemark_store::Outgoing::bytes).sum();
    let within = |bytes| store.next_batch(1000, bytes, &HashSet::new()).unwrap().len();
    assert_eq!([within(three - 1), within(three), within(three + 1)], [2, 3, 3]);
}

#[test]
fn whether_anything_waits_is_told() {
    let device = device();
    let store = &device.store;
    let has_unsent = || store.lease().unwrap().has_unsent().unwrap();
    assert!(!has_unsent());
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    assert!(has_unsent());
    accept_all(store);
    assert!(!has_unsent());
}

#[test]
fn an_oversized_record_holds_nobody_up() {
    let device = device();
    let store = &device.store;
    let small = |n| store.add(ITEMS, &object(json!({ "Title": format!("s{n}") }))).unwrap().record.id;
    let first = small(1);
    let large = store.add(ITEMS, &object(json!({ "Title": "l", "Notes": "x".repeat(50_000) }))).unwrap().record.id;
    let last = small(2);
    let mut order = Vec::new();
    let mut tried = HashSet::new();
    loop {
        let batch = store.next_batch(200, 10_000, &tried).unwrap();
        if batch.is_empty() {
            break;
        }
        let ids: Vec<RecordId> = batch.iter().map(|outgoing| outgoing.id).collect();
        tried.extend(ids.iter().copied());
        order.push(ids);
    }
    assert_eq!(order, [vec![first], vec![large], vec![last]]);
    store.park(ITEMS, large, "It is too large for the server.").unwrap();
    assert_eq!(mark(store, large), "refused");
    assert_eq!(batch(store).iter().map(|outgoing| outgoing.id).collect::<Vec<_>>(), [first, last]);
}

#[test]
fn what_is_in_flight_is_sent_again_to_the_byte() {
    let device = device();
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    edit(store, id, json!({ "Title": "b" }));
    let sent = batch(store);
    edit(store, id, json!({ "Title": "c", "Notes": "x" }));
    store.delete(ITEMS, id).unwrap();
    let busy = Answer::Undecided { reason: "The server is busy.".into(), counts: false };
    store.settle(&[reply(&sent[0], busy)]).unwrap();
    let other = clean_item(store, 2, "e2");
    edit(store, other, json!({ "Title": "z" }));
    let again = batch(&device.after_a_crash().store);
    assert_eq!(again[0], sent[0]);
    assert_eq!(again.len(), 2, "in flight first, then the rest");
}

#[test]
fn with_nothing_to_send_nothing_is_written() {
    let device = device();
    let before = std::fs::metadata(device.dir.path().join("tidemark.db-wal")).unwrap().len();
    assert_eq!(batch(&device.store), []);
    assert_eq!(device.store.settle(&[]).unwrap(), Default::default());
    let after = std::fs::metadata(device.dir.path().join("tidemark.db-wal")).unwrap().len();
    assert_eq!(before, after);
}

#[test]
fn conflicts_and_parked_records_are_not_sent() {
    let device = device();
    let store = &device.store;
    let (a, b) = (clean_item(store, 1, "e1"), clean_item(store, 2, "e2"));
    edit(store, a, json!({ "Title": "mine" }));
    edit(store, b, json!({ "Title": "mine" }));
    let sent = batch(store);
    let theirs = server_item(a, "e5", json!({ "Title": "theirs", "Notes": "n", "_UpdatedAt": 9 }));
    store
        .settle(&[
            reply(&sent[0], Answer::Stale { current: theirs }),
            reply(&sent[1], Answer::Refused { reason: "No.".into() }),
        ])
        .unwrap();
    assert_eq!(batch(store), []);
    let counts = store.counts().unwrap();
    assert_eq!((counts.pending, counts.conflicts, counts.parked), (0, 1, 1));
}

#[test]
fn the_same_change_is_the_same_request_also_from_an_image_of_the_folder() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    store.add(ITEMS, &object(json!({ "Id": id(1).to_string(), "Title": "one" }))).unwrap();
    store.add(ITEMS, &object(json!({ "Id": id(2).to_string(), "Title": "two" }))).unwrap();
    exchange(store, &mut server);
    edit(store, id(1), json!({ "Title": "one, edited" }));
    store.delete(ITEMS, id(2)).unwrap();
    store.add(ITEMS, &object(json!({ "Id": id(3).to_string(), "Title": "three" }))).unwrap();
    let image = device.after_a_crash();
    exchange(store, &mut server);
    // Since the image was made, work has gone on.
    edit(store, id(3), json!({ "Title": "three, edited" }));
    exchange(store, &mut server);
    server.edit(id(1), "Title", json!("bob's"));

    let sequence = server.sequence;
    assert_eq!(exchange(&image.store, &mut server).conflicts, 0, "a question with oneself");
    assert_eq!(server.sequence, sequence, "something was applied a second time");
    pull(&image.store, ITEMS, |tx| server.delta(0, tx)).unwrap();
    assert_eq!(image.store.counts().unwrap(), Default::default());
    assert_eq!(title(&shown(&image.store, id(1)).unwrap()), "bob's");
    assert_eq!(title(&shown(&image.store, id(3)).unwrap()), "three, edited");
    assert_eq!(shown(&image.store, id(2)), None);
}

#[test]
fn there_and_back_again_are_four_changes() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    store.add(ITEMS, &object(json!({ "Id": id(1).to_string(), "Title": "a" }))).unwrap();
    exchange(store, &mut server);
    for (n, title) in ["b", "a", "b", "a"].into_iter().enumerate() {
        edit(store, id(1), json!({ "Title": title }));
        exchange(store, &mut server);
        assert_eq!((server.applied.len(), server.sequence), (n + 2, n as u64 + 2));
    }
    // Deleted, undone, deleted; and then made once more with the same id and content.
    store.delete(ITEMS, id(1)).unwrap();
    exchange(store, &mut server);
    store.undo_delete(ITEMS, id(1)).unwrap();
    exchange(store, &mut server);
    store.delete(ITEMS, id(1)).unwrap();
    exchange(store, &mut server);
    assert_eq!((server.applied.len(), server.sequence), (8, 8));
    server.records.clear();
    store.add(ITEMS, &object(json!({ "Id": id(1).to_string(), "Title": "a" }))).unwrap();
    exchange(store, &mut server);
    assert_eq!((server.applied.len(), server.sequence), (9, 9));
    assert!(server.applied.values().all(|times| *times == 1));
}

/// Sends everything that waits.
fn exchange(store: &Store, server: &mut Server) -> Tally {
    let mut tally = Tally::default();
    for _ in 0..3 {
        let replies: Vec<_> = batch(store).iter().map(|o| reply(o, server.handle("ann", o))).collect();
        tally += store.settle(&replies).unwrap();
    }
    tally
}
