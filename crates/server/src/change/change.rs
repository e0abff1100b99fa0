//! A change on its way into the database, and what came of it.

use super::row::Row;
use super::version::Mark;
use crate::storage::Caller;
use std::sync::Arc;
use tidemark_model::{Cell, Condition, InvalidRecord, JournalKind, Method, RecordId};

/// What a request's body says, every property in storage form.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Body {
    /// One per declared property, in model order; `None` where the body does not name it. Empty for a delete.
    pub(crate) cells: Vec<Option<Cell<'static>>>,
    /// `_UpdatedAt`.
    pub(crate) stamp: Option<i64>,
    /// `_IsTombstoned`.
    pub(crate) is_tombstoned: Option<bool>,
}

/// The name of a repeatable request (OASIS Repeatable Requests 1.0) and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeat {
    /// `Repeatability-Request-ID`.
    pub(crate) request: [u8; 16],
    /// A hash of the method, the record and the body.
    pub(crate) content: [u8; 16],
}

/// One change of one record.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The entity set, one of the model.
    pub(crate) set: String,
    /// The key; made by the server where a POST leaves it out.
    pub(crate) id: RecordId,
    /// What it does.
    pub(crate) method: Method,
    /// Under which condition.
    pub(crate) condition: Condition,
    /// With which values.
    pub(crate) body: Body,
    /// Its name, where it may be repeated.
    pub(crate) repeat: Option<Repeat>,
    /// The name of the request that it only asks something for: whether a record is there beside the one that is changed.
    pub(crate) asks_for: Option<Repeat>,
    /// A declared property, by its place, and the value that the stored record must have of it.
    pub(crate) only_if: Option<(usize, Cell<'static>)>,
}

impl Change {
    /// Tells whether it changes nothing of the record that it is about.
    pub(crate) fn says_nothing(&self) -> bool {
        let Body { cells, stamp, is_tombstoned } = &self.body;
        self.method == Method::Update && stamp.is_none() && is_tombstoned.is_none() && cells.iter().all(Option::is_none)
    }
}

/// Changes that stand or fall together; mostly one.
#[derive(Clone, Debug)]
pub(crate) struct Step(pub(crate) Vec<Change>);

/// The changes of one request.
#[derive(Clone, Debug)]
pub(crate) struct Commit {
    /// Who makes them.
    pub(crate) caller: Arc<Caller>,
    /// In order.
    pub(crate) steps: Vec<Step>,
    /// Whether steps behind a failed one are left out.
    pub(crate) stop_on_error: bool,
}

/// What came of one change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It was applied, now or, for a repeated request, the first time; the row is the version that it made.
    Applied {
        /// What it did.
        what: JournalKind,
        /// The record right after it.
        row: Box<Row>,
    },
    /// It was applied so long ago, or so many changes followed, that the record's content right after it is not looked up.
    AppliedBefore {
        /// What it did.
        what: JournalKind,
        /// The version that it made.
        version: Mark,
        /// That version's stamp.
        updated_at: i64,
    },
    /// The stored record is newer: success, nothing changed.
    StoredWins(Box<Row>),
    /// There is no such record, never or not any more.
    NotFound,
    /// The condition does not hold; the stored record, where there is one.
    ConditionFailed(Option<Box<Row>>),
    /// The record would not be valid, for these reasons.
    Invalid(Vec<InvalidRecord>),
    /// Nothing changed, since the stored record is newer or the condition does not hold; that record is not shown: those of the
    /// same request take all the room that there is.
    Withheld,
    /// It was refused when it came first, since the record would not have been valid.
    RefusedBefore,
    /// The request's name was used before, for something else.
    OtherRequest,
    /// Another change of its step failed.
    StepFailed,
    /// A step before it failed.
    NotRun,
}

impl Outcome {
    /// Tells whether the change failed, for its step and for what comes behind it.
    pub(crate) fn is_failure(&self) -> bool {
        !matches!(self, Self::Applied { .. } | Self::AppliedBefore { .. } | Self::StoredWins(_))
    }
}
