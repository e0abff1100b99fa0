//! What must hold of a history: after each step of a device, and once everything has come to rest.

use super::{World, content};
use crate::support::*;
use std::collections::BTreeMap;
use tidemark_model::Record;
use tidemark_model::query::Query;
use tidemark_store::{Only, OpenConflict};

impl World {
    /// What one person's device may not do, looked at from outside after each of its steps.
    pub(super) fn check(&mut self, who: usize) {
        let conflicts = self.people[who].device.store.conflicts().unwrap();
        self.assert_nothing_is_lost(who, &conflicts);
        for open in &conflicts {
            if self.people[who].asked.insert(open.id) {
                self.assert_is_a_question(who, open);
            }
        }
    }

    /// FAULTS I1: every acknowledged text that its author has not decided about is here, in a question, or was on the
    /// server. Only the device that did something can have lost something; and what was on the server once has been
    /// there for good.
    fn assert_nothing_is_lost(&mut self, who: usize, conflicts: &[OpenConflict]) {
        let person = &mut self.people[who];
        let store = person.device.store.clone();
        let versions = &self.server.versions;
        let is = |record: &Record, property: &str, token: &String| record.get(property).as_str() == Some(token);
        person.open.retain(|(id, property), token| {
            !versions.iter().any(|record| record.id == *id && is(record, property, token))
        });
        for ((id, property), token) in &person.open {
            let holds = |record: &Record| is(record, property, token);
            let asked = conflicts.iter().any(|open| open.record_id == *id && holds(&open.mine));
            let here = || store.get(ITEMS, *id).unwrap().is_some_and(|local| holds(&local.record));
            assert!(asked || here(), "{}'s {token} in {property} of {id} is nowhere", person.name);
        }
    }

    pub(super) fn assert_the_same_everywhere(&self) {
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
    pub(super) fn assert_at_rest(&mut self) {
        let sequence = self.server.sequence;
        for who in 0..self.people.len() {
            self.push(who, 0);
            let server = &self.server;
            let person = &mut self.people[who];
            let tally = pull(&person.device.store, ITEMS, |tx| server.delta(person.sequence, tx)).unwrap().1;
            assert_eq!(tally, Default::default());
        }
        assert_eq!(self.server.sequence, sequence);
    }
}
