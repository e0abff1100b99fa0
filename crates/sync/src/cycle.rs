//! One cycle: push, then pull, under the guard (seed steps 5 to 7).
//!
//! Owns: the order of the steps and what a failure in one means for the rest. Refuses: when cycles run (`worker`).

use crate::connection::Connection;
use crate::error::SyncError;
use crate::guard::Guard;
use crate::pull::PullLimits;
use crate::report::{CycleReport, Outcome, Progress};
use crate::session::Remote;
use crate::transport::Transport;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_model::ports::Clock;
use tidemark_store::{Account, Store, Tally};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Called with how far a cycle is.
pub(crate) type OnProgress = Arc<dyn Fn(Option<Progress>) + Send + Sync>;

/// Runs cycles over one offline database.
#[derive(Clone)]
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) remote: Remote,
    pub(crate) on_progress: OnProgress,
    pub(crate) paused: Arc<Mutex<HashSet<String>>>,
    pub(crate) limits: PullLimits,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("dir", &self.store.dir()).finish_non_exhaustive()
    }
}

/// What the steps of a cycle share.
pub(crate) struct Run<'e> {
    pub(crate) engine: &'e Engine,
    pub(crate) store: &'e Store,
    pub(crate) connection: Arc<Connection>,
    pub(crate) tally: Tally,
}

impl Run<'_> {
    /// Reports how far the cycle is. Until the server has answered once nobody knows whether it can be reached, and the
    /// status line says nothing that may turn out wrong (promise 9).
    pub(crate) fn progress(&self, progress: Progress) {
        if self.connection.traffic().bytes_received == 0 {
            return;
        }
        (self.engine.on_progress)(Some(progress));
    }
}

impl Engine {
    /// Makes an engine that runs cycles when it is told to.
    pub fn new(store: Store, transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            remote: Remote::new(transport, clock),
            on_progress: Arc::new(|_| {}),
            paused: Arc::default(),
            limits: PullLimits::default(),
        }
    }

    /// Returns the one-off calls over the same transport.
    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Runs one cycle and records it for Activity; waits while another one runs on the same data dir.
    ///
    /// Never fails: what went wrong is in the report, and everything that had been settled until then stays so.
    pub async fn cycle(&self) -> CycleReport {
        let clock = &self.remote.clock;
        let (started_at, started) = (clock.now_ms(), clock.monotonic_ms());
        let mut report = CycleReport {
            outcome: Outcome::Synced,
            tally: Tally::default(),
            requests: 0,
            bytes_sent: 0,
            bytes_received: 0,
            started_at,
            duration_ms: 0,
            error: None,
            retry_after_ms: None,
        };
        if let Err(error) = self.run(&mut report).await {
            report.outcome = error.outcome();
            report.error = Some(error.to_string());
            if let SyncError::Wait(delay) = &error {
                report.retry_after_ms = Some(delay.as_millis() as u64);
            }
            if matches!(error, SyncError::SignedOut)
                && let Err(error) = self.store.mark_signed_out()
            {
                tracing::warn!(%error, "the refused token could not be noted");
            }
            tracing::debug!(%error, "the cycle ended early");
        }
        (self.on_progress)(None);
        report.duration_ms = clock.monotonic_ms().saturating_sub(started);
        if !self.store.is_read_only()
            && let Err(error) = blocking(|| self.store.record_cycle(&report.entry()))
        {
            tracing::warn!(%error, "the cycle could not be recorded");
        }
        report
    }

    /// Fetches the user's choice of cached entities and nothing else, as signing in does.
    ///
    /// # Errors
    /// The server cannot be reached; the first cycle fetches the choice then.
    pub async fn pull_choices(&self) -> Result<(), SyncError> {
        let account = self.store.account()?.ok_or(SyncError::NotSignedIn)?;
        let _guard = Guard::take(self.store.dir()).await?;
        let connection = Arc::new(self.remote.for_account(&account));
        let mut run = Run { engine: self, store: &self.store, connection, tally: Tally::default() };
        run.pull_choices().await
    }

    async fn run(&self, report: &mut CycleReport) -> Result<(), SyncError> {
        let account = self.store.account()?.ok_or(SyncError::NotSignedIn)?;
        if account.signed_out {
            return Err(SyncError::SignedOut);
        }
        let _guard = Guard::take(self.store.dir()).await?;
        let connection = Arc::new(self.remote.for_account(&account));
        let mut run = Run { engine: self, store: &self.store, connection, tally: Tally::default() };
        let result = self.steps(&mut run, &account).await;
        let traffic = run.connection.traffic();
        report.tally = run.tally;
        report.requests = traffic.requests;
        report.bytes_sent = traffic.bytes_sent;
        report.bytes_received = traffic.bytes_received;
        if let Some(clock) = run.connection.clock_offset() {
            blocking(|| self.store.learn_clock(clock))?;
        }
        result
    }

    async fn steps(&self, run: &mut Run<'_>, account: &Account) -> Result<(), SyncError> {
        if self.store.model().is_none() {
            self.remote.fetch_model(account, &self.store).await?;
        }
        run.push().await?;
        run.pull().await?;
        // A pull may have merged edits of both sides; sending them now saves the others a round.
        if run.tally.merged > 0 {
            run.push().await?;
        }
        Ok(())
    }
}

/// Runs blocking database work without holding up the runtime's other tasks, where it has other threads.
pub(crate) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What these mutexes hold is replaced whole, so a panic elsewhere cannot have left it half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
