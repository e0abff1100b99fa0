//! What others make on a backup before this device comes back to it.

use super::{add, pull_anew, push, title_there};
use crate::support::server::Server;
use crate::support::*;
use serde_json::{Value, json};
use tidemark_model::{EntityModel, Versioned};
use tidemark_store::{Answer, Position, Store};

/// Returns a server that has one record of this device's, and its backup.
fn backed_up(store: &Store) -> (Server, Server) {
    let mut server = Server::default();
    add(store, 1, "before");
    push(store, &mut server);
    let mut backup = server.clone();
    backup.mark = 1;
    (server, backup)
}

#[test]
fn a_server_that_is_put_back_twice_keeps_what_others_made_in_between() {
    let device = device();
    let store = &device.store;
    let (mut server, mut backup) = backed_up(store);
    edit(store, id(1), json!({ "Title": "mine" }));
    push(store, &mut server);
    backup.edit(id(1), "Title", json!("theirs"));
    for restored in 1..=2 {
        pull_anew(store, &backup, true);
        push(store, &mut backup);
        assert_eq!(store.conflicts().unwrap().len(), 1, "put back {restored} times");
        assert_eq!(title_there(&backup, 1), Some("theirs"), "put back {restored} times");
    }
}

#[test]
fn what_is_offered_over_others_work_stays_a_question_down_the_chain() {
    let device = device();
    let store = &device.store;
    let (mut server, mut backup) = backed_up(store);
    for change in [json!({ "Notes": "mine" }), json!({ "Title": "mine" })] {
        edit(store, id(1), change);
        push(store, &mut server);
    }
    pull_anew(store, &backup, true);
    // The first of the two goes beside what others made meanwhile, the second would go over it.
    backup.edit(id(1), "Title", json!("theirs"));
    push(store, &mut backup);
    assert_eq!(backup.records[&id(1)].1.get("Notes"), "mine");
    assert_eq!((title_there(&backup, 1), store.counts().unwrap().conflicts), (Some("theirs"), 1));
}

#[test]
fn an_addition_that_is_there_and_would_not_be_taken_once_more_is_no_question() {
    let device = device();
    let store = &device.store;
    let (_, mut backup) = backed_up(store);
    backup.edit(id(1), "Title", json!("theirs"));
    pull_anew(store, &backup, true);
    // Under another model, say, it would not be taken today.
    let again = batch(store).remove(0);
    store.settle(&[reply(&again, Answer::Refused { reason: "Not so.".into() })]).unwrap();
    pull_anew(store, &backup, false);
    assert_eq!(store.counts().unwrap().conflicts, 0, "nobody here changed anything");
    assert_eq!((mark(store, id(1)), title(&shown(store, id(1)).unwrap())), ("none", "theirs"));
}

#[test]
fn what_others_wrote_beside_a_change_that_is_offered_again_is_no_part_of_it() {
    let device = device();
    let store = &device.store;
    let (mut server, mut backup) = backed_up(store);
    edit(store, id(1), json!({ "Notes": "mine" }));
    push(store, &mut server);
    let mut again = backup.clone();
    backup.edit(id(1), "Title", json!("theirs"));
    pull_anew(store, &backup, true);
    push(store, &mut backup);
    assert_eq!((title_there(&backup, 1), backup.records[&id(1)].1.get("Notes")), (Some("theirs"), &json!("mine")));
    // Put back once more, to before either.
    again.mark = 2;
    pull_anew(store, &again, true);
    push(store, &mut again);
    assert_eq!((title_there(&again, 1), again.records[&id(1)].1.get("Notes")), (Some("before"), &json!("mine")));
}

#[test]
fn what_the_model_hid_while_others_brought_a_lost_record_back_is_not_lost() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    store.add(ITEMS, &object(json!({ "Id": id(1).to_string(), "Title": "a", "Assignee": "typed" }))).unwrap();
    push(store, &mut server);
    // The model lacks the property for a while, and the record is read without it.
    let document = changed("Assignee", Value::Null);
    store.adopt_model(&document).unwrap();
    let hiding = EntityModel::parse(&document).unwrap();
    let (sequence, mut record) = server.records[&id(1)].clone();
    record.properties.remove("Assignee");
    pull(store, ITEMS, |tx| {
        tx.start_enumeration(None)?;
        take_under(tx, &hiding, ITEMS, &Versioned { record, etag: format!("W/\"{sequence:x}\"") })?;
        tx.finish_enumeration()?;
        tx.move_to(&Position::Delta { link: "d".into() })
    })
    .unwrap();
    // Somebody who saw no more of it gave it to the server that had lost it.
    let mut backup = Server::default();
    backup.mark = 1;
    backup.edit(id(1), "Title", json!("a"));
    store.adopt_model(&model_document()).unwrap();
    pull_anew(store, &backup, true);
    push(store, &mut backup);
    let there = backup.records[&id(1)].1.get("Assignee").clone();
    let asked = store.conflicts().unwrap().first().map(|open| open.mine.get("Assignee").clone());
    assert!(there == "typed" || asked == Some(json!("typed")), "{there} {asked:?}");
}
