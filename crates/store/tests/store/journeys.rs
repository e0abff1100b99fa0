//! Random weeks: several devices edit, push and pull against one small server; replies get lost, devices crash,
//! somebody's clock is wrong. No acknowledged edit vanishes at any step, and in the end all hold the same.

use crate::support::server::Server;
use crate::support::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use tidemark_model::query::Query;
use tidemark_model::{ConflictKind, Record, RecordId, Resolution, Side};
use tidemark_store::{Answer, Only, OpenConflict, Position, Store, StoreError};

const PROPERTIES: [&str; 3] = ["Title", "Notes", "Assignee"];

#[derive(Clone, Debug)]
enum Step {
    Add,
    Edit {
        record: usize,
        property: usize,
    },
    Delete {
        record: usize,
    },
    Undo {
        record: usize,
    },
    /// Which of the replies are lost, as bits.
    Push {
        lost: u8,
    },
    Pull,
    Resolve {
        pick: usize,
        answer: u8,
    },
    Clock {
        to: i64,
    },
    Crash,
    PullAnew,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Add),
        6 => (0usize..4, 0usize..3).prop_map(|(record, property)| Step::Edit { record, property }),
        2 => (0usize..4).prop_map(|record| Step::Delete { record }),
        1 => (0usize..4).prop_map(|record| Step::Undo { record }),
        5 => any::<u8>().prop_map(|lost| Step::Push { lost: lost & lost.rotate_left(3) }),
        5 => Just(Step::Pull),
        2 => (0usize..4, any::<u8>()).prop_map(|(pick, answer)| Step::Resolve { pick, answer }),
        1 => (0i64..2_000_000_000_000).prop_map(|to| Step::Clock { to }),
        1 => Just(Step::Crash),
        1 => Just(Step::PullAnew),
    ]
}

/// What one device's user did, as an onlooker noted it.
struct Person {
    name: &'static str,
    device: Device,
    sequence: u64,
    /// Acknowledged texts that nobody has decided about: by record and property.
    open: BTreeMap<(RecordId, &'static str), String>,
    undoable: BTreeSet<RecordId>,
}

struct World {
    server: Server,
    people: Vec<Person>,
    records: Vec<RecordId>,
    tokens: u64,
}

impl World {
    fn new(devices: usize) -> Self {
        let names = ["ann", "bob", "eve"];
        let people = (0..devices).map(|n| Person {
            name: names[n],
            device: new_device(n as u64 + 10),
            sequence: 0,
            open: BTreeMap::new(),
            undoable: BTreeSet::new(),
        });
        Self { server: Server::default(), people: people.collect(), records: Vec::new(), tokens: 0 }
    }

    fn token(&mut self) -> String {
        self.tokens += 1;
        format!("token-{}", self.tokens)
    }

    fn step(&mut self, who: usize, step: &Step) {
        match step {
            Step::Add => {
                let token = self.token();
                let person = &mut self.people[who];
                let added = person.device.store.add(ITEMS, &object(json!({ "Title": token }))).unwrap();
                person.open.insert((added.record.id, "Title"), token);
                self.records.push(added.record.id);
            }
            Step::Edit { record, property } => {
                let Some(id) = self.pick(*record) else { return };
                let (token, property) = (self.token(), PROPERTIES[*property]);
                let person = &mut self.people[who];
                if person.device.store.edit(ITEMS, id, &object(json!({ property: token }))).is_ok() {
                    // Made on top of what the user saw: an older text of the same property is folded into it.
                    person.open.insert((id, property), token);
                }
            }
            Step::Delete { record } => {
                let Some(id) = self.pick(*record) else { return };
                let person = &mut self.people[who];
                if person.device.store.delete(ITEMS, id).is_ok() {
                    // Whoever deletes a record has decided about their own texts in it.
                    person.open.retain(|(of, _), _| *of != id);
                    person.undoable.insert(id);
                }
            }
            Step::Undo { record } => {
                let Some(id) = self.pick(*record) else { return };
                let person = &mut self.people[who];
                if person.device.store.undo_delete(ITEMS, id).is_ok() {
                    assert!(person.undoable.contains(&id), "a deletion was undone that nobody made");
                }
            }
            Step::Push { lost } => self.push(who, *lost),
            Step::Pull => self.pull(who),
            Step::PullAnew => {
                let server = &self.server;
                let person = &mut self.people[who];
                person
                    .device
                    .store
                    .pull(|tx| {
                        tx.move_to(ITEMS, &Position::Start { restored: false })?;
                        tx.start_enumeration(ITEMS, None)?;
                        server.enumerate(tx)?;
                        tx.finish_enumeration(ITEMS)?;
                        tx.move_to(ITEMS, &Position::Delta { link: "d".into() })
                    })
                    .unwrap();
                // As the server's delta link would: from where the enumeration began.
                person.sequence = server.sequence;
            }
            Step::Resolve { pick, answer } => {
                let store = self.people[who].device.store.clone();
                let open = store.conflicts().unwrap();
                if let Some(open) = open.get(pick % open.len().max(1)) {
                    self.answer(who, open, *answer);
                }
            }
            Step::Clock { to } => self.people[who].device.clock.0.store(*to, Ordering::Relaxed),
            Step::Crash => {
                let person = &mut self.people[who];
                let seed = 1_000 + self.tokens * 10 + who as u64;
                self.tokens += 1;
                person.device = person.device.crashed(seed);
            }
        }
    }

