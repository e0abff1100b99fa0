//! One cycle in its turn: look, push, pull (seed steps 5 to 7).
//!
//! Owns: the order of the steps and what a failure in one means for the rest: nothing is written on a server before it is
//! known which one it is, and whatever a push comes to, the pull follows (DESIGN section 4, Cycle). Below it: whose turn
//! it is (`turn`), and what is looked at between two cycles (`audit`). Refuses: when cycles run (`worker`).

mod audit;
pub(crate) mod turn;

use crate::blocking::blocking;
use crate::engine::Engine;
use crate::error::SyncError;
use crate::ports::Ports;
use crate::pull::Pulled;
use crate::remote::session::{Remote, fetch_model};
use crate::report::{CycleReport, Outcome};
use crate::run::Run;
use std::sync::Arc;
use std::time::Duration;
use tidemark_model::{Planted, is_planted};
use tidemark_store::{Lease, StoreError, Tally};
use turn::Turn;

/// How long signing in waits for another process's cycle before it leaves the choices to the next one.
const CHOICES_WITHIN: Duration = Duration::from_secs(3);

/// Why a cycle runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A person asked for it: it goes at once, though the server asked to wait.
    Person,
    /// Its time has come; it is void where the server asks to wait by the time it has its turn.
    Due,
}

impl Engine {
    /// Runs one cycle that a person asked for and records it for Activity; waits while another one runs on the same data dir.
    ///
    /// Never fails: what went wrong is in the report, and everything that had been settled until then stays so.
    pub async fn cycle(&self) -> CycleReport {
        self.cycle_for(Cause::Person).await
    }

