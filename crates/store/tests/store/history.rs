//! A record's history: every change once, whoever tells of it; who, when, from what to what; what was lost comes back.

mod brought_back;

use crate::support::*;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use tidemark_model::{HistoryEvent, Policy, Resolution};
use tidemark_store::{DEVICE_NAME, HistoryEntry, JournalLine, Origin, OutgoingChange, Position, PropertyChange, Store};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn entries(store: &Store) -> Vec<HistoryEntry> {
    store.history(ITEMS, id(1)).unwrap()
}

/// `event by: Property from -> to`, newest first.
fn told(store: &Store) -> Vec<String> {
    entries(store).iter().map(tell).collect()
}

fn tell(entry: &HistoryEntry) -> String {
    let side = |change: &PropertyChange| change.side.map_or(String::new(), |side| format!(" {}", side.as_str()));
    let change = |c: &PropertyChange| format!(" {} {}->{}{}", c.property, c.from, c.to, side(c));
    let mut changes: Vec<String> = entry.changes.iter().map(change).collect();
    changes.sort();
    format!("{} {}:{}", entry.event, entry.by.as_deref().unwrap_or("?"), changes.join(""))
}

fn push(store: &Store, etag: &str) {
    let sent = batch(store);
    store.settle(&[reply(&sent[0], done(etag))]).unwrap();
}

fn line(etag: &str, at: i64, user: &str, kind: &str, changes: &[(&str, &str, &str)]) -> JournalLine {
    let change = |(property, from, to): &(&str, &str, &str)| PropertyChange {
        property: (*property).into(),
        from: json!(from),
        to: json!(to),
        side: None,
    };
    JournalLine {
        etag: etag.into(),
        at,
        user: Some(user.into()),
        device: Some(format!("{user}'s device")),
        kind: kind.to_owned().into(),
        changes: changes.iter().map(change).collect(),
    }
}

#[test]
fn typing_is_one_entry_per_change_that_the_server_has() {
    let device = device();
    let store = &device.store;
    store.set_setting(DEVICE_NAME, "Ann's laptop").unwrap();
    let json = json!({ "Id": id(1).to_string(), "Title": "a" });
    store.add(ITEMS, &object(json)).unwrap();
    for title in ["ab", "abc"] {
        edit(store, id(1), json!({ "Title": title }));
    }
    assert_eq!(told(store), Vec::<String>::new(), "nothing of it is anybody else's yet");
    push(store, "e1");
    for title in ["b", "bc"] {
        edit(store, id(1), json!({ "Title": title, "Priority": 2 }));
    }
    push(store, "e2");
    store.delete(ITEMS, id(1)).unwrap();
    push(store, "e3");
    store.undo_delete(ITEMS, id(1)).unwrap();
    push(store, "e4");
    let told = told(store);
    assert_eq!(told[0], "restored ann:");
    assert_eq!(told[1], "deleted ann:");
    assert_eq!(told[2], "edited ann: Priority 0->2 Title \"abc\"->\"bc\"");
    assert!(told[3].starts_with("created ann:") && told[3].contains("Title null->\"abc\""), "{}", told[3]);
    assert_eq!(told.len(), 4);
    let entries = entries(store);
    assert!(entries.iter().all(|entry| entry.device.as_deref() == Some("Ann's laptop")));
    let can: Vec<bool> = entries.iter().map(|entry| entry.can_bring_back).collect();
    assert_eq!(can, [false, true, false, false], "what was deleted can be brought back");
}

#[test]
fn a_lost_reply_is_one_entry() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    let sent = batch(store);
    store.settle(&[reply(&sent[0], not_decided())]).unwrap();
    // The journal tells of the own change, and the delta brings it, before its answer is read.
    store.history_with(ITEMS, id(1), &[line("e2", 2_000, "ann", "update", &[("Title", "a", "mine")])]).unwrap();
    pull_item(store, &server_item(id(1), "e2", json!({ "Title": "mine", "Notes": "n", "_UpdatedAt": 2_000 })));
    let again = batch(store);
    store.settle(&[reply(&again[0], done("e2"))]).unwrap();
    pull_item(store, &server_item(id(1), "e2", json!({ "Title": "mine", "Notes": "n", "_UpdatedAt": 2_000 })));
    assert_eq!(told(store), ["edited ann: Title \"a\"->\"mine\""]);
}