    fn pick(&self, record: usize) -> Option<RecordId> {
        let recent = self.records.len().checked_sub(1)?;
        Some(self.records[recent - record.min(recent)])
    }

    fn push(&mut self, who: usize, lost: u8) {
        let person = &mut self.people[who];
        let mut tried = HashSet::new();
        for round in 0..20 {
            let batch = person.device.store.next_batch(3, 1 << 20, &tried).unwrap();
            if batch.is_empty() {
                return;
            }
            let mut in_batch = HashSet::new();
            assert!(batch.iter().all(|outgoing| in_batch.insert(outgoing.id)), "one change per record in flight");
            tried.extend(batch.iter().map(|outgoing| outgoing.id));
            let answers: Vec<Answer> = batch.iter().map(|o| self.server.handle(person.name, o)).collect();
            let replies = batch.iter().zip(answers).enumerate();
            let replies: Vec<_> = replies
                .filter(|(n, _)| lost >> ((n + round) % 8) & 1 == 0)
                .map(|(_, (outgoing, answer))| reply(outgoing, answer))
                .collect();
            person.device.store.settle(&replies).unwrap();
        }
    }

    fn pull(&mut self, who: usize) {
        let (server, person) = (&self.server, &mut self.people[who]);
        let since = person.sequence;
        let ids = person.device.store.refetch().unwrap().pop().map_or(Vec::new(), |(_, ids)| ids);
        person
            .device
            .store
            .pull(|tx| {
                server.delta(since, tx)?;
                if !ids.is_empty() {
                    server.single(&ids, tx)?;
                    tx.refetched(ITEMS, &ids)?;
                }
                Ok::<(), StoreError>(())
            })
            .unwrap();
        person.sequence = server.sequence;
    }

    /// Answers a question; the person decides about their own texts in it.
    fn answer(&mut self, who: usize, open: &OpenConflict, answer: u8) {
        let person = &mut self.people[who];
        let sides = |n: u8| if n & 1 == 0 { Side::Mine } else { Side::Server };
        let answer = match (open.kind, answer % 3) {
            (ConflictKind::BothEdited, 0) => Resolution::KeepMine,
            (ConflictKind::BothEdited, 1) => Resolution::TakeServer,
            (ConflictKind::BothEdited, _) => {
                let names = open.properties.iter().enumerate();
                Resolution::Merge(names.map(|(n, name)| (name.clone(), sides(n as u8 + answer))).collect())
            }
            (ConflictKind::DeletedOnServer, 0 | 1) => Resolution::Restore,
            (ConflictKind::DeletedOnServer, _) => Resolution::AcceptDelete,
            (ConflictKind::EditedOnServer, 0 | 1) => Resolution::DeleteAnyway,
            (ConflictKind::EditedOnServer, _) => Resolution::KeepServer,
        };
        person.device.store.resolve(open.id, &answer).unwrap();
        let lost = |property: &str| match &answer {
            Resolution::TakeServer => open.properties.iter().any(|name| name == property),
            Resolution::Merge(sides) => sides.get(property) == Some(&Side::Server),
            Resolution::AcceptDelete => true,
            _ => false,
        };
        person.open.retain(|(id, property), _| *id != open.record_id || !lost(property));
    }

