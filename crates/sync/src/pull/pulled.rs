//! What a cycle's pull has come to so far.
//!
//! Owns: the sums that its steps share. Refuses: the steps.

use super::page_size::PageSize;
use crate::error::SyncError;
use std::collections::HashMap;
use tidemark_store::Incarnation;

/// What a cycle's pull has come to so far.
#[derive(Default)]
pub(crate) struct Pulled {
    /// Positions that are up to date, or for which this cycle has done what it can.
    pub(super) done: HashMap<String, Incarnation>,
    /// The sets that could not be brought up to date, and why.
    pub(super) failed: Vec<(String, SyncError)>,
    /// Whether a push is to follow what is pulled now.
    pub(super) is_looking: bool,
    /// The model that a page named and that was asked for.
    pub(super) model: Option<String>,
    /// The page size that the link carries, read when it is first needed.
    pub(super) size: Option<PageSize>,
    /// How often the link broke within an answer that was asked for again.
    pub(super) breaks: u32,
}
