//! Offline Sync Settings.

use super::status::ProgressView;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One row of Offline Sync Settings; `tidemark entities --json` prints an array of them.
#[derive(Clone, Debug, Serialize, TS)]
pub struct EntityView {
    /// The entity set.
    pub name: String,
    /// What people read.
    pub label: String,
    /// Whether it is kept offline.
    pub offline: bool,
    /// Live records here.
    #[ts(type = "number")]
    pub records: u64,
    /// Bytes here.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Unsettled changes here.
    #[ts(type = "number")]
    pub pending: u64,
    /// `ask`, `newest`, `server`, `mine`.
    pub policy: String,
    /// Live records on the server, where it was asked lately.
    #[ts(type = "number | null")]
    pub server_records: Option<u64>,
    /// The first enumeration, while it runs.
    pub first_sync: Option<ProgressView>,
    /// Whether the first enumeration is paused by the user.
    pub paused: bool,
}

/// What to do with unsent changes when a set is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UnsentChoice {
    /// Refuse and say how many there are (error code `unsent_changes`).
    Refuse,
    /// Send them first, then switch off.
    SendFirst,
    /// Keep those records until they are sent.
    Keep,
    /// Give them up.
    Discard,
}
