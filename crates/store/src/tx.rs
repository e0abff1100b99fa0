//! One transaction: what it may use, what it ends with, and who hears of it.
//!
//! Owns: an open database ([`store::Store`]), its connections, and who is in it (`presence`, `gate`);
//! [`transaction::Tx`], through which everything is written; `outbox`, the log beside the database that hears of
//! pending work before the commit, and `outbox_level`, where the two are at odds; `follow`, which makes what is kept follow
//! the choice of sets, and `reshape`, which makes the tables follow the model. Refuses: knowing who writes or why, and mending
//! (`open`).

pub(crate) mod connect;
pub(crate) mod folder;
pub(crate) mod follow;
pub(crate) mod gate;
pub(crate) mod notices;
pub(crate) mod outbox;
pub(crate) mod outbox_level;
pub(crate) mod outbox_log;
pub(crate) mod presence;
pub(crate) mod reshape;
pub(crate) mod store;
pub(crate) mod touched;
pub(crate) mod transaction;
pub(crate) mod watch;
pub(crate) mod write;
pub(crate) mod writer;
