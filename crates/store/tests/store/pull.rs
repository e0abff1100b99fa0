//! The server's pages: what they overwrite, what they leave alone, and what is counted.

mod enumerated;
mod told;

use crate::support::*;
use serde_json::json;
use std::sync::{Arc, Mutex};
use tidemark_model::query::Query;
use tidemark_store::{Answer, Changed, Only, Others, Position, PullTx, Store, StoreError, Tally};

fn item(n: u64, etag: &str, title: &str) -> tidemark_model::Versioned {
    server_item(id(n), etag, json!({ "Title": title, "Notes": "n", "_UpdatedAt": 1_000 }))
}

fn position(store: &Store) -> Position {
    stands(store, ITEMS).position().clone()
}

fn delta(link: &str) -> Position {
    Position::Delta { link: link.into() }
}

fn titles(store: &Store) -> Vec<String> {
    let found = store.list(ITEMS, &Query::default(), Only::All).unwrap();
    found.iter().map(|local| title(&local.record).to_owned()).collect()
}

#[test]
fn clean_records_follow_the_server_and_each_change_counts_once() {
    let device = device();
    let store = &device.store;
    assert_eq!(pull_item(store, &item(1, "e1", "a")).pulled, 1);
    assert_eq!(pull_item(store, &item(1, "e1", "a")).pulled, 0, "the same version again");
    assert_eq!(pull_item(store, &item(1, "e2", "b")).pulled, 1);
    assert_eq!(titles(store), ["b"]);
    assert_eq!(pull_removed(store, ITEMS, id(1), "e3").pulled, 1);
    assert_eq!(pull_removed(store, ITEMS, id(1), "e3").pulled, 0);
    assert_eq!(pull_removed(store, ITEMS, id(9), "e9").pulled, 0, "deleted before this device ever had it");
    assert_eq!(titles(store), [""; 0]);
    assert_eq!(store.counts().unwrap(), Default::default());
}

#[test]
fn whoever_reads_beside_a_pull_sees_its_pages_whole_or_not_at_all() {
    let device = device();
    let store = &device.store;
    let other = open(device.dir.path());
    pull_item(store, &item(1, "e1", "before"));
    let seen = || [titles(store), titles(&other)];
    // Two pages and their link in one transaction: edited, new, and gone again.
    pull(store, ITEMS, |tx| {
        for n in 1..=20 {
            take(tx, ITEMS, &item(n, "e2", "after"))?;
            assert_eq!(seen(), [["before"], ["before"]], "in the midst of it, at {n}");
        }
        let mut gone = item(1, "e3", "after");
        gone.record.is_tombstoned = true;
        take(tx, ITEMS, &gone)?;
        tx.move_to(&delta("d2"))?;
        assert_eq!(seen(), [["before"], ["before"]], "at its end");
        Ok(())
    })
    .unwrap();
    assert_eq!(seen(), [["after"; 19], ["after"; 19]]);
}

#[test]
fn the_echo_of_an_own_push_is_no_change_but_brings_the_servers_stamp() {
    let device = device();
    let store = &device.store;
    let added = store.add(ITEMS, &object(json!({ "Title": "a" }))).unwrap().record;
    let sent = batch(store);
    store.settle(&[reply(&sent[0], done("e1"))]).unwrap();
    assert_eq!(shown(store, added.id).unwrap().updated_by.as_deref(), Some("ann"));
    let echo = server_item(added.id, "e1", json!({ "Title": "a", "_UpdatedAt": 1_234, "_UpdatedBy": "ann" }));
    assert_eq!(pull_item(store, &echo), Tally::default());
    assert_eq!(shown(store, added.id).unwrap(), echo.record);
}

#[test]
fn a_pull_leaves_what_a_person_is_doing_alone() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    let before = store.get(ITEMS, id(1)).unwrap();
    // The version it was made on, a clash, a deletion, leaving the filter: the user's text stays.
    pull_item(store, &item(1, "e1", "a"));
    assert_eq!(store.get(ITEMS, id(1)).unwrap(), before);
    let theirs = item(1, "e2", "theirs");
    for pull in
        [&(|| pull_item(store, &theirs)) as &dyn Fn() -> Tally, &|| pull_removed(store, ITEMS, id(1), "e3"), &|| {
            leave_scope(store, id(1))
        }]
    {
        pull();
        assert_eq!(shown(store, id(1)), before.as_ref().map(|local| local.record.clone()));
    }
    assert_eq!(store.conflicts().unwrap().len(), 1);
}

