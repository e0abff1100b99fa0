//! What a long run must have met: each fault in each phase, each dialog, each answer (FAULTS 3.4, sometimes-marks).
//!
//! Owns: the list, and where each fault of FAULTS section 2 is shown. Refuses: counting (`told`). An empty cell fails the
//! run: a simulation that never meets a thing says nothing about it.

use crate::run::told::Tally;

/// Faults of the network that every phase of a cycle must meet.
const NETWORK: [&str; 16] =
    ["N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9", "N10", "N11", "N12", "N13", "N14", "N16", "N17"];
const PHASES: [&str; 3] = ["look", "push", "pull"];

/// Cells that cannot be met: what a proxy refuses for its length or its content is a write.
const NEVER: [(&str, &str); 3] = [("N7", "pull"), ("N10", "look"), ("N10", "pull")];

/// Faults of machines, disks, clocks, the server and people.
const INJECTED: [&str; 28] = [
    "P1", "P2", "P3", "P4", "D1", "D2", "D3", "D4", "D5", "D6", "D7", "D9", "D10", "C1", "C3", "C5", "C6", "S1", "S2",
    "S3", "S5", "S13", "L1", "L2", "L3", "L4", "L9", "L11",
];

/// What is wrong for good.
const LASTING: [&str; 7] = ["one change", "one record", "poisoned", "part fails", "part refused", "set", "links"];

/// What links do by themselves.
const WIRE: [&str; 4] = ["held", "cut", "cut on the way up", "cut on the way down"];

const QUESTIONS: [&str; 3] = ["both_edited", "deleted_on_server", "edited_on_server"];
const ANSWERS: [&str; 8] =
    ["keep-mine", "take-server", "merge", "restore", "accept-delete", "delete-anyway", "keep-server", "similar"];
const STATUSES: [&str; 6] = ["UpToDate", "Waiting", "Conflicts", "Parked", "Offline", "Failed"];

/// Returns what never happened.
pub fn missing(tally: &Tally) -> Vec<String> {
    let has = |what: &str, whereabouts: &str| tally.contains_key(&(what.to_owned(), whereabouts.to_owned()));
    let mut missing = Vec::new();
    for kind in NETWORK {
        for phase in PHASES.iter().filter(|phase| !NEVER.contains(&(kind, **phase))) {
            if !has(kind, phase) {
                missing.push(format!("{kind} in {phase}"));
            }
        }
    }
    for phase in PHASES {
        if !has("N18", phase) && phase == "look" {
            missing.push("N18".to_owned());
        }
    }
    for (what, wanted) in [
        ("fault", &INJECTED[..]),
        ("question", &QUESTIONS[..]),
        ("answer", &ANSWERS[..]),
        ("status", &STATUSES[..]),
        ("lasting", &LASTING[..]),
        ("moved", &["server"]),
    ] {
        missing.extend(wanted.iter().filter(|name| !has(what, name)).map(|name| format!("{what} {name}")));
    }
    // A law that never had anything to judge is none.
    if !has("judged", "I14") {
        missing.push("one laptop's value written over another's (I14)".to_owned());
    }
    if !tally.keys().any(|(what, _)| what == "parked") {
        missing.push("a parked record".to_owned());
    }
    missing
}

/// Returns what never happened to a link.
pub fn missing_on_a_wire(tally: &Tally) -> Vec<String> {
    let has = |kind: &str| tally.contains_key(&("wire".to_owned(), kind.to_owned()));
    WIRE.iter().filter(|kind| !has(kind)).map(|kind| format!("a link that is {kind}")).collect()
}

/// Returns the kinds of faults that were injected, with how often.
pub fn injected(tally: &Tally) -> Vec<(String, u64)> {
    let mut kinds = std::collections::BTreeMap::new();
    for ((what, whereabouts), count) in tally {
        let kind = match what.as_str() {
            "fault" => whereabouts,
            kind if kind.starts_with('N') || kind == "P5" => what,
            _ => continue,
        };
        *kinds.entry(kind.to_owned()).or_insert(0) += count;
    }
    let number = |kind: &str| (kind[..1].to_owned(), kind[1..].parse::<u32>().unwrap_or_default());
    let mut kinds: Vec<(String, u64)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(kind, _)| number(kind));
    kinds
}
