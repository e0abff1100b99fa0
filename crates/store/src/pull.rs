//! From the server's pages, its model and its digests to records.
//!
//! Refuses: reading the wire, and deciding about a pending record.

pub(crate) mod audit;
pub(crate) mod model;
pub(crate) mod onto;
pub(crate) mod pull_tx;
pub(crate) mod sink;
pub(crate) mod sweep;
