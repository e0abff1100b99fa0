//! A server that came back from an older backup: nothing is deleted because it forgot, nothing is applied twice.

mod kept_no_longer;
mod others_meanwhile;

use crate::support::server::Server;
use crate::support::*;
use serde_json::json;
use tidemark_model::{ConflictKind, Resolution};
use tidemark_store::{Answer, Others, Position, Store, Tally};

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
    read_through(store, server)
}

/// Reads the set from its start, wherever it stands.
fn read_through(store: &Store, server: &Server) -> Tally {
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

/// What the device has on top of what was confirmed when the server is restored.
#[derive(Clone, Copy, Debug, PartialEq)]
enum OnTop {
    Nothing,
    Edit,
    /// Sent, and the server lost it with the rest before its answer was here.
    InFlight,
}

#[test]
fn what_was_confirmed_is_offered_again_whatever_the_backup_holds() {
    // The backup is taken before step n of: add, edit, edit once more, edit back, delete.
    for on_top in [OnTop::Nothing, OnTop::Edit, OnTop::InFlight] {
        for backup_at in 0..5 {
            for steps in backup_at.max(1)..=5 {
                let case = format!("{on_top:?}, backup before step {backup_at} of {steps}");
                if on_top != OnTop::Nothing && steps == 5 {
                    continue;
                }
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
                        3 => edit(store, id(1), json!({ "Title": "one" })),
                        _ => store.delete(ITEMS, id(1)).unwrap(),
                    }
                    push(store, &mut server);
                }
                if backup_at == steps {
                    backup = server.clone();
                }
                if on_top != OnTop::Nothing {
                    edit(store, id(1), json!({ "Title": "on top", "Assignee": "ann" }));
                }
                if on_top == OnTop::InFlight {
                    batch(store).iter().for_each(|o| drop(server.handle("ann", o)));
                }
                let expected = match on_top {
                    OnTop::Nothing => title_there(&server, 1).map(str::to_owned),
                    _ => Some("on top".to_owned()),
                };
                let versions: Vec<_> = server.versions.iter().map(|record| record.get("Title").clone()).collect();
                let mut server = backup;
                server.mark += 1;
                // Somebody writes to the restored server first: its numbers are given a second time.
                server.edit(id(50), "Title", json!("other"));
                let tally = pull_anew(store, &server, true);
                assert_eq!(tally.conflicts, 0, "{case}: no question with oneself");
                for _ in 0..3 {
                    assert_eq!(push(store, &mut server).conflicts, 0, "{case}: no question with oneself");
                }
                fetch(store, &server);
                assert_eq!(title_there(&server, 1).map(str::to_owned), expected, "{case}");
                assert_eq!(shown(store, id(1)).map(|record| title(&record).to_owned()), expected, "{case}");
                assert_eq!(store.counts().unwrap(), Default::default(), "{case}");
                assert!(server.applied.values().all(|times| *times == 1));
                // The server's journal is whole again: every confirmed change is in it, in order, once.
                let again = server.versions.iter().filter(|record| record.id == id(1));
                let again: Vec<_> = again.map(|record| record.get("Title").clone()).collect();
                if (backup_at, steps) == (0, 5) {
                    // Neither there nor here: nobody brings that back.
                    assert!(again.is_empty(), "{case}");
                    continue;
                }
                let on_top = (on_top == OnTop::Edit).then(|| json!("on top"));
                assert_eq!(again, versions.into_iter().chain(on_top).collect::<Vec<_>>(), "{case}");
            }
        }
    }
}

#[test]
fn what_a_restored_server_took_again_is_known_by_its_new_version() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    add(store, 1, "one");
    push(store, &mut server);
    let mut backup = server.clone();
    edit(store, id(1), json!({ "Title": "two" }));
    push(store, &mut server);
    for (mark, next) in [(1, "three"), (2, "four")] {
        server = backup;
        server.mark = mark;
        assert_eq!(pull_anew(store, &server, true).conflicts, 0);
        let tally = push(store, &mut server);
        assert_eq!((tally.pushed, tally.conflicts), (1, 0), "what was lost, once");
        // What it took again is in the next backup, under another version than the first time.
        backup = server.clone();
        edit(store, id(1), json!({ "Title": next }));
        push(store, &mut server);
        assert_eq!((title_there(&server, 1), store.counts().unwrap()), (Some(next), Default::default()));
    }
    assert_eq!(server.versions.iter().filter(|record| record.id == id(1)).count(), 4);
    // Each change stands once in the history, whatever the versions that it had.
    let entries = store.history(ITEMS, id(1)).unwrap();
    let changes = entries.iter().flat_map(|entry| &entry.changes).filter(|change| change.property == "Title");
    let titles: Vec<_> = changes.filter_map(|change| change.to.as_str()).collect();
    assert_eq!(titles, ["four", "three", "two", "one"], "{entries:?}");
}

