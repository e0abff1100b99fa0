//! The status line and cycles on demand.
//!
//! Owns: gathering what the line depends on, and running a cycle now. Refuses: what the line says (`crate::status`).

use crate::app::App;
use crate::error::AppError;
use crate::status::{Failure, Situation, view};
use crate::views::{AwaitedView, StatusView, SyncView};
use std::time::Duration;
use tidemark_model::{CycleOutcome, Word};
use tidemark_store::{Awaited, CycleEntry, Store};
use tidemark_sync::{CycleReport, Outcome, SyncError, TransportError, Worker, within};

/// How long a single command waits for the server's word that it is there.
const PROBE: Duration = Duration::from_secs(3);

impl App {
    /// Returns what the status line says now. A host without a worker asks the server whether it can be reached;
    /// nothing is sent or received.
    ///
    /// # Errors
    /// The offline database cannot be read.
    pub async fn status(&self) -> Result<StatusView, AppError> {
        let probed = if self.inner.background.is_none() { self.probe().await? } else { None };
        // Behind the question: it may take seconds, and what is counted is what is there now.
        let mut situation = self.stored_situation().await?;
        match &self.inner.background {
            Some(background) => {
                let state = background.state();
                if let Some(report) = &state.last_report {
                    situation.online = state.online;
                    situation.failure = failure_of(&report.outcome.told().into(), report.error.as_ref());
                }
                situation.online |= state.syncing.is_some();
                situation.progress = state.syncing;
            }
            None => found(&mut situation, probed),
        }
        Ok(view(&situation))
    }

    /// Gathers what the offline database knows.
    async fn stored_situation(&self) -> Result<Situation, AppError> {
        let now_ms = self.inner.clock.now_ms();
        let worker = self.inner.background.as_ref().and_then(|background| background.worker());
        self.with_store(move |store| {
            let last: Option<CycleEntry> = store.cycles(1)?.into_iter().next();
            let failure = last.as_ref().and_then(|cycle| failure_of(&cycle.outcome, cycle.error.as_ref()));
            Ok(Situation {
                account: store.account()?,
                counts: store.counts()?,
                // Before the first cycle, signing in was the last contact, and it worked.
                online: failure.as_ref().is_none_or(|failure| failure.outcome != CycleOutcome::Offline),
                progress: None,
                failure,
                last_sync: last_sync(store)?,
                awaited: awaited(store, worker.as_deref())?,
                now_ms,
            })
        })
        .await
    }

    /// Asks the server whether it is there; nothing where nobody has signed in.
    async fn probe(&self) -> Result<Option<Probed>, AppError> {
        let Some(account) = self.with_store(|store| Ok(store.account()?)).await? else { return Ok(None) };
        let answer = within(&*self.inner.timer, PROBE, self.remote().session(&account)).await;
        Ok(Some(answer.unwrap_or_else(|| Err(TransportError::Unreachable("it does not answer".to_owned()).into()))))
    }

    /// Runs a cycle now and returns what it did. In a host with a worker the worker runs it.
    ///
    /// # Errors
    /// Nobody has signed in. What goes wrong in a cycle is no error: it is in the view.
    pub async fn sync_now(&self) -> Result<SyncView, AppError> {
        if self.with_store(|store| Ok(store.account()?)).await?.is_none() {
            return Err(AppError::NotSignedIn);
        }
        let report = match self.cycle_of_worker().await {
            Some(report) => report,
            None => self.cycle_once().await,
        };
        Ok(sync_view(&report))
    }

    /// Has the worker run a cycle; nothing where none works here: in a host without one, or in a data dir that can only be
    /// read, of which a cycle itself says what is wrong.
    async fn cycle_of_worker(&self) -> Option<CycleReport> {
        let background = self.inner.background.as_ref()?;
        background.start_if_signed_in().await;
        background.worker()?.sync_now().await
    }

    /// Runs one cycle where no worker does, and what a worker does beside: the look at the disk, the audit that is due
    /// once a day, and another cycle for what that finds. The report is the first cycle's.
    async fn cycle_once(&self) -> CycleReport {
        let engine = &self.inner.engine;
        engine.look_after();
        let report = engine.cycle().await;
        if report.went_through() && engine.audit().await {
            engine.cycle().await;
        }
        report
    }
}

/// What the server answered, or why it did not.
type Probed = Result<(), SyncError>;

/// Puts what a question found over what the last cycle left.
fn found(situation: &mut Situation, probed: Option<Probed>) {
    let (Some(probed), Some(account)) = (probed, situation.account.as_mut()) else { return };
    let outcome = probed.as_ref().err().map_or(Outcome::Synced, SyncError::outcome);
    situation.online = outcome != Outcome::Offline;
    account.signed_out |= outcome == Outcome::SignedOut;
    match probed {
        Err(error) => situation.failure = failure_of(&outcome.told().into(), Some(&error.to_string())),
        // The server is there now and knows the token; that the last cycle failed or did not get through stays true.
        Ok(()) => situation.failure = situation.failure.take().filter(|f| f.outcome != CycleOutcome::SignedOut),
    }
}

/// Returns when the last complete cycle ended.
pub(crate) fn last_sync(store: &Store) -> Result<Option<i64>, AppError> {
    let synced = store.last_synced()?;
    Ok(synced.map(|cycle| cycle.started_at.saturating_add_unsigned(cycle.duration_ms)))
}

fn awaited(store: &Store, worker: Option<&Worker>) -> Result<Vec<AwaitedView>, AppError> {
    let model = store.model();
    let view = |awaited: Awaited| {
        let set = model.as_deref().and_then(|model| model.set(&awaited.set));
        AwaitedView {
            label: set.map_or_else(|| awaited.set.clone(), |set| set.label.clone()),
            done: awaited.figures.done,
            total: awaited.figures.total,
            paused: worker.is_some_and(|worker| worker.is_paused(&awaited.set)),
            set: awaited.set,
        }
    };
    Ok(store.awaited()?.into_iter().map(view).collect())
}

fn failure_of(outcome: &Word<CycleOutcome>, error: Option<&String>) -> Option<Failure> {
    let is_well = *outcome == CycleOutcome::Synced;
    (!is_well).then(|| Failure { outcome: outcome.clone(), error: error.cloned() })
}

fn sync_view(report: &CycleReport) -> SyncView {
    SyncView::from(&report.entry())
}

impl From<&CycleEntry> for SyncView {
    fn from(cycle: &CycleEntry) -> Self {
        Self {
            outcome: cycle.outcome.clone(),
            pushed: cycle.pushed,
            pulled: cycle.pulled,
            merged: cycle.merged,
            conflicts: cycle.conflicts,
            parked: cycle.parked,
            requests: cycle.requests,
            bytes_sent: cycle.bytes_sent,
            bytes_received: cycle.bytes_received,
            duration_ms: cycle.duration_ms,
            error: cycle.error.clone(),
        }
    }
}