#[test]
fn what_others_did_to_a_record_that_is_here_is_told_by_the_pull() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    assert_eq!(told(store), Vec::<String>::new(), "a first sight is no change");
    pull_item(store, &server_item(id(1), "e2", json!({ "Title": "b", "Notes": "n", "_UpdatedAt": 2_000 })));
    pull_item(store, &server_item(id(1), "e3", json!({ "Title": "b", "Notes": "n", "_UpdatedAt": 3_000 })));
    pull_removed(store, ITEMS, id(1), "e4");
    assert_eq!(told(store), ["deleted bob:", "edited bob: Title \"a\"->\"b\""]);
    assert_eq!(entries(store)[1].at, 2_000);
    assert_eq!(title(entries(store)[0].record.as_ref().unwrap()), "b");
    // What left this user's sight was not deleted.
    clean_item(store, 2, "f1");
    leave_scope(store, id(2));
    assert_eq!(store.history(ITEMS, id(2)).unwrap(), []);
    // Nor is an enumeration news.
    clean_item(store, 3, "g1");
    pull(store, ITEMS, |tx| tx.move_to(&Position::Enumerating { next_link: "x".into() })).unwrap();
    pull_item(store, &server_item(id(3), "g2", json!({ "Title": "b", "_UpdatedAt": 2_000 })));
    assert_eq!(store.history(ITEMS, id(3)).unwrap(), []);
}

#[test]
fn the_servers_journal_and_what_was_seen_are_one_story_without_doubles() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    push(store, "e2");
    let mine_at = entries(store)[0].at;
    // One pull brings two changes of others at once.
    let later = mine_at + 20;
    pull_item(store, &server_item(id(1), "e4", json!({ "Title": "d", "Notes": "n", "_UpdatedAt": later })));
    assert_eq!(told(store), ["edited bob: Title \"mine\"->\"d\"", "edited ann: Title \"a\"->\"mine\""]);
    let lines = [
        line("e4", later, "bob", "update", &[("Title", "c", "d")]),
        line("e3", mine_at + 10, "eve", "update", &[("Title", "mine", "c")]),
        line("e2", mine_at, "ann", "update", &[("Title", "a", "mine")]),
        line("e1", 500, "bob", "create", &[]),
    ];
    let expected = [
        "edited bob: Title \"c\"->\"d\"",
        "edited eve: Title \"mine\"->\"c\"",
        "edited ann: Title \"a\"->\"mine\"",
        "created bob:",
    ];
    for _ in 0..2 {
        let entries = store.history_with(ITEMS, id(1), &lines).unwrap();
        assert_eq!(entries.iter().map(tell).collect::<Vec<_>>(), expected);
        assert_eq!(told(store), expected, "and it is there offline");
        assert_eq!(entries[0].device.as_deref(), Some("bob's device"));
    }
    // Of a set that is not kept here it is shown and not kept.
    store.uncache("Sites", tidemark_store::Unsent::Refuse).unwrap();
    assert_eq!(store.history_with("Sites", id(9), &lines).unwrap().len(), 4);
    assert_eq!(store.history("Sites", id(9)).unwrap(), []);
}

#[test]
fn a_journal_told_in_between_does_not_hide_a_deletion_from_its_undo() {
    let device = device();
    let store = &device.store;
    let json = json!({ "Id": id(1).to_string(), "Title": "only here" });
    store.add(ITEMS, &object(json)).unwrap();
    store.delete(ITEMS, id(1)).unwrap();
    store.history_with(ITEMS, id(1), &[line("x", 5, "bob", "create", &[])]).unwrap();
    assert_eq!(title(&store.undo_delete(ITEMS, id(1)).unwrap().record), "only here");
}

#[test]
fn a_merge_says_what_came_from_where() {
    let device = device();
    let store = &device.store;
    let base = json!({ "Title": "a", "Notes": "one\ntwo\nthree\n", "_UpdatedAt": 1_000 });
    pull_item(store, &server_item(id(1), "e1", base));
    edit(store, id(1), json!({ "Priority": 3, "Notes": "ONE\ntwo\nthree\n" }));
    let theirs = json!({ "Title": "b", "Notes": "one\ntwo\nTHREE\n", "_UpdatedAt": 2_000 });
    assert_eq!(pull_item(store, &server_item(id(1), "e2", theirs)).merged, 1);
    let merged = entries(store).remove(0);
    assert_eq!((merged.event.as_str(), merged.by.as_deref()), ("merged", Some("ann")));
    let side = |name: &str| merged.changes.iter().find(|c| c.property == name).unwrap().side;
    assert_eq!(side("Priority"), Some(Origin::Mine));
    assert_eq!(side("Title"), Some(Origin::Server));
    assert_eq!(side("Notes"), Some(Origin::Both));
    assert_eq!(merged.changes.iter().find(|c| c.property == "Notes").unwrap().to, "ONE\ntwo\nTHREE\n");
    assert_eq!(entries(store)[1].by.as_deref(), Some("bob"));
}

