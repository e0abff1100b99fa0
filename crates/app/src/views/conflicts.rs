//! Open questions, their answers, and what was decided.
//!
//! Owns: shapes, and the words of an answer. Refuses: whether an answer fits (the store).

use super::records::RecordView;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// An open conflict.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ConflictView {
    /// The conflict's id.
    pub id: String,
    /// The entity set.
    pub entity_set: String,
    /// The record.
    pub record_id: String,
    /// `both_edited`, `deleted_on_server`, `edited_on_server`.
    pub kind: String,
    /// The properties in question.
    pub properties: Vec<String>,
    /// The record that both sides started from.
    #[ts(type = "Record<string, unknown> | null")]
    pub base: Option<RecordView>,
    /// This device's record.
    #[ts(type = "Record<string, unknown>")]
    pub mine: RecordView,
    /// The server's record.
    #[ts(type = "Record<string, unknown> | null")]
    pub server: Option<RecordView>,
    /// Who made the server's change.
    pub server_user: Option<String>,
    /// When the conflict was found.
    #[ts(type = "number")]
    pub detected_at: i64,
    /// What people call the record.
    pub title: String,
    /// What people call the entity set.
    pub set_label: String,
    /// When this device's side was last changed.
    #[ts(type = "number")]
    pub mine_at: i64,
    /// When the server's side was changed or deleted, where the server has a trace of it.
    #[ts(type = "number | null")]
    pub server_at: Option<i64>,
    /// Whether the server's side is that it was deleted.
    pub server_deleted: bool,
}

/// A person's answer to a conflict; which of them fit its kind, the store knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(rename = "Resolution")]
pub enum ResolutionChoice {
    /// This device's record stands.
    KeepMine,
    /// The server's record stands.
    TakeServer,
    /// The record comes back, with this device's changes.
    Restore,
    /// The record stays deleted.
    AcceptDelete,
    /// The record is deleted all the same.
    DeleteAnyway,
    /// The record stays as the server has it.
    KeepServer,
    /// Each property in question has a side of its own.
    Merge,
}

/// Which side stands, `mine` or `server`, by property; only for `merge`.
#[derive(Clone, Debug, Default, Deserialize, TS)]
#[ts(type = "Record<string, 'mine' | 'server'>")]
pub struct Sides(pub BTreeMap<String, String>);

/// What an answer to a conflict did.
#[derive(Clone, Debug, Serialize, TS)]
pub struct ResolvedView {
    /// The record as it is from now on, or null where it is gone.
    #[ts(type = "Record<string, unknown> | null")]
    pub record: Option<RecordView>,
    /// Takes the answer back (`undo_resolve`).
    pub undo: String,
}

/// What an answer to a conflict would do.
#[derive(Clone, Debug, Serialize, TS)]
pub struct PreviewView {
    /// The record as it would be, or null where it would be gone.
    #[ts(type = "Record<string, unknown> | null")]
    pub record: Option<RecordView>,
}

/// What one answer to many conflicts did.
#[derive(Clone, Debug, Serialize, TS)]
pub struct SimilarView {
    /// How many conflicts it answered.
    #[ts(type = "number")]
    pub answered: u64,
    /// Take the answers back, one by one (`undo_resolve`).
    pub undo: Vec<String>,
}

/// What taking an answer back did.
#[derive(Clone, Debug, Serialize, TS)]
pub struct UndoneView {
    /// Whether the question is open again; else the answer had been sent, and the losing side is a new change.
    pub reopened: bool,
    /// The record as it is from now on, or null where it is gone.
    #[ts(type = "Record<string, unknown> | null")]
    pub record: Option<RecordView>,
}

/// Something that a policy or a person decided, for Activity.
#[derive(Clone, Debug, Serialize, TS)]
pub struct DecisionView {
    /// The entry of the record's history; `bring_back` takes it.
    pub entry: String,
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// The entity set.
    pub entity_set: String,
    /// The record.
    pub record_id: String,
    /// What people call the record.
    pub title: String,
    /// What was decided, in the words of `HistoryView`.
    pub event: String,
    /// Whether the set's policy decided it.
    pub by_policy: bool,
    /// Whose decision or policy it was.
    pub by: Option<String>,
    /// Whether what did not stand can be brought back.
    pub can_bring_back: bool,
}
