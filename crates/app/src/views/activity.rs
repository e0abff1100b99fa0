//! What cycles did, and who changed what.

use super::records::RecordView;
use serde::Serialize;
use serde_json::Value;
use tidemark_model::{CycleOutcome, Word};
use ts_rs::TS;

/// What one cycle did; `tidemark sync --json` prints it.
#[derive(Clone, Debug, Serialize, TS)]
pub struct SyncView {
    /// `synced`, `offline`, `signed_out`, `failed`.
    #[ts(type = "string")]
    pub outcome: Word<CycleOutcome>,
    /// Changes accepted by the server.
    #[ts(type = "number")]
    pub pushed: u64,
    /// Records changed here.
    #[ts(type = "number")]
    pub pulled: u64,
    /// Records where both sides' edits came together.
    #[ts(type = "number")]
    pub merged: u64,
    /// Conflicts opened.
    #[ts(type = "number")]
    pub conflicts: u64,
    /// Records parked.
    #[ts(type = "number")]
    pub parked: u64,
    /// HTTP requests.
    #[ts(type = "number")]
    pub requests: u64,
    /// Bytes sent, headers included.
    #[ts(type = "number")]
    pub bytes_sent: u64,
    /// Bytes received, headers included, as on the wire.
    #[ts(type = "number")]
    pub bytes_received: u64,
    /// Milliseconds.
    #[ts(type = "number")]
    pub duration_ms: u64,
    /// The plain sentence of what went wrong.
    pub error: Option<String>,
}

/// One line of Activity.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ActivityView {
    /// When the cycle started, or the incident was noticed.
    #[ts(type = "number")]
    pub started_at: i64,
    /// What a cycle did; `None` for an incident.
    pub sync: Option<SyncView>,
    /// What happened to this device's own disk, as a sentence; `None` for a cycle.
    pub incident: Option<String>,
}

/// One line of a record's history.
#[derive(Clone, Debug, Serialize, TS)]
pub struct HistoryView {
    /// Brings back what did not stand (`bring_back`), where something did not.
    pub entry: Option<String>,
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// `created`, `edited`, `deleted`, `restored`, `merged`, `kept_mine`, `took_server`, `chose_sides`,
    /// `accepted_delete`, `deleted_anyway`, `kept_server`, `discarded`, `gave_way`, `brought_back`, `model_changed`.
    pub event: String,
    /// Whether the set's policy or the model decided it in a person's place.
    pub by_policy: bool,
    /// Who, where known.
    pub by: Option<String>,
    /// On which device, where known.
    pub device: Option<String>,
    /// Whether it was this account.
    pub mine: bool,
    /// What it changed.
    pub changes: Vec<ChangeView>,
    /// The side that did not stand, whole.
    #[ts(type = "Record<string, unknown> | null")]
    pub record: Option<RecordView>,
}

/// What became of one property.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ChangeView {
    /// The property.
    pub property: String,
    /// The value before; of a decision, the value that did not stand.
    #[ts(type = "unknown")]
    pub from: Value,
    /// The value since.
    #[ts(type = "unknown")]
    pub to: Value,
    /// Of a merge and a decision, whose value that is: `mine`, `server`, or `both` where they came together.
    pub side: Option<String>,
}
