//! The worker's life: it runs cycles at start-up, every 60 seconds, after an edit, on network-up, on the server's notice
//! and on demand (seed steps 5 and 7, DESIGN section 4, Cycle).
//!
//! Owns: when a cycle runs. Refuses: what a cycle does; a clock, a timer and a runtime of its own. There is no "is syncing"
//! flag: this runs one cycle after the other, and the turn keeps other processes out.

use crate::cycle::Cause;
use crate::engine::Engine;
use crate::ports::timer::until;
use crate::report::{CycleReport, Outcome};
use crate::task::Task;
use crate::worker::backoff::{Backoff, INTERVAL};
use crate::worker::notice;
use crate::worker::told::{Command, WorkerState};
use crate::worker::words::Words;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinError;

/// How long edits may gather before they are sent.
const DEBOUNCE: Duration = Duration::from_millis(700);
/// How often a waiting worker looks at the machine's routes while it is offline.
const LOOK_AT_NETWORK: Duration = Duration::from_secs(2);
/// How long a stopping worker waits for its cycle; what is cut off is safe and goes on next time.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// A worker's own side: nothing happens unless it is run.
pub struct Life {
    pub(crate) engine: Engine,
    pub(crate) inbox: mpsc::UnboundedReceiver<Command>,
    pub(crate) publish: Arc<watch::Sender<WorkerState>>,
    pub(crate) stopped: watch::Receiver<bool>,
    /// Dropped at the end, by which whoever waits for it knows.
    pub(crate) _living: watch::Sender<()>,
}

impl std::fmt::Debug for Life {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Life").field("engine", &self.engine).finish_non_exhaustive()
    }
}

