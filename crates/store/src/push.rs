//! From a pending change to the server's answer.
//!
//! Refuses: HTTP, and judging what the server has instead.

pub(crate) mod batch;
pub(crate) mod outcome;
pub(crate) mod outgoing;
pub(crate) mod reply;
pub(crate) mod restamp;
pub(crate) mod restored;
pub(crate) mod settle;
