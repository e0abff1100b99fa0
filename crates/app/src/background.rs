//! The worker's life inside an app, and the watch over everything a host would like to hear of.
//!
//! Owns: running a worker exactly while an account is there, noticing other processes' writes, announcing the status
//! line when it changes. Refuses: what a cycle does and when (`tidemark-sync`), what the line says (`status`).

use crate::app::{App, Inner, unblocked};
use crate::events::{AppEvent, all_sets};
use crate::views::{StatusView, SyncView};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tidemark_model::ports::Timer;
use tidemark_store::{Account, Store};
use tidemark_sync::{Engine, Worker, WorkerState};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often other processes' writes are looked for.
const LOOK_OUTSIDE: Duration = Duration::from_secs(1);
/// How long changes gather before the status line is worked out anew.
const GATHER: Duration = Duration::from_millis(60);
/// The line also changes by the clock alone; it is worked out at least this often, in looks outside.
const LOOKS_PER_REFRESH: u32 = 30;

/// A worker and the account it works for.
struct Running {
    account: Account,
    worker: Arc<Worker>,
}

impl Running {
    /// Tells whether everything the worker holds, its token and its stream of notices included, is of this account.
    fn is_of(&self, account: &Account) -> bool {
        self.account == Account { signed_out: self.account.signed_out, ..account.clone() }
    }
}

/// Cycles in the background, and the watch.
pub(crate) struct Background {
    engine: Engine,
    timer: Arc<dyn Timer>,
    store: Store,
    worker: Mutex<Option<Running>>,
    /// The running worker's state, or the default while there is none; outlives workers.
    state: watch::Sender<WorkerState>,
    watcher: Mutex<Option<JoinHandle<()>>>,
}

impl Background {
    pub(crate) fn new(engine: Engine, timer: Arc<dyn Timer>, store: Store) -> Self {
        let state = watch::Sender::new(WorkerState::default());
        Self { engine, timer, store, worker: Mutex::default(), state, watcher: Mutex::default() }
    }

