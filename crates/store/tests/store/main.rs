//! The store against real files: every promise of DESIGN section 3 that it keeps by itself.

mod support;

mod account;
mod choice;
mod conflicts;
mod edit;
mod files;
mod journeys;
mod migrate;
mod pull;
mod push;
mod restored;
mod settle;
