//! An entry of a record's history as it is read.
//!
//! Owns: its shape, whose value stands in it, and what this device knew of the server's side then. Refuses: the table.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidemark_model::{HistoryEvent, Record, Word};

/// Something that happened to a record: a change, or a decision that kept a losing side from vanishing.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// Its number, by which what did not stand is brought back.
    pub entry: i64,
    /// Unix milliseconds UTC.
    pub at: i64,
    /// What happened.
    pub event: Word<HistoryEvent>,
    /// Whether a policy decided it in a person's place.
    pub by_policy: bool,
    /// Who, where known.
    pub by: Option<String>,
    /// On which device, where known.
    pub device: Option<String>,
    /// What it changed, property by property.
    pub changes: Vec<PropertyChange>,
    /// The side that did not stand, whole, where there is one.
    pub record: Option<Record>,
    /// Whether [`crate::Store::bring_back`] takes it.
    pub can_bring_back: bool,
}

impl HistoryEntry {
    /// Returns what this device knew of the server's version when the entry's side did not stand: what was typed in that
    /// side and never sent is no part of it. Of the properties that it does not hold nothing is known.
    pub(crate) fn known(&self) -> Option<Record> {
        let mut known = self.record.clone()?;
        let is_told = match &self.event {
            Word::Known(HistoryEvent::Discarded | HistoryEvent::GaveWay) => !self.changes.is_empty(),
            Word::Known(event) => event.lost_a_record(),
            _ => false,
        };
        if !is_told {
            known.properties.clear();
        }
        let were = self.changes.iter().filter(|_| is_told);
        known.properties.extend(were.map(|change| (change.property.clone(), change.to.clone())));
        Some(known)
    }
}

/// What became of one property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PropertyChange {
    /// The property.
    pub property: String,
    /// The value before; of a decision, the one that did not stand.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub from: Value,
    /// The value since.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub to: Value,
    /// Of a merge and a decision, whose value that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Origin>,
}

/// Whose value stands after a merge or a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// This device's.
    Mine,
    /// The server's.
    Server,
    /// Edits of both sides came together in it.
    Both,
}

impl Origin {
    /// Returns the word for IPC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Server => "server",
            Self::Both => "both",
        }
    }
}
