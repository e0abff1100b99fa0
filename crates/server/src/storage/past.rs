//! What the journal tells of a record's past.

use crate::change::Mark;
use serde_json::Value;
use tidemark_model::JournalKind;

/// One accepted change of a record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PastChange {
    /// The version that it made.
    pub(crate) version: Mark,
    /// When it was made, by its stamp.
    pub(crate) at_ms: i64,
    /// When it arrived.
    pub(crate) received_ms: i64,
    /// Who made it.
    pub(crate) user: Option<String>,
    /// The device that its token was made for.
    pub(crate) device: Option<String>,
    /// What it did.
    pub(crate) what: JournalKind,
    /// The values that it changed.
    pub(crate) changes: Vec<ValueChange>,
}

/// What became of one property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ValueChange {
    /// The property.
    pub(crate) property: String,
    /// The value before.
    pub(crate) from: Value,
    /// The value since.
    pub(crate) to: Value,
}
