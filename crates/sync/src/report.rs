//! What a cycle came to, and how far it is while it runs.
//!
//! Owns: the figures of DESIGN section 6 (`sync --json`). Refuses: wording; hosts do that.

use tidemark_model::CycleOutcome;
use tidemark_store::{CycleEntry, Tally};

/// What a cycle came to, as the worker goes by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Push and pull went through; conflicts and parked records may be open.
    Synced,
    /// No network, or no Tidemark server at the other end.
    Offline,
    /// The server wants the password again.
    SignedOut,
    /// Anything else.
    Failed,
    /// The account or the turn changed while it ran: it ended without a trace, and nobody misses it.
    Void,
}

impl Outcome {
    /// Returns what is kept and told of it; nobody is told that a cycle was void.
    pub fn told(self) -> CycleOutcome {
        match self {
            Self::Synced => CycleOutcome::Synced,
            Self::Offline => CycleOutcome::Offline,
            Self::SignedOut => CycleOutcome::SignedOut,
            Self::Failed | Self::Void => CycleOutcome::Failed,
        }
    }
}

/// The half of a cycle that is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Client to server.
    Push,
    /// Server to client.
    Pull,
}

/// How far a running cycle is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The half.
    pub phase: Phase,
    /// The entity set, while one is enumerated.
    pub set: Option<String>,
    /// Records done.
    pub done: u64,
    /// Records in all, where known.
    pub total: Option<u64>,
}

/// What one cycle did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleReport {
    /// What it came to.
    pub outcome: Outcome,
    /// Records pushed, pulled, merged, asked about and parked.
    pub tally: Tally,
    /// HTTP requests.
    pub requests: u64,
    /// Bytes sent on the wire.
    pub bytes_sent: u64,
    /// Bytes received on the wire.
    pub bytes_received: u64,
    /// Unix milliseconds UTC.
    pub started_at: i64,
    /// Milliseconds.
    pub duration_ms: u64,
    /// The plain sentence of what went wrong.
    pub error: Option<String>,
    /// Whether only some entity sets stayed behind: everything else went through, and goes through at the usual pace.
    pub is_partial: bool,
    /// How long the server asks to wait before the next cycle, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl CycleReport {
    /// Tells whether it went to its end, for all sets but those that stayed behind alone.
    pub fn went_through(&self) -> bool {
        self.outcome == Outcome::Synced || self.is_partial
    }

    /// Returns the line for Activity.
    pub fn entry(&self) -> CycleEntry {
        CycleEntry {
            started_at: self.started_at,
            duration_ms: self.duration_ms,
            outcome: self.outcome.told().into(),
            pushed: self.tally.pushed,
            pulled: self.tally.pulled,
            merged: self.tally.merged,
            conflicts: self.tally.conflicts,
            parked: self.tally.parked,
            requests: self.requests,
            bytes_sent: self.bytes_sent,
            bytes_received: self.bytes_received,
            error: self.error.clone(),
            behind: Vec::new(),
        }
    }
}