#[test]
fn leaving_what_a_user_may_see_is_no_deletion() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    assert_eq!(leave_scope(store, id(1)).pulled, 1);
    assert_eq!(shown(store, id(1)), None);
    clean_item(store, 2, "e2");
    edit(store, id(2), json!({ "Title": "mine" }));
    assert_eq!(leave_scope(store, id(2)), Tally::default());
    assert_eq!((mark(store, id(2)), batch(store).len()), ("waiting", 1));
}

#[test]
fn unknown_properties_are_kept_and_sent_back_untouched() {
    let device = device();
    let store = &device.store;
    let json = json!({ "Title": "a", "Colour": { "r": [1, 2.5, null] }, "_UpdatedAt": 1 });
    pull_item(store, &server_item(id(1), "e1", json));
    store.delete(ITEMS, id(1)).unwrap();
    accept_all(store);
    store.undo_delete(ITEMS, id(1)).unwrap();
    let tidemark_store::OutgoingChange::Restore { body, .. } = &batch(store)[0].change else { panic!() };
    assert_eq!(body["Colour"], json!({ "r": [1, 2.5, null] }));
}

#[test]
fn a_page_and_its_link_come_together_or_not_at_all() {
    let device = device();
    let store = &device.store;
    let failed = pull(store, ITEMS, |tx| {
        take(tx, ITEMS, &item(1, "e1", "a"))?;
        tx.move_to(&delta("TodoItems?$deltatoken=9"))?;
        Err::<(), _>(StoreError::Internal("the page was cut".into()))
    });
    assert!(failed.is_err());
    assert_eq!((titles(store).len(), position(store)), (0, delta("TodoItems?$deltatoken=0")));
    pull(store, ITEMS, |tx| {
        take(tx, ITEMS, &item(1, "e1", "a"))?;
        tx.move_to(&delta("TodoItems?$deltatoken=9"))
    })
    .unwrap();
    assert_eq!((titles(store).len(), position(store)), (1, delta("TodoItems?$deltatoken=9")));
}

#[test]
fn a_record_that_was_deleted_behind_a_lost_reply_goes_though_no_delta_tells_of_it() {
    let device = device();
    let store = &device.store;
    store.add(ITEMS, &object(json!({ "Id": id(1).to_string(), "Title": "mine" }))).unwrap();
    let sent = batch(store);
    // The server took it, the reply was lost, somebody deleted it; the enumeration begins behind all that.
    pull(store, ITEMS, |tx| tx.start_enumeration(None)).unwrap();
    pull(store, ITEMS, |tx| tx.finish_enumeration()).unwrap();
    store.settle(&[reply(&sent[0], done("e1"))]).unwrap();
    assert_eq!(store.refetch().unwrap(), [(ITEMS.to_owned(), vec![id(1)])]);
    pull(store, ITEMS, |tx| tx.refetched(&[id(1)], Others::Absent)).unwrap();
    assert_eq!(mark(store, id(1)), "gone");
}

#[test]
fn changes_are_announced_after_the_commit_by_name_or_as_many() {
    let device = device();
    let store = &device.store;
    let heard: Arc<Mutex<Vec<Changed>>> = Arc::default();
    let (listener, reader) = (heard.clone(), store.clone());
    store.on_change(Box::new(move |changed| {
        // A listener may ask the store: the commit is done, nothing is locked.
        reader.counts().unwrap();
        listener.lock().unwrap().extend_from_slice(changed);
    }));
    let drain = || std::mem::take(&mut *heard.lock().unwrap());
    pull_item(store, &item(1, "e1", "a"));
    assert_eq!(drain(), [Changed { set: ITEMS.into(), ids: Some(vec![id(1)]) }]);
    edit(store, id(1), json!({ "Title": "b" }));
    assert_eq!(drain(), [Changed { set: ITEMS.into(), ids: Some(vec![id(1)]) }]);
    let _ = pull(store, ITEMS, |tx| {
        take(tx, ITEMS, &item(2, "e1", "a"))?;
        Err::<(), _>(StoreError::Busy)
    });
    assert_eq!(drain(), [], "what was rolled back is not announced");
    pull(store, ITEMS, |tx| (10..600).try_for_each(|n| take(tx, ITEMS, &item(n, "e", "a")))).unwrap();
    assert_eq!(drain(), [Changed { set: ITEMS.into(), ids: None }]);
}

