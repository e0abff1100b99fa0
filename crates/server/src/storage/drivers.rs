//! The databases: connections, and nothing that decides.
//!
//! Owns: which address is which database. Refuses: rules (`engine` has them, once).

pub(crate) mod sqlite;
