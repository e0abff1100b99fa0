//! `--database` and `--model`: which database, which model.

use super::{Common, Failure};
use crate::ports::Ports;
use crate::storage::Storage;
use crate::storage::open::{Access, Address, open};
use std::sync::Arc;
use tidemark_model::EntityModel;

impl Common {
    /// Reads `--database`.
    pub(super) fn address(&self) -> Result<Address, Failure> {
        let wrong = || {
            // Whatever it is, it may have a password in it.
            let scheme = self.database.split(':').next().unwrap_or_default();
            Failure::Usage(format!("--database must be sqlite:FILE or postgres://URL, not {scheme:?}"))
        };
        Address::read(&self.database).ok_or_else(wrong)
    }

    /// Reads `--model`, or the built-in model, and adds what the server adds.
    pub(super) fn read_model(&self) -> Result<EntityModel, Failure> {
        let Some(path) = &self.model else {
            return Ok(EntityModel::to_serve(EntityModel::default_document())?);
        };
        let named = |problem: String| Failure::Failed(format!("{}: {problem}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| named(format!("cannot be read: {error}")))?;
        EntityModel::to_serve(&text).map_err(|error| named(error.to_string()))
    }

    /// Opens the database for a command that touches no record. A model that is named is read all the same, so that
    /// a mistake in it is told now and not when the server starts.
    pub(super) async fn open(&self, access: Access) -> Result<Arc<dyn Storage>, Failure> {
        let address = self.address()?;
        if self.model.is_some() {
            self.read_model()?;
        }
        Ok(open(&address, access, None, &Ports::default()).await?)
    }
}
