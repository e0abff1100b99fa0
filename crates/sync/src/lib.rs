//! The background worker: it brings the offline database and the team's server to the same state.
//!
//! Owns: the cycle (look, push, pull), its guard, retries and back-off, the one place that talks HTTP. Refuses: SQL
//! (it speaks to `tidemark-store`), deciding anything about versions (`tidemark-model` does), the UI. The protocol
//! is `docs/sync.md`; each file here is one part of it.

mod backoff;
mod blocking;
mod cycle;
mod engine;
mod error;
mod life;
mod notice;
mod ports;
mod pull;
mod push;
mod query;
mod remote;
mod report;
mod run;
mod task;
mod told;
mod worker;

#[cfg(test)]
mod paused;
#[cfg(test)]
mod tests;

pub use engine::Engine;
pub use error::SyncError;
pub use life::Life;
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
pub use told::WorkerState;
pub use worker::Worker;
