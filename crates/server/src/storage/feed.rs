//! Reads of many rows: what is asked, and how the rows come out without a copy of each.
//!
//! A read is one snapshot. The rows are handed, one at a time, to a [`Render`] that writes them down as bytes of the
//! answer while the database's own memory holds them.

use super::engine::Columns;
use super::expand::{Expansion, Found};
use super::{Position, Result};
use crate::change::{Mark, Place};
use tidemark_model::query::{Expr, Query};
use tidemark_model::{Cell, RecordId};
use tidemark_sql::Value;

/// Which rows a read returns, and in which order.
#[derive(Clone, Debug)]
pub(crate) enum Selection {
    /// The rows that a query lets through, in its order; `top` and `skip` are the query's.
    Matching {
        /// The query.
        query: Box<Query>,
        /// Goes on behind the row with these ordering keys.
        after: Option<Vec<Cell<'static>>>,
    },
    /// Live rows by key: a full enumeration.
    LiveAfter {
        /// Goes on behind this key.
        id: Option<RecordId>,
        /// How many at most.
        limit: u32,
        /// Only those for which this holds.
        filter: Option<Box<Expr>>,
    },
    /// Rows whose last change is behind a place in the feed, by sequence: a delta. Tombstones are in it.
    ChangedAfter {
        /// How many at most.
        limit: u32,
        /// What [`Snapshot::made`] tells of each row: whether this holds for it.
        filter: Option<Box<Expr>>,
    },
}

/// A read of many rows.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// Where.
    pub(crate) place: Place,
    /// The properties whose cells are wanted, in this order.
    pub(crate) properties: Vec<String>,
    /// Which rows.
    pub(crate) selection: Selection,
    /// Whether all rows of the selection are to be counted, pages apart.
    pub(crate) count: bool,
    /// A place in the feed that must still be known and whole.
    pub(crate) from: Option<Mark>,
    /// The related records that are wanted beside each row; every property is wanted of the rows then, in model order.
    pub(crate) expand: Vec<Expansion>,
}

/// What is known of the snapshot that the rows come from.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// Where the workspace's feed stands.
    pub(crate) position: Position,
    /// How many rows there are, where that was asked.
    pub(crate) total: Option<u64>,
    /// The values that each row has behind its properties, before the ordering keys: texts as a payload has them.
    pub(crate) made: Vec<Value>,
}

/// A row while the database holds it: its version, then the wanted cells.
#[derive(Clone, Copy)]
pub(crate) struct RowView<'r> {
    columns: &'r dyn Columns,
    /// Where the version begins.
    first: usize,
    found: &'r [Found],
}

impl<'r> RowView<'r> {
    /// Takes a row of a statement whose first two columns are the version.
    pub(crate) fn new(columns: &'r dyn Columns) -> Self {
        Self::behind(columns, 0)
    }

    /// Takes a row of a statement whose version stands behind so many other columns.
    pub(crate) fn behind(columns: &'r dyn Columns, first: usize) -> Self {
        Self { columns, first, found: &[] }
    }

    /// Returns the row with what was found beside it.
    pub(crate) fn with(self, found: &'r [Found]) -> Self {
        Self { found, ..self }
    }

    /// Returns what was found beside it, in the order of [`Read::expand`].
    pub(crate) fn found(self) -> &'r [Found] {
        self.found
    }

    /// Returns the cell of the property at this place in [`Read::properties`]; behind those stand the ordering keys
    /// of [`Selection::Matching`].
    pub(crate) fn cell(self, index: usize) -> Result<Cell<'r>> {
        self.columns.cell(self.first + 2 + index)
    }

    /// Returns the change that made this version.
    pub(crate) fn version(self) -> Result<Mark> {
        let (columns, first) = (self.columns, self.first);
        Ok(Mark { sequence: columns.unsigned(first)?, mark: columns.mark(first + 1)? })
    }
}

/// The rows of a read.
pub(crate) trait Rows {
    /// Returns the next row.
    fn next(&mut self) -> Result<Option<RowView<'_>>>;

    /// Tells whether there are more rows than are handed on: those read so far fill a page.
    fn is_cut(&self) -> bool {
        false
    }
}

/// A page as it goes out.
#[derive(Debug)]
pub(crate) struct Page {
    /// The bytes.
    pub(crate) body: Vec<u8>,
    /// The link to the next page.
    pub(crate) next_link: Option<String>,
    /// The token of the delta link that ends it.
    pub(crate) delta_token: Option<String>,
}

/// Writes down the rows of a snapshot.
pub(crate) type Render = Box<dyn FnOnce(&Snapshot, &mut dyn Rows) -> Result<Page> + Send>;

/// Why the feed cannot go on from a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeedLoss {
    /// Tombstones were purged since, or the line that would tell it went with old history.
    Expired,
    /// The place is not of this history.
    Unknown,
}

/// What came of a read.
#[derive(Debug)]
pub(crate) enum ReadOutcome {
    /// The page.
    Page(Page),
    /// The feed does not reach back to [`Read::from`].
    Lost(FeedLoss),
}
