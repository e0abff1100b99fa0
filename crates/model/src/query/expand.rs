//! `$expand`: related records beside a record (OData URL Conventions 4.01 section 5.1.3).
//!
//! Owns: what is asked. Refuses: knowing which records are related (the model says).

use super::Query;

/// One item of `$expand`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expand {
    /// The navigation property; `*` for all that are not named beside it.
    pub name: String,
    /// What is wanted of the related records.
    pub want: Want,
    /// How many levels the same property is followed, 1 where nothing is said; `u32::MAX` for `max`.
    pub levels: u32,
    /// The options for the related records.
    pub query: Query,
    /// The same as they were written, name and value, for the address of further records.
    pub options: Vec<(String, String)>,
}

/// What an item of `$expand` wants of related records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// The records.
    Records,
    /// Their addresses.
    References,
    /// How many there are.
    Count,
}
