//! Opening the file: what is refused, with which sentence, and how a connection is set up.
//!
//! Owns: the checks of DESIGN section 6 and FAULTS D3, D8, D9: a file of a newer version, of another program, or a
//! damaged one is never written to. Refuses: repairing.

use super::convert::storage_error;
use super::schema::{APPLICATION_ID, CREATE, PAGE_BYTES, VERSION};
use crate::machine::{MachineIds, secret};
use crate::storage::{Result, StorageError};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::Duration;
use tidemark_model::ports::Ids as _;

/// What a process opens the database for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// To serve it: made where it is missing, checked as a whole.
    Serve,
    /// To add to it: made where it is missing.
    Create,
    /// To look at or change what is there.
    Existing,
}

/// How long a connection waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Texts of lists differ by their filters; the others are few.
const PREPARED_STATEMENTS: usize = 256;

/// Opens the file for writing.
pub(super) fn open(path: &Path, access: Access, now_ms: i64) -> Result<Connection> {
    let is_there = path.exists();
    if !is_there && access == Access::Existing {
        return Err(StorageError::Missing(path.to_owned()));
    }
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if access != Access::Existing {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = connect(path, flags)?;
    let about = |error| open_error(path, error);
    match state(&connection).map_err(about)? {
        State::Empty => create(&connection, path, now_ms)?,
        State::Foreign => return Err(StorageError::Foreign(path.to_owned())),
        State::Version(found) if found > VERSION => {
            return Err(StorageError::Newer { path: path.to_owned(), found, known: VERSION });
        }
        State::Version(_) => {}
    }
    connection.pragma_update(None, "journal_mode", "WAL").map_err(about)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(about)?;
    connection.pragma_update(None, "cache_size", -32_768).map_err(about)?;
    if access == Access::Serve && is_there {
        check(&connection, path)?;
    }
    Ok(connection)
}

/// Opens one more connection to a database that is open already.
pub(super) fn open_beside(path: &Path) -> Result<Connection> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    // Read-write, since a reader in WAL mode may have to make the shared-memory file; `query_only` keeps it a reader.
    let connection = open_beside(path)?;
    let about = |error| open_error(path, error);
    connection.pragma_update(None, "query_only", true).map_err(about)?;
    connection.pragma_update(None, "cache_size", -8_192).map_err(about)?;
    Ok(connection)
}

/// Checks that a file is a whole database of this version, as before restoring it.
pub(super) fn check_backup(path: &Path) -> Result<Connection> {
    if !path.exists() {
        return Err(StorageError::Copy(format!("There is no backup {}", path.display())));
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    match state(&connection).map_err(|error| open_error(path, error))? {
        State::Version(found) if found > VERSION => {
            Err(StorageError::Newer { path: path.to_owned(), found, known: VERSION })
        }
        State::Version(_) => check(&connection, path).map(|()| connection),
        State::Empty | State::Foreign => Err(StorageError::Foreign(path.to_owned())),
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let about = |error| open_error(path, error);
    let connection = Connection::open_with_flags(path, flags).map_err(about)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(about)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(about)?;
    // What our statements mean by text: an order people expect, search and functions (ADR 0012).
    tidemark_sqlite::set_up(&connection).map_err(about)?;
    // Another process may not define what our statements mean.
    connection.pragma_update(None, "trusted_schema", false).map_err(about)?;
    Ok(connection)
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

fn create(connection: &Connection, path: &Path, now_ms: i64) -> Result<()> {
    let about = |error| open_error(path, error);
    connection.pragma_update(None, "page_size", PAGE_BYTES).map_err(about)?;
    // Two processes may come at once; the one behind finds the tables there.
    connection.execute_batch("BEGIN IMMEDIATE").map_err(about)?;
    let filled = match state(connection) {
        Ok(State::Empty) => fill(connection, path, now_ms),
        Ok(_) => Ok(()),
        Err(error) => Err(open_error(path, error)),
    };
    match filled {
        Ok(()) => connection.execute_batch("COMMIT").map_err(about),
        Err(error) => {
            connection.execute_batch("ROLLBACK").map_err(about)?;
            Err(error)
        }
    }
}

fn fill(connection: &Connection, path: &Path, now_ms: i64) -> Result<()> {
    let about = |error| open_error(path, error);
    let (epoch, seal) = (secret::<8>()?, secret::<32>()?);
    connection.execute_batch(CREATE).map_err(about)?;
    connection
        .execute(
            "INSERT INTO server (one, id, epoch, secret, created_ms) VALUES (1, ?1, ?2, ?3, ?4)",
            (MachineIds.fresh().to_string(), epoch, seal, now_ms),
        )
        .map_err(about)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(about)?;
    connection.pragma_update(None, "user_version", VERSION).map_err(about)
}

/// Looks at every page: a damaged database is not served, since a feed with a hole in it is believed (FAULTS D8).
fn check(connection: &Connection, path: &Path) -> Result<()> {
    let about = |error| open_error(path, error);
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(about)?;
    if verdict == "ok" { Ok(()) } else { Err(StorageError::Damaged(path.to_owned())) }
}

fn open_error(path: &Path, error: rusqlite::Error) -> StorageError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StorageError::Foreign(path.to_owned()),
        Some(ErrorCode::DatabaseCorrupt) => StorageError::Damaged(path.to_owned()),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            let problem = match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                Some(parent) if !parent.exists() => format!("there is no folder {}", parent.display()),
                _ if path.is_dir() => "it is a folder".to_owned(),
                _ => "it cannot be written to; check its permissions and those of its folder".to_owned(),
            };
            StorageError::NotOpened { path: path.to_owned(), problem }
        }
        _ => storage_error(error),
    }
}
