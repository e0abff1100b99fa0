//! Records that go into a file.
//!
//! Owns: that their versions are remembered, so that a file put back is an edit of them (ADR 0011). Refuses: writing files
//! (`tidemark-app`).

use crate::error::Result;
use crate::look::record::LocalRecord;
use crate::tables::exported;
use crate::tx::store::Store;

impl Store {
    /// Remembers records as they go into a file.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remember_exported(&self, set: &str, records: &[LocalRecord]) -> Result<()> {
        self.write(|tx| records.iter().try_for_each(|local| exported::add(tx, set, &local.record)))
    }
}
