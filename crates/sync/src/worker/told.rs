//! What a worker is told, and what it tells.
//!
//! Owns: both as values. Refuses: the handle (`worker`) and the life (`life`) between which they pass.

use crate::report::{CycleReport, Progress};
use tokio::sync::oneshot;

/// What the worker is doing and how the last cycle ended.
#[derive(Clone, Debug, Default)]
pub struct WorkerState {
    /// Whether the last cycle reached the server.
    pub online: bool,
    /// How far the running cycle is, once it has something to do.
    pub syncing: Option<Progress>,
    /// The last cycle.
    pub last_report: Option<CycleReport>,
}

/// What a worker is told.
#[derive(Debug)]
pub(crate) enum Command {
    Nudge,
    SyncNow(oneshot::Sender<CycleReport>),
}
