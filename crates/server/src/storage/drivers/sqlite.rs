//! SQLite: one writer thread, a few readers, one file.
//!
//! Owns: connections to the file, backup and restore. WAL, so that readers and admin commands go on while something is
//! written; `synchronous=FULL`, so that what was answered survives a power loss (DESIGN section 3). Refuses: rules.

mod backup;
mod convert;
mod log;
mod open;
mod pool;
mod session;
mod writer;

pub(crate) use backup::restore;

use super::Access;
use crate::machine::has_threads;
use crate::ports::Ports;
use crate::storage::engine::{Driver, Engine, Lane, Session};
use crate::storage::notices::Notices;
use crate::storage::{Result, StorageError};
use log::Log;
use pool::Pool;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidemark_model::EntityModel;
use tidemark_sql::Dialect;
use tidemark_sqlite::Disk;
use writer::Writer;

/// Connections that read records.
const READERS: usize = 4;
/// Connections for what everybody needs: who is this, where does the feed stand.
const FRONT_READERS: usize = 2;

/// A database file.
pub(crate) struct Sqlite {
    path: PathBuf,
    disk: Arc<dyn Disk>,
    front: Pool,
    readers: Pool,
    writer: Writer,
    log: Log,
}

/// Opens a database; with a model, its tables are laid out for it.
///
/// # Errors
/// One sentence for each thing that can be wrong with the file or the model.
pub(crate) fn open(
    path: &Path,
    access: Access,
    model: Option<Arc<EntityModel>>,
    ports: &Ports,
) -> Result<Engine<Sqlite>> {
    let connection = open::open(path, access, model.as_ref(), ports)?;
    let driver = Sqlite {
        path: path.to_owned(),
        disk: Arc::clone(&ports.disk),
        front: Pool::new(path.to_owned(), FRONT_READERS, ports),
        readers: Pool::new(path.to_owned(), READERS, ports),
        writer: Writer::start(connection)?,
        log: Log::of(path, ports),
    };
    Ok(Engine::over(driver, path.display().to_string(), model, ports, Arc::new(Notices::default())))
}

impl Driver for Sqlite {
    async fn read<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match lane {
            Lane::Front => self.front.glance(work).await,
            Lane::Records | Lane::Replica => self.readers.read(work).await,
        }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let done = self.writer.run(work).await;
        self.log.look_after(&self.readers, &self.writer).await;
        done
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn readers(&self) -> usize {
        READERS
    }

    fn has_replica(&self) -> bool {
        false
    }

    fn writes_workspaces_apart(&self) -> bool {
        false
    }

    async fn backup(&self, target: &Path) -> Result<()> {
        let (disk, from, target) = (Arc::clone(&self.disk), self.path.clone(), target.to_owned());
        let work = move || backup::backup(&*disk, &from, &target);
        if !has_threads() {
            return work();
        }
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| StorageError::Copy(format!("The backup broke off: {error}")))?
    }
}
