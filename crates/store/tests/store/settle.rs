//! The server's answers, record by record.

use crate::support::*;
use serde_json::json;
use tidemark_store::{Answer, Others, Outgoing, OutgoingChange, Reply, Store, Tally};

/// One row of the table: what was sent, what was done meanwhile, the answer, and what is then left.
struct Case {
    name: &'static str,
    sent: &'static str,
    meanwhile: &'static str,
    answer: Answer,
    /// The mark of the record, then what is sent next.
    expected: (&'static str, &'static str),
    tally: Tally,
}

fn current(etag: &str, title: &str, notes: &str) -> Answer {
    let json = json!({ "Title": title, "Notes": notes, "_UpdatedAt": 2_000 });
    Answer::Stale { current: server_item(id(1), etag, json) }
}

fn tombstone(etag: &str) -> Answer {
    let json = json!({ "Title": "a", "Notes": "n", "_UpdatedAt": 2_000, "_IsTombstoned": true });
    Answer::Stale { current: server_item(id(1), etag, json) }
}

fn next(store: &Store) -> String {
    let text = |outgoing: &Outgoing| match &outgoing.change {
        OutgoingChange::Add { body } => format!("add {}", body["Title"].as_str().unwrap()),
        OutgoingChange::Update { body, if_match } => {
            let names: Vec<_> = body.keys().filter(|name| !name.starts_with('_')).cloned().collect();
            format!("update {} on {if_match}", names.join("+"))
        }
        OutgoingChange::Restore { if_match, .. } => format!("restore on {if_match}"),
        OutgoingChange::Delete { if_match } => format!("delete on {if_match}"),
    };
    batch(store).first().map_or_else(|| "nothing".to_owned(), text)
}

