//! A change that waits on a version which a restored server lost: nothing of it is lost, and nobody is asked.

use crate::support::server::Server;
use crate::support::*;
use serde_json::json;
use tidemark_store::{Position, Store};

fn push(store: &Store, server: &mut Server) {
    for _ in 0..3 {
        let replies: Vec<_> = batch(store).iter().map(|o| reply(o, server.handle("ann", o))).collect();
        store.settle(&replies).unwrap();
    }
}

fn pull_anew(store: &Store, server: &Server) {
    pull(store, ITEMS, |tx| {
        tx.move_to(&Position::Start { restored: true })?;
        tx.start_enumeration(None)?;
        server.enumerate(tx)?;
        tx.finish_enumeration()?;
        tx.move_to(&Position::Delta { link: "d".into() })
    })
    .unwrap();
}

/// What is done after the backup: confirmed in so many steps, and then one more edit that waits.
fn journey(backup_at: usize, reply_lost: bool) {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    let mut backup = server.clone();
    for step in 0..3 {
        if step == backup_at {
            backup = server.clone();
        }
        match step {
            0 => drop(store.add(ITEMS, &object(json!({ "Id": id(1).to_string(), "Title": "a" }))).unwrap()),
            1 => edit(store, id(1), json!({ "Notes": "confirmed" })),
            _ => edit(store, id(1), json!({ "Priority": 2 })),
        }
        push(store, &mut server);
    }
    edit(store, id(1), json!({ "Title": "waits" }));
    if reply_lost {
        // The server that was lost took it.
        batch(store).iter().for_each(|outgoing| drop(server.handle("ann", outgoing)));
    }
    let mut server = backup;
    server.mark = 1;
    pull_anew(store, &server);
    push(store, &mut server);
    pull_anew(store, &server);
    push(store, &mut server);
    assert_eq!(store.conflicts().unwrap(), [], "backup before step {backup_at}, reply lost: {reply_lost}");
    let there = &server.records[&id(1)].1;
    for (name, value) in [("Title", json!("waits")), ("Notes", json!("confirmed")), ("Priority", json!(2))] {
        assert_eq!(there.get(name), &value, "backup before step {backup_at}, reply lost: {reply_lost}");
    }
    assert_eq!(mark(store, id(1)), "none");
}

#[test]
fn what_waits_is_sent_with_everything_that_the_restored_server_lost() {
    for backup_at in 0..3 {
        for reply_lost in [false, true] {
            journey(backup_at, reply_lost);
        }
    }
}

#[test]
fn what_others_changed_before_the_backup_is_still_asked() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    store.add(ITEMS, &object(json!({ "Id": id(1).to_string(), "Title": "a", "Notes": "n" }))).unwrap();
    push(store, &mut server);
    // The backup holds an edit of somebody else that this device never saw; its own went on top of another history.
    let mut backup = server.clone();
    backup.mark = 1;
    backup.edit(id(1), "Title", json!("theirs"));
    edit(store, id(1), json!({ "Notes": "confirmed" }));
    push(store, &mut server);
    edit(store, id(1), json!({ "Title": "waits" }));
    pull_anew(store, &backup);
    push(store, &mut backup);
    let open = store.conflicts().unwrap();
    assert_eq!((open.len(), open[0].properties.clone()), (1, vec!["Title".to_owned()]));
    assert_eq!(shown(store, id(1)).unwrap().get("Notes"), "confirmed", "what was confirmed stays mine");
}
