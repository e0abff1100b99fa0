//! The words that pass between the store and its callers.
//!
//! Owns: plain types, no behaviour beyond reading them. Refuses: SQL and rusqlite types, so that a caller never
//! sees the database.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidemark_model::{ConflictKind, ETAG, Policy, Record, RecordId, STATE, State, Versioned};

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
    /// About how many bytes it adds to a batch.
    pub bytes: usize,
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
        /// The stamp that the server gave it, where that is another than was sent: it clamps those ahead of its clock.
        stamp: Option<i64>,
    },
    /// The server said, by its own word for it, that there is no such record. Nothing else makes a record absent: an
    /// answer that cannot be read is [`Answer::Undecided`] (DESIGN section 4, rule (a)).
    Absent,
    /// Not applied: the record is not what the change was made on (412).
    Stale {
        /// The server's current record, possibly tombstoned.
        current: Versioned,
    },
    /// Refused for good: the record is parked with this sentence.
    Refused {
        /// The server's reason.
        reason: String,
    },
    /// Not decided; the same request is sent again later.
    Undecided {
        /// Why, in words for people.
        reason: String,
        /// Whether it is the record's own doing, as far as can be told: five of those in a row set it aside
        /// (FAULTS N9). A server that asks to wait, or lacks the whole set just now, says nothing of the record.
        counts: bool,
    },
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
    /// The values in the way: what the model has no place for any more.
    pub unfit: Vec<Unfit>,
}

/// A value of a pending change that the model as it is now does not allow.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfit {
    /// The property.
    pub property: String,
    /// The value.
    pub value: Value,
    /// Why it does not fit, in words.
    pub problem: String,
}

/// Something that happened to a record: a change, or a decision that kept a losing side from vanishing.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// Its number, by which what did not stand is brought back.
    pub entry: i64,
    /// Unix milliseconds UTC.
    pub at: i64,
    /// What happened: `edited`, `kept_mine`, `took_server`, `merged`, `discarded`, …
    pub event: String,
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

/// A line of the server's change journal about one record.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalLine {
    /// The ETag of the version that it made: the same change seen another way has the same one.
    pub etag: String,
    /// Unix milliseconds UTC.
    pub at: i64,
    /// Who made it.
    pub user: Option<String>,
    /// On which device, where the server knows.
    pub device: Option<String>,
    /// `create`, `update`, `delete`, `restore`.
    pub kind: String,
    /// What it changed.
    pub changes: Vec<PropertyChange>,
}

/// An answer that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The record as it is then; `None` where it went.
    pub record: Option<LocalRecord>,
    /// Takes the answer back.
    pub undo: RecordId,
}

/// An answer that was taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Undone {
    /// Whether the question is open again; else the losing side is a new change.
    pub reopened: bool,
    /// The record as it is then; `None` where it is not there.
    pub record: Option<LocalRecord>,
}

/// Something that a policy or a person decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The entity set.
    pub set: String,
    /// The record.
    pub id: RecordId,
    /// The record as it is here, or the losing side where it is not: what people know it by.
    pub shown: Option<Record>,
    /// What was decided.
    pub entry: HistoryEntry,
}

/// Everything that is known here of one record's way to the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The record, a deleted one too.
    pub local: LocalRecord,
    /// The version that the pending change was made on.
    pub base: Option<Versioned>,
    /// The record as it was sent and not answered.
    pub in_flight: Option<Record>,
    /// The newest version of the server that is known here.
    pub server: Option<Record>,
    /// Why it is parked.
    pub reason: Option<String>,
    /// The open question.
    pub conflict: Option<OpenConflict>,
    /// What the server answered lately, newest first.
    pub attempts: Vec<Attempt>,
}

/// One answer of the server to a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Unix milliseconds UTC.
    pub at: i64,
    /// `accepted`, `changed_meanwhile`, `gone`, `refused`, `not_decided`; `unanswered` while it is on its way.
    pub outcome: String,
    /// The server's sentence.
    pub message: Option<String>,
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
    /// The sets that it left unfetched; the store notes them as it keeps the entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<String>,
}