#[test]
fn a_page_is_taken_onto_the_position_it_was_asked_from_or_not_at_all() {
    let from_start: &dyn Fn(&Store) = &|store| {
        pull(store, ITEMS, |tx| tx.move_to(&Position::Start { restored: false })).unwrap();
    };
    let off: &dyn Fn(&Store) = &|store| store.uncache(ITEMS, tidemark_store::Unsent::KeepUntilSent).unwrap();
    let off_and_on: &dyn Fn(&Store) = &|store| {
        off(store);
        store.cache(ITEMS).unwrap();
    };
    let moved_on: &dyn Fn(&Store) = &|store| {
        pull(store, ITEMS, |tx| tx.move_to(&delta("TodoItems?$deltatoken=8"))).unwrap();
    };
    let another_user: &dyn Fn(&Store) = &|store| {
        store.sign_out(true).unwrap();
        store.sign_in(&account()).unwrap();
        store.adopt_model(&model_document()).unwrap();
        store.cache(ITEMS).unwrap();
    };
    // What happens while the answer is on its way, from each place that one may be asked from.
    let asked_at = [
        Position::Start { restored: false },
        Position::Enumerating { next_link: "TodoItems?$skiptoken=5".into() },
        delta("TodoItems?$deltatoken=5"),
    ];
    for asked in asked_at {
        for meanwhile in [off, off_and_on, from_start, moved_on, another_user] {
            let device = device();
            let store = &device.store;
            pull(store, ITEMS, |tx| tx.move_to(&asked)).unwrap();
            clean_item(store, 1, "e1");
            edit(store, id(1), json!({ "Title": "mine" }));
            let from = stands(store, ITEMS);
            meanwhile(store);
            let before =
                (store.positions().unwrap().iter().map(|p| p.position().clone()).collect::<Vec<_>>(), titles(store));
            let thrown_away = store.pull(|tx| {
                let mut tx = tx.onto(&from)?;
                tx.start_enumeration(None)?;
                take(&mut tx, ITEMS, &item(1, "e2", "theirs"))?;
                take(&mut tx, ITEMS, &item(2, "e2", "other"))?;
                tx.finish_enumeration()?;
                tx.move_to(&delta("TodoItems?$deltatoken=9"))
            });
            assert_eq!(thrown_away.unwrap_err().code(), "moved");
            let after =
                (store.positions().unwrap().iter().map(|p| p.position().clone()).collect::<Vec<_>>(), titles(store));
            assert_eq!(before, after);
            assert_eq!(store.conflicts().unwrap(), []);
        }
    }
}

#[test]
fn a_page_that_was_asked_for_under_another_model_is_thrown_away() {
    let device = device();
    let store = &device.store;
    pull(store, ITEMS, |tx| tx.move_to(&delta("TodoItems?$deltatoken=5"))).unwrap();
    let from = stands(store, ITEMS);
    let mut document: serde_json::Value = serde_json::from_str(&model_document()).unwrap();
    let text = document.to_string().replacen("\"Notes\"", "\"Remarks\"", 1);
    document = serde_json::from_str(&text).unwrap();
    store.adopt_model(&document.to_string()).unwrap();
    let thrown_away = store.pull(|tx| take(&mut tx.onto(&from)?, ITEMS, &item(1, "e1", "a")));
    assert_eq!(thrown_away.unwrap_err().code(), "moved", "its columns would be taken for others");
    assert_eq!(titles(store), [""; 0]);
    // All is read anew: where the server takes the model back, the link would be good again, and never tell.
    for now in store.positions().unwrap() {
        assert_eq!(*now.position(), Position::Start { restored: false }, "{now:?}");
    }
}

#[test]
fn an_answer_in_several_pages_says_nothing_of_a_record_before_its_last() {
    let device = device();
    let store = &device.store;
    for n in 1..=3 {
        clean_item(store, n, "e1");
        edit(store, id(n), json!({ "Title": "mine" }));
    }
    let sent = batch(store);
    for n in 1..=3 {
        pull_item(store, &server_item(id(n), "e2", json!({ "Title": "mine", "Notes": "n", "_UpdatedAt": 9 })));
    }
    store.settle(&sent.iter().map(|o| reply(o, done("e2"))).collect::<Vec<_>>()).unwrap();
    let (_, ids) = store.refetch().unwrap().remove(0);
    assert_eq!(ids.len(), 3);
    let left = pull(store, ITEMS, |tx| {
        take(tx, ITEMS, &item(1, "e3", "theirs"))?;
        tx.refetched(&ids, Others::ToCome)
    })
    .unwrap()
    .0;
    assert_eq!(left, [id(2), id(3)]);
    assert_eq!(store.refetch().unwrap(), [(ITEMS.to_owned(), left.clone())], "it goes on with these");
    assert_eq!(titles(store).len(), 3);
    let tally = pull(store, ITEMS, |tx| {
        take(tx, ITEMS, &item(3, "e3", "theirs too"))?;
        tx.refetched(&left, Others::Absent)
    })
    .unwrap()
    .1;
    assert_eq!((tally.pulled, titles(store)), (2, vec!["theirs".to_owned(), "theirs too".to_owned()]));
}

