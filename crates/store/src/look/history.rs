//! What happened to records, for whoever looks.
//!
//! Owns: reading it. Refuses: writing it (`tables::history`).

use crate::tables::history::HistoryEntry;
use tidemark_model::{Record, RecordId};

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