#[test]
fn a_push_that_meets_an_own_older_version_knows_that_the_server_has_lost_the_rest() {
    // Before any pull has told that history was lost.
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    add(store, 1, "one");
    push(store, &mut server);
    let backup = server.clone();
    edit(store, id(1), json!({ "Title": "two" }));
    push(store, &mut server);
    edit(store, id(1), json!({ "Notes": "n" }));
    push(store, &mut server);
    edit(store, id(1), json!({ "Assignee": "ann" }));
    let mut server = backup;
    server.mark += 1;
    for _ in 0..3 {
        assert_eq!(push(store, &mut server).conflicts, 0);
    }
    let there = &server.records[&id(1)].1;
    assert_eq!((title(there), there.get("Notes"), there.get("Assignee")), ("two", &json!("n"), &json!("ann")));
    assert_eq!(server.versions.iter().filter(|record| record.id == id(1)).count(), 4);
    assert_eq!(store.counts().unwrap(), Default::default());
}

/// Bob's edits lie between this device's; the backup is taken before any of them.
#[test]
fn what_others_made_between_and_the_server_forgot_is_asked() {
    for backup_at in 0..=5 {
        for keep in [true, false] {
            let case = format!("backup before step {backup_at}, keep {keep}");
            let device = device();
            let store = &device.store;
            let mut server = Server::default();
            let mut backup = server.clone();
            for step in 0..5 {
                if step == backup_at {
                    backup = server.clone();
                }
                match step {
                    0 => add(store, 1, "one"),
                    1 => server.edit(id(1), "Notes", json!("bob")),
                    2 => edit(store, id(1), json!({ "Title": "two" })),
                    3 => server.edit(id(1), "Notes", json!("bob again")),
                    _ => edit(store, id(1), json!({ "Assignee": "ann" })),
                }
                push(store, &mut server);
                pull(store, ITEMS, |tx| server.delta(0, tx)).unwrap();
            }
            if backup_at == 5 {
                backup = server.clone();
            }
            let had = shown(store, id(1)).unwrap();
            let mut server = backup;
            server.mark += 1;
            let mut tally = pull_anew(store, &server, true);
            for _ in 0..3 {
                tally += push(store, &mut server);
                fetch(store, &server);
            }
            let there = server.records[&id(1)].1.clone();
            assert_eq!((title(&there), there.get("Assignee")), ("two", &json!("ann")), "{case}: own work is back");
            let forgot = backup_at <= 3;
            assert_eq!(tally.conflicts, u64::from(forgot), "{case}");
            let open = store.conflicts().unwrap();
            let asked: Vec<_> = open.iter().map(|open| (open.kind, open.properties.clone())).collect();
            if forgot {
                assert_eq!(asked, [(ConflictKind::BothEdited, vec!["Notes".to_owned()])], "{case}");
                let answer = if keep { Resolution::KeepMine } else { Resolution::TakeServer };
                store.resolve(open[0].id, &answer).unwrap();
                push(store, &mut server);
            }
            let notes = server.records[&id(1)].1.get("Notes").clone();
            if keep || !forgot {
                assert_eq!(&notes, had.get("Notes"), "{case}");
            } else {
                assert_eq!(&notes, there.get("Notes"), "{case}");
            }
            assert_eq!(shown(store, id(1)).unwrap().get("Notes"), &notes, "{case}");
            assert_eq!(store.counts().unwrap(), Default::default(), "{case}");
        }
    }
}

#[test]
fn somebody_elses_edit_that_only_the_devices_have_is_asked_and_answers_itself_when_they_come_back() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    server.edit(id(1), "Title", json!("old"));
    let backup = server.clone();
    server.edit(id(1), "Title", json!("bob's"));
    pull(store, ITEMS, |tx| server.delta(0, tx)).unwrap();
    let mut server = backup;
    server.mark += 1;
    assert_eq!(pull_anew(store, &server, true).conflicts, 1);
    assert_eq!(title(&shown(store, id(1)).unwrap()), "bob's", "nothing was overwritten unasked");
    let open = store.conflicts().unwrap();
    assert_eq!((open[0].kind, open[0].properties.as_slice()), (ConflictKind::BothEdited, &["Title".to_owned()][..]));
    // Asked once, however often it is enumerated.
    assert_eq!(pull_anew(store, &server, true).conflicts, 0);
    assert_eq!(store.conflicts().unwrap(), open);
    // Bob's device offers what it had confirmed.
    server.edit(id(1), "Title", json!("bob's"));
    pull(store, ITEMS, |tx| server.delta(0, tx)).unwrap();
    assert_eq!(store.counts().unwrap(), Default::default());
    assert_eq!((mark(store, id(1)), title(&shown(store, id(1)).unwrap())), ("none", "bob's"));
}