    /// FAULTS I1: every acknowledged text is here, was on the server, or is kept in the history.
    fn assert_nothing_is_lost(&self) {
        for person in &self.people {
            let store = &person.device.store;
            for ((id, property), token) in &person.open {
                let holds = |record: &Record| record.get(property) == &Value::String(token.clone());
                let here = store.get(ITEMS, *id).unwrap().is_some_and(|local| holds(&local.record))
                    || in_conflict(store, *id).is_some_and(|open| holds(&open.mine));
                let there = || self.server.versions.iter().any(|record| record.id == *id && holds(record));
                let kept =
                    || store.history(ITEMS, *id).unwrap().iter().any(|entry| entry.record.as_ref().is_some_and(holds));
                assert!(here || there() || kept(), "{}'s {token} in {property} of {id} is nowhere", person.name);
            }
        }
    }

    fn settle_everything(&mut self) {
        for round in 0..12u8 {
            for who in 0..self.people.len() {
                self.push(who, 0);
                self.pull(who);
                for open in self.people[who].device.store.conflicts().unwrap() {
                    // Answers that end: the first person insists, the others give way.
                    let give_way = match open.kind {
                        ConflictKind::BothEdited => 1,
                        _ => 2,
                    };
                    self.answer(who, &open, if who == 0 && round < 6 { 0 } else { give_way });
                }
                self.assert_nothing_is_lost();
            }
        }
    }

    fn assert_the_same_everywhere(&self) {
        let there: BTreeMap<_, _> =
            self.server.records.values().filter(|(_, r)| !r.is_tombstoned).map(content).collect();
        for person in &self.people {
            let store = &person.device.store;
            assert_eq!(store.counts().unwrap(), Default::default(), "{}", person.name);
            let local = store.list(ITEMS, &Query::default(), Only::All).unwrap();
            let local: BTreeMap<_, _> = local.into_iter().map(|l| content(&(0, l.record))).collect();
            assert_eq!(local, there, "{}", person.name);
        }
        assert!(self.server.applied.values().all(|times| *times == 1), "a change was applied twice");
    }

    /// FAULTS I8: a further cycle writes nothing anywhere.
    fn assert_at_rest(&mut self) {
        let sequence = self.server.sequence;
        for who in 0..self.people.len() {
            self.push(who, 0);
            let server = &self.server;
            let person = &mut self.people[who];
            let tally = person.device.store.pull(|tx| server.delta(person.sequence, tx)).unwrap().1;
            assert_eq!(tally, Default::default());
        }
        assert_eq!(self.server.sequence, sequence);
    }
}

fn in_conflict(store: &Store, id: RecordId) -> Option<OpenConflict> {
    store.conflicts().unwrap().into_iter().find(|open| open.record_id == id)
}

fn content((_, record): &(u64, Record)) -> (RecordId, BTreeMap<String, Value>) {
    let set = record.properties.iter().filter(|(_, value)| !value.is_null());
    let mut content: BTreeMap<String, Value> = set.map(|(name, value)| (name.clone(), value.clone())).collect();
    content.insert("_UpdatedAt".into(), record.updated_at.into());
    content.insert("_UpdatedBy".into(), record.updated_by.clone().into());
    (record.id, content)
}

/// A signed-in device. Its file is made once: that takes longer than a whole week.
fn new_device(seed: u64) -> Device {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let made = device();
        drop(made.store);
        std::fs::read(made.dir.path().join("tidemark.db")).unwrap()
    });
    let dir = memory();
    std::fs::write(dir.path().join("tidemark.db"), file).unwrap();
    reopen(dir, clock(), seed)
}

/// A folder on a disk that is memory, where there is one.
fn memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn reopen(dir: tempfile::TempDir, clock: Arc<TestClock>, seed: u64) -> Device {
    Device { store: Store::open(dir.path(), clock.clone(), ids(seed)).unwrap(), clock, dir }
}

impl Device {
    /// A copy of the files as a crash would leave them.
    fn crashed(&self, seed: u64) -> Device {
        let dir = memory();
        for name in ["tidemark.db", "tidemark.db-wal"] {
            let _ = std::fs::copy(self.dir.path().join(name), dir.path().join(name));
        }
        reopen(dir, self.clock.clone(), seed)
    }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_acknowledged_edit_vanishes_and_all_come_to_the_same(
        devices in 1usize..=3,
        steps in prop::collection::vec((0usize..3, step()), 1..50),
    ) {
        let mut world = World::new(devices);
        for (who, step) in &steps {
            world.step(who % devices, step);
            world.assert_nothing_is_lost();
        }
        world.settle_everything();
        world.assert_the_same_everywhere();
        world.assert_at_rest();
    }
}
