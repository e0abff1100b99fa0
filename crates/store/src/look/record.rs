//! A record as people see it: with what this device did to it, and a mark beside it.
//!
//! Owns: those words. Refuses: reading it (`read`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidemark_model::{ETAG, Record, STATE, State};

/// The member that `LocalRecord::to_json` adds for the mark beside a record.
pub const MARK: &str = "_Mark";

/// What the list shows beside a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// Nothing: the record is as the server has it.
    None,
    /// It waits to be sent.
    Waiting,
    /// It was sent; the answer is on its way.
    Sending,
    /// A person must decide.
    Conflict,
    /// The server refused it (it is parked).
    Refused,
}

impl Mark {
    /// Returns the word for IPC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
        }
    }
}

/// A record as this device has it.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalRecord {
    /// The content.
    pub record: Record,
    /// The name of exactly this version: the server's ETag, or one of this device's while a change waits. It comes
    /// back with an edit (`Store::edit_shown`), and means nothing else.
    pub etag: String,
    /// What this device did and has not settled.
    pub state: State,
    /// What is shown beside it.
    pub mark: Mark,
}

impl LocalRecord {
    /// Returns the record as an OData entity with its version, `_State` and `_Mark`.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut json = self.record.to_json();
        json.insert(ETAG.into(), self.etag.as_str().into());
        json.insert(STATE.into(), self.state.as_str().into());
        json.insert(MARK.into(), self.mark.as_str().into());
        json
    }
}

/// Records that a read is limited to, beyond its `$filter`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Only {
    /// Every live record.
    #[default]
    All,
    /// Records with a pending change, deleted ones too.
    Pending,
    /// Records with an open conflict, deleted ones too.
    Conflicting,
}
