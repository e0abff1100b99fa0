//! How long what is no longer current is kept.
//!
//! Owns: days as people say them, and the moments that they mean. Refuses: dropping anything (`engine`).

/// How long what is no longer current is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retention {
    /// Tombstones that arrived before this lose their content.
    pub(crate) tombstones_before_ms: i64,
    /// Lines of the journal that were written before this go, but each record's newest.
    pub(crate) history_before_ms: i64,
}

/// For how many days what is no longer current is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Days {
    /// The content of deleted records.
    pub(crate) tombstones: u32,
    /// Changes in a record's history.
    pub(crate) history: u32,
}

impl Days {
    /// Returns what that means at a moment.
    pub(crate) fn before(self, now_ms: i64) -> Retention {
        let ago = |days: u32| now_ms.saturating_sub(i64::from(days) * 24 * 60 * 60 * 1000);
        Retention { tombstones_before_ms: ago(self.tombstones), history_before_ms: ago(self.history) }
    }
}
