//! What is seen of it all: records, figures, what happened and what went wrong.
//!
//! Owns: reading for people, each time from the tables. Refuses: changing a record.

pub(crate) mod activity;
pub(crate) mod awaited;
pub(crate) mod changes;
pub(crate) mod explain;
pub(crate) mod figures;
pub(crate) mod history;
pub(crate) mod incidents;
pub(crate) mod journal;
pub(crate) mod model;
pub(crate) mod read;
pub(crate) mod record;
pub(crate) mod version;
pub(crate) mod words;
