//! Small named texts that a host keeps here.
//!
//! Owns: nothing but the way in and out. Refuses: meaning.

use crate::error::Result;
use crate::tables::setting;
use crate::tx::store::Store;

impl Store {
    /// Returns a setting.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn setting(&self, key: &str) -> Result<Option<String>> {
        self.read(|reading| setting::get(reading.conn, key))
    }

    /// Keeps a setting; one that begins with `device` outlives signing out.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<()> {
        if self.setting(key)?.as_deref() == Some(value) {
            return Ok(());
        }
        self.write(|tx| setting::set(tx.conn, key, value))
    }
}
