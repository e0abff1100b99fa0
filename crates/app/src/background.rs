//! The worker's life inside an app.
//!
//! Owns: running a worker exactly while an account is there. Refuses: what a cycle does and when (`tidemark-sync`), and
//! noticing that the account changed (`watch`).

use crate::unblocked::unblocked;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tidemark_store::{Account, Store};
use tidemark_sync::{Engine, Worker, WorkerState};
use tokio::sync::watch;
use tokio::task::JoinHandle;

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

/// Cycles in the background.
pub(crate) struct Background {
    engine: Engine,
    store: Store,
    worker: Mutex<Option<Running>>,
    /// The running worker's state, or the default while there is none; outlives workers.
    state: watch::Sender<WorkerState>,
    watcher: Mutex<Option<JoinHandle<()>>>,
}

impl Background {
    pub(crate) fn new(engine: Engine, store: Store) -> Self {
        let state = watch::Sender::new(WorkerState::default());
        Self { engine, store, worker: Mutex::default(), state, watcher: Mutex::default() }
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

    /// Keeps the watch, which ends with the app.
    pub(crate) fn keep(&self, watch: JoinHandle<()>) {
        *self.watcher.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
    }

    /// Returns what the worker is doing, as it changes, whichever worker it is.
    pub(crate) fn follow(&self) -> watch::Receiver<WorkerState> {
        self.state.subscribe()
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
