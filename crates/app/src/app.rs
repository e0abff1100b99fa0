//! [`App`]: one data dir opened by one host, with the offline database, the way to the server and the background worker.
//!
//! Owns: what the commands share. Refuses: opening (`open`), and commands; they are in `commands/`, one file a noun.

use crate::background::Background;
use crate::error::AppError;
use crate::events::{AppEvent, Events};
use crate::unblocked::unblocked;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tidemark_model::ports::{Clock, Ids, Timer};
use tidemark_model::{EntityModel, EntitySet};
use tidemark_store::Store;
use tidemark_sync::{Engine, Remote};
use tokio::sync::broadcast;

/// One data dir, opened by one host. Clones are the same app; it ends with its last clone.
///
/// # Concurrency
/// Every command may be called at any time from any task of a tokio runtime. Several processes may open the same data
/// dir; each hears of the others' writes within about a second.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) inner: Arc<Inner>,
}

/// What the commands share.
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timer: Arc<dyn Timer>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) engine: Engine,
    pub(crate) events: Events,
    /// Absent in a host that works once.
    pub(crate) background: Option<Background>,
    pub(crate) device: String,
    pub(crate) demo_server: Option<String>,
    /// Live records per set on the server, where they were asked for since the start.
    pub(crate) server_counts: Mutex<HashMap<String, u64>>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("dir", &self.store.dir()).finish_non_exhaustive()
    }
}

impl App {
    /// Returns what happens from now on. A host that falls behind loses the oldest events and should show everything
    /// afresh.
    pub fn subscribe(&self) -> broadcast::Receiver<AppEvent> {
        self.inner.events.subscribe()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn remote(&self) -> &Remote {
        self.inner.engine.remote()
    }

    /// Runs database work where it may block.
    pub(crate) async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let store = self.inner.store.clone();
        unblocked(move || work(&store)).await
    }

    pub(crate) fn entity_model(&self) -> Result<Arc<EntityModel>, AppError> {
        self.inner.store.model().ok_or(AppError::NotSignedIn)
    }

    /// Returns an entity set by its exact name.
    pub(crate) fn entity_set(&self, name: &str) -> Result<EntitySet, AppError> {
        self.entity_model()?.set(name).cloned().ok_or_else(|| AppError::UnknownSet(name.to_owned()))
    }

    /// Returns what people call a set, where the model knows it.
    pub(crate) fn label(&self, name: &str) -> String {
        self.entity_set(name).map_or_else(|_| name.to_owned(), |set| set.label)
    }

    /// Tells the worker, where there is one, that something was edited.
    pub(crate) fn nudge(&self) {
        if let Some(worker) = self.inner.background.as_ref().and_then(Background::worker) {
            worker.nudge();
        }
    }
}
