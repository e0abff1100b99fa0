//! Bringing back what did not stand: which change an entry of a record's history becomes.
//!
//! Owns: what can be brought back at all, and as what: the values that a losing side lost, all of it where the record
//! is gone, a deletion where that is what did not stand. Refuses: making the change and writing it down; the store does.
//! FAULTS I13.

use crate::entity::EntitySet;
use crate::record::{Record, State};
use crate::words::{HistoryEvent, Word};
use serde_json::{Map, Value};

/// What an entry of a record's history lost.
#[derive(Clone, Copy, Debug)]
pub struct Lost<'e> {
    /// What happened.
    pub event: &'e Word<HistoryEvent>,
    /// The side that did not stand, where there is one.
    pub record: Option<&'e Record>,
    /// The properties that the entry names; none where it is about the whole record.
    pub properties: &'e [&'e str],
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub enum BroughtBack {
    /// The record is deleted.
    Delete,
    /// The record is here and gets these values.
    Edit {
        /// Whether a deletion of this device is taken back first.
        undo_delete: bool,
        /// The values that were lost.
        values: Map<String, Value>,
    },
    /// The record is gone and is made again, on its tombstone, with all that it held.
    Restore {
        /// Its values.
        values: Map<String, Value>,
    },
}

/// Tells whether an entry lost anything: a side, or a deletion.
pub fn can_bring_back(event: &Word<HistoryEvent>, has_record: bool) -> bool {
    has_record || matches!(event, Word::Known(event) if event.lost_a_deletion())
}

/// Returns what an entry is brought back as onto a record that is `here` with this state, or is not; `None` where
/// nothing was lost. Values that the model has no place for any more stay in the history.
pub fn bring_back(set: &EntitySet, lost: Lost<'_>, here: Option<State>) -> Option<BroughtBack> {
    let Some(record) = lost.record else {
        return can_bring_back(lost.event, false).then_some(BroughtBack::Delete);
    };
    let declared = set.entity_type.declared();
    let mut values: Map<_, _> =
        declared.map(|property| (property.name.clone(), record.get(&property.name).clone())).collect();
    let Some(state) = here else { return Some(BroughtBack::Restore { values }) };
    let is_whole = matches!(lost.event, Word::Known(event) if event.lost_a_record());
    if !lost.properties.is_empty() && !is_whole {
        values.retain(|name, _| lost.properties.contains(&name.as_str()));
    }
    Some(BroughtBack::Edit { undo_delete: state == State::Delete, values })
}

#[cfg(test)]
mod tests;
