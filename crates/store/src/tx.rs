//! One transaction: what it may use, what is told after it, and the log beside the database that hears of it first.
//!
//! Refuses: knowing why something is written.

pub(crate) mod connect;
pub(crate) mod follow;
pub(crate) mod notices;
pub(crate) mod outbox;
pub(crate) mod outbox_log;
pub(crate) mod store;
pub(crate) mod transaction;
pub(crate) mod write;
pub(crate) mod writer;
