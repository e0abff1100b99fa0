//! Related records beside the rows of a read: what is wanted, and what was found.
//!
//! Owns: the vocabulary. Refuses: reading them (`engine::expand`) and writing them down (`routes`).

use crate::change::{Mark, Place};
use std::sync::Arc;
use tidemark_model::Cell;
use tidemark_model::query::{Query, Want};
use tidemark_sql::Value;
use uuid::Uuid;

/// Records that are wanted beside each row of a set.
#[derive(Clone, Debug)]
pub(crate) struct Expansion {
    /// Where they are.
    pub(crate) place: Place,
    /// How they are related to the row.
    pub(crate) way: Way,
    /// What is wanted of them.
    pub(crate) want: Want,
    /// Which of them, each row's by themselves; one more than its `top` tells whether there are more.
    pub(crate) query: Query,
    /// What is wanted beside each of them.
    pub(crate) below: Vec<Expansion>,
}

/// How records are related to a row.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// The row has the key of one of them in this property.
    ToOne(String),
    /// They have the row's key in this property.
    ToMany(String),
}

/// What was found for one row and one expansion.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// The record that the row refers to, shared with other rows that do.
    One(Option<Arc<Relative>>),
    /// The records that refer to the row.
    Many {
        /// As many as were wanted.
        records: Vec<Arc<Relative>>,
        /// How many there are, where that was asked.
        count: Option<u64>,
    },
    /// How many there are.
    Count(u64),
}

/// A record that was read whole.
#[derive(Clone, Debug)]
pub(crate) struct Relative {
    /// The change that made this version.
    pub(crate) version: Mark,
    /// One cell per property of its type, in model order.
    pub(crate) cells: Vec<Cell<'static>>,
    /// What was computed of it, as texts.
    pub(crate) made: Vec<Cell<'static>>,
    /// What these are.
    pub(crate) values: Arc<[Value]>,
    /// Its ordering keys, where it is one of several.
    pub(crate) keys: Vec<Cell<'static>>,
    /// What was found for it, in the order of the expansions.
    pub(crate) below: Vec<Found>,
    /// Bytes that it takes in an answer, about, with what is below it: it may stand there many times.
    pub(crate) size: usize,
}

impl Found {
    /// Returns the bytes that it takes in an answer, about.
    pub(crate) fn size(&self) -> usize {
        let many: &[Arc<Relative>] = match self {
            Self::Count(_) => &[],
            Self::One(record) => record.as_slice(),
            Self::Many { records, .. } => records,
        };
        many.iter().fold(0, |sum, record| sum.saturating_add(record.size))
    }
}

impl Relative {
    /// Returns its key.
    pub(crate) fn id(&self) -> Uuid {
        // The key is the first property of every type.
        if let Some(Cell::Guid(id)) = self.cells.first() { *id } else { Uuid::nil() }
    }
}
