//! SQL text against a real SQLite: one test binary, so that SQLite is linked once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agreement;
mod dialects;
mod naive;
mod refusals;
mod support;
