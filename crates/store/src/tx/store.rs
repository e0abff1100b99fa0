//! Opening the offline database: its folder, its file, its connections.
//!
//! Owns: [`Store`], permissions, the read-only case, the pool. Refuses: making a new, empty database where an old
//! one cannot be opened (FAULTS D3, D7, D9).

use crate::error::{Result, StoreError};
use crate::open::gate::Gate;
use crate::open::presence::{Presence, Word};
use crate::open::salvage;
use crate::tables::account;
use crate::tables::bytes::TableBytes;
use crate::tables::catalog::{Catalog, Loaded};
use crate::tables::setting::{self, DEVICE_ID};
use crate::tx::connect::{Access, connect_reader, connect_writer, log_of};
use crate::tx::notices::Listeners;
use crate::tx::outbox;
use crate::tx::writer::Writer;
use rusqlite::Connection;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_model::ports::{Clock, Ids};
use tidemark_model::{EntityModel, EntitySet, RecordId};

pub(crate) const FILE: &str = "tidemark.db";
/// Idle reading connections that are kept.
const IDLE_READERS: usize = 4;

/// The offline database of one device. Clones share it; every call blocks and may come from any thread.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("file", &self.inner.file).field("access", &self.inner.access).finish()
    }
}

pub(crate) struct Inner {
    pub(crate) dir: PathBuf,
    pub(crate) file: PathBuf,
    /// The log of what waits, beside the database.
    pub(crate) outbox: PathBuf,
    pub(crate) access: Access,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    /// Before the writer, so that they are closed first: the last connection writes the log back into the file, and
    /// a reading one may not.
    pub(crate) readers: Mutex<Vec<Connection>>,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) loaded: Loaded,
    pub(crate) listeners: Listeners,
    pub(crate) table_bytes: TableBytes,
    /// Closed while another database is put in the place of a damaged one.
    pub(crate) gate: Gate,
    /// Whether somebody is looking after it just now.
    pub(crate) looking: AtomicBool,
    /// Whether an account was ended whose records still have to leave the disk.
    pub(crate) is_to_compact: AtomicBool,
    /// Additions whose answer this process waits for.
    pub(crate) additions_out: Mutex<HashSet<RecordId>>,
    /// Behind the connections: it is let go of last.
    pub(crate) presence: Presence,
}

/// A read transaction: what it sees does not move.
pub(crate) struct Reading<'c> {
    pub(crate) conn: &'c Connection,
    pub(crate) catalog: Arc<Catalog>,
}

impl Store {
    /// Opens the offline database in `dir`, making both where they are missing. The folder is the user's alone. A
    /// damaged database is replaced by what can be read of it and of the outbox log, and kept beside.
    ///
    /// # Errors
    /// The folder or file cannot be used, is damaged beyond that, or was written by a newer Tidemark; nothing is changed
    /// then.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self> {
        make_folder(dir)?;
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
        match connect_checked(dir, &presence) {
            Err(error) if error.is_damage() => match presence.alone(salvage) {
                Some(Ok(())) => {
                    presence.looked_at(false);
                    let connected = connect_checked(dir, &presence)?;
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
        (access, conn): (Access, Connection),
        presence: Presence,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self> {
        let inner = Inner {
            dir: dir.to_owned(),
            access,
            clock,
            ids,
            readers: Mutex::default(),
            writer: Mutex::new(Writer::new(conn)),
            loaded: Loaded::default(),
            listeners: Listeners::default(),
            table_bytes: TableBytes::default(),
            outbox: outbox::path_in(dir),
            gate: Gate::default(),
            looking: AtomicBool::new(false),
            is_to_compact: AtomicBool::new(false),
            additions_out: Mutex::default(),
            presence,
            file: dir.join(FILE),
        };
        let store = Self { inner: Arc::new(inner) };
        store.outside_changes()?;
        let is_settled = store.read(|reading| {
            Ok(setting::get(reading.conn, DEVICE_ID)?.is_some() && outbox::is_level(reading.conn, &store.inner.outbox)?)
        })?;
        if !is_settled && !store.is_read_only() {
            // Named before anything can wait here to be sent: an image of the folder is to be the same device.
            store.write(|tx| tx.device_id().map(drop))?;
        }
        Ok(store)
    }

    /// Returns the folder.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// Tells whether the database can only be read; writes are then refused with a sentence.
    pub fn is_read_only(&self) -> bool {
        self.inner.access != Access::Full
    }

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

    /// Runs `f` in one read transaction.
    pub(crate) fn read<T>(&self, f: impl FnOnce(&Reading<'_>) -> Result<T>) -> Result<T> {
        let entered = self.inner.gate.enter();
        let outcome = self.inner.read(f);
        drop(entered);
        outcome.map_err(|error| self.failed(error))
    }
}

impl Inner {
    fn read<T>(&self, f: impl FnOnce(&Reading<'_>) -> Result<T>) -> Result<T> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => connect_reader(&self.file, self.access)?,
        };
        let tx = conn.transaction()?;
        let value = f(&Reading { conn: &tx, catalog: self.loaded.current(&tx)? })?;
        tx.finish()?;
        let mut idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_READERS {
            idle.push(conn);
        }
        Ok(value)
    }

    /// Opens another writing connection; after an I/O error the old one is not trusted again (FAULTS D5).
    pub(crate) fn connect_writer(&self) -> Result<Connection> {
        connect_writer(&self.file)
    }
}

fn unavailable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable { path: path.to_owned(), problem: error.to_string() }
}

fn make_folder(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| unavailable(dir, &error))
}

fn create(file: &Path) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(_) => Ok(()),
        // Another process was faster.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unavailable(file, &error)),
    }
}

