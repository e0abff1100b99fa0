//! What could not be settled by itself: verdicts, questions, answers, and what the server refuses.
//!
//! Refuses: the verdict itself, which is `tidemark-model`'s.

pub(crate) mod answer;
pub(crate) mod answered;
pub(crate) mod bring_back;
pub(crate) mod conflicts;
pub(crate) mod decision;
pub(crate) mod parked;
pub(crate) mod question;
pub(crate) mod tally;
pub(crate) mod unfit;
pub(crate) mod verdict;
