//! The store against real files: every promise of DESIGN section 3 that it keeps by itself.

#![expect(clippy::disallowed_methods, reason = "what is measured here is how long real work takes")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod support;

mod account;
mod addition;
mod answers;
mod audit;
mod choice;
mod clocks;
mod conflicts;
mod deletions;
mod disk;
mod doubts;
mod edit;
mod files;
mod folds;
mod gone_back;
mod history;
mod journeys;
mod kept;
mod migrate;
mod names;
mod pull;
mod push;
mod put_back;
mod restored;
mod retention;
mod set_aside;
mod settle;
mod shown;
mod text;
mod throughput;
mod words;
