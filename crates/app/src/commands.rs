//! The commands, one file a noun; each is a method of [`App`](crate::App).

mod activity;
mod afresh;
mod conflicts;
mod entities;
mod explain;
mod history;
mod live;
mod parked;
mod place;
mod records;
mod session;
mod status;
mod todo;
mod transfer;
mod typed;

pub(crate) use place::{Place, read_id};
