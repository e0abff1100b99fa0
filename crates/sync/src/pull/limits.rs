//! How much of an enumeration is committed at once.
//!
//! Owns: the figures. Refuses: how much one page holds (`page_size`).

use std::time::Duration;

/// How much of an enumeration is committed at once: many small commits cost three times the CPU of few large ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PullLimits {
    pub(super) records: u64,
    pub(super) bytes: usize,
    pub(super) arriving: Duration,
}

impl Default for PullLimits {
    fn default() -> Self {
        Self { records: 25_000, bytes: 24 << 20, arriving: Duration::from_secs(2) }
    }
}
