//! Questions: one per record, about the newest version, answered for exactly what was shown.

use crate::support::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tidemark_model::{ConflictKind, HistoryEvent, Policy, RecordId, Resolution, Side};
use tidemark_store::{Answer, OpenConflict, OutgoingChange, Store};

/// A record changed here (`mine`) and on the server (`theirs`), asked about.
fn both_edited(store: &Store, mine: Value, theirs: Value) -> OpenConflict {
    clean_item(store, 1, "e1");
    edit(store, id(1), mine);
    pull_item(store, &server_item(id(1), "e2", theirs));
    only(store)
}

fn theirs(title: &str, notes: &str, stamp: i64) -> Value {
    json!({ "Title": title, "Notes": notes, "_UpdatedAt": stamp })
}

fn next(store: &Store) -> OutgoingChange {
    batch(store).remove(0).change
}

fn history(store: &Store) -> Vec<(String, Option<String>)> {
    let entries = store.history(ITEMS, id(1)).unwrap();
    let event =
        |e: &tidemark_store::HistoryEntry| format!("{}{}", e.event, if e.by_policy { "_by_policy" } else { "" });
    entries.into_iter().map(|e| (event(&e), e.record.map(|record| title(&record).to_owned()))).collect()
}

#[test]
fn a_question_holds_all_three_sides() {
    let device = device();
    let open = both_edited(&device.store, json!({ "Title": "mine" }), theirs("theirs", "m", 9_000));
    assert_eq!((open.kind, open.properties.as_slice()), (ConflictKind::BothEdited, ["Title".to_owned()].as_slice()));
    assert_eq!(title(&open.base.unwrap().record), "a");
    assert_eq!(title(&open.mine), "mine");
    let server = open.server.unwrap();
    assert_eq!((title(&server.record), server.etag.as_str()), ("theirs", "e2"));
    assert_eq!(server.record.updated_by.as_deref(), Some("bob"));
    assert_eq!(device.after_a_crash().store.conflicts().unwrap().len(), 1);
}

#[test]
fn every_answer_becomes_a_change_on_the_version_shown() {
    // (kind, answer, the record's title and notes then, what is sent, what the history keeps)
    let merge = |side| Resolution::Merge(BTreeMap::from([("Title".to_owned(), side)]));
    type Case = (
        &'static str,
        Resolution,
        Option<(&'static str, &'static str)>,
        &'static str,
        &'static str,
        Option<&'static str>,
    );
    let table: [Case; 9] = [
        ("both", Resolution::KeepMine, Some(("mine", "m")), "update Title on e2", "kept_mine", Some("theirs")),
        ("both", Resolution::TakeServer, Some(("theirs", "m")), "", "took_server", Some("mine")),
        ("both", merge(Side::Mine), Some(("mine", "m")), "update Title on e2", "chose_sides", Some("theirs")),
        ("both", merge(Side::Server), Some(("theirs", "m")), "", "chose_sides", Some("mine")),
        ("deleted", Resolution::Restore, Some(("mine", "n")), "restore on e2", "restored", None),
        ("deleted", Resolution::AcceptDelete, None, "", "accepted_delete", Some("mine")),
        ("forgotten", Resolution::Restore, Some(("mine", "n")), "add", "restored", None),
        ("edited", Resolution::DeleteAnyway, None, "delete on e2", "deleted_anyway", Some("theirs")),
        ("edited", Resolution::KeepServer, Some(("theirs", "m")), "", "kept_server", None),
    ];
    for (kind, answer, expected, sent, event, kept) in table {
        let device = device();
        let store = &device.store;
        clean_item(store, 1, "e1");
        match kind {
            "edited" => store.delete(ITEMS, id(1)).unwrap(),
            _ => edit(store, id(1), json!({ "Title": "mine" })),
        }
        match kind {
            "deleted" => {
                assert_eq!(pull_removed(store, ITEMS, id(1), "e2").conflicts, 1);
                pull_content(store, id(1), "e2", theirs("a", "n", 9_000));
            }
            "forgotten" => {
                let sent = batch(store);
                store.settle(&[reply(&sent[0], Answer::Absent)]).unwrap();
            }
            _ => assert_eq!(pull_item(store, &server_item(id(1), "e2", theirs("theirs", "m", 9_000))).conflicts, 1),
        }
        let open = only(store);
        let after = store.resolve(open.id, &answer).unwrap().record;
        let shown = after.map(|l| (title(&l.record).to_owned(), l.record.get("Notes").as_str().unwrap().to_owned()));
        let expected = expected.map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(shown, expected, "{kind} {answer:?}");
        assert_eq!(store.resolve(open.id, &answer).unwrap_err().code(), "no_such_conflict");
        let next = batch(store).pop().map_or(String::new(), |outgoing| match outgoing.change {
            OutgoingChange::Add { .. } => "add".to_owned(),
            OutgoingChange::Update { body, if_match } => {
                format!("update {} on {if_match}", body.keys().next().unwrap())
            }
            OutgoingChange::Restore { if_match, .. } => format!("restore on {if_match}"),
            OutgoingChange::Delete { if_match } => format!("delete on {if_match}"),
        });
        assert_eq!(next, sent, "{kind} {answer:?}");
        assert_eq!(history(store)[0], (event.to_owned(), kept.map(str::to_owned)), "{kind} {answer:?}");
        assert_eq!(store.counts().unwrap().conflicts, 0);
        let stamp = store.get(ITEMS, id(1)).unwrap().map_or(i64::MAX, |local| local.record.updated_at);
        assert!(sent.is_empty() || stamp > 9_000, "a new change is later than both sides");
    }
}

