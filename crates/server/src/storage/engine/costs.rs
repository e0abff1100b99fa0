//! What a read may cost: it is refused before it begins where it would look for too long at too many records.
//!
//! Owns: the limit, and how many records there are of a set. Refuses: the estimate (`tidemark_sql::cost`), and ending a read
//! that takes longer than it was thought to, which the driver's deadline does.

use super::counter::position;
use super::living;
use super::overview::Behind;
use super::scope::Around;
use super::table::{Tables, owner};
use super::tx::Tx;
use crate::change::Place;
use crate::storage::{Result, StorageError};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use tidemark_model::query::Query;
use tidemark_sql::{Looked, QueryError, Select, cost};

/// What any read may cost, in nanoseconds of the estimate.
const MOST: u64 = 250_000_000;
/// What a read may cost for each record of its set, where that is more: a set that is large may be asked simple things.
const MOST_EACH: u64 = 1_500;
/// So many records need not be counted: there are no more than there were changes, and among so many nothing takes long.
const FEW: u64 = 1_000;
/// What one user alone has: a choice for each set.
const OF_ONE_USER: u64 = 100;

/// What the reads of one request cost together.
pub(super) struct Costs<'t> {
    tx: &'t dyn Tx,
    tables: &'t Tables,
    place: &'t Place,
    behind: &'t Behind,
    known: RefCell<HashMap<String, u64>>,
    spent: Cell<u64>,
}

impl<'t> Costs<'t> {
    pub(super) fn of(tx: &'t dyn Tx, tables: &'t Tables, place: &'t Place, behind: &'t Behind) -> Self {
        Self { tx, tables, place, behind, known: RefCell::default(), spent: Cell::default() }
    }

    /// Adds a read.
    ///
    /// # Errors
    /// [`QueryError::TooCostly`].
    pub(super) fn add(&self, select: &Select<'_>, looked: Looked) -> Result<()> {
        let around = Around { tables: self.tables, place: self.place };
        let select = Select { neighbours: Some(&around), ..select.clone() };
        let failed: RefCell<Option<StorageError>> = RefCell::default();
        let rows = |set: &str| {
            self.rows(set).unwrap_or_else(|error| {
                *failed.borrow_mut() = Some(error);
                0
            })
        };
        let spent = self.spent.get().saturating_add(cost(&select, looked, &rows));
        self.spent.set(spent);
        let most = MOST.max(MOST_EACH.saturating_mul(rows(&self.place.set)));
        if let Some(error) = failed.take() {
            return Err(error);
        }
        if spent <= most { Ok(()) } else { Err(QueryError::TooCostly.into()) }
    }

    /// Returns how many records a set has, or a little more.
    pub(super) fn rows(&self, set: &str) -> Result<u64> {
        if let Some(known) = self.known.borrow().get(set) {
            return Ok(*known);
        }
        let of = self.tables.set(set)?;
        let owner_no = owner(of, self.place.user_no);
        let place = Place { set: of.name.clone(), owner_no, ..self.place.clone() };
        let newest = position(self.tx, place.workspace_no)?.mark.sequence;
        let rows = match newest {
            _ if owner_no != 0 => newest.min(OF_ONE_USER),
            newest if newest <= FEW => newest,
            _ => match living::living(self.tx, &place, &Query::default(), self.behind)? {
                Some(living) => living,
                None => living::each(self.tx, self.tables, &place)?,
            },
        };
        self.known.borrow_mut().insert(set.to_owned(), rows);
        Ok(rows)
    }
}
