//! Sets that this device kept, and no longer did when their server was restored.

use super::{add, pull_anew, push, read_through, title_there};
use crate::support::server::Server;
use crate::support::*;
use serde_json::json;
use tidemark_model::ConflictKind;
use tidemark_store::{Position, Unsent};

#[test]
fn what_was_confirmed_in_a_set_that_is_kept_no_longer_is_asked_about_once_it_is_kept_again() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    for (n, title) in [(1, "lost"), (2, "deleted before")] {
        add(store, n, title);
    }
    push(store, &mut server);
    store.delete(ITEMS, id(2)).unwrap();
    push(store, &mut server);
    store.uncache(ITEMS, Unsent::Refuse).unwrap();
    // Another set tells that the server lost changes.
    store.cache("Sites").unwrap();
    pull(store, "Sites", |tx| tx.move_to(&Position::Start { restored: true })).unwrap();
    store.cache(ITEMS).unwrap();
    pull(store, ITEMS, |tx| {
        tx.start_enumeration(None)?;
        tx.finish_enumeration()?;
        tx.move_to(&Position::Delta { link: "d".into() })
    })
    .unwrap();
    let open = store.conflicts().unwrap();
    assert_eq!(open.iter().map(|open| title(&open.mine)).collect::<Vec<_>>(), ["lost"]);
    assert_eq!(open[0].kind, ConflictKind::DeletedOnServer);
}

#[test]
fn what_was_confirmed_in_a_set_that_was_kept_no_longer_is_offered_again_over_an_older_version() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    add(store, 1, "before the backup");
    push(store, &mut server);
    let mut backup = server.clone();
    backup.mark = 1;
    edit(store, id(1), json!({ "Title": "confirmed since" }));
    push(store, &mut server);
    store.uncache(ITEMS, Unsent::Refuse).unwrap();
    // Another set tells that the server lost changes.
    store.cache("Sites").unwrap();
    pull(store, "Sites", |tx| tx.move_to(&Position::Start { restored: true })).unwrap();
    store.cache(ITEMS).unwrap();
    read_through(store, &backup);
    push(store, &mut backup);
    assert_eq!(title_there(&backup, 1), Some("confirmed since"));
    assert_eq!((title(&shown(store, id(1)).unwrap()), mark(store, id(1))), ("confirmed since", "none"));
}

#[test]
fn a_set_that_is_unticked_before_its_restored_server_was_looked_through_is_looked_through_later() {
    let device = device();
    let store = &device.store;
    pull(store, ITEMS, |tx| tx.move_to(&Position::Start { restored: true })).unwrap();
    store.uncache(ITEMS, Unsent::Refuse).unwrap();
    store.cache(ITEMS).unwrap();
    assert!(stands(store, ITEMS).is_restored());
    // It is remembered once, not for ever.
    pull_anew(store, &Server::default(), false);
    store.uncache(ITEMS, Unsent::Refuse).unwrap();
    store.cache(ITEMS).unwrap();
    assert!(!stands(store, ITEMS).is_restored());
}
