//! A data folder and the database file in it, opened as they are.
//!
//! Owns: making both where they are missing, permissions, and telling damage from what cannot be used just now. Refuses:
//! mending (`salvage`), and making a new, empty database where an old one cannot be opened (FAULTS D3, D7, D9).

use crate::error::{Result, StoreError};
use crate::open::logged;
use crate::tables::account;
use crate::tables::bytes::TableBytes;
use crate::tables::catalog::Loaded;
use crate::tables::setting::{self, DEVICE_ID};
use crate::tx::connect::{Access, connect_reader, connect_writer, log_of, settle};
use crate::tx::folder::{Folder, LogFile};
use crate::tx::gate::Gate;
use crate::tx::notices::Listeners;
use crate::tx::outbox;
use crate::tx::presence::{Presence, Word};
use crate::tx::store::{Inner, Reading};
use crate::tx::touched::Touched;
use crate::tx::watch::watch;
use crate::tx::writer::Writer;
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use tidemark_model::ports::{Clock, Ids};
use tidemark_sqlite::Disk;

/// A connection that was checked, and how it can be used.
pub(crate) type Connected = (Access, Connection);

/// Makes an open database of a connection.
pub(crate) fn opened(
    folder: &Folder,
    (access, mut conn): Connected,
    presence: Presence,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
) -> Result<Inner> {
    let touched = Touched::default();
    if access == Access::Full {
        watch(&touched, &mut conn)?;
    }
    let inner = Inner {
        file: folder.database(),
        outbox: folder.outbox(),
        folder: folder.clone(),
        access,
        clock,
        ids,
        readers: Mutex::default(),
        writer: Mutex::new(Writer::new(conn)),
        touched,
        loaded: Loaded::default(),
        listeners: Listeners::default(),
        table_bytes: TableBytes::default(),
        gate: Gate::default(),
        looking: AtomicBool::new(false),
        is_to_compact: AtomicBool::new(false),
        additions_out: Mutex::default(),
        words_wanted: Mutex::default(),
        presence,
    };
    inner.outside_changes()?;
    Ok(inner)
}

/// Tells whether the folder is known as a device, and its log is as long as the database knows it.
pub(crate) fn is_settled(reading: &Reading<'_>, log: &LogFile) -> Result<bool> {
    Ok(setting::get(reading.conn, DEVICE_ID)?.is_some() && outbox::is_level(reading.conn, log)?)
}

fn unavailable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable { path: path.to_owned(), problem: error.to_string() }
}

/// Makes the folder where it is missing; it is the user's alone.
pub(crate) fn make_folder(folder: &Folder) -> Result<()> {
    if folder.disk.is_folder(&folder.dir) {
        return Ok(());
    }
    folder.disk.make_folder(&folder.dir).map_err(|error| unavailable(&folder.dir, &error))
}

fn create(disk: &dyn Disk, file: &Path) -> Result<()> {
    match disk.make(file) {
        Ok(()) => Ok(()),
        // Another process was faster.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unavailable(file, &error)),
    }
}

/// Connects, and reads what every transaction reads first.
pub(crate) fn connect_checked(folder: &Folder, presence: &Presence) -> Result<Connected> {
    let file = folder.database();
    if !folder.disk.is_there(&file) {
        create(&*folder.disk, &file)?;
    }
    let (access, conn) = match connect_any(&*folder.disk, &file) {
        // The program that wrote it last left its own version in the log: the number was flipped.
        Err(StoreError::NewerDatabase { found, .. })
            if presence.word() == Word::Unchecked && logged::schema(folder).is_some_and(|logged| logged < found) =>
        {
            return Err(StoreError::Corrupt { path: file, problem: "its version makes no sense".to_owned() });
        }
        connected => connected?,
    };
    if access == Access::Full {
        presence.alone(|| settle(&*folder.disk, &file, &conn));
    }
    let tx = conn.unchecked_transaction()?;
    match Loaded::default().current(&tx) {
        // A model that this program refuses is no damage, unless the log has another one.
        Err(StoreError::Model(_)) if logged::is_model_there(folder) => {
            let problem = "its entity model makes no sense".to_owned();
            return Err(StoreError::Corrupt { path: file, problem });
        }
        loaded => drop(loaded?),
    }
    // As it was before anybody signed in: so is a copy from then.
    let is_blank = account::get(&tx)?.is_none() || setting::get(&tx, outbox::STORED)?.is_none();
    tx.finish()?;
    // What was here went with its write-ahead log, or somebody took the file away; beside it is what waits.
    if is_blank && access == Access::Full && logged::is_account_there(folder) && presence.alone(|| ()).is_some() {
        return Err(StoreError::Corrupt { path: file, problem: "everything in it is gone".to_owned() });
    }
    Ok((access, conn))
}

fn connect_any(disk: &dyn Disk, file: &Path) -> Result<(Access, Connection)> {
    match connect_writer(disk, file) {
        Ok(conn) => return Ok((Access::Full, conn)),
        Err(StoreError::ReadOnly(_) | StoreError::Unavailable { .. }) => {}
        Err(error) => return Err(error),
    }
    for access in [Access::ReadOnly, Access::Immutable] {
        match connect_reader(disk, file, access) {
            Ok(conn) => return Ok((access, conn)),
            Err(StoreError::ReadOnly(_) | StoreError::Unavailable { .. }) if access == Access::ReadOnly => {
                // Without its shared-memory file a log that was not written back cannot be read.
                if disk.length(&log_of(file)).is_some_and(|length| length > 0) {
                    let problem = "it was not closed properly and cannot be repaired while it is read-only".to_owned();
                    return Err(StoreError::Unavailable { path: file.to_owned(), problem });
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::ReadOnly(file.to_owned()))
}
