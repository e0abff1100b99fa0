//! Every fold against every situation that a record can be in: what the server has, or may have, is never dropped.
//!
//! The person wants one thing in the end (the record gone, there again, or with their text), and once faults stop and
//! questions are answered in that sense the server has exactly that.

use crate::support::server::Server;
use crate::support::*;
use serde_json::json;
use std::collections::HashSet;
use tidemark_model::{ConflictKind, RecordId, Resolution};
use tidemark_store::{Answer, Onto, Others, Position, Reply, Store};

/// How the record came to be, before anything happens to it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pending {
    Add,
    Update,
}

/// What became of the change so far.
#[derive(Clone, Copy, Debug)]
enum Situation {
    Unsent,
    /// Sent, applied, and the answer was lost.
    AnswerLost,
    /// Sent, and it never arrived.
    NeverArrived,
    /// The server answered that it cannot say yet.
    Undecided,
    /// Somebody else's edit opened a question.
    BothEdited,
    /// Somebody else's deletion did.
    DeletedThere,
    /// Refused by the server.
    Refused,
    /// Set aside as too large, or as one that breaks its batch, after the server had taken it.
    ParkedUnanswered,
    /// Sent and applied, the answer lost, and somebody edited on top of it meanwhile.
    SetAside,
    /// Confirmed, then lost by a restored server, and offered again.
    Offered,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Delete,
    DeleteAndUndo,
    Edit,
}

const SITUATIONS: [Situation; 10] = [
    Situation::Unsent,
    Situation::AnswerLost,
    Situation::NeverArrived,
    Situation::Undecided,
    Situation::BothEdited,
    Situation::DeletedThere,
    Situation::Refused,
    Situation::ParkedUnanswered,
    Situation::SetAside,
    Situation::Offered,
];

fn replies(store: &Store, server: &mut Server) -> Vec<Reply> {
    batch(store).iter().map(|o| reply(o, server.handle("ann", o))).collect()
}

fn push(store: &Store, server: &mut Server) {
    for _ in 0..6 {
        let answered = replies(store, server);
        store.settle(&answered).unwrap();
    }
}

fn pull(store: &Store, server: &Server) {
    let waiting = store.refetch().unwrap();
    crate::support::pull(store, ITEMS, |tx| {
        server.delta(0, tx)?;
        for (_, ids) in &waiting {
            server.single(ids, tx)?;
            tx.refetched(ids, Others::Absent)?;
        }
        Ok(())
    })
    .unwrap();
}

/// Brings a record into a situation.
fn arrange(store: &Store, server: &mut Server, pending: Pending, situation: Situation) -> RecordId {
    let id = id(1);
    let add = || drop(store.add(ITEMS, &object(json!({ "Id": id.to_string(), "Title": "mine" }))).unwrap());
    let before = server.clone();
    if pending == Pending::Update {
        add();
        push(store, server);
        edit(store, id, json!({ "Notes": "mine too" }));
    } else {
        add();
    }
    match situation {
        Situation::Unsent => {}
        Situation::AnswerLost => drop(replies(store, server)),
        Situation::NeverArrived => drop(batch(store)),
        Situation::Undecided => {
            let undecided: Vec<_> = batch(store)
                .iter()
                .map(|o| reply(o, Answer::Undecided { reason: "busy".into(), counts: true }))
                .collect();
            store.settle(&undecided).unwrap();
        }
        Situation::BothEdited => {
            server.edit(id, "Title", json!("bob's"));
            server.edit(id, "Notes", json!("bob's notes"));
            push(store, server);
            assert_eq!(mark(store, id), "conflict");
        }
        Situation::DeletedThere => {
            server.delete(id);
            push(store, server);
            assert_eq!(mark(store, id), "conflict");
        }
        Situation::Refused => {
            let refused: Vec<_> =
                batch(store).iter().map(|o| reply(o, Answer::Refused { reason: "no".into() })).collect();
            store.settle(&refused).unwrap();
            assert_eq!(mark(store, id), "refused");
        }
        Situation::ParkedUnanswered => {
            drop(replies(store, server));
            store.park(ITEMS, id, "Its answer never comes.").unwrap();
            assert_eq!(mark(store, id), "refused");
        }
        Situation::SetAside => {
            drop(replies(store, server));
            server.edit(id, "Assignee", json!("bob"));
            pull(store, server);
        }
        Situation::Offered => {
            push(store, server);
            let mark = server.mark + 1;
            *server = before;
            server.mark = mark;
            let set_back = |tx: &mut Onto<'_>| tx.move_to(&Position::Start { restored: true });
            crate::support::pull(store, ITEMS, set_back).unwrap();
            crate::support::pull(store, ITEMS, |tx| {
                tx.start_enumeration(None)?;
                server.enumerate(tx)?;
                tx.finish_enumeration()?;
                tx.move_to(&Position::Delta { link: "d".into() })
            })
            .unwrap();
        }
    }
    id
}

