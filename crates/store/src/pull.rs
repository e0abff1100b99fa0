//! From what the server says of its own accord to records: its pages, its model, its digests.
//!
//! Owns: that a page is taken only onto the position it was asked from (`onto`, `sink`, `sweep`). Refuses: reading the
//! wire (`tidemark-odata`), and deciding about a record that is pending here (`decide`).

pub(crate) mod audit;
pub(crate) mod model;
pub(crate) mod onto;
pub(crate) mod pull_tx;
pub(crate) mod sink;
pub(crate) mod sweep;
