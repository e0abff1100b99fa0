//! What could not be settled by itself: verdicts, questions, answers, and what the server refuses.
//!
//! Owns: carrying a verdict out, in one place (`verdict`); the question (`question`), its answer (`answer`,
//! `conflicts`) and taking that back (`answered`, `bring_back`); what waits for a person (`parked`, `unfit`); what the
//! server has of this device's (`confirmed`). Refuses: the verdict and what an answer means, which are `tidemark-model`'s.

pub(crate) mod answer;
pub(crate) mod answered;
pub(crate) mod bring_back;
pub(crate) mod confirmed;
pub(crate) mod conflicts;
pub(crate) mod decision;
pub(crate) mod parked;
pub(crate) mod question;
pub(crate) mod tally;
pub(crate) mod unfit;
pub(crate) mod verdict;
