//! What the tests of the simulated disk share: one database with one table.

use rusqlite::{Connection, OpenFlags};
use std::ops::Range;
use tidemark_sim_disk::{Process, VFS_NAME};

/// Opens `a.db` as the process does, with a write-ahead log that is synced at each commit.
pub(crate) fn try_open(process: &Process) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags_and_vfs(process.root().join("a.db"), OpenFlags::default(), VFS_NAME)?;
    conn.busy_timeout(std::time::Duration::ZERO)?;
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 20;
         CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
    )?;
    Ok(conn)
}

pub(crate) fn open(process: &Process) -> Connection {
    try_open(process).unwrap()
}

pub(crate) fn insert(conn: &Connection, ids: Range<i64>) -> rusqlite::Result<usize> {
    let mut statement = conn.prepare_cached("INSERT INTO t VALUES (?1, ?2)")?;
    for id in ids.clone() {
        statement.execute((id, format!("{id:0>300}")))?;
    }
    Ok(ids.count())
}

pub(crate) fn count(conn: &Connection) -> i64 {
    conn.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
}

pub(crate) fn verdict(conn: &Connection) -> String {
    conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}
