//! Opening the offline database of a device.
//!
//! Owns: that a damaged one is mended before anybody sees it, and that the folder is named before anything waits in it.
//! Refuses: the mending itself (`salvage`).

use crate::error::Result;
use crate::open::folder;
use crate::open::salvage;
use crate::tx::folder::Folder;
use crate::tx::presence::Presence;
use crate::tx::store::Store;
use std::path::Path;
use std::sync::Arc;
use tidemark_model::ports::{Clock, Ids};
use tidemark_sqlite::Disk;

impl Store {
    /// Opens the offline database in `dir` of a disk, making both where they are missing. The folder is the user's alone. A
    /// damaged database is replaced by what can be read of it and of the outbox log, and kept beside.
    ///
    /// # Errors
    /// The folder or file cannot be used, is damaged beyond that, or was written by a newer Tidemark; nothing is changed
    /// then.
    pub fn open(dir: &Path, disk: Arc<dyn Disk>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self> {
        let place = Folder { dir: dir.to_owned(), disk };
        let place = &place;
        folder::make_folder(place)?;
        let presence = Presence::enter(place);
        let salvage = || salvage::run(place, &clock, &ids, 0);
        if salvage::is_called_for(place, &presence) {
            match presence.alone(salvage) {
                Some(Ok(())) => presence.looked_at(false),
                Some(Err(error)) => tracing::warn!(%error, "the damaged database could not be replaced"),
                // Another program has it open; it will do it, or the next one to come.
                None => {}
            }
        }
        match folder::connect_checked(place, &presence) {
            Err(error) if error.is_damage() => match presence.alone(salvage) {
                Some(Ok(())) => {
                    presence.looked_at(false);
                    let connected = folder::connect_checked(place, &presence)?;
                    Self::with(place, connected, presence, clock, ids)
                }
                // Nothing of it can be read, or another program has it open: it stays as it is.
                _ => Err(error.located(&place.database())),
            },
            connected => {
                let connected = connected.map_err(|error| error.located(&place.database()))?;
                Self::with(place, connected, presence, clock, ids)
            }
        }
    }

    fn with(
        place: &Folder,
        connected: folder::Connected,
        presence: Presence,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self> {
        let inner = folder::opened(place, connected, presence, clock, ids)?;
        let store = Self { inner: Arc::new(inner) };
        let is_settled = store.read(|reading| folder::is_settled(reading, &store.inner.outbox))?;
        if !is_settled && !store.is_read_only() {
            // Named before anything can wait here to be sent: an image of the folder is to be the same device.
            store.write(|tx| tx.device_id().map(drop))?;
        }
        Ok(store)
    }
}
