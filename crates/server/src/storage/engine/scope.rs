//! Whose records a query is about, and whose it may look at beside them.
//!
//! Owns: the columns that say so. Refuses: the wall that PostgreSQL keeps by itself (`drivers::postgres`).

use super::table::{OWNER, Tables, WORKSPACE, owner};
use crate::change::Place;
use tidemark_model::query::Query;
use tidemark_model::{Cell, IS_TOMBSTONED};
use tidemark_sql::{Neighbour, Neighbours};

/// The records that those of a place are related to: whoever reads sees theirs and their workspace's, and no tombstone.
pub(super) struct Around<'a> {
    pub(super) tables: &'a Tables,
    pub(super) place: &'a Place,
}

impl Neighbours for Around<'_> {
    fn neighbour(&self, set: &str) -> Option<Neighbour<'_>> {
        let (set, table) = (self.tables.set(set).ok()?, self.tables.table(set).ok()?);
        let scope = vec![
            (WORKSPACE, Cell::Integer(self.place.workspace_no)),
            (OWNER, Cell::Integer(owner(set, self.place.user_no))),
            (IS_TOMBSTONED, Cell::Integer(0)),
        ];
        Some(Neighbour { set, table: &table.name, scope, apart_from: Vec::new() })
    }
}

/// Whose records, and without tombstones unless the filter asks about them (DESIGN section 5, Tombstones).
pub(super) fn scope(place: &Place, query: &Query) -> Vec<(&'static str, Cell<'static>)> {
    let mut scope = vec![(WORKSPACE, Cell::Integer(place.workspace_no)), (OWNER, Cell::Integer(place.owner_no))];
    if !query.asks_about(IS_TOMBSTONED) {
        scope.push((IS_TOMBSTONED, Cell::Integer(0)));
    }
    scope
}