/// Syncs until nothing waits, answering every question as the person of `act` means it.
fn settle(store: &Store, server: &mut Server, act: Act, case: &str) {
    for _ in 0..8 {
        push(store, server);
        pull(store, server);
        for parked in store.parked().unwrap() {
            store.retry_parked(ITEMS, parked.record.record.id).unwrap();
        }
        for open in store.conflicts().unwrap() {
            let answer = match (open.kind, act) {
                (ConflictKind::BothEdited, Act::Delete) => panic!("{case}: {open:?}"),
                (ConflictKind::BothEdited, _) => Resolution::KeepMine,
                (ConflictKind::DeletedOnServer, Act::Delete) => Resolution::AcceptDelete,
                (ConflictKind::DeletedOnServer, _) => Resolution::Restore,
                (ConflictKind::EditedOnServer, Act::Delete) => Resolution::DeleteAnyway,
                (ConflictKind::EditedOnServer, _) => panic!("{case}: {open:?}"),
            };
            store.resolve(open.id, &answer).unwrap();
        }
    }
    assert_eq!(store.counts().unwrap(), Default::default(), "{case}");
}

#[test]
fn no_fold_drops_what_the_server_has_or_may_have() {
    for pending in [Pending::Add, Pending::Update] {
        for situation in SITUATIONS {
            for act in [Act::Delete, Act::DeleteAndUndo, Act::Edit] {
                let case = format!("{pending:?} {situation:?} {act:?}");
                let device = device();
                let store = &device.store;
                let mut server = Server::default();
                let id = arrange(store, &mut server, pending, situation);
                match act {
                    Act::Delete => store.delete(ITEMS, id).unwrap(),
                    Act::DeleteAndUndo => {
                        store.delete(ITEMS, id).unwrap();
                        let undone = store.undo_delete(ITEMS, id).map(|_| ());
                        undone.unwrap_or_else(|error| panic!("{case}: {error}"));
                    }
                    Act::Edit => edit(store, id, json!({ "Title": "mine again" })),
                }
                settle(store, &mut server, act, &case);
                let there = server.records.get(&id).filter(|(_, record)| !record.is_tombstoned);
                let there = there.map(|(_, record)| title(record).to_owned());
                let here = shown(store, id).map(|record| title(&record).to_owned());
                let wanted = match act {
                    Act::Delete => None,
                    Act::DeleteAndUndo => Some("mine".to_owned()),
                    Act::Edit => Some("mine again".to_owned()),
                };
                // An update's title was never in question.
                let wanted = match (situation, pending, act) {
                    (Situation::BothEdited, Pending::Update, Act::DeleteAndUndo) => Some("bob's".to_owned()),
                    _ => wanted,
                };
                assert_eq!((&there, &here), (&wanted, &wanted), "{case}");
                assert!(server.applied.values().all(|times| *times == 1), "{case}");
            }
        }
    }
}

#[test]
fn a_deleted_addition_whose_question_is_open_is_asked_about_as_a_deletion() {
    let device = device();
    let store = &device.store;
    let mut server = Server::default();
    let id = arrange(store, &mut server, Pending::Add, Situation::BothEdited);
    store.delete(ITEMS, id).unwrap();
    let open = store.conflicts().unwrap();
    assert_eq!(open.iter().map(|open| open.kind).collect::<Vec<_>>(), [ConflictKind::EditedOnServer]);
    let named: HashSet<&str> = open[0].properties.iter().map(String::as_str).collect();
    assert!(named.contains("Title") && named.contains("Notes"), "{named:?}");
    store.resolve(open[0].id, &Resolution::KeepServer).unwrap();
    assert_eq!(title(&shown(store, id).unwrap()), "bob's");
}
