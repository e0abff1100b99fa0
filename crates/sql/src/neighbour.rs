//! The tables of other entity sets, which paths and lambdas lead to.
//!
//! Owns: what must be known of one. Refuses: knowing whose records may be seen: whoever reads says it in columns.

use tidemark_model::{Cell, EntitySet};

/// The table of an entity set, and which of its rows are there for whoever reads.
#[derive(Clone, Debug)]
pub struct Neighbour<'a> {
    /// The entity set.
    pub set: &'a EntitySet,
    /// The table that holds its records.
    pub table: &'a str,
    /// Columns that must equal a value (the workspace, `_IsTombstoned`); names from the caller's code.
    pub scope: Vec<(&'static str, Cell<'static>)>,
    /// Columns that must not.
    pub apart_from: Vec<(&'static str, Cell<'static>)>,
}

/// Finds the tables of other entity sets.
pub trait Neighbours {
    /// Returns the table of an entity set; `None` where its records are not kept here.
    fn neighbour(&self, set: &str) -> Option<Neighbour<'_>>;
}

impl std::fmt::Debug for dyn Neighbours + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Neighbours")
    }
}
