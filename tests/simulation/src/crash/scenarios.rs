//! The scripted scenarios of issue and FAULTS 3.3.
//!
//! Owns: what goes before, and the act that is stopped. Refuses: stopping it.

use crate::plan::deed::{At, Deed, Event, Form, LostFile, Office, Plan, User};
use crate::plan::fate::Fate;

/// A scenario: what is there, and what is then done and stopped.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What is done.
    pub name: &'static str,
    pub(super) before: Plan,
    pub(super) act: Vec<Deed>,
}

const ME: At = At { laptop: 0, process: 0 };
const OTHER: At = At { laptop: 1, process: 0 };

fn sync(at: At) -> Deed {
    Deed::Sync { at, waits: true }
}

fn edit(at: At, record: usize) -> Deed {
    Deed::Edit { at, record, property: 0, looks: true }
}

fn other_property(at: At, record: usize) -> Deed {
    Deed::Edit { at, record, property: 1, looks: true }
}

fn answer(word: usize) -> Deed {
    Deed::Answer { at: ME, question: 0, word, sides: 1 }
}

/// Two laptops that have the same three records.
fn shared() -> Vec<Deed> {
    vec![
        Deed::Add { at: ME, set: 2, record: 0, parent: None },
        Deed::Add { at: ME, set: 0, record: 1, parent: Some(0) },
        Deed::Add { at: ME, set: 1, record: 2, parent: None },
        sync(ME),
        sync(OTHER),
    ]
}

fn both_edited() -> Vec<Deed> {
    vec![edit(OTHER, 1), sync(OTHER), edit(ME, 1), sync(ME)]
}

fn deleted_there() -> Vec<Deed> {
    vec![Deed::Delete { at: OTHER, record: 1 }, sync(OTHER), edit(ME, 1), sync(ME)]
}

fn edited_there() -> Vec<Deed> {
    vec![edit(OTHER, 1), sync(OTHER), Deed::Delete { at: ME, record: 1 }, sync(ME)]
}

fn scenario(name: &'static str, before: Vec<Deed>, act: Vec<Deed>) -> Scenario {
    let events = shared().into_iter().chain(before).map(|deed| Event { after_ms: 1_000, deed }).collect();
    let laptops = vec![User::Ana, User::Ben];
    let plan = Plan { seed: 7, laptops, servers: 1, background: false, page: 0, events, swarm: vec![name.to_owned()] };
    Scenario { name, before: plan, act }
}

/// Returns every scenario.
pub fn scenarios() -> Vec<Scenario> {
    let many = || vec![Deed::Import { at: ME, set: 0, rows: 200, form: Form::Lines }];
    vec![
        scenario("save", vec![], vec![edit(ME, 1), Deed::Add { at: ME, set: 0, record: 9, parent: None }]),
        scenario(
            "fold",
            vec![edit(ME, 1)],
            vec![edit(ME, 1), Deed::Delete { at: ME, record: 1 }, Deed::UndoDelete { at: ME, record: 1 }],
        ),
        scenario("push of one", vec![edit(ME, 1)], vec![sync(ME)]),
        scenario("push of 200", many(), vec![sync(ME)]),
        scenario(
            "lost reply",
            vec![edit(ME, 1), Deed::Fates { laptop: 0, fates: vec![Fate::Fair, Fate::ReplyLost] }],
            vec![sync(ME), sync(ME)],
        ),
        scenario("page", vec![edit(OTHER, 1), Deed::Delete { at: OTHER, record: 2 }, sync(OTHER)], vec![sync(ME)]),
        scenario(
            "resync after 410",
            vec![
                edit(ME, 1),
                Deed::Delete { at: OTHER, record: 2 },
                edit(OTHER, 0),
                sync(OTHER),
                Deed::Purge { days: 0 },
            ],
            vec![sync(ME)],
        ),
        scenario("answer: keep mine", both_edited(), vec![answer(0), sync(ME)]),
        scenario("answer: take the server's", both_edited(), vec![answer(1), sync(ME)]),
        scenario("answer: merge", both_edited(), vec![answer(2), sync(ME)]),
        scenario("answer: restore", deleted_there(), vec![answer(0), sync(ME)]),
        scenario("answer: accept the deletion", deleted_there(), vec![answer(1), sync(ME)]),
        scenario("answer: delete all the same", edited_there(), vec![answer(0), sync(ME)]),
        scenario("answer: keep the server's", edited_there(), vec![answer(1), sync(ME)]),
        scenario(
            "undo of an answer",
            [both_edited(), vec![answer(1)]].concat(),
            vec![Deed::TakeAnswerBack { laptop: 0 }, sync(ME)],
        ),
        scenario("merge", vec![other_property(OTHER, 1), sync(OTHER), edit(ME, 1)], vec![sync(ME), sync(ME)]),
        scenario(
            "un-tick",
            vec![edit(ME, 1)],
            vec![Deed::Untick { at: ME, set: 0, discards: false }, sync(ME), Deed::Tick { at: ME, set: 0 }, sync(ME)],
        ),
        scenario("model", vec![edit(ME, 1), edit(ME, 2), Deed::Model { model: 1 }], vec![sync(ME), sync(ME)]),
        scenario(
            "a set leaves",
            vec![edit(ME, 2), Deed::Model { model: 2 }],
            vec![sync(ME), Deed::Model { model: 0 }, sync(ME)],
        ),
        scenario("a property leaves", vec![other_property(ME, 1), Deed::Model { model: 4 }], vec![sync(ME)]),
        scenario("import", vec![], vec![Deed::Import { at: ME, set: 0, rows: 12, form: Form::Csv }, sync(ME)]),
        scenario(
            "salvage of a flipped bit",
            vec![edit(ME, 1)],
            vec![Deed::Flip { laptop: 0, log: false, at: 3 * 4096 + 9 }, edit(ME, 2), sync(ME)],
        ),
        scenario(
            "a lost database",
            vec![edit(ME, 1)],
            vec![Deed::LoseFile { laptop: 0, which: LostFile::Database }, sync(ME)],
        ),
        scenario(
            "purge",
            vec![Deed::Delete { at: OTHER, record: 1 }, sync(OTHER)],
            vec![Deed::Purge { days: 0 }, sync(ME)],
        ),
        scenario(
            "restore",
            vec![Deed::Backup, edit(ME, 1), sync(ME), edit(ME, 2)],
            vec![Deed::Restore, sync(ME), sync(ME)],
        ),
        scenario("sign out", vec![edit(ME, 1)], vec![Deed::SignOut { laptop: 0, user: User::Ben }, sync(ME)]),
        scenario(
            "the office in between",
            vec![edit(ME, 1)],
            vec![Deed::Office { record: 1, property: 0, how: Office::Patch }, sync(ME), answer(0), sync(ME)],
        ),
    ]
}
