//! From a request that writes to a record: reading its body, the rule, the answer.
//!
//! Owns: what a change is and what becomes of it, as values. Refuses: SQL (the storage runs [`decide()`] inside its
//! transaction) and HTTP methods' own ways (`routes::entity` has a file for each). Seed step 9; DESIGN section 4.

mod answer;
mod body;
mod change;
mod decide;
mod repeat;

pub(crate) use answer::{Shape, answer_outcome, entity_body, group_failed, no_such_record, perform, submit};
pub(crate) use body::read_body;
pub(crate) use change::{Body, Change, Commit, Outcome, Repeat, Step, What};
pub(crate) use decide::{Decision, decide};
pub(crate) use repeat::read_repeat;