#[test]
fn a_newer_version_replaces_the_servers_side_and_an_old_answer_is_asked_again() {
    let device = device();
    let store = &device.store;
    let first = both_edited(store, json!({ "Title": "mine" }), theirs("theirs", "n", 9));
    // Only the stamp moved: the same question.
    let tally = pull_item(store, &server_item(id(1), "e3", theirs("theirs", "n", 10)));
    assert_eq!((tally.conflicts, only(store).id), (0, first.id));
    assert_eq!(only(store).server.unwrap().etag, "e3");

    let tally = pull_item(store, &server_item(id(1), "e4", theirs("newer", "n", 11)));
    assert_eq!(tally.conflicts, 0, "asked once, not twice");
    let second = only(store);
    assert_eq!(title(&second.server.as_ref().unwrap().record), "newer");
    let error = store.resolve(first.id, &Resolution::KeepMine).unwrap_err();
    assert_eq!(error.code(), "no_such_conflict", "nobody has seen what that would overwrite");

    store.resolve(second.id, &Resolution::KeepMine).unwrap();
    let OutgoingChange::Update { if_match, .. } = next(store) else { panic!() };
    assert_eq!(if_match, "e4");
    // The server moved on once more before it was sent: asked again, never forced.
    let sent = batch(store);
    let current = server_item(id(1), "e5", theirs("newest", "n", 12));
    assert_eq!(store.settle(&[reply(&sent[0], Answer::Stale { current })]).unwrap().conflicts, 1);
    assert_eq!(title(&only(store).server.unwrap().record), "newest");
}

#[test]
fn a_question_that_answered_itself_closes() {
    // The server came to the same text, to the base again, or to an edit elsewhere.
    for (etag, title_there, expected) in [("e3", "mine", "none"), ("e1", "a", "waiting"), ("e3", "a", "waiting")] {
        let device = device();
        both_edited(&device.store, json!({ "Title": "mine" }), theirs("theirs", "n", 9));
        pull_item(&device.store, &server_item(id(1), etag, theirs(title_there, "n", 10)));
        assert_eq!(device.store.conflicts().unwrap(), [], "{etag} {title_there}");
        assert_eq!(mark(&device.store, id(1)), expected, "{etag} {title_there}");
    }
    // This device came to the server's text.
    let device = device();
    both_edited(&device.store, json!({ "Title": "mine" }), theirs("theirs", "n", 9));
    edit(&device.store, id(1), json!({ "Title": "theirs" }));
    assert_eq!((mark(&device.store, id(1)), device.store.conflicts().unwrap().len()), ("none", 0));
}