    /// Returns the running worker.
    pub(crate) fn worker(&self) -> Option<Arc<Worker>> {
        self.running().as_ref().map(|running| running.worker.clone())
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.worker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what the worker is doing.
    pub(crate) fn state(&self) -> WorkerState {
        self.state.borrow().clone()
    }

    /// Tells whether the last contact with the server failed; before the first one nobody knows.
    pub(crate) fn is_offline(&self) -> bool {
        let state = self.state.borrow();
        state.last_report.is_some() && !state.online
    }

    /// Starts a worker where an account is there and none runs for it; one that works for another account or with
    /// another token, which another process may have brought, ends first.
    pub(crate) async fn start_if_signed_in(&self) {
        let store = self.store.clone();
        // A data dir that can only be read is shown as it is; a cycle could keep nothing.
        let Ok(Some(account)) = unblocked(move || Ok(store.account()?)).await else { return };
        if self.store.is_read_only() {
            return;
        }
        if self.running().as_ref().is_some_and(|running| !running.is_of(&account)) {
            self.stop().await;
        }
        let mut running = self.running();
        if running.is_some() {
            return;
        }
        let (worker, life) = Worker::new(self.engine.clone());
        tokio::spawn(life.run());
        tokio::spawn(forward(worker.subscribe(), self.state.clone()));
        *running = Some(Running { account, worker: Arc::new(worker) });
    }

    /// Stops the worker and waits for it, so that nothing of the account is used any more.
    pub(crate) async fn stop(&self) {
        let running = self.running().take();
        if let Some(running) = running {
            running.worker.stop().await;
            self.state.send_replace(WorkerState::default());
        }
    }

    /// Begins the watch; it ends with the app.
    pub(crate) fn watch(&self, app: Weak<Inner>) {
        let task = tokio::spawn(watch_over(app, self.state.subscribe(), self.timer.clone()));
        *self.watcher.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(task) = self.watcher.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

/// Copies one worker's state to whoever watches workers as such.
async fn forward(mut from: watch::Receiver<WorkerState>, to: watch::Sender<WorkerState>) {
    loop {
        let state = from.borrow_and_update().clone();
        to.send_replace(state);
        if from.changed().await.is_err() {
            return;
        }
    }
}

/// What was announced last.
#[derive(Default)]
struct Announced {
    status: Option<StatusView>,
    account: Option<Option<Account>>,
    /// The entity model's fingerprint.
    model: Option<String>,
    pending: u64,
    cycle_started_at: Option<i64>,
}

async fn watch_over(app: Weak<Inner>, mut state: watch::Receiver<WorkerState>, timer: Arc<dyn Timer>) {
    let mut announced = Announced::default();
    let mut look = timer.sleep(Duration::ZERO);
    let Some(wake) = app.upgrade().map(|inner| inner.events.wake()) else { return };
    let mut since_refresh = 0;
    loop {
        let mut is_outside = false;
        tokio::select! {
            () = wake.notified() => {}
            changed = state.changed() => if changed.is_err() { return },
            () = &mut look => {
                look = timer.sleep(LOOK_OUTSIDE);
                let Some(inner) = app.upgrade() else { return };
                let store = inner.store.clone();
                is_outside = unblocked(move || Ok(store.outside_changes()?)).await.unwrap_or(false);
                since_refresh += 1;
                if !is_outside && since_refresh < LOOKS_PER_REFRESH {
                    continue;
                }
            }
        }
        since_refresh = 0;
        timer.sleep(GATHER).await;
        let Some(inner) = app.upgrade() else { return };
        refresh(&App { inner }, is_outside, &mut announced).await;
    }
}

/// Works out what changed since it was last announced, and announces it.
async fn refresh(app: &App, is_outside: bool, announced: &mut Announced) {
    let inner = &app.inner;
    if is_outside {
        // Another process does not say what it wrote.
        for set in all_sets(&inner.store) {
            inner.events.send(AppEvent::RecordsChanged(set));
        }
        inner.events.send(AppEvent::EntitiesChanged);
    }
    let Ok(account) = app.with_store(|store| Ok(store.account()?)).await else { return };
    let is_first = announced.account.is_none();
    let model = inner.store.model().map(|model| model.fingerprint().to_owned());
    let is_other_account = announced.account.as_ref() != Some(&account);
    if !is_first && (is_other_account || announced.model != model) {
        inner.events.send(AppEvent::SessionChanged);
    }
    announced.model = model;
    if is_other_account {
        announced.account = Some(account.clone());
        if let Some(background) = &inner.background {
            match &account {
                Some(_) => background.start_if_signed_in().await,
                None => background.stop().await,
            }
        }
    }
    let Ok(status) = app.status().await else { return };
    if is_outside && status.pending > announced.pending {
        // Another process saved something. Only a rise counts: two windows would nudge each other for ever.
        app.nudge();
    }
    announced.pending = status.pending;
    let cycle = inner.background.as_ref().and_then(|background| background.state().last_report);
    let has_moved = cycle.as_ref().is_some_and(|report| report.tally.pushed + report.tally.pulled > 0);
    let (cycle_started_at, ended) = (cycle.as_ref().map(|report| report.started_at), cycle);
    let is_new_cycle = announced.cycle_started_at != cycle_started_at;
    announced.cycle_started_at = cycle_started_at;
    if let Some(report) = ended.filter(|_| is_new_cycle) {
        inner.events.send(AppEvent::CycleEnded(SyncView::from(&report.entry())));
    }
    let progress = |status: &StatusView| status.progress.clone();
    if (is_new_cycle && has_moved) || announced.status.as_ref().map(progress) != Some(progress(&status)) {
        inner.events.send(AppEvent::EntitiesChanged);
    }
    if announced.status.as_ref() != Some(&status) {
        announced.status = Some(status.clone());
        inner.events.send(AppEvent::StatusChanged(status));
    }
}