#[test]
fn the_person_who_decided_is_named_and_not_whoever_they_decided_against() {
    for policy in [Policy::Ask, Policy::Mine] {
        let device = device();
        let store = &device.store;
        store.set_policy(ITEMS, policy).unwrap();
        clean_item(store, 1, "e1");
        edit(store, id(1), json!({ "Title": "mine" }));
        pull_item(store, &server_item(id(1), "e2", json!({ "Title": "theirs", "Notes": "n", "_UpdatedAt": 9 })));
        if policy == Policy::Ask {
            store.resolve(store.conflicts().unwrap()[0].id, &Resolution::KeepMine).unwrap();
        }
        let entry = entries(store).remove(0);
        assert_eq!(tell(&entry), "kept_mine ann: Title \"theirs\"->\"mine\" mine");
        assert_eq!(entry.by_policy, policy == Policy::Mine);
    }
}

#[test]
fn an_edit_is_told_with_the_time_at_which_it_was_typed() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Notes": "typed" }));
    let typed_ms = shown(store, id(1)).unwrap().updated_at;
    device.clock.0.fetch_add(3_600_000, Ordering::Relaxed);
    push(store, "e2");
    let entry = entries(store).remove(0);
    assert_eq!((entry.event.as_str(), entry.at), ("edited", typed_ms), "it was sent an hour later");
}

/// A record changed on both sides that somebody decided about, in favour of one of them.
fn decided(store: &Store, answer: &Resolution) {
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine", "Priority": 7 }));
    pull_item(store, &server_item(id(1), "e2", json!({ "Title": "theirs", "Notes": "m", "_UpdatedAt": 9 })));
    store.resolve(store.conflicts().unwrap()[0].id, answer).unwrap();
}

#[test]
fn what_the_model_decides_is_written_down_and_can_be_reversed() {
    let device = device();
    let store = &device.store;
    let ruled = json!({ "$MaxLength": 200, "@Tidemark.Merge": "server" });
    store.adopt_model(&changed("Title", ruled)).unwrap();
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    pull_item(store, &server_item(id(1), "e2", json!({ "Title": "theirs", "Notes": "n", "_UpdatedAt": 9 })));
    let now = (store.conflicts().unwrap().len(), mark(store, id(1)), title(&shown(store, id(1)).unwrap()).to_owned());
    assert_eq!(now, (0, "none", "theirs".to_owned()));
    let entry = store.decisions(10).unwrap().remove(0).entry;
    assert_eq!((entry.event.as_str(), entry.by_policy, entry.can_bring_back), ("took_server", true, true));
    let [lost] = &entry.changes[..] else { panic!("{entry:?}") };
    assert_eq!((lost.property.as_str(), &lost.from, &lost.to), ("Title", &json!("mine"), &json!("theirs")));
    assert_eq!(title(&store.bring_back(ITEMS, id(1), entry.entry).unwrap().unwrap().record), "mine");

    // The same on both sides, or nothing that was edited here: nothing was lost, and nothing is written down.
    let before = store.decisions(10).unwrap().len();
    for (n, here) in [(2, Some(json!({ "Title": "theirs" }))), (3, None)] {
        clean_item(store, n, "f1");
        if let Some(here) = here {
            edit(store, id(n), here);
        }
        pull_item(store, &server_item(id(n), "f2", json!({ "Title": "theirs", "Notes": "n", "_UpdatedAt": 9 })));
        assert_eq!((store.decisions(10).unwrap().len(), mark(store, id(n))), (before, "none"), "{n}");
    }
}

#[test]
fn what_was_typed_into_a_record_that_both_sides_deleted_is_kept() {
    for is_edited in [true, false] {
        let device = device();
        let store = &device.store;
        clean_item(store, 1, "e1");
        if is_edited {
            edit(store, id(1), json!({ "Title": "mine" }));
        }
        store.delete(ITEMS, id(1)).unwrap();
        pull_removed(store, ITEMS, id(1), "e2");
        pull_content(store, id(1), "e2", json!({ "Title": "a", "Notes": "n", "_UpdatedAt": 1_000 }));
        assert_eq!((batch(store), store.conflicts().unwrap().len(), mark(store, id(1))), (vec![], 0, "gone"));
        let kept: Vec<_> = entries(store).into_iter().filter(|entry| entry.by.as_deref() == Some("ann")).collect();
        assert_eq!(kept.len(), usize::from(is_edited), "{kept:?}");
        if is_edited {
            assert_eq!(title(&store.undo_delete(ITEMS, id(1)).unwrap().record), "mine");
        }
    }
}