#[test]
fn every_answer_to_every_change() {
    let pushed = Tally { pushed: 1, ..Tally::default() };
    let merged = Tally { merged: 1, ..Tally::default() };
    let asked = Tally { conflicts: 1, ..Tally::default() };
    let parked = Tally { parked: 1, ..Tally::default() };
    let none = Tally::default();
    let refused = || Answer::Refused { reason: "No.".into() };
    let absent = || Answer::Absent;
    let case = |name, sent, meanwhile, answer, expected, tally| Case { name, sent, meanwhile, answer, expected, tally };
    let cases = [
        case("an addition is created", "add", "", done("e1"), ("none", "nothing"), pushed),
        case("an edit since is an update", "add", "edit", done("e1"), ("waiting", "update Notes on e1"), pushed),
        case("a deletion since is a deletion", "add", "delete", done("e1"), ("gone", "delete on e1"), pushed),
        case("an addition that is there already", "add", "", current("e5", "a", "n"), ("none", "nothing"), none),
        case("an addition against another", "add", "", current("e5", "b", "n"), ("conflict", "nothing"), asked),
        case("an addition on a tombstone", "add", "", tombstone("e5"), ("conflict", "nothing"), asked),
        case("deleted since, never arrived", "add", "delete", absent(), ("gone", "nothing"), none),
        case("an update is written", "update", "", done("e2"), ("none", "nothing"), pushed),
        case("an edit since is on top of it", "update", "edit", done("e2"), ("waiting", "update Notes on e2"), pushed),
        case("a deletion since is too", "update", "delete", done("e2"), ("gone", "delete on e2"), pushed),
        case("an edit back since", "update", "back", done("e2"), ("waiting", "update Title on e2"), pushed),
        case("disjoint edits merge", "update", "", current("e5", "a", "m"), ("waiting", "update Title on e5"), merged),
        case("equal edits are none", "update", "", current("e5", "mine", "n"), ("none", "nothing"), none),
        case("clashing edits are asked", "update", "", current("e5", "b", "n"), ("conflict", "nothing"), asked),
        case("an update of a deleted record", "update", "", tombstone("e5"), ("conflict", "nothing"), asked),
        case("an update of a forgotten record", "update", "", absent(), ("conflict", "nothing"), asked),
        case("the base after all", "update", "", current("e1", "a", "n"), ("waiting", "update Title on e1"), none),
        case("refused is parked", "update", "", refused(), ("refused", "nothing"), parked),
        case("an edit since tries again", "update", "edit", refused(), ("waiting", "update Title+Notes on e1"), none),
        case("not decided", "update", "", not_decided(), ("sending", "update Title on e1"), none),
        case("a deletion is done", "delete", "", done("e2"), ("gone", "nothing"), pushed),
        case("a deletion had nothing to do", "delete", "", Answer::Absent, ("gone", "nothing"), pushed),
        case("undone since is a restore", "delete", "undo", done("e2"), ("waiting", "restore on e2"), pushed),
        case("undone since, gone anyway", "delete", "undo", Answer::Absent, ("gone", "nothing"), none),
        case("a deletion of a changed record", "delete", "", current("e5", "b", "n"), ("gone", "nothing"), asked),
        case("only the stamp moved", "delete", "", current("e5", "a", "n"), ("gone", "delete on e5"), none),
        case("undone since, stale", "delete", "undo", current("e5", "b", "n"), ("none", "nothing"), none),
        case("a deletion of a deleted record", "delete", "", tombstone("e5"), ("gone", "nothing"), none),
        case("a refused deletion is parked", "delete", "", refused(), ("gone", "nothing"), parked),
    ];
    for case in cases {
        let device = device();
        let store = &device.store;
        match case.sent {
            "add" => {
                let json = json!({ "Id": id(1).to_string(), "Title": "a", "Notes": "n" });
                drop(store.add(ITEMS, &object(json)).unwrap());
            }
            sent => {
                clean_item(store, 1, "e1");
                match sent {
                    "update" => edit(store, id(1), json!({ "Title": "mine" })),
                    _ => store.delete(ITEMS, id(1)).unwrap(),
                }
            }
        }
        let sent = batch(store);
        match case.meanwhile {
            "edit" => edit(store, id(1), json!({ "Notes": "later" })),
            "back" => edit(store, id(1), json!({ "Title": "a" })),
            "delete" => store.delete(ITEMS, id(1)).unwrap(),
            "undo" => drop(store.undo_delete(ITEMS, id(1)).unwrap()),
            _ => {}
        }
        let tally = store.settle(&[reply(&sent[0], case.answer)]).unwrap();
        assert_eq!(tally, case.tally, "{}", case.name);
        assert_eq!((mark(store, id(1)), next(store).as_str()), case.expected, "{}", case.name);
        let counts = store.counts().unwrap();
        let open = counts.pending + counts.conflicts + counts.parked;
        assert_eq!(open == 0, case.expected.1 == "nothing" && asked != tally && parked != tally, "{}", case.name);
    }
}

#[test]
fn only_the_answer_to_the_request_in_flight_counts() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    let sent = batch(store);
    let stranger = Reply { request_id: id(77), ..reply(&sent[0], done("e9")) };
    assert_eq!(store.settle(&[stranger]).unwrap(), Tally::default());
    assert_eq!(batch(store), sent);
    assert_eq!(store.settle(&[reply(&sent[0], done("e2"))]).unwrap().pushed, 1);
    // The same answer once more, by a duplicated response.
    edit(store, id(1), json!({ "Title": "more" }));
    assert_eq!(store.settle(&[reply(&sent[0], done("e2"))]).unwrap(), Tally::default());
    assert_eq!(mark(store, id(1)), "waiting");
}

