//! From a pending change to the server's answer.
//!
//! Owns: what is sent next and as what (`batch`, `outgoing`), what becomes of it (`settle`, `outcome`), and what a
//! restored server lost, offered again (`restored`). Refuses: HTTP, and judging what the server has in its place
//! (`decide`).

pub(crate) mod batch;
pub(crate) mod outcome;
pub(crate) mod outgoing;
pub(crate) mod reply;
pub(crate) mod restamp;
pub(crate) mod restored;
pub(crate) mod settle;