#[test]
fn every_decision_of_a_policy_is_listed_and_reversed() {
    // (policy, deleted here, deleted there, event, the title after the reversal)
    let table = [
        (Policy::Mine, false, false, "kept_mine", Some("theirs")),
        (Policy::Server, false, false, "took_server", Some("mine")),
        (Policy::Mine, false, true, "restored", None),
        (Policy::Server, false, true, "accepted_delete", Some("mine")),
        (Policy::Mine, true, false, "deleted_anyway", Some("theirs")),
        (Policy::Server, true, false, "kept_server", None),
    ];
    for (policy, deleted_here, deleted_there, event, after) in table {
        let device = device();
        let store = &device.store;
        store.set_policy(ITEMS, policy).unwrap();
        clean_item(store, 1, "e1");
        match deleted_here {
            true => store.delete(ITEMS, id(1)).unwrap(),
            false => edit(store, id(1), json!({ "Title": "mine" })),
        }
        match deleted_there {
            true => {
                pull_removed(store, ITEMS, id(1), "e2");
                pull_content(store, id(1), "e2", json!({ "Title": "a", "Notes": "n", "_UpdatedAt": 1_000 }));
            }
            false => {
                let theirs = json!({ "Title": "theirs", "Notes": "n", "_UpdatedAt": 9 });
                pull_item(store, &server_item(id(1), "e2", theirs));
            }
        };
        assert_eq!(store.conflicts().unwrap(), []);
        let decision = store.decisions(10).unwrap().remove(0);
        let entry = &decision.entry;
        assert_eq!((entry.event.as_str(), entry.by.as_deref(), entry.by_policy), (event, Some("ann"), true));
        assert!(entry.can_bring_back, "{event}");
        accept_all(store);
        let back = store.bring_back(ITEMS, id(1), entry.entry).unwrap();
        assert_eq!(back.map(|local| title(&local.record).to_owned()).as_deref(), after, "{event}");
        assert_ne!(store.counts().unwrap().pending, 0, "{event}: it is a change like any other");
        assert_eq!(store.decisions(10).unwrap()[0].entry.event, HistoryEvent::BroughtBack);
    }
}

#[test]
fn a_restore_is_one_entry_before_and_after_it_was_sent() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    pull_removed(store, ITEMS, id(1), "e2");
    pull_content(store, id(1), "e2", json!({ "Title": "a", "Notes": "n", "_UpdatedAt": 1_000 }));
    store.resolve(store.conflicts().unwrap()[0].id, &Resolution::Restore).unwrap();
    push(store, "e3");
    store.history_with(ITEMS, id(1), &[line("e3", 1_800_000_000_000, "ann", "restore", &[])]).unwrap();
    let events: Vec<String> = entries(store).into_iter().map(|entry| entry.event.into()).collect();
    assert_eq!(events, ["restored", "deleted"]);
}

#[test]
fn histories_are_kept_long_and_a_wrong_clock_makes_nothing_look_old() {
    let device = device();
    let store = &device.store;
    decided(store, &Resolution::TakeServer);
    let n = entries(store).len();
    assert!(n > 1);
    let cycle = |outcome: &str| {
        let entry: Value = json!({
            "started_at": 1, "duration_ms": 1, "outcome": outcome, "pushed": 0, "pulled": 0, "merged": 0,
            "conflicts": 0, "parked": 0, "requests": 0, "bytes_sent": 0, "bytes_received": 0, "error": null
        });
        store.record_cycle(&serde_json::from_value(entry).unwrap()).unwrap();
    };
    let start = device.clock.0.load(Ordering::Relaxed);
    cycle("synced");
    for (days, outcome, kept) in [(91, "synced", n), (399, "synced", n), (9_999, "offline", n), (401, "synced", 0)] {
        device.clock.0.store(start + days * DAY_MS, Ordering::Relaxed);
        cycle(outcome);
        assert_eq!(entries(store).len(), kept, "after {days} days");
    }
}

#[test]
fn a_choice_of_sets_has_no_history() {
    let device = device();
    let store = &device.store;
    store.set_policy(ITEMS, Policy::Server).unwrap();
    let choice = tidemark_model::CachedEntity::id("ann", ITEMS);
    accept_all(store);
    assert_eq!(store.history("CachedEntities", choice).unwrap(), []);
    assert_eq!(store.decisions(10).unwrap(), []);
}

#[test]
fn a_word_that_another_version_wrote_is_read_as_it_is() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    push(store, "e2");
    let database = rusqlite::Connection::open(device.dir.path().join("tidemark.db")).unwrap();
    assert_eq!(database.execute("UPDATE history SET event = 'split', decision = 1", []).unwrap(), 1);
    assert_eq!(entries(store)[0].event.as_str(), "split");
    let decided = store.decisions(10).unwrap().remove(0).entry;
    assert_eq!((decided.event.as_str(), decided.can_bring_back), ("split", false));
    store.history_with(ITEMS, id(1), &[line("e9", 9_000, "bob", "moved", &[("Title", "a", "b")])]).unwrap();
    let edited = "edited bob: Title \"a\"->\"b\"".to_owned();
    assert!(told(store).contains(&edited), "whatever the server calls it: {:?}", told(store));
}
