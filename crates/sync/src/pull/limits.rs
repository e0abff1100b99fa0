//! How much of an enumeration is committed at once, and how far a cycle follows a set.
//!
//! Owns: the figures. Refuses: how much one page holds (`page_size`).

use crate::remote::chain::MOST_PAGES;
use std::time::Duration;

/// How much of an enumeration is committed at once, and how many pages are followed: many small commits cost three times the CPU of few large ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PullLimits {
    pub(super) records: u64,
    pub(super) bytes: usize,
    pub(super) arriving: Duration,
    /// Pages of one set that one cycle follows at the most.
    pub(crate) pages: usize,
}

impl Default for PullLimits {
    fn default() -> Self {
        Self { records: 25_000, bytes: 24 << 20, arriving: Duration::from_secs(2), pages: MOST_PAGES }
    }
}
