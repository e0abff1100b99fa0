//! The background worker: it brings the offline database and the team's server to the same state.
//!
//! Owns: the cycle (look, push, pull), its guard, retries and back-off, the one place that talks HTTP. Refuses: SQL
//! (it speaks to `tidemark-store`), deciding anything about versions (`tidemark-model` does), the UI. The protocol
//! is `docs/sync.md`; each file here is one part of it.
//!
//! A room each, and a room names only those before it:
//!
//! - `ports`: what the worker is handed of the world. `remote`: the server, as this device asks it.
//! - `push`: pending changes to the server. `pull`: what changed there, into the offline database.
//! - `cycle`: one after the other, in its turn. `worker`: when a cycle runs.
//!
//! Between them: [`Engine`], what all of them work on, `run`, what the steps of one cycle share, and what a call and a
//! cycle come to (`error`, `report`).

mod blocking;
mod cycle;
mod engine;
mod error;
mod ports;
mod pull;
mod push;
mod query;
mod remote;
mod report;
mod run;
mod task;
mod worker;

#[cfg(test)]
mod paused;
#[cfg(test)]
mod tests;

pub use engine::Engine;
pub use error::SyncError;
pub use ports::Ports;
pub use ports::guard::{Guard, Held};
pub use ports::lock_files::LockFiles;
pub use ports::routes::{Routes, SystemRoutes};
pub use ports::timer::within;
pub use ports::transport::{Request, Response, Transport, TransportError};
pub use query::{parse_filter, parse_order_by, parse_search};
pub use remote::http_transport::{HttpTransport, Patience};
pub use remote::live::LivePage;
pub use remote::session::Remote;
pub use report::{CycleReport, Outcome, Phase, Progress};
pub use worker::Worker;
pub use worker::life::Life;
pub use worker::told::WorkerState;
