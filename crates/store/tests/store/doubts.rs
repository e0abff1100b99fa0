//! A change that was sent, never answered, and refused when it was sent again: the server may have it (FAULTS N2, N7).

use crate::support::*;
use serde_json::json;
use tidemark_model::{Resolution, Versioned};
use tidemark_store::{Answer, Others, Outgoing, OutgoingChange, Store, Unsent};

/// Sends what waits, loses the answer, edits on, and has what is sent again refused. Returns what goes out then.
fn edited_on(store: &Store, n: u64) -> Outgoing {
    let sent = batch(store).remove(0);
    edit(store, id(n), json!({ "Notes": "later" }));
    assert_eq!(batch(store), std::slice::from_ref(&sent), "until it is answered it is sent as it was");
    store.settle(&[reply(&sent, Answer::Refused { reason: "Too large.".into() })]).unwrap();
    batch(store).remove(0)
}

/// The record as the server made it of what was sent first.
fn as_sent(store: &Store, n: u64, by: &str) -> Versioned {
    let mut server = Versioned { record: shown(store, id(n)).unwrap(), etag: "e2".into() };
    server.record.properties.insert("Notes".into(), json!("first"));
    server.record.updated_by = Some(by.into());
    server
}

fn a_change(store: &Store, is_new: bool) {
    if is_new {
        let record = object(json!({ "Id": id(1).to_string(), "Title": "a", "Notes": "first" }));
        store.add(ITEMS, &record).unwrap();
    } else {
        clean_item(store, 1, "e1");
        edit(store, id(1), json!({ "Notes": "first" }));
    }
}

#[test]
fn what_this_device_made_itself_is_nobodys_news() {
    for (is_new, is_pulled) in [(true, false), (true, true), (false, false), (false, true)] {
        let device = device();
        let store = &device.store;
        a_change(store, is_new);
        let again = edited_on(store, 1);
        let server = as_sent(store, 1, "ann");
        if is_pulled {
            // Nothing is out any more when it comes.
            store.settle(&[reply(&again, Answer::Refused { reason: "Too large.".into() })]).unwrap();
            pull_item(store, &server);
            store.retry_parked(ITEMS, id(1)).unwrap();
        } else {
            store.settle(&[reply(&again, Answer::Stale { current: server })]).unwrap();
        }
        assert_eq!(store.counts().unwrap().conflicts, 0, "{is_new} {is_pulled}");
        let next = device.after_a_crash();
        let next = batch(&next.store).remove(0);
        let OutgoingChange::Update { body, if_match } = &next.change else { panic!("{next:?}") };
        assert_eq!((&body["Notes"], if_match.as_str()), (&json!("later"), "e2"));
    }
}

#[test]
fn what_another_wrote_just_the_same_over_it_is_nothing_to_ask_about() {
    let edited = device();
    let store = &edited.store;
    a_change(store, false);
    let again = edited_on(store, 1);
    let server = as_sent(store, 1, "bob");
    store.settle(&[reply(&again, Answer::Stale { current: server })]).unwrap();
    assert_eq!(store.counts().unwrap().conflicts, 0);
    let next = batch(store).remove(0);
    let OutgoingChange::Update { body, if_match } = &next.change else { panic!("{next:?}") };
    assert_eq!((&body["Notes"], if_match.as_str()), (&json!("later"), "e2"));
    // Another's deletion is not this device's own, though the record was deleted here as well: whether it comes back is asked.
    let deleted = device();
    let store = &deleted.store;
    clean_item(store, 1, "e1");
    store.delete(ITEMS, id(1)).unwrap();
    refused_after(store, || drop(store.undo_delete(ITEMS, id(1)).unwrap()));
    edit(store, id(1), json!({ "Notes": "later" }));
    let mut tombstone = as_sent(store, 1, "bob");
    tombstone.record.properties.insert("Notes".into(), json!("n"));
    tombstone.record.is_tombstoned = true;
    read(store, Some(&tombstone));
    assert_eq!(store.counts().unwrap().conflicts, 1);
}

#[test]
fn what_others_wrote_beside_a_change_in_doubt_is_nothing_to_ask_about() {
    for (notes, is_asked) in [("first", false), ("theirs", true)] {
        let device = device();
        let store = &device.store;
        a_change(store, false);
        let again = edited_on(store, 1);
        let mut server = as_sent(store, 1, "bob");
        server.record.properties.insert("Assignee".into(), json!("bob"));
        server.record.properties.insert("Notes".into(), json!(notes));
        store.settle(&[reply(&again, Answer::Stale { current: server })]).unwrap();
        assert_eq!(store.counts().unwrap().conflicts, u64::from(is_asked), "{notes}");
        if !is_asked {
            let next = batch(store).remove(0);
            let OutgoingChange::Update { body, if_match } = &next.change else { panic!("{next:?}") };
            assert_eq!((&body["Notes"], body.get("Assignee"), if_match.as_str()), (&json!("later"), None, "e2"));
            assert_eq!(shown(store, id(1)).unwrap().get("Assignee"), &json!("bob"));
        }
    }
}