#[test]
fn a_lost_reply_is_no_conflict_with_oneself() {
    let device = device();
    let store = &device.store;
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    let sent = batch(store);
    // The server has it as e2, the reply was lost; the pull brings it, and even a later change by somebody else.
    let theirs = server_item(id(1), "e3", json!({ "Title": "theirs", "Notes": "n", "_UpdatedAt": 9 }));
    assert_eq!(pull_item(store, &theirs), Tally::default());
    assert_eq!(title(&shown(store, id(1)).unwrap()), "mine");
    assert_eq!(store.refetch().unwrap(), []);

    assert_eq!(batch(store), sent);
    assert_eq!(store.settle(&[reply(&sent[0], done("e2"))]).unwrap(), Tally { pushed: 1, ..Tally::default() });
    assert_eq!(store.refetch().unwrap(), [(ITEMS.to_owned(), vec![id(1)])]);
    let tally = pull(store, ITEMS, |tx| {
        take(tx, ITEMS, &theirs)?;
        tx.refetched(&[id(1)], Others::Absent)
    })
    .unwrap()
    .1;
    assert_eq!((tally.pulled, tally.conflicts), (1, 0));
    assert_eq!(title(&shown(store, id(1)).unwrap()), "theirs");
    assert_eq!(store.refetch().unwrap(), []);
}

#[test]
fn what_was_fetched_singly_and_is_nowhere_goes_or_is_asked() {
    for edited in [false, true] {
        let device = device();
        let store = &device.store;
        clean_item(store, 1, "e1");
        edit(store, id(1), json!({ "Title": "mine" }));
        let sent = batch(store);
        pull_item(store, &server_item(id(1), "e2", json!({ "Title": "mine", "Notes": "n", "_UpdatedAt": 9 })));
        if edited {
            edit(store, id(1), json!({ "Notes": "later" }));
        }
        store.settle(&[reply(&sent[0], done("e2"))]).unwrap();
        let tally = pull(store, ITEMS, |tx| tx.refetched(&[id(1)], Others::Absent)).unwrap().1;
        match edited {
            false => assert_eq!((tally.pulled, mark(store, id(1))), (1, "gone")),
            true => assert_eq!((tally.conflicts, mark(store, id(1))), (1, "conflict")),
        }
    }
}

#[test]
fn parked_changes_wait_are_tried_again_or_given_up() {
    let device = device();
    let store = &device.store;
    let refuse = |store: &Store| {
        let sent = batch(store);
        store.settle(&[reply(&sent[0], Answer::Refused { reason: "Notes are too long.".into() })]).unwrap();
    };
    clean_item(store, 1, "e1");
    edit(store, id(1), json!({ "Title": "mine" }));
    refuse(store);
    let parked = store.parked().unwrap();
    assert_eq!((parked[0].reason.as_str(), title(&parked[0].record.record)), ("Notes are too long.", "mine"));
    assert_eq!(next(store), "nothing");

    store.retry_parked(ITEMS, id(1)).unwrap();
    assert_eq!(next(store), "update Title on e1");
    refuse(store);
    edit(store, id(1), json!({ "Notes": "short" }));
    assert_eq!((store.parked().unwrap().len(), next(store).as_str()), (0, "update Title+Notes on e1"));
    refuse(store);
    // Saved again without a change, as the command does to queue it.
    edit(store, id(1), json!({ "Notes": "short" }));
    assert_eq!(next(store), "update Title+Notes on e1");
    refuse(store);

    store.discard(ITEMS, id(1)).unwrap();
    assert_eq!((title(&shown(store, id(1)).unwrap()), mark(store, id(1))), ("a", "none"));
    let history = store.history(ITEMS, id(1)).unwrap();
    assert_eq!((history[0].event.as_str(), title(history[0].record.as_ref().unwrap())), ("discarded", "mine"));
    assert_eq!(store.discard(ITEMS, id(1)).unwrap_err().code(), "not_parked");

    let added = store.add(ITEMS, &object(json!({ "Title": "new" }))).unwrap().record.id;
    refuse(store);
    store.discard(ITEMS, added).unwrap();
    assert_eq!(shown(store, added), None);
    assert_eq!(store.counts().unwrap(), Default::default());
}