/// Connects, and reads what every transaction reads first.
fn connect_checked(dir: &Path, presence: &Presence) -> Result<(Access, Connection)> {
    let file = dir.join(FILE);
    if !file.exists() {
        create(&file)?;
    }
    let (access, conn) = match connect_any(&file) {
        // The program that wrote it last left its own version in the log: the number was flipped.
        Err(StoreError::NewerDatabase { found, .. })
            if presence.word() == Word::Unchecked
                && salvage::logged_schema(dir).is_some_and(|logged| logged < found) =>
        {
            return Err(StoreError::Corrupt { path: file, problem: "its version makes no sense".to_owned() });
        }
        connected => connected?,
    };
    let tx = conn.unchecked_transaction()?;
    match Loaded::default().current(&tx) {
        // A model that this program refuses is no damage, unless the log has another one.
        Err(StoreError::Model(_)) if salvage::is_model_logged(dir) => {
            let problem = "its entity model makes no sense".to_owned();
            return Err(StoreError::Corrupt { path: file, problem });
        }
        loaded => drop(loaded?),
    }
    account::get(&tx)?;
    let is_blank = setting::get(&tx, outbox::STORED)?.is_none();
    tx.finish()?;
    // What was here went with its write-ahead log, or somebody took the file away; beside it is what waits.
    if is_blank && access == Access::Full && salvage::is_account_logged(dir) && presence.alone(|| ()).is_some() {
        return Err(StoreError::Corrupt { path: file, problem: "everything in it is gone".to_owned() });
    }
    Ok((access, conn))
}

fn connect_any(file: &Path) -> Result<(Access, Connection)> {
    match connect_writer(file) {
        Ok(conn) => return Ok((Access::Full, conn)),
        Err(StoreError::ReadOnly(_) | StoreError::Unavailable { .. }) => {}
        Err(error) => return Err(error),
    }
    for access in [Access::ReadOnly, Access::Immutable] {
        match connect_reader(file, access) {
            Ok(conn) => return Ok((access, conn)),
            Err(StoreError::ReadOnly(_) | StoreError::Unavailable { .. }) if access == Access::ReadOnly => {
                // Without its shared-memory file a log that was not written back cannot be read.
                if fs::metadata(log_of(file)).is_ok_and(|log| log.len() > 0) {
                    let problem = "it was not closed properly and cannot be repaired while it is read-only".to_owned();
                    return Err(StoreError::Unavailable { path: file.to_owned(), problem });
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::ReadOnly(file.to_owned()))
}
