//! The databases: connections, and nothing that decides.
//!
//! Owns: what a process may want of one. Refuses: rules (`engine` has them, once).

pub(super) mod postgres;
pub(super) mod sqlite;

/// What a process opens the database for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// To serve it: made where it is missing, checked as a whole.
    Serve,
    /// To add to it: made where it is missing.
    Create,
    /// To look at or change what is there.
    Existing,
}
