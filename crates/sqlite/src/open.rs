//! Opening a database file.
//!
//! Owns: what is true of every connection: how long it waits for another's lock, that nothing of its own lies in files
//! elsewhere, what text means, and that another process may not say what our statements mean. Refuses: pragmas that differ
//! by purpose (`journal_mode`, `synchronous`, `query_only`), which the caller sets.

use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How a file is opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'o> {
    /// What may be done with it.
    pub flags: OpenFlags,
    /// The file system under it, by the name under which it is registered with SQLite; the system's own without one.
    pub vfs: Option<&'o str>,
    /// How long a statement waits for a lock of another connection.
    pub busy_timeout: Duration,
    /// How many statements are kept prepared.
    pub prepared_statements: usize,
}

/// Opens a file.
///
/// # Errors
/// What SQLite says; [`class`](crate::class) tells of which kind it is.
pub fn open(path: &Path, opening: Opening<'_>) -> rusqlite::Result<Connection> {
    let connection = match opening.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, opening.flags, vfs)?,
        None => Connection::open_with_flags(path, opening.flags)?,
    };
    connection.busy_timeout(opening.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(opening.prepared_statements);
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    crate::text::set_up(&connection)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// Writes what lies in the write-ahead log back into the file, where nobody is in the way.
///
/// What a sync that failed should have written is seen for as long as the machine runs and is gone when the power goes,
/// with every commit behind it. Whoever opens a file builds on nothing that is not on the disk (FAULTS D5, D6).
///
/// # Errors
/// The disk fails.
pub fn settle(connection: &Connection, busy_timeout: Duration) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::ZERO)?;
    let settled = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    connection.busy_timeout(busy_timeout)?;
    settled
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENING: Opening<'static> = Opening {
        flags: OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_CREATE),
        vfs: None,
        busy_timeout: Duration::from_millis(1),
        prepared_statements: 8,
    };

    #[test]
    fn a_file_is_opened_through_the_file_system_that_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        // One that SQLite brings beside its usual one.
        let other = Opening { vfs: Some("unix-dotfile"), ..OPENING };
        let first = open(&path, other).unwrap();
        first.execute_batch("CREATE TABLE t(a); BEGIN EXCLUSIVE").unwrap();
        // It locks with a folder beside the file, where the usual one leaves nothing.
        assert!(folder.path().join("a.db.lock").exists());
        let refused = open(&path, Opening { vfs: Some("nowhere"), ..OPENING }).unwrap_err();
        assert!(refused.to_string().contains("no such vfs"), "{refused}");
    }

    #[test]
    fn what_lies_in_the_log_is_in_the_file_once_it_is_settled() {
        let folder = tempfile::tempdir().unwrap();
        let (path, log) = (folder.path().join("a.db"), folder.path().join("a.db-wal"));
        let connection = open(&path, OPENING).unwrap();
        connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t(a)").unwrap();
        let length = || std::fs::metadata(&log).unwrap().len();
        assert!(length() > 0);
        settle(&connection, OPENING.busy_timeout).unwrap();
        assert_eq!(length(), 0);
        // Who reads is in the way, and is left alone.
        connection.execute_batch("INSERT INTO t VALUES (1)").unwrap();
        let reader = open(&path, OPENING).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM t").unwrap();
        connection.execute_batch("INSERT INTO t VALUES (2)").unwrap();
        settle(&connection, OPENING.busy_timeout).unwrap();
        assert!(length() > 0);
    }

    #[test]
    fn text_means_the_same_in_every_connection() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&folder.path().join("a.db"), OPENING).unwrap();
        let lower: String = connection.query_row("SELECT tidemark_lower('ÄÖ')", [], |row| row.get(0)).unwrap();
        assert_eq!(lower, "äö");
    }
}
