//! A pending change as it is to be sent.
//!
//! Owns: its shape. Refuses: choosing what is sent next (`batch`).

use serde_json::{Map, Value};
use tidemark_model::RecordId;

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
