//! The team's server, as this device asks it over HTTP.
//!
//! Owns: one account's way to it (`connection`, `session`, `address`, `hold_off`), the one-off requests over it (`live`,
//! `live_write`, `journal`), that the pages of a list end (`chain`), and the real network (`http_transport`, `compression`,
//! `upload`). Refuses: cycles; naming any room but `ports`.

pub(crate) mod address;
pub(crate) mod chain;
pub(crate) mod compression;
pub(crate) mod connection;
pub(crate) mod hold_off;
pub(crate) mod http_transport;
pub(crate) mod journal;
pub(crate) mod live;
pub(crate) mod live_write;
pub(crate) mod session;
pub(crate) mod upload;
