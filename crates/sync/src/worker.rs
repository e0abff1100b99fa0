//! The worker: it runs cycles at start-up, every 60 seconds, after an edit, on network-up, on the server's notice
//! and on demand (seed steps 5 and 7, DESIGN section 4, Cycle).
//!
//! Owns: when a cycle runs, and one thread of its own. Refuses: what a cycle does. There is no "is syncing" flag: the
//! worker's task runs one cycle after the other, and the turn keeps other processes out.

use crate::backoff::{Backoff, INTERVAL};
use crate::cycle::{Engine, locked};
use crate::notice;
use crate::report::{CycleReport, Outcome, Progress};
use crate::timer::until;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot, watch};

/// How long edits may gather before they are sent.
const DEBOUNCE: Duration = Duration::from_millis(700);
/// How often a waiting worker looks at the machine's routes while it is offline.
const LOOK_AT_NETWORK: Duration = Duration::from_secs(2);
/// How long a stopping worker waits for its cycle; what is cut off is safe and goes on next time.
const STOP_WITHIN: Duration = Duration::from_secs(3);

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

enum Command {
    Nudge,
    SyncNow(oneshot::Sender<CycleReport>),
}

/// Runs cycles in the background until it is dropped.
#[derive(Debug)]
pub struct Worker {
    commands: mpsc::UnboundedSender<Command>,
    state: watch::Receiver<WorkerState>,
    engine: Engine,
    stop: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts a worker, on a thread of its own; its first cycle begins at once (SyncInit).
    ///
    /// # Errors
    /// The thread or its runtime could not be made.
    pub fn start(engine: Engine) -> std::io::Result<Self> {
        let (commands, inbox) = mpsc::unbounded_channel();
        let (publish, state) = watch::channel(WorkerState::default());
        let publish = Arc::new(publish);
        let mut engine = engine;
        let progress = publish.clone();
        engine.on_progress = Arc::new(move |step| {
            progress.send_modify(|state| {
                // Progress is reported only once the server has answered.
                state.online |= step.is_some();
                state.syncing = step;
            });
        });
        let stop = Arc::new(Notify::new());
        // Two threads: one may be writing pages to the database while the other receives the next one.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let life = Life { engine: engine.clone(), inbox, publish, stop: stop.clone() };
        let thread = std::thread::Builder::new().name("sync".into()).spawn(move || {
            runtime.block_on(life.run());
            runtime.shutdown_timeout(STOP_WITHIN);
        })?;
        Ok(Self { commands, state, engine, stop, thread: Some(thread) })
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
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The worker's own side.
struct Life {
    engine: Engine,
    inbox: mpsc::UnboundedReceiver<Command>,
    publish: Arc<watch::Sender<WorkerState>>,
    stop: Arc<Notify>,
}

impl Life {
    async fn run(mut self) {
        let moved = Arc::new(Notify::new());
        let listener = tokio::spawn(notice::listen(self.engine.clone(), moved.clone()));
        let mut backoff = Backoff::default();
        let mut waiting: Vec<oneshot::Sender<CycleReport>> = Vec::new();
        // What was asked of an earlier process is asked of this one.
        if let Some(left) = self.engine.hold_off()
            && self.wait(self.moment_in(left), false, false, &moved, &mut waiting).await.is_none()
        {
            listener.abort();
            return;
        }
        loop {
            let cycle = self.cycle();
            let stop = self.stop.clone();
            let report = tokio::select! {
                biased;
                () = stop.notified() => break,
                report = cycle => report,
            };
            if report.outcome == Outcome::Void && !waiting.is_empty() {
                // Whoever asked for a cycle gets one that counts.
                continue;
            }
            let mut due = self.next_due(&report, &mut backoff);
            for reply in waiting.drain(..) {
                let _ = reply.send(report.clone());
            }
            if report.outcome == Outcome::Synced && self.audit().await {
                due = self.moment_in(Duration::ZERO);
            }
            let is_offline = report.outcome == Outcome::Offline;
            let is_signed_out = report.outcome == Outcome::SignedOut;
            if self.wait(due, is_offline, is_signed_out, &moved, &mut waiting).await.is_none() {
                break;
            }
        }
        listener.abort();
    }

    /// Looks at the disk, and compares with the server what is due, in a task of its own like a cycle.
    async fn audit(&self) -> bool {
        let engine = self.engine.clone();
        let audit = tokio::spawn(async move {
            engine.look_after();
            engine.audit().await
        });
        let stop = self.stop.clone();
        tokio::select! {
            biased;
            () = stop.notified() => {
                // Asked again by whoever waits for the stop next.
                stop.notify_one();
                false
            }
            differs = audit => differs.unwrap_or(false),
        }
    }

    /// Runs one cycle in a task of its own, so that a panic in it ends the cycle and not the worker (FAULTS P5).
    fn cycle(&self) -> impl Future<Output = CycleReport> + use<> {
        let engine = self.engine.clone();
        let publish = self.publish.clone();
        async move {
            let started_at = engine.ports().clock.now_ms();
            let report = match tokio::spawn(async move { engine.cycle().await }).await {
                Ok(report) => report,
                Err(error) => CycleReport {
                    outcome: Outcome::Failed,
                    tally: Default::default(),
                    requests: 0,
                    bytes_sent: 0,
                    bytes_received: 0,
                    started_at,
                    duration_ms: 0,
                    error: Some(format!("the sync stopped unexpectedly and starts again; nothing is lost ({error})")),
                    is_partial: false,
                    retry_after_ms: None,
                },
            };
            publish.send_modify(|state| {
                state.syncing = None;
                if report.outcome != Outcome::Void {
                    state.online = report.outcome != Outcome::Offline;
                    state.last_report = Some(report.clone());
                }
            });
            report
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
                () = self.stop.notified() => return None,
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
