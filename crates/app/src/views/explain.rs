//! One record explained: its versions, and what the server said.

use super::conflicts::ConflictView;
use super::model::SetView;
use super::records::RecordView;
use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;

/// One record, explained: its versions, why it waits, what the server answered.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ExplainView {
    /// `none`, `add`, `update`, `delete`.
    pub state: String,
    /// `none`, `waiting`, `sending`, `conflict`, `refused`.
    pub mark: String,
    /// The record as it is here; a deleted one as it was.
    #[ts(type = "Record<string, unknown>")]
    pub local: RecordView,
    /// The server's version that this device's change was made on.
    #[ts(type = "Record<string, unknown> | null")]
    pub base: Option<RecordView>,
    /// The record as it was sent and not yet answered.
    #[ts(type = "Record<string, unknown> | null")]
    pub in_flight: Option<RecordView>,
    /// The newest version of the server that this device knows.
    #[ts(type = "Record<string, unknown> | null")]
    pub server: Option<RecordView>,
    /// The ETag of the base.
    pub base_etag: Option<String>,
    /// Why it waits, or that nothing does, in one sentence.
    pub waiting_because: String,
    /// Why the server refuses it.
    pub parked_reason: Option<String>,
    /// The open question about it.
    pub conflict: Option<ConflictView>,
    /// What the server answered lately, newest first.
    pub attempts: Vec<AttemptView>,
    /// When the last complete cycle ended.
    #[ts(type = "number | null")]
    pub last_synced_at: Option<i64>,
}

/// One answer of the server to a change.
#[derive(Clone, Debug, Serialize, TS)]
pub struct AttemptView {
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// `accepted`, `changed_meanwhile`, `gone`, `refused`, `not_decided`; `unanswered` while it is on its way.
    pub outcome: String,
    /// The server's sentence.
    pub message: Option<String>,
}

/// A record that the server refuses.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ParkedView {
    /// The entity set.
    pub entity_set: String,
    /// The record.
    pub record_id: String,
    /// The server's reason.
    pub reason: String,
    /// The record as it is here.
    #[ts(type = "Record<string, unknown>")]
    pub record: RecordView,
    /// The values in the way, where the model has no place for them any more.
    pub unfit: Vec<UnfitView>,
    /// The entity set as it was, where the server has it no more: the change can be read and discarded, nothing else.
    pub left: Option<SetView>,
}

/// A value that the model has no place for any more.
#[derive(Clone, Debug, Serialize, TS)]
pub struct UnfitView {
    /// The property.
    pub property: String,
    /// The value.
    #[ts(type = "unknown")]
    pub value: Value,
    /// Why it does not fit, in words.
    pub problem: String,
}
