//! The real `tidemark-server` binary over real HTTP on loopback.
//!
//! One test program, so that it is linked once; a module for each promise of DESIGN sections 3 to 6.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to stop right there")]

mod admin;
mod apply;
mod arbitration;
mod audit;
mod batch;
mod below;
mod beyond;
mod bind;
mod bounds;
mod concurrency;
mod conformance;
mod deep;
mod doors;
mod events;
mod expand;
mod feed;
mod file;
mod history;
mod limits;
mod links;
mod lists;
mod multipart;
mod names;
mod processes;
mod protocol;
mod queries;
mod repeat;
mod running;
mod sign_in;
mod tracked;
mod values;
mod walls;
