//! The worker's handle: what hosts ask of it, and what it says of itself.
//!
//! Owns: the handle. Refuses: when a cycle runs (`life`) and what it does (`cycle`); a thread or a runtime of its own: its
//! life is a future that whoever makes the worker runs (ADR 0016).

mod backoff;
pub(crate) mod life;
mod notice;
pub(crate) mod told;
mod words;

use crate::blocking::locked;
use crate::engine::Engine;
use crate::report::CycleReport;
use life::Life;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use told::{Command, WorkerState};

/// The handle of what runs cycles in the background, until the handle is dropped.
#[derive(Debug)]
pub struct Worker {
    commands: mpsc::UnboundedSender<Command>,
    state: watch::Receiver<WorkerState>,
    engine: Engine,
    stop: watch::Sender<bool>,
    /// Closes when the worker's life is over.
    alive: watch::Receiver<()>,
}

impl Worker {
    /// Makes a worker. It lives while its [`Life::run`] does, which the caller spawns on the runtime of its choice; the first
    /// cycle begins at once (SyncInit).
    pub fn new(mut engine: Engine) -> (Self, Life) {
        let (commands, inbox) = mpsc::unbounded_channel();
        let (publish, state) = watch::channel(WorkerState::default());
        let (stop, stopped) = watch::channel(false);
        let (living, alive) = watch::channel(());
        let publish = Arc::new(publish);
        let progress = publish.clone();
        engine.on_progress = Arc::new(move |step| {
            progress.send_modify(|state| {
                // Progress is reported only once the server has answered.
                state.online |= step.is_some();
                state.syncing = step;
            });
        });
        let life = Life { engine: engine.clone(), inbox, publish, stopped, _living: living };
        (Self { commands, state, engine, stop, alive }, life)
    }

    /// Tells that something was edited: a cycle follows shortly.
    pub fn nudge(&self) {
        let _ = self.commands.send(Command::Nudge);
    }

    /// Runs a cycle now and returns its report; `None` when the worker has stopped.
    pub async fn sync_now(&self) -> Option<CycleReport> {
        let (reply, report) = oneshot::channel();
        self.commands.send(Command::SyncNow(reply)).ok()?;
        report.await.ok()
    }

    /// Returns what the worker is doing, as it changes.
    pub fn subscribe(&self) -> watch::Receiver<WorkerState> {
        self.state.clone()
    }

    /// Pauses the first enumeration of a set; what has arrived stays.
    pub fn pause(&self, set: &str) {
        locked(&self.engine.paused).insert(set.to_owned());
    }

    /// Goes on with the enumeration of a set.
    pub fn resume(&self, set: &str) {
        locked(&self.engine.paused).remove(set);
        self.nudge();
    }

    /// Tells whether the enumeration of a set is paused.
    pub fn is_paused(&self, set: &str) -> bool {
        locked(&self.engine.paused).contains(set)
    }

    /// Ends the worker and waits until it is over. A cycle is cut off; what it settled stays, the rest goes on next time.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let mut alive = self.alive.clone();
        while alive.changed().await.is_ok() {}
    }
}