/// Reads the record that is waited for; nothing where the server has no trace of it.
fn read(store: &Store, server: Option<&Versioned>) {
    assert_eq!(store.refetch().unwrap(), [(ITEMS.to_owned(), vec![id(1)])]);
    assert_eq!(batch(store), [], "first it is known whether the server has it");
    pull(store, ITEMS, |tx| {
        server.map_or(Ok(()), |server| take(tx, ITEMS, server))?;
        tx.refetched(&[id(1)], Others::Absent)
    })
    .unwrap();
}

/// Sends what waits, loses the answer, and has what is sent again refused after something was done.
fn refused_after(store: &Store, meanwhile: impl FnOnce()) {
    let sent = batch(store).remove(0);
    meanwhile();
    store.settle(&[reply(&sent, Answer::Refused { reason: "No.".into() })]).unwrap();
}

#[test]
fn an_addition_that_is_deleted_while_it_is_in_doubt_is_deleted_there_too() {
    for is_there in [true, false] {
        for is_parked in [true, false] {
            let device = device();
            let store = &device.store;
            a_change(store, true);
            let server = as_sent(store, 1, "ann");
            let delete = || store.delete(ITEMS, id(1)).unwrap();
            if is_parked {
                refused_after(store, || ());
                delete();
            } else {
                refused_after(store, delete);
            }
            assert_eq!(mark(store, id(1)), "gone");
            read(store, is_there.then_some(&server));
            let next: Vec<_> = batch(store).into_iter().map(|next| next.change).collect();
            let expected = if is_there { vec![OutgoingChange::Delete { if_match: "e2".into() }] } else { Vec::new() };
            assert_eq!(next, expected, "{is_there} {is_parked}");
            assert_eq!((store.counts().unwrap().pending == 0, mark(store, id(1))), (!is_there, "gone"));
            assert_eq!(title(&store.undo_delete(ITEMS, id(1)).unwrap().record), "a");
        }
    }
}

#[test]
fn a_change_that_is_taken_back_while_it_is_in_doubt_is_taken_back_there_too() {
    for is_there in [true, false] {
        let device = device();
        let store = &device.store;
        a_change(store, false);
        let server = as_sent(store, 1, "ann");
        refused_after(store, || edit(store, id(1), json!({ "Notes": "n" })));
        let base = server_item(id(1), "e1", json!({ "Title": "a", "Notes": "n", "_UpdatedAt": 1_000 }));
        read(store, Some(if is_there { &server } else { &base }));
        assert_eq!(shown(store, id(1)).unwrap().get("Notes"), &json!("n"));
        let next = batch(store).pop().map(|next| next.change);
        assert_eq!(next.is_some(), is_there, "{next:?}");
        if let Some(OutgoingChange::Update { body, if_match }) = next {
            assert_eq!((&body["Notes"], if_match.as_str()), (&json!("n"), "e2"));
        }
        assert_eq!(store.counts().unwrap().pending == 0, !is_there);
        // A deletion that was undone is taken back in the same way.
        for is_edited in [false, true] {
            let again = crate::support::device();
            let store = &again.store;
            clean_item(store, 1, "e1");
            if is_edited {
                // What was typed before it was deleted was never sent.
                edit(store, id(1), json!({ "Notes": "unsent" }));
            }
            store.delete(ITEMS, id(1)).unwrap();
            refused_after(store, || drop(store.undo_delete(ITEMS, id(1)).unwrap()));
            let mut tombstone = Versioned { record: base.record.clone(), etag: "e2".into() };
            (tombstone.record.is_tombstoned, tombstone.record.updated_by) = (true, Some("ann".into()));
            let server = if is_there { &tombstone } else { &base };
            match is_edited {
                true => drop(pull_item(store, server)),
                false => read(store, Some(server)),
            }
            assert_eq!((mark(store, id(1)) == "gone", store.counts().unwrap().conflicts), (false, 0), "{is_edited}");
            match batch(store).pop().map(|next| next.change) {
                Some(OutgoingChange::Restore { body, .. }) => {
                    assert_eq!((is_there, &body["Notes"]), (true, &json!(if is_edited { "unsent" } else { "n" })));
                }
                next => assert_eq!((next.is_some(), is_there), (is_edited, false), "{next:?}"),
            }
        }
    }
}

