//! Backup and restore.
//!
//! A backup is one consistent file, written while the server goes on. Restoring copies it over the database in one
//! transaction, also under a running server, and begins a new epoch: tokens handed out before name a history that may
//! be lost, and answer 410 (FAULTS S1). Refuses: overwriting an existing backup.

use super::open::{check_backup, make_private, open, open_beside};
use super::session::SqliteSession;
use crate::machine::hold_up;
use crate::ports::Ports;
use crate::storage::drivers::Access;
use crate::storage::engine::{Kind, Scope, Session, new_epoch};
use crate::storage::{Result, StorageError};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::path::Path;
use std::time::Duration;
use tidemark_sqlite::Disk;

/// How often a copy waits 50 ms for other work to end.
const TRIES: u32 = 600;

/// Writes a copy of a database.
pub(super) fn backup(disk: &dyn Disk, database: &Path, target: &Path) -> Result<()> {
    let failed = |problem: String| StorageError::Copy(format!("The backup was not written: {problem}"));
    if disk.is_there(target) {
        return Err(failed(format!("{} exists already; name a new file", target.display())));
    }
    if target.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !disk.is_folder(folder)) {
        return Err(failed(format!("there is no folder for {}", target.display())));
    }
    // Written beside and renamed at the end, so that a file of the wanted name is always whole.
    let mut beside = target.as_os_str().to_owned();
    beside.push(".partial");
    let beside = Path::new(&beside);
    let Some(name) = beside.to_str() else {
        return Err(failed(format!("{} is not UTF-8", target.display())));
    };
    if disk.is_there(beside) {
        disk.remove(beside).map_err(|error| failed(error.to_string()))?;
    }
    make_private(disk, beside);
    // A connection of its own: SQLite takes this copy for a write, which the readers' connections refuse.
    let connection = open_beside(disk, database)?;
    let copied = connection
        .execute("VACUUM INTO ?1", [name])
        .map_err(|error| failed(error.to_string()))
        .and_then(|_| disk.sync(beside).map_err(|error| failed(error.to_string())))
        .and_then(|()| disk.rename(beside, target).map_err(|error| failed(error.to_string())));
    if copied.is_err() {
        // What is left of it is no backup; that it cannot be removed changes nothing.
        let _ = disk.remove(beside);
    }
    copied
}

/// Puts a backup in the place of the database, and begins a new epoch.
///
/// # Errors
/// A sentence; then the database is as it was.
pub(crate) fn restore(database: &Path, from: &Path, ports: &Ports) -> Result<()> {
    let disk = &*ports.disk;
    let source = check_backup(disk, from)?;
    if !disk.is_there(database) {
        // An empty database of the right page size to copy into.
        drop(open(database, Access::Create, None, ports)?);
    }
    let mut target = match open(database, Access::Existing, None, ports) {
        Err(StorageError::Damaged(_) | StorageError::Foreign(_)) => {
            return Err(StorageError::Copy(format!(
                "{} cannot be replaced in place. Move it away, then restore again",
                database.display()
            )));
        }
        opened => opened?,
    };
    // The new epoch is put into a copy first, so that the database is never there with the old one.
    let mut beside = database.as_os_str().to_owned();
    beside.push(".restoring");
    let copied = with_new_epoch(&source, Path::new(&beside), ports).and_then(|fresh| copy(&fresh, &mut target));
    // What is left of it is in nobody's way; the next restore writes over it.
    let _ = disk.remove(Path::new(&beside));
    copied
}

fn with_new_epoch(source: &Connection, beside: &Path, ports: &Ports) -> Result<Connection> {
    let disk = &*ports.disk;
    let _ = disk.remove(beside);
    make_private(disk, beside);
    let mut fresh = open_beside(disk, beside)?;
    copy(source, &mut fresh)?;
    // A copy of a file in WAL mode is in WAL mode too; this one is to be one file.
    fresh.pragma_update(None, "journal_mode", "DELETE")?;
    let epoch = ports.secrets.bytes::<8>()?;
    let session: &mut dyn Session = &mut SqliteSession(&mut fresh);
    session.run(Kind::Write, Scope::Nobody, |tx| new_epoch(tx, epoch))?;
    Ok(fresh)
}

fn copy(from: &Connection, to: &mut Connection) -> Result<()> {
    let backup = Backup::new(from, to)?;
    for _ in 0..TRIES {
        // All pages in one step: one transaction of the target, which its readers see before or after.
        match backup.step(-1)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => hold_up(Duration::from_millis(50)),
        }
    }
    Err(StorageError::Busy)
}
