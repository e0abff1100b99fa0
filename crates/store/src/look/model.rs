//! The entity model as it is known here.
//!
//! Owns: reading it. Refuses: taking another one in (`pull::model`).

use crate::error::Result;
use crate::tx::store::Store;
use std::sync::Arc;
use tidemark_model::{EntityModel, EntitySet};

impl Store {
    /// Returns the entity model, once one was adopted.
    pub fn model(&self) -> Option<Arc<EntityModel>> {
        let catalog = self.read(|reading| Ok(Arc::clone(&reading.catalog)));
        catalog.unwrap_or_else(|_| self.inner.loaded.newest()).model().cloned()
    }

    /// Returns an entity set that left the model while something was pending in it, in the shape that it had.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn set_that_left(&self, set: &str) -> Result<Option<EntitySet>> {
        self.read(|reading| Ok(reading.catalog.left(set).map(|table| table.set.clone())))
    }
}