/// Ends once the worker is told to stop, or nobody has its handle any more.
async fn told(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

impl Life {
    /// Runs cycles until the worker is stopped or its handle is dropped.
    pub async fn run(mut self) {
        let moved = Arc::new(Notify::new());
        let _listener = Task::start(notice::listen(self.engine.clone(), moved.clone()));
        let mut backoff = Backoff::default();
        let mut words = Words::default();
        let mut waiting: Vec<oneshot::Sender<CycleReport>> = Vec::new();
        // What was asked of an earlier process is asked of this one.
        if let Some(left) = self.engine.hold_off()
            && self.wait(self.moment_in(left), false, false, &moved, &mut waiting).await.is_none()
        {
            return;
        }
        loop {
            let cause = if waiting.is_empty() { Cause::Due } else { Cause::Person };
            let Some(report) = self.cycle(cause).await else { return };
            if report.outcome == Outcome::Void && !waiting.is_empty() {
                // Whoever asked for a cycle gets one that counts.
                continue;
            }
            let mut due = self.next_due(&report, &mut backoff);
            for reply in waiting.drain(..) {
                let _ = reply.send(report.clone());
            }
            words.see_to(&self.engine);
            if report.went_through() {
                match self.audit().await {
                    None => return,
                    Some(true) => due = self.moment_in(Duration::ZERO),
                    Some(false) => {}
                }
            }
            let is_offline = report.outcome == Outcome::Offline;
            let is_signed_out = report.outcome == Outcome::SignedOut;
            if self.wait(due, is_offline, is_signed_out, &moved, &mut waiting).await.is_none() {
                return;
            }
        }
    }

    /// Runs something in a task of its own, so that a panic in it ends it and not the worker (FAULTS P5); `None` when the
    /// worker is to stop.
    async fn unless_stopped<T: Send + 'static>(
        &mut self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<Result<T, JoinError>> {
        let mut task = Task::start(work);
        tokio::select! {
            biased;
            () = told(&mut self.stopped) => {}
            done = task.done() => return Some(done),
        }
        task.end(&*self.engine.ports().timer, STOP_WITHIN).await;
        None
    }

    /// Looks at the disk, and compares with the server what is due; tells whether another cycle has something to fetch.
    async fn audit(&mut self) -> Option<bool> {
        let engine = self.engine.clone();
        let audit = async move {
            engine.look_after();
            engine.audit().await
        };
        Some(self.unless_stopped(audit).await?.unwrap_or(false))
    }

    /// Runs one cycle and publishes how it ended.
    async fn cycle(&mut self, cause: Cause) -> Option<CycleReport> {
        let engine = self.engine.clone();
        let started_at = engine.ports().clock.now_ms();
        let report = match self.unless_stopped(async move { engine.cycle_for(cause).await }).await? {
            Ok(report) => report,
            Err(error) => Self::after_panic(started_at, &error),
        };
        self.publish.send_modify(|state| {
            state.syncing = None;
            if report.outcome != Outcome::Void {
                state.online = report.outcome != Outcome::Offline;
                state.last_report = Some(report.clone());
            }
        });
        Some(report)
    }

    /// Makes the report of a cycle that ended in a panic; what it said is for the log.
    fn after_panic(started_at: i64, error: &JoinError) -> CycleReport {
        tracing::error!(%error, "a cycle panicked");
        CycleReport {
            outcome: Outcome::Failed,
            tally: Default::default(),
            requests: 0,
            bytes_sent: 0,
            bytes_received: 0,
            started_at,
            duration_ms: 0,
            error: Some("the sync stopped unexpectedly and starts again; nothing is lost".to_owned()),
            is_partial: false,
            retry_after_ms: None,
        }
    }

    fn next_due(&self, report: &CycleReport, backoff: &mut Backoff) -> u64 {
        let delay = match (report.outcome, report.retry_after_ms) {
            (Outcome::Void, _) => DEBOUNCE,
            (_, Some(ms)) => Duration::from_millis(ms),
            (Outcome::Synced | Outcome::SignedOut, None) => {
                backoff.reset();
                INTERVAL
            }
            // One set at fault does not slow the others down.
            (Outcome::Failed, None) if report.is_partial => {
                backoff.reset();
                INTERVAL
            }
            (Outcome::Offline | Outcome::Failed, None) => backoff.next(self.engine.ports().entropy.fraction()),
        };
        self.moment_in(delay)
    }

    /// Returns the moment that is so far away, in the clock's monotonic milliseconds.
    fn moment_in(&self, delay: Duration) -> u64 {
        self.engine.ports().clock.monotonic_ms().saturating_add(delay.as_millis() as u64)
    }

    /// Waits for the next reason to run; `None` when the worker is to stop. While the server asks to wait, a person's
    /// "Sync now" alone is a reason.
    async fn wait(
        &mut self,
        due: u64,
        is_offline: bool,
        is_signed_out: bool,
        moved: &Notify,
        waiting: &mut Vec<oneshot::Sender<CycleReport>>,
    ) -> Option<()> {
        let held_until = self.engine.hold_off().map(|left| self.moment_in(left));
        let not_before = |due: u64| held_until.map_or(due, |until| due.max(until));
        let mut due = not_before(due);
        let routes = self.engine.ports().routes.fingerprint();
        loop {
            let ports = self.engine.ports().clone();
            let look = self.moment_in(LOOK_AT_NETWORK);
            tokio::select! {
                biased;
                () = told(&mut self.stopped) => return None,
                command = self.inbox.recv() => match command? {
                    Command::SyncNow(reply) => {
                        waiting.push(reply);
                        return Some(());
                    }
                    // While the server cannot be reached an edit does not shorten the back-off.
                    Command::Nudge if is_offline || is_signed_out => {}
                    Command::Nudge => due = due.min(not_before(self.moment_in(DEBOUNCE))),
                },
                () = moved.notified() => due = due.min(not_before(self.moment_in(DEBOUNCE / 4))),
                () = until(&ports, due) => match self.engine.hold_off() {
                    // Another process was asked to wait meanwhile.
                    Some(left) => due = self.moment_in(left),
                    None => return Some(()),
                },
                () = until(&ports, look), if is_offline && held_until.is_none() => {
                    if ports.routes.fingerprint() != routes {
                        // Give the address a moment to settle, then try at once (FAULTS N1).
                        ports.timer.sleep(DEBOUNCE).await;
                        return Some(());
                    }
                }
            }
        }
    }
}