    /// Runs one cycle as [`Engine::cycle`] does, but for this cause.
    pub(crate) async fn cycle_for(&self, cause: Cause) -> CycleReport {
        let clock = &self.ports().clock;
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
            is_partial: false,
            retry_after_ms: None,
        };
        let mut lease = None;
        if let Err(error) = self.run(cause, &mut report, &mut lease).await {
            // Whatever the run met after its lease had ended, that it had ended is why it met it.
            let ended = lease.as_ref().and_then(|lease| lease.check().err()).map(SyncError::from);
            let error = ended.filter(|ended| ended.outcome() == Outcome::Void).unwrap_or(error);
            report.outcome = error.outcome();
            report.error = Some(error.to_string());
            report.is_partial = matches!(error, SyncError::Sets(_));
            if let SyncError::Wait(delay) = &error {
                report.retry_after_ms = Some(delay.as_millis() as u64);
            }
            if matches!(error, SyncError::SignedOut)
                && let Some(lease) = &lease
                && let Err(error) = lease.mark_signed_out()
            {
                tracing::warn!(%error, "the refused token could not be noted");
            }
            tracing::debug!(%error, "the cycle ended early");
        }
        if let Some(lease) = lease.as_ref().filter(|_| report.outcome != Outcome::Void)
            && let Err(error) = blocking(|| self.keep_hold_off(&report, lease))
        {
            tracing::warn!(%error, "the request to wait could not be kept");
        }
        (self.on_progress)(None);
        report.duration_ms = clock.monotonic_ms().saturating_sub(started);
        let lease = lease.or_else(|| self.store.lease().ok());
        if let Some(lease) = lease.filter(|_| report.outcome != Outcome::Void && !self.store.is_read_only())
            && let Err(error) = blocking(|| lease.record_cycle(&report.entry()))
        {
            tracing::warn!(%error, "the cycle could not be recorded");
        }
        report
    }

    fn keep_hold_off(&self, report: &CycleReport, lease: &Lease) -> Result<(), SyncError> {
        match report.retry_after_ms {
            _ if self.store.is_read_only() => Ok(()),
            None if report.outcome != Outcome::Synced => Ok(()),
            asked => self.held.keep(lease, &*self.ports().clock, asked.map(Duration::from_millis)),
        }
    }

    /// Keeps a request to wait that came between two cycles.
    fn keep_request_to_wait(&self, delay: Duration) {
        let kept = blocking(|| self.held.keep(&self.store.lease()?, &*self.ports().clock, Some(delay)));
        if let Err(error) = kept {
            tracing::warn!(%error, "the request to wait could not be kept");
        }
    }

    /// Returns how long the server, or a proxy before it, still asks to wait; a person's "Sync now" may go at once.
    pub(crate) fn hold_off(&self) -> Option<Duration> {
        if is_planted(Planted::A9RequestToWaitForgotten) {
            return None;
        }
        let left = blocking(|| self.held.left(&self.store, &*self.ports().clock));
        left.unwrap_or_else(|error| {
            tracing::warn!(%error, "the request to wait could not be read");
            None
        })
    }

    /// Fetches the user's choice of cached entities and nothing else, as signing in does.
    ///
    /// # Errors
    /// The server cannot be reached, or another process's cycle goes on for seconds; the next cycle fetches the choice
    /// then.
    pub async fn pull_choices(&self) -> Result<(), SyncError> {
        let (turn, lease) = self.begin(Some(CHOICES_WITHIN)).await?;
        self.run_of(&turn, &lease).pull_choices().await
    }

    /// Takes the turn, and in it the account: what is read before may be another's by then.
    async fn begin(&self, at_most: Option<Duration>) -> Result<(Turn, Lease), SyncError> {
        let turn = Turn::take(&self.store, self.ports(), self.stands_still_after, at_most).await?;
        let lease = blocking(|| self.store.lease_in_turn(turn.number())).map_err(|error| match error {
            StoreError::NotSignedIn => SyncError::NotSignedIn,
            other => other.into(),
        })?;
        Ok((turn, lease))
    }

    fn run_of<'e>(&'e self, turn: &Turn, lease: &'e Lease) -> Run<'e> {
        let remote = Remote::new(Ports { transport: turn.watch(self.ports()), ..self.ports().clone() });
        let connection = Arc::new(remote.for_account(lease.account()));
        Run { engine: self, store: lease, connection, tally: Tally::default(), pulled: Pulled::default(), held: None }
    }

    async fn run(&self, cause: Cause, report: &mut CycleReport, held: &mut Option<Lease>) -> Result<(), SyncError> {
        if self.store.account()?.is_none() {
            return Err(SyncError::NotSignedIn);
        }
        let (turn, lease) = self.begin(None).await?;
        let lease = &*held.insert(lease);
        if lease.account().signed_out {
            return Err(SyncError::SignedOut);
        }
        // Whoever had the turn before may have been asked to wait (FAULTS N8).
        if cause == Cause::Due && self.hold_off().is_some() {
            return Err(SyncError::HeldOff);
        }
        let mut run = self.run_of(&turn, lease);
        let result = self.steps(&mut run).await;
        let result = result.and_then(|()| run.held.take().map_or(Ok(()), Err));
        if let Err(error) = run.remember_page_size() {
            tracing::warn!(%error, "the size of pages could not be remembered");
        }
        let traffic = run.connection.traffic();
        report.tally = run.tally;
        report.requests = traffic.requests;
        report.bytes_sent = traffic.bytes_sent;
        report.bytes_received = traffic.bytes_received;
        run.learn_clock()?;
        result
    }

    async fn steps(&self, run: &mut Run<'_>) -> Result<(), SyncError> {
        if run.store.model().is_none() {
            fetch_model(&run.connection, run.store).await?;
        }
        // The first request of a cycle is the question what changed: its answer tells which server, which history and
        // which model this is. Nothing is sent to a server that did not answer it.
        let mut pushed = Ok(());
        let looks = !is_planted(Planted::A6PushBeforeLooking);
        if run.store.has_unsent()? && (!looks || run.look().await?) {
            let requests = run.connection.traffic().requests;
            pushed = run.push().await;
            if pushed.as_ref().is_err_and(SyncError::ends_cycle) {
                return pushed;
            }
            if run.connection.traffic().requests > requests {
                run.ask_again();
            }
        }
        let merged = run.tally.merged;
        let fetches = blocking(|| run.store.has_refetch())?;
        run.pull().await?;
        // A pull may have merged edits of both sides, or read what a restore is to be written over; sending them now saves the
        // others a round.
        if (run.tally.merged > merged || fetches && run.store.has_unsent()?) && pushed.is_ok() {
            pushed = run.push().await;
        }
        pushed.and(run.failures())
    }
}
