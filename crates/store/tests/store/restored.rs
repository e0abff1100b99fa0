//! A server that came back from an older backup: nothing is deleted because it forgot, nothing is applied twice.

use crate::support::server::Server;
use crate::support::*;
use serde_json::json;
use tidemark_model::{ConflictKind, Resolution};
use tidemark_store::{Others, Position, Store, Tally};

/// Sends everything, twice at most: what was edited meanwhile or re-based goes with the second.
fn push(store: &Store, server: &mut Server) -> Tally {
    let mut tally = Tally::default();
    for _ in 0..3 {
        let replies: Vec<_> = batch(store).iter().map(|o| reply(o, server.handle("ann", o))).collect();
        tally += store.settle(&replies).unwrap();
    }
    tally
}

fn pull_anew(store: &Store, server: &Server, restored: bool) -> Tally {
    pull(store, ITEMS, |tx| tx.move_to(&Position::Start { restored })).unwrap();
    pull(store, ITEMS, |tx| {
        tx.start_enumeration(None)?;
        server.enumerate(tx)?;
        tx.finish_enumeration()?;
        tx.move_to(&Position::Delta { link: "d".into() })
    })
    .unwrap()
    .1
}

fn fetch(store: &Store, server: &Server) {
    for (set, ids) in store.refetch().unwrap() {
        pull(store, &set, |tx| {
            server.single(&ids, tx)?;
            tx.refetched(&ids, Others::Absent)
        })
        .unwrap();
    }
}

fn title_there(server: &Server, n: u64) -> Option<&str> {
    server.records.get(&id(n)).filter(|(_, record)| !record.is_tombstoned).map(|(_, record)| title(record))
}

fn add(store: &Store, n: u64, title: &str) {
    store.add(ITEMS, &object(json!({ "Id": id(n).to_string(), "Title": title }))).unwrap();
}

#[test]
fn what_was_confirmed_is_offered_again_whatever_the_backup_holds() {
    // The backup is taken before step n of: add, edit, edit once more, delete.
    for backup_at in 0..4 {
        for steps in backup_at.max(1)..=4 {
            let device = device();
            let store = &device.store;
            let mut server = Server::default();
            let mut backup = server.clone();
            for step in 0..steps {
                if step == backup_at {
                    backup = server.clone();
                }
                match step {
                    0 => add(store, 1, "one"),
                    1 => edit(store, id(1), json!({ "Title": "two" })),
                    2 => edit(store, id(1), json!({ "Title": "three", "Notes": "n" })),
                    _ => store.delete(ITEMS, id(1)).unwrap(),
                }
                push(store, &mut server);
            }
            if backup_at == steps {
                backup = server.clone();
            }
            let expected = title_there(&server, 1).map(str::to_owned);
            let mut server = backup;
            server.mark += 1;
            // Somebody writes to the restored server first: its numbers are given a second time.
            server.edit(id(50), "Title", json!("other"));
            let tally = pull_anew(store, &server, true);
            assert_eq!(tally.conflicts, 0, "{backup_at} {steps}: no conflict with oneself");
            let tally = push(store, &mut server);
            assert_eq!(tally.conflicts, 0, "{backup_at} {steps}: no conflict with oneself");
            fetch(store, &server);
            assert_eq!(title_there(&server, 1).map(str::to_owned), expected, "{backup_at} {steps}");
            assert_eq!(shown(store, id(1)).map(|record| title(&record).to_owned()), expected);
            assert_eq!(store.counts().unwrap(), Default::default());
            assert!(server.applied.values().all(|times| *times == 1));
        }
    }
}

#[test]
fn a_false_alarm_applies_nothing_twice_and_keeps_others_later_edits() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    add(store, 1, "mine");
    push(store, &mut server);
    // Bob edits it afterwards; this device has not heard of that yet.
    server.edit(id(1), "Title", json!("bob's"));
    pull_anew(store, &server, true);
    assert_eq!(push(store, &mut server).conflicts, 0);
    fetch(store, &server);
    assert_eq!((title_there(&server, 1), title(&shown(store, id(1)).unwrap())), (Some("bob's"), "bob's"));
    assert!(server.applied.values().all(|times| *times == 1));
}

#[test]
fn what_others_deleted_since_is_not_brought_back() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    let backup = server.clone();
    add(store, 1, "mine");
    push(store, &mut server);
    pull_removed(store, ITEMS, id(1), "W/\"9\"");
    let mut server = backup;
    assert_eq!(pull_anew(store, &server, true), Tally::default());
    push(store, &mut server);
    assert_eq!((title_there(&server, 1), mark(store, id(1))), (None, "gone"));
}

#[test]
fn what_others_sent_is_asked_about_and_comes_back_when_wanted() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    clean_item(store, 1, "e1");
    clean_item(store, 2, "e2");
    assert_eq!(pull_anew(store, &server, true).conflicts, 2);
    let open = store.conflicts().unwrap();
    assert!(open.iter().all(|open| open.kind == ConflictKind::DeletedOnServer && open.server.is_none()));
    assert_eq!(mark(store, id(1)), "conflict");
    // Asked once, however often it is enumerated.
    assert_eq!(pull_anew(store, &server, true).conflicts, 0);
    assert_eq!(pull_anew(store, &server, false).conflicts, 0);
    assert_eq!(store.conflicts().unwrap(), open);
    store.resolve(open[0].id, &Resolution::Restore).unwrap();
    store.resolve(open[1].id, &Resolution::AcceptDelete).unwrap();
    push(store, &mut server);
    assert_eq!((title_there(&server, 1), title_there(&server, 2)), (Some("a"), None));
    assert_eq!((mark(store, id(1)), mark(store, id(2))), ("none", "gone"));
}

#[test]
fn a_restore_is_remembered_until_its_enumeration_is_finished() {
    let device = device();
    let store = &device.store;
    let server = Server::default();
    clean_item(store, 1, "e1");
    pull(store, ITEMS, |tx| tx.move_to(&Position::Start { restored: true })).unwrap();
    pull(store, ITEMS, |tx| {
        tx.start_enumeration(None)?;
        tx.move_to(&Position::Enumerating { next_link: "n".into() })
    })
    .unwrap();
    let crashed = device.after_a_crash();
    // It starts again for another reason: that the server was restored still holds.
    assert_eq!(pull_anew(&crashed.store, &server, false).conflicts, 1);
    assert_eq!(mark(&crashed.store, id(1)), "conflict");
    // Finished: from now on, what is missing was purged.
    clean_item(&crashed.store, 2, "e2");
    assert_eq!(pull_anew(&crashed.store, &server, false).conflicts, 0);
    assert_eq!(mark(&crashed.store, id(2)), "gone");
}
