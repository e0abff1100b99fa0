//! A set that is read from its beginning: what is no longer there goes, wherever it was killed.

use super::*;

#[test]
fn a_full_enumeration_resumes_where_it_was_killed_and_sweeps_what_was_purged() {
    let device = device();
    let store = &device.store;
    for n in 1..=4 {
        clean_item(store, n, "old");
    }
    edit(store, id(3), json!({ "Title": "mine" }));
    store.add(ITEMS, &object(json!({ "Title": "new" }))).unwrap();
    pull(store, ITEMS, |tx| tx.move_to(&Position::Start { restored: false })).unwrap();
    let next = Position::Enumerating { next_link: "TodoItems?$skiptoken=x".into() };
    pull(store, ITEMS, |tx| {
        tx.start_enumeration(Some(3))?;
        take(tx, ITEMS, &item(1, "old", "a"))?;
        take(tx, ITEMS, &item(5, "e5", "five"))?;
        tx.move_to(&next)
    })
    .unwrap();
    let crashed = device.after_a_crash();
    let store = &crashed.store;
    assert_eq!(position(store), next);
    let figures = store.entities().unwrap().into_iter().find(|figures| figures.name == ITEMS).unwrap();
    let first = figures.first_sync.unwrap();
    assert_eq!((first.done, first.total), (2, Some(3)));
    assert_eq!(store.first_sync(ITEMS).unwrap(), Some(first));
    // Sent and confirmed while the enumeration is under way, at a place it has passed already.
    let confirmed = store.add(ITEMS, &object(json!({ "Id": id(0).to_string(), "Title": "zero" }))).unwrap();
    accept_all(store);
    let tally = pull(store, ITEMS, |tx| {
        take(tx, ITEMS, &item(6, "e6", "six"))?;
        tx.finish_enumeration()?;
        tx.move_to(&delta("TodoItems?$deltatoken=1"))
    })
    .unwrap()
    .1;
    assert_eq!(tally.pulled, 3, "six came, two and four went");
    let mut left = titles(store);
    left.sort();
    assert_eq!(left, ["a", "five", "mine", "new", "six", "zero"]);
    assert!(shown(store, confirmed.record.id).is_some());
    assert_eq!(store.conflicts().unwrap(), []);
    assert_eq!(store.entities().unwrap().iter().find(|f| f.name == ITEMS).unwrap().first_sync, None);
}

#[test]
fn a_question_about_a_record_made_during_an_enumeration_stands() {
    let device = device();
    let store = &device.store;
    pull(store, ITEMS, |tx| tx.start_enumeration(None)).unwrap();
    store.add(ITEMS, &object(json!({ "Id": id(1).to_string(), "Title": "mine" }))).unwrap();
    let sent = batch(store);
    let current = item(1, "e1", "theirs");
    store.settle(&[reply(&sent[0], tidemark_store::Answer::Stale { current })]).unwrap();
    // The enumeration had passed its key before either side made it.
    pull(store, ITEMS, |tx| tx.finish_enumeration()).unwrap();
    let open = store.conflicts().unwrap();
    assert_eq!((open.len(), open[0].kind.as_str()), (1, "both_edited"));
}

#[test]
fn an_open_question_learns_from_an_enumeration_that_the_record_is_gone() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    pull_item(store, &item(1, "e2", "theirs"));
    for _ in 0..2 {
        pull(store, ITEMS, |tx| {
            tx.start_enumeration(None)?;
            tx.finish_enumeration()
        })
        .unwrap();
        let open = store.conflicts().unwrap();
        assert_eq!((open.len(), open[0].kind.as_str(), open[0].server.clone()), (1, "deleted_on_server", None));
        assert_eq!(title(&shown(store, id(1)).unwrap()), "mine");
    }
}
