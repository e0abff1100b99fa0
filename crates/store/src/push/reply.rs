//! What the server says to a change, in words that are no HTTP.
//!
//! Owns: its shape. Refuses: what it does to the record (`settle`).

use tidemark_model::{RecordId, Versioned};

/// The server's answer to one [`Outgoing`](crate::Outgoing), matched by its request id.
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
