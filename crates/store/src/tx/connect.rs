//! A connection to the database file, set up for writing or for reading.
//!
//! Owns: how the file is opened, the read-only case, and that a file of a later program or of no known format is left
//! alone (FAULTS D9). Refuses: what is done where it cannot be opened (`open`).

use crate::error::{Result, StoreError};
use crate::tables::schema;
use rusqlite::{Connection, MAIN_DB, OpenFlags};
use std::path::{Path, PathBuf};
use tidemark_sqlite::Disk;

/// How the file can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// For reading and writing.
    Full,
    /// For reading; other processes may write.
    ReadOnly,
    /// For reading, where not even SQLite's shared-memory file can be made: nobody may write meanwhile.
    Immutable,
}

pub(crate) fn log_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

pub(crate) fn connect_writer(disk: &dyn Disk, file: &Path) -> Result<Connection> {
    let mut conn = schema::open(disk, file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if conn.is_readonly(MAIN_DB)? {
        if has_unknown_format(disk, file) {
            let problem = "its first bytes name a format that there is not".to_owned();
            return Err(StoreError::Corrupt { path: file.to_owned(), problem });
        }
        return Err(StoreError::ReadOnly(file.to_owned()));
    }
    schema::check_version(&conn, file)?;
    schema::set_up_writer(&conn)?;
    schema::migrate(&mut conn, file).map_err(|error| match error {
        // A mistake of this program, and no damage: the file stays as it is (FAULTS P6).
        StoreError::Internal(problem) => StoreError::Unavailable {
            path: file.to_owned(),
            problem: format!("it could not be brought to this program's version ({problem})"),
        },
        other => other,
    })?;
    Ok(conn)
}

/// Has everything that is seen of the file on the disk, before anything is built on it (FAULTS D5). Whoever calls is alone:
/// others would take it for news.
pub(crate) fn settle(disk: &dyn Disk, file: &Path, conn: &Connection) {
    if disk.length(&log_of(file)).is_some_and(|length| length > 0)
        && let Err(error) = schema::settle(conn)
    {
        // On a full disk reading goes on.
        tracing::warn!(%error, "the write-ahead log could not be written back");
    }
}

/// Where a database file names the format that writing it asks for, and the formats that there are (SQLite's file
/// format, section 1.3.3).
const FORMAT_AT: usize = 18;
const FORMATS: std::ops::RangeInclusive<u8> = 1..=2;

/// SQLite opens a file for reading only where it names a format later than its own.
fn has_unknown_format(disk: &dyn Disk, file: &Path) -> bool {
    disk.read_head(file, FORMAT_AT + 1)
        .is_ok_and(|head| head.get(FORMAT_AT).is_some_and(|byte| !FORMATS.contains(byte)))
}

pub(crate) fn connect_reader(disk: &dyn Disk, file: &Path, access: Access) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let conn = match access {
        Access::Immutable => schema::open(disk, Path::new(&immutable_uri(file)), flags | OpenFlags::SQLITE_OPEN_URI)?,
        Access::Full | Access::ReadOnly => schema::open(disk, file, flags)?,
    };
    schema::set_up_reader(&conn)?;
    if schema::check_version(&conn, file)? < schema::VERSION {
        let problem = "it must be opened for writing once, to be made or brought to this version".to_owned();
        return Err(StoreError::Unavailable { path: file.to_owned(), problem });
    }
    Ok(conn)
}

/// Writes a file name as a URI; SQLite wants `%`, `?` and `#` escaped.
fn immutable_uri(file: &Path) -> String {
    let name = file.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{name}?immutable=1")
}