#[test]
fn nothing_of_a_set_is_sent_before_its_enumeration_has_shown_what_a_restored_server_lost() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    store.add("Sites", &object(json!({ "Name": "North quay" }))).unwrap();
    pull(store, ITEMS, |tx| tx.move_to(&Position::Start { restored: true })).unwrap();
    let sets = |store: &Store| batch(store).iter().map(|o| o.set.clone()).collect::<Vec<_>>();
    assert_eq!(sets(store), ["Sites"]);
    pull(store, ITEMS, |tx| {
        tx.start_enumeration(None)?;
        take(tx, ITEMS, &item(1, "e1", "a"))?;
        tx.finish_enumeration()?;
        tx.move_to(&delta("TodoItems?$deltatoken=9"))
    })
    .unwrap();
    assert_eq!(sets(store).len(), 2);
}

#[test]
fn what_goes_back_to_the_base_unsent_is_fetched_where_the_set_was_read_anew_without_it() {
    type Deed = fn(&Store);
    let park = |store: &Store| {
        let sent = batch(store);
        let refused = Answer::Refused { reason: "no".into() };
        store.settle(&[reply(&sent[0], refused)]).unwrap();
    };
    let cases: [(&str, Deed, Deed); 4] = [
        ("a deletion", |store| store.delete(ITEMS, id(1)).unwrap(), |store| drop(store.undo_delete(ITEMS, id(1)))),
        (
            "an edit",
            |store| edit(store, id(1), json!({ "Title": "mine" })),
            |store| edit(store, id(1), json!({ "Title": "a" })),
        ),
        (
            "an edit that goes on",
            |store| edit(store, id(1), json!({ "Title": "mine" })),
            |store| {
                edit(store, id(1), json!({ "Title": "more" }));
                edit(store, id(1), json!({ "Title": "a" }));
            },
        ),
        (
            "a parked edit",
            |store| edit(store, id(1), json!({ "Title": "mine" })),
            |store| store.discard(ITEMS, id(1)).unwrap(),
        ),
    ];
    for (name, begins, goes_back) in cases {
        let device = device();
        let store = &device.store;
        clean_item(store, 1, "e1");
        begins(store);
        if name.contains("parked") {
            park(store);
        }
        pull(store, ITEMS, |tx| {
            tx.move_to(&Position::Start { restored: false })?;
            tx.start_enumeration(None)?;
            tx.finish_enumeration()?;
            tx.move_to(&Position::Delta { link: "d".into() })
        })
        .unwrap();
        let is_wanted = || {
            let wanted = store.refetch().unwrap().into_iter().find(|(set, _)| set == ITEMS);
            assert_eq!(wanted, Some((ITEMS.to_owned(), vec![id(1)])), "{name}");
        };
        // What is parked has no push that would tell.
        is_wanted();
        goes_back(store);
        assert_eq!(store.counts().unwrap().pending, 0, "{name}");
        is_wanted();
    }
}

#[test]
fn only_what_is_sent_next_is_set_aside_for_its_push() {
    let device = device();
    let store = &device.store;
    for n in 1..=3 {
        clean_item(store, n, "e1");
        edit(store, id(n), json!({ "Title": "mine" }));
    }
    // One is asked about, one is on its way, one waits.
    pull_item(store, &item(1, "e2", "theirs"));
    let sent = batch(store).into_iter().find(|sent| sent.id == id(2)).unwrap();
    let others = batch(store).into_iter().find(|sent| sent.id == id(3)).unwrap();
    store.settle(&[reply(&others, done("e2"))]).unwrap();
    edit(store, id(3), json!({ "Title": "mine again" }));
    let tally = {
        let from = stands(store, ITEMS);
        let came = |tx: &mut PullTx<'_>| {
            tx.before_push();
            (1..=3).try_for_each(|n| take(&mut tx.onto(&from)?, ITEMS, &item(n, "e3", "theirs too")))
        };
        store.pull(came).unwrap().1
    };
    assert_eq!(tally.conflicts, 0);
    let asked = only(store);
    assert_eq!((asked.record_id, asked.server.unwrap().etag.as_str()), (id(1), "e3"));
    let has_refetch = || store.lease().unwrap().has_refetch().unwrap();
    assert!(!has_refetch());
    store.settle(&[reply(&sent, done("e4"))]).unwrap();
    assert!(has_refetch(), "what moved while it was on its way is asked for when it is answered");
    // The push meets what was set aside; a pull that none follows does not set anything aside.
    pull_item(store, &item(3, "e3", "theirs too"));
    assert_eq!(store.conflicts().unwrap().len(), 2);
}