#[test]
fn an_edit_while_asked_joins_this_devices_side() {
    let device = device();
    let store = &device.store;
    let first = both_edited(store, json!({ "Title": "mine" }), theirs("theirs", "m", 9));
    edit(store, id(1), json!({ "Title": "mine two", "Priority": 3 }));
    let open = only(store);
    assert_eq!((open.id, title(&open.mine)), (first.id, "mine two"));
    store.resolve(open.id, &Resolution::KeepMine).unwrap();
    let shown = shown(store, id(1)).unwrap();
    assert_eq!((title(&shown), shown.get("Priority"), shown.get("Notes")), ("mine two", &json!(3), &json!("m")));
}

#[test]
fn deleting_while_asked() {
    let device = device();
    let store = &device.store;
    let first = both_edited(store, json!({ "Title": "mine" }), theirs("theirs", "n", 9));
    store.delete(ITEMS, id(1)).unwrap();
    let open = only(store);
    assert_eq!(open.kind, ConflictKind::EditedOnServer);
    assert!(open.mine.is_tombstoned && open.id != first.id);
    assert_eq!(batch(store), []);
    // Taken back: the first question again, with this device's text as it was.
    store.undo_delete(ITEMS, id(1)).unwrap();
    assert_eq!((only(store).kind, title(&only(store).mine)), (ConflictKind::BothEdited, "mine"));

    // Undone where nothing was edited before: there is nothing to ask.
    clean_item(store, 2, "f1");
    store.delete(ITEMS, id(2)).unwrap();
    pull_item(store, &server_item(id(2), "f2", theirs("theirs", "n", 9)));
    store.undo_delete(ITEMS, id(2)).unwrap();
    assert_eq!((mark(store, id(2)), title(&shown(store, id(2)).unwrap())), ("none", "theirs"));

    // Deleted on both sides: agreed.
    clean_item(store, 3, "g1");
    edit(store, id(3), json!({ "Title": "mine" }));
    pull_removed(store, ITEMS, id(3), "g2");
    assert_eq!(mark(store, id(3)), "conflict");
    store.delete(ITEMS, id(3)).unwrap();
    assert_eq!((mark(store, id(3)), store.counts().unwrap().conflicts), ("gone", 1));
    assert_eq!(store.history(ITEMS, id(3)).unwrap()[1].event, HistoryEvent::AcceptedDelete);
    // Taken back, it is restored on the tombstone that was shown.
    store.undo_delete(ITEMS, id(3)).unwrap();
    assert_eq!((mark(store, id(3)), title(&shown(store, id(3)).unwrap())), ("waiting", "mine"));
}

#[test]
fn an_edit_back_to_the_base_does_not_let_a_deleted_record_slip_away() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    pull_removed(store, ITEMS, id(1), "e2");
    pull_content(store, id(1), "e2", theirs("a", "n", 9_000));
    edit(store, id(1), json!({ "Title": "a" }));
    assert_eq!((only(store).kind, only(store).properties.len()), (ConflictKind::DeletedOnServer, 0));
    store.resolve(only(store).id, &Resolution::Restore).unwrap();
    assert!(matches!(next(store), OutgoingChange::Restore { if_match, .. } if if_match == "e2"));
}

#[test]
fn a_policy_answers_in_a_persons_place_and_the_history_says_so() {
    let newer = 9_000_000_000_000;
    let table = [
        (Policy::Ask, 9, "conflict", None),
        (Policy::Mine, newer, "waiting", Some(("kept_mine_by_policy", "theirs"))),
        (Policy::Server, 9, "none", Some(("took_server_by_policy", "mine"))),
        (Policy::Newest, 9, "waiting", Some(("kept_mine_by_policy", "theirs"))),
        (Policy::Newest, newer, "none", Some(("took_server_by_policy", "mine"))),
    ];
    for (policy, stamp, expected, entry) in table {
        let device = device();
        let store = &device.store;
        store.set_policy(ITEMS, policy).unwrap();
        assert_eq!(store.policy(ITEMS).unwrap(), policy);
        clean_item(store, 1, "e1");
        edit(store, id(1), json!({ "Title": "mine" }));
        let tally = pull_item(store, &server_item(id(1), "e2", theirs("theirs", "n", stamp)));
        assert_eq!((tally.conflicts > 0, mark(store, id(1))), (policy == Policy::Ask, expected), "{policy:?}");
        let kept = history(store).into_iter().next().filter(|(event, _)| event != "edited");
        let entry = entry.map(|(event, title): (&str, &str)| (event.to_owned(), Some(title.to_owned())));
        assert_eq!(kept, entry, "{policy:?}");
    }
}

