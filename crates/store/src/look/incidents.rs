//! What went wrong with this device's own disk, for Activity and for a word on the way.
//!
//! Owns: that each is told once. Refuses: doing anything about it (`open`, `tx::outbox`, `pull::audit` do).

use crate::error::Result;
use crate::tables::incident::{self, Incident, Noticed};
use crate::tx::store::Store;

impl Store {
    /// Returns the last incidents, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn incidents(&self, limit: u32) -> Result<Vec<Noticed>> {
        self.read(|reading| incident::newest(reading.conn, limit))
    }

    /// Returns the incidents that nobody was told of yet, oldest first, and takes them for told.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub fn tell_incidents(&self) -> Result<Vec<Incident>> {
        if self.is_read_only() || !self.read(|reading| incident::is_any_untold(reading.conn))? {
            return Ok(Vec::new());
        }
        self.write(incident::tell)
    }
}
