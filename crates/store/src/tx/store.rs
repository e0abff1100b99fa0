//! An open database: what every clone of [`Store`] shares, and reading in it.
//!
//! Owns: the connections. Refuses: opening it and mending it (`open`).

use crate::error::Result;
use crate::tables::bytes::TableBytes;
use crate::tables::catalog::{Catalog, Loaded};
use crate::tx::connect::{Access, connect_reader, connect_writer, settle};
use crate::tx::folder::{Folder, LogFile};
use crate::tx::gate::Gate;
use crate::tx::notices::Listeners;
use crate::tx::presence::Presence;
use crate::tx::touched::Touched;
use crate::tx::watch::watch;
use crate::tx::writer::Writer;
use rusqlite::Connection;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_model::RecordId;
use tidemark_model::ports::{Clock, Ids};

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

/// What the clones of a store share.
pub(crate) struct Inner {
    pub(crate) folder: Folder,
    pub(crate) file: PathBuf,
    /// The log of what waits, beside the database.
    pub(crate) outbox: LogFile,
    pub(crate) access: Access,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    /// Before the writer, so that they are closed first: the last connection writes the log back into the file, and
    /// a reading one may not.
    pub(crate) readers: Mutex<Vec<Connection>>,
    pub(crate) writer: Mutex<Writer>,
    /// What the transaction under way has changed of what waits.
    pub(crate) touched: Touched,
    pub(crate) loaded: Loaded,
    pub(crate) listeners: Listeners,
    pub(crate) table_bytes: TableBytes,
    /// Closed while another database is put in the place of a damaged one.
    pub(crate) gate: Gate,
    /// Whether somebody is looking after it just now.
    pub(crate) looking: AtomicBool,
    /// Whether an account was ended whose records still have to leave the disk.
    pub(crate) is_to_compact: AtomicBool,
    /// Sets in which a search would have liked an index of words.
    pub(crate) words_wanted: Mutex<BTreeSet<String>>,
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
    /// Returns the folder.
    pub fn dir(&self) -> &Path {
        &self.inner.folder.dir
    }

    /// Tells whether the database can only be read; writes are then refused with a sentence.
    pub fn is_read_only(&self) -> bool {
        self.inner.access != Access::Full
    }
}

impl Inner {
    /// Runs `f` in one read transaction.
    pub(crate) fn read<T>(&self, f: impl FnOnce(&Reading<'_>) -> Result<T>) -> Result<T> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => connect_reader(&*self.folder.disk, &self.file, self.access)?,
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
        let mut conn = connect_writer(&*self.folder.disk, &self.file)?;
        // It may be the I/O error of a sync after which this one is opened.
        self.presence.alone(|| settle(&*self.folder.disk, &self.file, &conn));
        watch(&self.touched, &mut conn)?;
        Ok(conn)
    }
}