#[test]
fn a_merge_is_counted_and_this_devices_version_kept() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    let tally = pull_item(store, &server_item(id(1), "e2", theirs("a", "theirs", 9)));
    assert_eq!((tally.merged, tally.pulled, tally.conflicts), (1, 1, 0));
    let shown = shown(store, id(1)).unwrap();
    assert_eq!((title(&shown), shown.get("Notes")), ("mine", &json!("theirs")));
    assert_eq!(history(store), [("merged".to_owned(), Some("mine".to_owned())), ("edited".to_owned(), None)]);
}

#[test]
fn nothing_of_an_open_question_is_lost_by_a_crash() {
    let device = device();
    let open = both_edited(&device.store, json!({ "Title": "mine" }), theirs("theirs", "n", 9));
    let ids: Vec<RecordId> = device.store.conflicts().unwrap().iter().map(|open| open.id).collect();
    let crashed = device.after_a_crash();
    assert_eq!(crashed.store.conflicts().unwrap().iter().map(|open| open.id).collect::<Vec<_>>(), ids);
    crashed.store.resolve(open.id, &Resolution::KeepMine).unwrap();
    // The answer is on the disk before the dialog closes, and is not asked again.
    let again = crashed.after_a_crash();
    assert_eq!(again.store.conflicts().unwrap(), []);
    assert!(matches!(next(&again.store), OutgoingChange::Update { if_match, .. } if if_match == "e2"));
}

#[test]
fn a_record_that_is_restored_keeps_what_others_made_of_it_before_the_mark_came() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    // Somebody wrote notes and deleted it then; the delta brings nothing but the mark.
    pull_removed(store, ITEMS, id(1), "e3");
    assert_eq!(only(store).kind, ConflictKind::DeletedOnServer);
    assert_eq!(store.refetch().unwrap(), [(ITEMS.to_owned(), vec![id(1)])], "what was in it is asked for");
    let mut tombstone = server_item(id(1), "e3", json!({ "Title": "a", "Notes": "theirs", "_UpdatedAt": 9_000 }));
    tombstone.record.is_tombstoned = true;
    pull(store, ITEMS, |tx| {
        take(tx, ITEMS, &tombstone)?;
        tx.refetched(&[id(1)], tidemark_store::Others::Absent)
    })
    .unwrap();
    store.resolve(only(store).id, &Resolution::Restore).unwrap();
    let OutgoingChange::Restore { body, .. } = next(store) else { panic!() };
    assert_eq!((&body["Title"], &body["Notes"]), (&json!("mine"), &json!("theirs")));
}

#[test]
fn what_is_restored_before_its_content_came_waits_for_that_and_keeps_it() {
    for policy in [Policy::Ask, Policy::Mine] {
        let device = device();
        let store = &device.store;
        store.set_policy(ITEMS, policy).unwrap();
        clean_item(store, 1, "e1");
        edit(store, id(1), json!({ "Title": "mine" }));
        pull_removed(store, ITEMS, id(1), "e3");
        if policy == Policy::Ask {
            store.resolve(only(store).id, &Resolution::Restore).unwrap();
        }
        assert_eq!(store.refetch().unwrap(), [(ITEMS.to_owned(), vec![id(1)])], "{policy:?}");
        assert_eq!(items(store), [], "{policy:?}: nobody here knows yet what others had made of it");
        pull_content(store, id(1), "e3", theirs("a", "theirs", 9_000));
        assert_eq!(store.conflicts().unwrap(), [], "{policy:?}");
        let OutgoingChange::Restore { body, if_match } = items(store).remove(0) else { panic!() };
        assert_eq!((&body["Title"], &body["Notes"], if_match.as_str()), (&json!("mine"), &json!("theirs"), "e3"));
    }
}

