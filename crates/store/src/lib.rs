//! The offline database of one device: records, pending changes, conflicts, positions, settings (SQLite).
//!
//! Owns: every SQL statement of the client, and the promise that a record and its pending change are written in
//! one transaction (DESIGN sections 3 and 4). Refuses: the network, the clock of the machine (it is handed in) and
//! every decision about two versions: those are `tidemark-model`'s, this crate carries them out.
//!
//! A room each for what is done:
//!
//! - `open`: the folder, checking and mending it, signing in. [`Lease`]: the right to bring in what a server said.
//! - `save`: what people do to records. `look`: what they see of them.
//! - `push`: from pending change to the server's answer. `pull`: from the server's pages to records.
//! - `decide`: what could not be settled by itself.
//! - `tx`: one transaction, which knows none of the above. [`Store`]: the database, open.
//! - `tables`: how it lies on disk.

mod decide;
mod error;
mod look;
mod open;
mod pull;
mod push;
mod save;
mod tables;
mod tx;

pub use decide::answered::Undone;
pub use decide::conflicts::Answered;
pub use decide::parked::Parked;
pub use decide::question::OpenConflict;
pub use decide::tally::Tally;
pub use decide::unfit::Unfit;
pub use error::{Result, StoreError};
pub use look::awaited::Awaited;
pub use look::explain::Explained;
pub use look::figures::{Counts, EntityFigures};
pub use look::history::Decision;
pub use look::journal::JournalLine;
pub use look::record::{LocalRecord, MARK, Mark, Only};
pub use open::lease::Lease;
pub use pull::audit::{AuditRow, LocalAudit};
pub use pull::onto::{Onto, Others};
pub use pull::pull_tx::PullTx;
pub use pull::sink::SetSink;
pub use push::batch::{Batch, Wanted};
pub use push::outgoing::{Outgoing, OutgoingChange, Text};
pub use push::reply::{Answer, Reply};
pub use save::addition::Addition;
pub use save::choice::Unsent;
pub use save::file_row::{FileRow, RowProblem};
pub use save::kept::Kept;
pub use tables::account::Account;
pub use tables::attempt::Attempt;
pub use tables::cycle::CycleEntry;
pub use tables::history::{HistoryEntry, Origin, PropertyChange};
pub use tables::incident::{Incident, Noticed};
pub use tables::position::{AskedFrom, FirstSync, Incarnation, Position};
pub use tables::setting::DEVICE_NAME;
pub use tidemark_sqlite::{Disk, LockFile, SystemDisk};
pub use tx::notices::Changed;
pub use tx::store::Store;
