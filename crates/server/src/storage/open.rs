//! From `--database` to a database.
//!
//! Owns: which address is which driver, and the commands that only one of them has. Refuses: anything beyond that.

use super::drivers::{postgres, sqlite};
use super::{Result, Storage, StorageError};
use crate::ports::Ports;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidemark_model::EntityModel;

pub(crate) use super::drivers::Access;

/// Where records are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// `sqlite:FILE`.
    Sqlite(PathBuf),
    /// `postgres://…`.
    Postgres {
        /// The database that is written to.
        url: String,
        /// A replica of it that reads may go to.
        replica: Option<String>,
    },
}

impl Address {
    /// Reads an address; nothing where it is none.
    pub(crate) fn read(url: &str) -> Option<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Some(Self::Postgres { url: url.to_owned(), replica: None });
        }
        let file = url.strip_prefix("sqlite:")?;
        let file = file.strip_prefix("//").unwrap_or(file);
        (!file.is_empty()).then(|| Self::Sqlite(PathBuf::from(file)))
    }
}

impl Address {
    /// Adds a replica; nothing where one of both is no address of PostgreSQL.
    pub(crate) fn read_from(self, replica: &str) -> Option<Self> {
        match (self, Self::read(replica)?) {
            (Self::Postgres { url, .. }, Self::Postgres { url: replica, .. }) => {
                Some(Self::Postgres { url, replica: Some(replica) })
            }
            _ => None,
        }
    }
}

/// Opens a database; with a model, its tables are laid out for it.
///
/// # Errors
/// One sentence for each thing that can be wrong with the address, the database or the model.
pub(crate) async fn open(
    address: &Address,
    access: Access,
    model: Option<Arc<EntityModel>>,
    ports: &Ports,
) -> Result<Arc<dyn Storage>> {
    Ok(match address {
        Address::Sqlite(file) => Arc::new(sqlite::open(file, access, model, ports)?),
        Address::Postgres { url, replica } => {
            Arc::new(postgres::open(url, replica.as_deref(), access, model, ports).await?)
        }
    })
}

/// Puts a backup in the place of a database.
///
/// # Errors
/// A sentence; then the database is as it was.
pub(crate) fn restore(address: &Address, from: &Path, ports: &Ports) -> Result<()> {
    match address {
        Address::Sqlite(file) => sqlite::restore(file, from, ports),
        Address::Postgres { .. } => Err(StorageError::Copy(postgres::COPIES.to_owned())),
    }
}