#[test]
fn what_is_restored_over_a_value_that_nobody_saw_is_asked_about_again() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    pull_removed(store, ITEMS, id(1), "e3");
    store.resolve(only(store).id, &Resolution::Restore).unwrap();
    pull_content(store, id(1), "e3", theirs("theirs", "n", 9_000));
    let open = only(store);
    assert_eq!((open.kind, open.properties), (ConflictKind::DeletedOnServer, vec!["Title".to_owned()]));
    assert_eq!((title(&open.mine), title(&open.server.unwrap().record)), ("mine", "theirs"));
    assert_eq!(items(store), []);
    pull_content(store, id(1), "e3", theirs("theirs", "n", 9_000));
    assert_eq!(only(store).id, open.id, "the same tombstone once more is the same question");
    store.resolve(open.id, &Resolution::Restore).unwrap();
    let OutgoingChange::Restore { body, if_match } = items(store).remove(0) else { panic!() };
    assert_eq!((&body["Title"], &body["Notes"], if_match.as_str()), (&json!("mine"), &json!("n"), "e3"));
}

#[test]
fn a_restore_goes_over_nothing_unseen_though_its_set_is_kept_no_longer() {
    for (has_answered, is_ticked_again) in [(true, false), (false, false), (true, true)] {
        let device = device();
        let store = &device.store;
        clean_item(store, 1, "e1");
        edit(store, id(1), json!({ "Title": "mine" }));
        pull_removed(store, ITEMS, id(1), "e3");
        let restore = || store.resolve(only(store).id, &Resolution::Restore).map(drop).unwrap();
        let un_tick = || store.uncache(ITEMS, tidemark_store::Unsent::KeepUntilSent).unwrap();
        if has_answered {
            restore();
            un_tick();
        } else {
            un_tick();
            restore();
        }
        if is_ticked_again {
            store.cache(ITEMS).unwrap();
            assert!(batch(store).iter().all(|outgoing| outgoing.set != ITEMS), "it is read first");
            continue;
        }
        let sent = batch(store).into_iter().find(|outgoing| outgoing.set == ITEMS).unwrap();
        assert_ne!(sent.change.if_match(), "e3", "what it held is not known");
        let mut current = server_item(id(1), "e3", json!({ "Title": "theirs", "Notes": "n" }));
        current.record.is_tombstoned = true;
        store.settle(&[reply(&sent, Answer::Stale { current })]).unwrap();
        let open = only(store);
        assert_eq!((open.kind, title(&open.server.unwrap().record)), (ConflictKind::DeletedOnServer, "theirs"));
        // Now it is known, and goes over it by choice.
        restore();
        let sent = batch(store).into_iter().find(|outgoing| outgoing.set == ITEMS).unwrap();
        assert_eq!(sent.change.if_match(), "e3");
        store.settle(&[reply(&sent, Answer::Done { etag: "e4".into(), stamp: None })]).unwrap();
        assert_eq!(store.counts().unwrap().pending, 0);
    }
}

#[test]
fn questions_stand_in_the_order_of_the_work_whatever_the_clock_says() {
    let device = device();
    let store = &device.store;
    for n in [3, 1, 2] {
        clean_item(store, n, "e1");
        edit(store, id(n), json!({ "Title": "mine" }));
    }
    for n in [2, 3, 1] {
        // The battery of its clock is at its end.
        device.clock.0.fetch_sub(86_400_000, std::sync::atomic::Ordering::Relaxed);
        pull_item(store, &server_item(id(n), "e2", json!({ "Title": "theirs" })));
    }
    let open: Vec<_> = store.conflicts().unwrap().iter().map(|open| open.record_id).collect();
    assert_eq!(open, [id(3), id(1), id(2)]);
}