#[test]
fn what_cannot_be_seen_under_the_model_of_just_now_stays_in_doubt() {
    for is_there in [true, false] {
        let device = device();
        let store = &device.store;
        let server = |etag: &str, assignee: Option<&str>| {
            let json = json!({ "Title": "a", "Assignee": assignee, "_UpdatedAt": 1_000, "_UpdatedBy": "ann" });
            let mut server = server_item(id(1), etag, json);
            if assignee.is_none() {
                server.record.properties.remove("Assignee");
            }
            server
        };
        pull_item(store, &server("e1", Some("before")));
        edit(store, id(1), json!({ "Assignee": "mine" }));
        let document = changed("Assignee", serde_json::Value::Null);
        store.adopt_model(&document).unwrap();
        refused_after(store, || ());
        let model = tidemark_model::EntityModel::parse(&document).unwrap();
        let etag = if is_there { "e2" } else { "e1" };
        pull(store, ITEMS, |tx| take_under(tx, &model, ITEMS, &server(etag, None))).unwrap();
        store.adopt_model(&model_document()).unwrap();
        let now = if is_there { "mine" } else { "before" };
        assert_eq!(pull_item(store, &server(etag, Some(now))).conflicts, 0);
        assert_eq!(shown(store, id(1)).unwrap().get("Assignee"), &json!("mine"), "{is_there}");
        store.retry_parked(ITEMS, id(1)).unwrap_or_default();
        assert_eq!(batch(store).len(), usize::from(!is_there), "{is_there}");
    }
}

#[test]
fn what_is_in_doubt_and_wanted_by_nobody_waits_for_no_model() {
    let device = device();
    let store = &device.store;
    let server = |assignee: Option<&str>| {
        let mut server = server_item(id(1), "e1", json!({ "Title": "a", "Assignee": assignee, "_UpdatedAt": 1_000 }));
        if assignee.is_none() {
            server.record.properties.remove("Assignee");
        }
        server
    };
    pull_item(store, &server(Some("before")));
    edit(store, id(1), json!({ "Assignee": "mine" }));
    refused_after(store, || edit(store, id(1), json!({ "Assignee": "before" })));
    let document = changed("Assignee", serde_json::Value::Null);
    store.adopt_model(&document).unwrap();
    let model = tidemark_model::EntityModel::parse(&document).unwrap();
    pull(store, ITEMS, |tx| {
        take_under(tx, &model, ITEMS, &server(None))?;
        tx.refetched(&[id(1)], Others::Absent)
    })
    .unwrap();
    assert_eq!((store.counts().unwrap().pending, store.refetch().unwrap()), (0, Vec::new()), "it is over");
}

#[test]
fn a_change_in_doubt_that_is_discarded_is_looked_for() {
    let device = device();
    let store = &device.store;
    a_change(store, false);
    refused_after(store, || ());
    store.discard(ITEMS, id(1)).unwrap();
    assert_eq!(store.refetch().unwrap(), [(ITEMS.to_owned(), vec![id(1)])]);
}

#[test]
fn of_a_set_that_is_kept_no_longer_nobody_asks_what_is_in_doubt() {
    let device = device();
    let store = &device.store;
    a_change(store, true);
    refused_after(store, || store.delete(ITEMS, id(1)).unwrap());
    store.uncache(ITEMS, Unsent::KeepUntilSent).unwrap();
    assert!(batch(store).iter().all(|outgoing| outgoing.set != ITEMS));
    assert_eq!(store.counts().unwrap().pending, 0, "it has a way out");
}

#[test]
fn what_another_made_is_asked_about_however_much_alike_it_is() {
    let device = device();
    let store = &device.store;
    a_change(store, true);
    let again = edited_on(store, 1);
    let server = as_sent(store, 1, "bob");
    store.settle(&[reply(&again, Answer::Stale { current: server })]).unwrap();
    assert_eq!(store.counts().unwrap().conflicts, 1);
}

#[test]
fn what_was_typed_into_a_record_whose_answer_is_taken_back_is_in_its_history() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    store.delete(ITEMS, id(1)).unwrap();
    let theirs = server_item(id(1), "e2", json!({ "Title": "a", "Notes": "theirs", "_UpdatedAt": 2_000 }));
    pull_item(store, &theirs);
    let keep = |store: &Store| {
        let open = store.conflicts().unwrap().remove(0);
        store.resolve(open.id, &Resolution::KeepServer).unwrap()
    };
    let answered = keep(store);
    edit(store, id(1), json!({ "Title": "typed" }));
    assert!(store.undo_resolve(answered.undo).unwrap().reopened);
    keep(store);
    assert_eq!(shown(store, id(1)).unwrap().get("Notes"), &json!("theirs"));
    let kept = store.history(ITEMS, id(1)).unwrap();
    assert!(kept.iter().any(|entry| entry.record.as_ref().is_some_and(|record| title(record) == "typed")), "{kept:?}");
}
