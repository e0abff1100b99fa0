//! What was acknowledged: each edit that a command said it had saved. It shares no code with the engine.
//!
//! Owns: the marks that edits write, each once in the world, and whether they are where they must be. Each property of a
//! record has one device that writes it, so nobody has to be asked about anything.

use serde_json::Value;
use std::collections::BTreeMap;
use tidemark_tests::{Device, Office};

pub(crate) const ITEMS: &str = "TodoItems";
pub(crate) const LISTS: &str = "TodoLists";
pub(crate) const SITES: &str = "Sites";

type Records = BTreeMap<String, Value>;

fn by_id(records: Vec<Value>) -> Records {
    records.into_iter().map(|record| (record["Id"].as_str().unwrap().to_owned(), record)).collect()
}

/// Everything that was acknowledged.
#[derive(Default)]
pub(crate) struct Ledger {
    marks: usize,
    /// Set, record and property, the device that writes it, and what it wrote last.
    saved: BTreeMap<(&'static str, String, &'static str), (usize, String)>,
    /// Set and record, and the device that deleted it.
    deleted: BTreeMap<(&'static str, String), usize>,
    /// The names of records that were added to the set that is not kept offline.
    live: Vec<String>,
}

impl Ledger {
    /// Makes a value that nobody has written before.
    pub(crate) fn fresh(&mut self) -> String {
        self.marks += 1;
        format!("mark{:06}x", self.marks)
    }

    pub(crate) fn save(&mut self, device: usize, set: &'static str, id: &str, property: &'static str, mark: String) {
        self.saved.insert((set, id.to_owned(), property), (device, mark));
    }

    pub(crate) fn delete(&mut self, device: usize, set: &'static str, id: &str) {
        self.saved.retain(|(_, of, _), _| of != id);
        self.deleted.insert((set, id.to_owned()), device);
    }

    pub(crate) fn add_live(&mut self, name: String) {
        self.live.push(name);
    }

    /// Returns the lists that a device added and has not deleted.
    pub(crate) fn lists_of(&self, device: usize) -> Vec<String> {
        let of = self.saved.iter().filter(|((set, ..), (by, _))| *set == LISTS && *by == device);
        of.map(|((_, id, _), _)| id.clone()).collect()
    }

    /// Whatever was acknowledged is on the server, or waits on the device that said so.
    #[track_caller]
    pub(crate) fn judge(&self, devices: &[Device], office: &Office) {
        for set in [ITEMS, LISTS] {
            let there = by_id(office.list(set));
            let here: Vec<Records> = devices.iter().map(|device| by_id(device.list(set))).collect();
            for ((_, id, property), (by, mark)) in self.saved.iter().filter(|((of, ..), _)| *of == set) {
                let has = |records: &Records| records.get(id).is_some_and(|record| record[*property] == **mark);
                let waits = has(&here[*by]) && here[*by][id]["_State"] != "none";
                assert!(has(&there) || waits, "{mark} of device {by} is lost: {set} {id} {property}");
            }
            for ((_, id), by) in self.deleted.iter().filter(|((of, _), _)| *of == set) {
                let waits = !here[*by].contains_key(id) && devices[*by].status()["pending"] != 0;
                assert!(!there.contains_key(id) || waits, "the deletion of {set} {id} by device {by} is lost");
            }
        }
        self.judge_live(office);
    }

    fn judge_live(&self, office: &Office) {
        let there = office.list(SITES);
        for name in &self.live {
            assert_eq!(there.iter().filter(|site| site["Name"] == **name).count(), 1, "{name}");
        }
        assert_eq!(there.len(), self.live.len(), "each addition is one record");
    }

    /// Nothing waits any more: all of it is on the server, and nothing came to it twice.
    #[track_caller]
    pub(crate) fn judge_at_rest(&self, office: &Office) {
        let there: Vec<(&str, Records)> = [ITEMS, LISTS].map(|set| (set, by_id(office.list(set)))).into();
        for ((set, id, property), (_, mark)) in &self.saved {
            let records = &there.iter().find(|(of, _)| of == set).unwrap().1;
            assert_eq!(records[id][*property], **mark, "{set} {id} {property}");
        }
        for (set, id) in self.deleted.keys() {
            assert!(!there.iter().any(|(of, records)| of == set && records.contains_key(id)), "{set} {id}");
        }
        for (set, records) in &there {
            for id in records.keys() {
                let told = office.read(&format!("../history/{set}/{id}"))["value"].to_string();
                let all = told.match_indices("\"to\":\"mark").map(|(at, _)| &told[at + 6..at + 17]);
                let mut marks: Vec<&str> = all.collect();
                let count = marks.len();
                marks.sort_unstable();
                marks.dedup();
                assert!(count > 0 && marks.len() == count, "a change came to {set} {id} twice: {told}");
            }
        }
        self.judge_live(office);
    }
}
