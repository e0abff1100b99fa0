//! The words that pass between the store and its callers.
//!
//! Owns: plain types, no behaviour beyond reading them. Refuses: SQL and rusqlite types, so that a caller never
//! sees the database.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidemark_model::{ConflictKind, Policy, Record, RecordId, STATE, State, Versioned};

/// The member that `LocalRecord::to_json` adds for the mark beside a record.
pub const MARK: &str = "_Mark";

/// Who is signed in, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The server's root, `https://host[:port]`, without a trailing slash.
    pub server: String,
    /// The account's name.
    pub user: String,
    /// The workspace its records belong to.
    pub workspace: String,
    /// The bearer token.
    pub token: String,
    /// The server's own id; another one at the same address is another server (FAULTS N17).
    pub server_id: String,
    /// Whether the server has refused the token; the user must sign in again, nothing is lost.
    pub signed_out: bool,
}

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
    /// What this device did and has not settled.
    pub state: State,
    /// What is shown beside it.
    pub mark: Mark,
}

impl LocalRecord {
    /// Returns the record as an OData entity with `_State` and `_Mark`.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut json = self.record.to_json();
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

/// What changed in a committed write, for whoever shows records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The entity set.
    pub set: String,
    /// The records, or `None` where there were too many to name.
    pub ids: Option<Vec<RecordId>>,
}

/// How many changes wait, are asked about, or were refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records with a change that is neither settled, in conflict nor parked.
    pub pending: u64,
    /// Open conflicts.
    pub conflicts: u64,
    /// Parked records.
    pub parked: u64,
}

/// One entity set's figures on this device.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityFigures {
    /// The entity set.
    pub name: String,
    /// Whether it is kept offline.
    pub offline: bool,
    /// Who decides its conflicts.
    pub policy: Policy,
    /// Live records here.
    pub records: u64,
    /// Bytes of their table and indexes here.
    pub bytes: u64,
    /// Records with an unsettled change, conflicts and parked ones included.
    pub pending: u64,
    /// How far the first enumeration is, while it runs.
    pub first_sync: Option<FirstSync>,
}

/// Progress of a set's first (or repeated) full enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstSync {
    /// Records received so far.
    pub done: u64,
    /// How many the server counted at the start, where it said so.
    pub total: Option<u64>,
}

/// What becomes of unsent changes when a set is no longer kept offline (UX, Offline Sync Settings).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// Refuse while there are any: the caller asks.
    Refuse,
    /// Records with unsent changes stay until they are settled; the rest goes.
    KeepUntilSent,
    /// They are given up, by the user's explicit choice.
    Discard,
}

/// One pending change, as it is to be sent. It is remembered in flight before the caller sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// The entity set.
    pub set: String,
    /// The record.
    pub id: RecordId,
    /// `Repeatability-Request-ID`: the same for every time this very change is sent.
    pub request_id: RecordId,
    /// When it was first sent, Unix milliseconds UTC (`Repeatability-First-Sent`).
    pub first_sent_ms: i64,
    /// What to do.
    pub change: OutgoingChange,
}

/// The change itself.
#[derive(Clone, Debug, PartialEq)]
pub enum OutgoingChange {
    /// POST with `If-None-Match: *`.
    Add {
        /// The body: `Id`, every property that is not null, `_UpdatedAt`.
        body: Map<String, Value>,
    },
    /// PATCH with `If-Match`.
    Update {
        /// The body: the changed properties and `_UpdatedAt`.
        body: Map<String, Value>,
        /// The ETag that the change was made on.
        if_match: String,
    },
    /// PUT with `If-Match` a tombstone's ETag.
    Restore {
        /// The body: the whole record, `_IsTombstoned` false.
        body: Map<String, Value>,
        /// The tombstone's ETag.
        if_match: String,
    },
    /// DELETE with `If-Match`.
    Delete {
        /// The ETag that the deletion was made on.
        if_match: String,
    },
}

/// The server's answer to one [`Outgoing`], matched by its request id.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The entity set.
    pub set: String,
    /// The record.
    pub id: RecordId,
    /// The request that it answers.
    pub request_id: RecordId,
    /// What the server says.
    pub answer: Answer,
}

/// What the server says to one change.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Applied (now, or when it was first sent), as this version.
    Done {
        /// The new ETag.
        etag: String,
    },
    /// Deleted already, or never there: a DELETE has nothing left to do.
    Gone,
    /// Not applied: the record is not what the change was made on (412, 404). `None` where there is no trace of it.
    Stale {
        /// The server's current record, possibly tombstoned.
        current: Option<Versioned>,
    },
    /// Refused for good: the record is parked with this sentence.
    Refused {
        /// The server's reason.
        reason: String,
    },
    /// Not decided; the same request is sent again later.
    Retry,
}

/// What settling or pulling came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Changes that the server has accepted.
    pub pushed: u64,
    /// Records that changed here by a pull; never the echo of this device's own push.
    pub pulled: u64,
    /// Records where edits of both sides came together by themselves.
    pub merged: u64,
    /// Conflicts opened.
    pub conflicts: u64,
    /// Records parked.
    pub parked: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.pushed += other.pushed;
        self.pulled += other.pulled;
        self.merged += other.merged;
        self.conflicts += other.conflicts;
        self.parked += other.parked;
    }
}

/// Where a set's pull stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// Never pulled, or to be enumerated anew.
    Start {
        /// Whether the server may have lost changes (a restored backup): what it forgot is offered again or asked.
        restored: bool,
    },
    /// Inside a full enumeration: the next page's link.
    Enumerating {
        /// Relative to the service root.
        next_link: String,
    },
    /// Up to date as of this delta link.
    Delta {
        /// Relative to the service root.
        link: String,
    },
}

/// A conflict as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenConflict {
    /// The conflict's own id.
    pub id: RecordId,
    /// The entity set.
    pub set: String,
    /// The record.
    pub record_id: RecordId,
    /// What the question is.
    pub kind: ConflictKind,
    /// The properties in question.
    pub properties: Vec<String>,
    /// The version that this device's change was made on.
    pub base: Option<Versioned>,
    /// This device's record as it is now.
    pub mine: Record,
    /// The server's record, as of when the question was put; tombstoned in *deleted on server*.
    pub server: Option<Versioned>,
    /// Unix milliseconds UTC.
    pub detected_at: i64,
}

/// A parked record.
#[derive(Clone, Debug, PartialEq)]
pub struct Parked {
    /// The entity set.
    pub set: String,
    /// The record as its user sees it.
    pub record: LocalRecord,
    /// The server's reason.
    pub reason: String,
}

/// Something that happened to a record on this device, kept so that no losing side vanishes.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// Unix milliseconds UTC.
    pub at: i64,
    /// What happened: `edited`, `kept_mine`, `took_server`, `merged`, `discarded`, …
    pub event: String,
    /// Who, where known.
    pub by: Option<String>,
    /// The side that did not stand, whole, where there is one.
    pub record: Option<Record>,
}

/// One cycle, for Activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CycleEntry {
    /// Unix milliseconds UTC.
    pub started_at: i64,
    /// Milliseconds.
    pub duration_ms: u64,
    /// `synced`, `offline`, `signed_out`, `failed`.
    pub outcome: String,
    /// Changes accepted.
    pub pushed: u64,
    /// Records changed here.
    pub pulled: u64,
    /// Records merged.
    pub merged: u64,
    /// Conflicts opened.
    pub conflicts: u64,
    /// Records parked.
    pub parked: u64,
    /// HTTP requests.
    pub requests: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// The plain sentence of what went wrong.
    pub error: Option<String>,
}
