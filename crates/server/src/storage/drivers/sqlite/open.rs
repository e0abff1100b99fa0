//! Opening the file: what is refused, with which sentence, and how a connection is set up.
//!
//! Owns: the checks of DESIGN section 6 and FAULTS D3, D8, D9: a file of a newer version, of another program, or a
//! damaged one is never written to. Refuses: repairing.

use super::convert::storage_error;
use super::session::{APPLICATION_ID, SqliteSession};
use crate::limits::MAX_BODY_BYTES;
use crate::ports::Ports;
use crate::storage::drivers::Access;
use crate::storage::engine::{Kind, Scope, Session, VERSION, prepare};
use crate::storage::{Result, StorageError};
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tidemark_model::{EntityModel, Planted, is_planted};
use tidemark_sqlite::{Disk, ErrorClass, Opening, class, settle};

/// Records are read in the order of their key, so a page holds as many as it can.
const PAGE_BYTES: i64 = 8192;
/// Pages of the log before it is written back into the file: what is changed again and again goes there once. Half of the
/// length at which the log is emptied (`log`).
const CHECKPOINT_PAGES: i64 = 4_096;
/// The longest value that a read may make: any that a request could have brought. `concat` of `concat` ends here, in a
/// refusal, and not in the machine's memory.
const LONGEST_VALUE: i32 = (MAX_BODY_BYTES + 64 * 1024) as i32;
/// How long a connection waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Texts of lists differ by their filters; the others are few.
const PREPARED_STATEMENTS: usize = 256;

/// Opens the file for writing, and lays a model out in it.
pub(super) fn open(path: &Path, access: Access, model: Option<&Arc<EntityModel>>, ports: &Ports) -> Result<Connection> {
    let disk = &*ports.disk;
    let is_there = disk.is_there(path);
    if !is_there && access == Access::Existing {
        return Err(StorageError::Missing(name(path)));
    }
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if access != Access::Existing {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    if !is_there {
        make_private(disk, path);
    }
    let mut connection = connect(disk, path, flags)?;
    let about = |error| open_error(disk, path, error);
    match state(&connection).map_err(about)? {
        State::Empty => connection.pragma_update(None, "page_size", PAGE_BYTES).map_err(about)?,
        State::Foreign => return Err(StorageError::Foreign(name(path))),
        State::Version(found) if found > VERSION => {
            return Err(StorageError::Newer { database: name(path), found, known: VERSION });
        }
        State::Version(_) => {}
    }
    connection.pragma_update(None, "journal_mode", "WAL").map_err(about)?;
    let synchronous = if is_planted(Planted::F4NothingIsFlushed) { "OFF" } else { "FULL" };
    connection.pragma_update(None, "synchronous", synchronous).map_err(about)?;
    connection.pragma_update(None, "cache_size", -32_768).map_err(about)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(about)?;
    if access == Access::Serve && is_there {
        if let Err(error) = settle(&connection, BUSY_TIMEOUT) {
            tracing::warn!(%error, "the write-ahead log could not be written back");
        }
        check(disk, &connection, path)?;
    }
    let session: &mut dyn Session = &mut SqliteSession(&mut connection);
    session.run(Kind::Layout, Scope::Everything, |tx| prepare(tx, &name(path), model, ports))?;
    Ok(connection)
}

/// Makes an empty file that its owner alone reads; SQLite gives its log the same rights. What cannot be made is told by
/// the opening that follows.
pub(super) fn make_private(disk: &dyn Disk, path: &Path) {
    drop(disk.make(path));
}

/// Opens one more connection to a database that is open already.
pub(super) fn open_beside(disk: &dyn Disk, path: &Path) -> Result<Connection> {
    connect(disk, path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(disk: &dyn Disk, path: &Path) -> Result<Connection> {
    // Read-write, since a reader in WAL mode may have to make the shared-memory file; `query_only` keeps it a reader.
    let connection = open_beside(disk, path)?;
    let about = |error| open_error(disk, path, error);
    connection.pragma_update(None, "query_only", true).map_err(about)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE).map_err(about)?;
    connection.pragma_update(None, "cache_size", -8_192).map_err(about)?;
    Ok(connection)
}

/// Checks that a file is a whole database of this version, as before restoring it.
pub(super) fn check_backup(disk: &dyn Disk, path: &Path) -> Result<Connection> {
    if !disk.is_there(path) {
        return Err(StorageError::Copy(format!("There is no backup {}", path.display())));
    }
    let connection = connect(disk, path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    match state(&connection).map_err(|error| open_error(disk, path, error))? {
        State::Version(found) if found > VERSION => {
            Err(StorageError::Newer { database: name(path), found, known: VERSION })
        }
        State::Version(_) => check(disk, &connection, path).map(|()| connection),
        State::Empty | State::Foreign => Err(StorageError::Foreign(name(path))),
    }
}

fn connect(disk: &dyn Disk, path: &Path, flags: OpenFlags) -> Result<Connection> {
    let opening =
        Opening { flags, vfs: disk.vfs(), busy_timeout: BUSY_TIMEOUT, prepared_statements: PREPARED_STATEMENTS };
    tidemark_sqlite::open(path, opening).map_err(|error| open_error(disk, path, error))
}

enum State {
    Empty,
    Foreign,
    Version(i64),
}

fn state(connection: &Connection) -> rusqlite::Result<State> {
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let things: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (number("application_id")?, number("user_version")?) {
        (APPLICATION_ID, version) => State::Version(version),
        (0, 0) if things == 0 => State::Empty,
        _ => State::Foreign,
    })
}

/// Names the file in a sentence.
fn name(path: &Path) -> String {
    path.display().to_string()
}

/// Looks at every page: a damaged database is not served, since a feed with a hole in it is believed (FAULTS D8).
fn check(disk: &dyn Disk, connection: &Connection, path: &Path) -> Result<()> {
    let about = |error| open_error(disk, path, error);
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(about)?;
    if verdict == "ok" { Ok(()) } else { Err(StorageError::Damaged(name(path))) }
}

fn open_error(disk: &dyn Disk, path: &Path, error: rusqlite::Error) -> StorageError {
    match class(&error) {
        ErrorClass::NotADatabase => StorageError::Foreign(name(path)),
        ErrorClass::Damaged => StorageError::Damaged(name(path)),
        ErrorClass::CannotOpen | ErrorClass::ReadOnly => {
            let problem = match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                Some(parent) if !disk.is_there(parent) => format!("there is no folder {}", parent.display()),
                _ if disk.is_folder(path) => "it is a folder".to_owned(),
                _ => "it cannot be written to; check its permissions and those of its folder".to_owned(),
            };
            StorageError::NotOpened { database: name(path), problem }
        }
        _ => storage_error(error),
    }
}
