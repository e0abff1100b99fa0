//! `--database` and `--model`: which file, which model.

use super::{Common, Failure};
use crate::machine::MachineClock;
use crate::storage::Storage;
use crate::storage::drivers::sqlite::{self, Access};
use std::path::PathBuf;
use std::sync::Arc;
use tidemark_model::EntityModel;

impl Common {
    /// Reads `--database`.
    pub(super) fn file(&self) -> Result<PathBuf, Failure> {
        let url = self.database.as_str();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let sentence = "This version keeps records on SQLite only; use --database sqlite:FILE";
            return Err(Failure::Failed(sentence.into()));
        }
        let file = url.strip_prefix("sqlite:").map(|file| file.strip_prefix("//").unwrap_or(file));
        match file {
            Some(file) if !file.is_empty() => Ok(PathBuf::from(file)),
            _ => Err(Failure::Usage(format!("--database must be sqlite:FILE, not {url:?}"))),
        }
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
    pub(super) fn open(&self, access: Access) -> Result<impl Storage, Failure> {
        let file = self.file()?;
        if self.model.is_some() {
            self.read_model()?;
        }
        Ok(sqlite::open(&file, access, None, Arc::new(MachineClock))?)
    }
}
