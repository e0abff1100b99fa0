//! [`App`]: one data dir opened by one host, with the offline database, the way to the server and the background worker.
//!
//! Owns: opening, and what the commands share. Refuses: commands; they are in `commands/`, one file a noun.

use crate::background::Background;
use crate::error::AppError;
use crate::events::{AppEvent, Events};
use crate::host::{Host, device_name};
use crate::ports::Ports;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tidemark_model::ports::{Clock, Ids, Timer};
use tidemark_model::{EntityModel, EntitySet};
use tidemark_store::{DEVICE_NAME, Store};
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
    /// Opens a data dir, making it where it does not exist. With [`Host::background`] cycles begin at once, once an
    /// account is there.
    ///
    /// # Errors
    /// The offline database cannot be opened, or comes from a newer version.
    pub async fn open(data_dir: &Path, host: Host) -> Result<Self, AppError> {
        Self::open_with(data_dir, host, Ports::of_this_machine()?).await
    }

    /// As [`App::open`], with the time, ids, jitter and network that the caller hands in.
    ///
    /// # Errors
    /// As [`App::open`].
    pub async fn open_with(data_dir: &Path, host: Host, ports: Ports) -> Result<Self, AppError> {
        let Ports { clock, timer, ids, entropy, transport, guard, routes } = ports;
        // Absolute, so that a sentence which names the folder means the same wherever it is read.
        let dir = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
        let (store_clock, store_ids) = (clock.clone(), ids.clone());
        let device = host.device.unwrap_or_else(device_name);
        let name = device.clone();
        let store = unblocked(move || {
            let store = Store::open(&dir, store_clock, store_ids)?;
            if !store.is_read_only()
                && let Err(error) = store.set_setting(DEVICE_NAME, &name)
            {
                // The history names the device by it; nothing else needs it.
                tracing::warn!(%error, "this device's name could not be kept");
            }
            Ok(store)
        })
        .await?;
        let of_worker =
            tidemark_sync::Ports { clock: clock.clone(), timer: timer.clone(), entropy, transport, guard, routes };
        let mut engine = Engine::new(store.clone(), of_worker);
        if let Some(stands_still_after) = host.overtake_after {
            engine = engine.overtaking_after(stands_still_after);
        }
        let background = host.background.then(|| Background::new(engine.clone(), timer.clone(), store.clone()));
        let inner = Arc::new(Inner {
            store,
            clock,
            timer,
            ids,
            engine,
            events: Events::new(),
            background,
            device,
            demo_server: host.demo_server,
            server_counts: Mutex::default(),
        });
        inner.events.follow(&inner.store);
        if let Some(background) = &inner.background {
            background.watch(Arc::downgrade(&inner));
            background.start_if_signed_in().await;
        }
        Ok(Self { inner })
    }

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

/// Runs work that may block on a thread that may wait.
pub(crate) async fn unblocked<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| AppError::Broken(error.to_string()))?
}
