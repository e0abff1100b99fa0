//! What a change is and what becomes of it, as values: pure, without a database and without HTTP.
//!
//! Owns: changes and their outcomes, records as they are stored, versions, the rule for one change, and which request
//! repeats another. Refuses: SQL (`storage` runs [`decide()`] inside its transaction) and reading requests (`write`).
//! Seed step 9; DESIGN section 4, Server.

#[expect(clippy::module_inception, reason = "the room is called after what lies in it first")]
mod change;
mod decide;
mod repeat;
mod row;
mod version;

pub(crate) use change::{Body, Change, Commit, Outcome, Repeat, Step};
pub(crate) use decide::{Decision, decide};
pub(crate) use repeat::read_repeat;
pub(crate) use row::{Place, Row};
pub(crate) use version::{Mark, etag};
