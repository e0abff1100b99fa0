//! Writes that the server has and that something in between refused when they were sent again.
//!
//! Owns: of which records that is so. A device cannot know such a write for its own once somebody else has written over it
//! (I12). Refuses: what becomes of requests (`network`).

use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Records {
    unanswered: BTreeSet<String>,
    refused: BTreeSet<String>,
}

/// The writes of a laptop.
#[derive(Default)]
pub(crate) struct Writes(Mutex<Records>);

impl Writes {
    fn records(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These parts of a batch reach the server, and its answer does not come back.
    pub(super) fn unanswered(&self, parts: &[Value]) {
        self.records().unanswered.extend(parts.iter().filter_map(record_of));
    }

    /// These parts of a batch are answered in the server's place.
    pub(super) fn refused<'p>(&self, parts: impl Iterator<Item = &'p Value>) {
        let mut records = self.records();
        let known: Vec<String> = parts.filter_map(record_of).filter(|id| records.unanswered.contains(id)).collect();
        records.refused.extend(known);
    }

    /// Tells whether the laptop cannot know what of a record is its own.
    pub(crate) fn is_disowned(&self, id: &str) -> bool {
        self.records().refused.contains(id)
    }
}

/// Returns the record that a part of a batch writes.
fn record_of(part: &Value) -> Option<String> {
    let named = part["url"].as_str().and_then(|url| url.split_once('(')?.1.split(')').next());
    named.or(part["body"]["Id"].as_str()).map(str::to_owned)
}
