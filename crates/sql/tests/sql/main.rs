//! SQL text against a real SQLite and a real PostgreSQL: one test binary, so that SQLite is linked once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agreement;
mod applied;
mod calculated;
mod casting;
mod databases;
mod dialects;
mod drawn;
mod expanded;
mod kinds;
mod naive;
mod names;
mod ordering;
mod plans;
mod refusals;
mod support;
