//! Opening: a data dir, the worker on it, and the watch over both.
//!
//! Owns: the order in which an app comes to life. Refuses: what it then does.

use crate::app::{App, Inner};
use crate::background::Background;
use crate::error::AppError;
use crate::events::Events;
use crate::host::{Host, device_name};
use crate::ports::Ports;
use crate::unblocked::unblocked;
use crate::watch;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tidemark_store::{DEVICE_NAME, Store};
use tidemark_sync::Engine;

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
        let Ports { ids, disk, worker } = ports;
        let (clock, timer) = (worker.clock.clone(), worker.timer.clone());
        // Absolute, so that a sentence which names the folder means the same wherever it is read.
        let dir = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
        let (store_clock, store_ids) = (clock.clone(), ids.clone());
        let device = host.device.unwrap_or_else(device_name);
        let name = device.clone();
        let store = unblocked(move || {
            let store = Store::open(&dir, disk, store_clock, store_ids)?;
            if !store.is_read_only()
                && let Err(error) = store.set_setting(DEVICE_NAME, &name)
            {
                // The history names the device by it; nothing else needs it.
                tracing::warn!(%error, "this device's name could not be kept");
            }
            Ok(store)
        })
        .await?;
        let mut engine = Engine::new(store.clone(), worker);
        if let Some(stands_still_after) = host.overtake_after {
            engine = engine.overtaking_after(stands_still_after);
        }
        let background = host.background.then(|| Background::new(engine.clone(), store.clone()));
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
            let timer = inner.timer.clone();
            background.keep(tokio::spawn(watch::over(Arc::downgrade(&inner), background.follow(), timer)));
            background.start_if_signed_in().await;
        }
        Ok(Self { inner })
    }
}