#[test]
fn a_crash_in_the_middle_of_the_offers_goes_on_where_it_was() {
    let device = device();
    let mut server = Server::default();
    let backup = server.clone();
    add(&device.store, 1, "one");
    push(&device.store, &mut server);
    for title in ["two", "three", "four"] {
        edit(&device.store, id(1), json!({ "Title": title }));
        push(&device.store, &mut server);
    }
    let mut server = backup;
    server.mark += 1;
    pull_anew(&device.store, &server, true);
    let mut device = device;
    for n in 1..=4 {
        // The answer is lost with the crash.
        let sent = batch(&device.store);
        assert_eq!(sent.len(), 1);
        server.handle("ann", &sent[0]);
        device = device.after_a_crash();
        let sent = batch(&device.store);
        let replies: Vec<_> = sent.iter().map(|o| reply(o, server.handle("ann", o))).collect();
        device.store.settle(&replies).unwrap();
        assert_eq!(server.versions.len(), n);
    }
    assert_eq!(device.store.counts().unwrap(), Default::default());
    assert_eq!(title_there(&server, 1), Some("four"));
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

#[test]
fn what_this_device_typed_over_what_the_server_forgot_is_not_asked_about() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    add(store, 1, "one");
    push(store, &mut server);
    let mut backup = server.clone();
    backup.mark = 1;
    server.edit(id(1), "Notes", json!("bob"));
    pull(store, ITEMS, |tx| server.delta(0, tx)).unwrap();
    edit(store, id(1), json!({ "Notes": "mine" }));
    pull_anew(store, &backup, true);
    push(store, &mut backup);
    assert_eq!(store.conflicts().unwrap(), []);
    assert_eq!(backup.records[&id(1)].1.get("Notes"), "mine");
}

#[test]
fn what_was_in_flight_when_the_alarm_came_is_answered_before_anything_is_offered() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    add(store, 1, "one");
    push(store, &mut server);
    edit(store, id(1), json!({ "Title": "two" }));
    push(store, &mut server);
    edit(store, id(1), json!({ "Title": "three" }));
    // The server has taken it, and has lost nothing.
    let sent = batch(store);
    sent.iter().for_each(|outgoing| drop(server.handle("ann", outgoing)));
    pull_anew(store, &server, true);
    assert_eq!(batch(store), sent, "its answer comes first");
    push(store, &mut server);
    fetch(store, &server);
    assert_eq!((store.conflicts().unwrap(), title_there(&server, 1)), (Vec::new(), Some("three")));
    assert!(server.applied.values().all(|times| *times == 1), "{:?}", server.applied);
}

#[test]
fn what_is_offered_and_never_decided_on_is_set_aside_like_any_other() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    add(store, 1, "mine");
    push(store, &mut server);
    pull_anew(store, &Server::default(), true);
    let offered = batch(store).remove(0);
    let undecided = || Answer::Undecided { reason: "The server failed at it.".into(), counts: true };
    for attempt in 1..=5 {
        assert_eq!(store.settle(&[reply(&offered, undecided())]).unwrap().parked, u64::from(attempt == 5));
    }
    assert_eq!(batch(store), [], "it holds up nothing, and a person knows");
    assert_eq!(store.parked().unwrap()[0].reason, "The server failed at it.");
    store.retry_parked(ITEMS, id(1)).unwrap();
    assert_eq!(batch(store), [offered]);
    let mut restored = Server::default();
    push(store, &mut restored);
    assert_eq!(title_there(&restored, 1), Some("mine"));
}

#[test]
fn nothing_of_a_set_is_sent_before_its_restored_server_was_looked_through() {
    let device = device();
    let store = &device.store;
    add(store, 1, "waits");
    pull(store, ITEMS, |tx| tx.move_to(&Position::Start { restored: true })).unwrap();
    assert_eq!(batch(store), []);
    pull_anew(store, &Server::default(), true);
    assert_eq!(batch(store).len(), 1);
}
