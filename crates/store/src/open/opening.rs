//! Opening the offline database of a device.
//!
//! Owns: that a damaged one is mended before anybody sees it, and that the folder is named before anything waits in it.
//! Refuses: the mending itself (`salvage`).

use crate::error::Result;
use crate::open::folder;
use crate::open::salvage;
use crate::tx::connect::FILE;
use crate::tx::presence::Presence;
use crate::tx::store::Store;
use std::path::Path;
use std::sync::Arc;
use tidemark_model::ports::{Clock, Ids};

impl Store {
    /// Opens the offline database in `dir`, making both where they are missing. The folder is the user's alone. A
    /// damaged database is replaced by what can be read of it and of the outbox log, and kept beside.
    ///
    /// # Errors
    /// The folder or file cannot be used, is damaged beyond that, or was written by a newer Tidemark; nothing is changed
    /// then.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self> {
        folder::make_folder(dir)?;
        let presence = Presence::enter(dir);
        let salvage = || salvage::run(dir, &clock, &ids, 0);
        if salvage::is_called_for(dir, &presence) {
            match presence.alone(salvage) {
                Some(Ok(())) => presence.looked_at(false),
                Some(Err(error)) => tracing::warn!(%error, "the damaged database could not be replaced"),
                // Another program has it open; it will do it, or the next one to come.
                None => {}
            }
        }
        match folder::connect_checked(dir, &presence) {
            Err(error) if error.is_damage() => match presence.alone(salvage) {
                Some(Ok(())) => {
                    presence.looked_at(false);
                    let connected = folder::connect_checked(dir, &presence)?;
                    Self::with(dir, connected, presence, clock, ids)
                }
                // Nothing of it can be read, or another program has it open: it stays as it is.
                _ => Err(error.located(&dir.join(FILE))),
            },
            connected => {
                let connected = connected.map_err(|error| error.located(&dir.join(FILE)))?;
                Self::with(dir, connected, presence, clock, ids)
            }
        }
    }

    fn with(
        dir: &Path,
        connected: folder::Connected,
        presence: Presence,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self> {
        let inner = folder::opened(dir, connected, presence, clock, ids)?;
        let store = Self { inner: Arc::new(inner) };
        let is_settled = store.read(|reading| folder::is_settled(reading, &store.inner.outbox))?;
        if !is_settled && !store.is_read_only() {
            // Named before anything can wait here to be sent: an image of the folder is to be the same device.
            store.write(|tx| tx.device_id().map(drop))?;
        }
        Ok(store)
    }
}
