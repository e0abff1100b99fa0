//! The one connection of this process that writes.
//!
//! Owns: it, and noticing other processes' commits by it. Refuses: a second one; another process is waited for (`schema`,
//! busy time-out).

use crate::error::Result;
use rusqlite::Connection;

/// The one connection that writes.
pub(crate) struct Writer {
    pub(crate) conn: Option<Connection>,
    seen_version: i64,
    /// Whether it has.
    pub(crate) outside: bool,
}

impl Writer {
    pub(crate) fn new(conn: Connection) -> Self {
        Self { conn: Some(conn), seen_version: 0, outside: false }
    }

    /// Lets go of the connection; the next transaction makes another.
    pub(crate) fn close(&mut self) {
        self.conn = None;
        self.seen_version = 0;
    }

    /// Notes whether another process has written since this was last asked.
    pub(crate) fn look(&mut self, conn: &Connection) -> Result<()> {
        let version: i64 = conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        self.outside |= self.seen_version != 0 && version != self.seen_version;
        self.seen_version = version;
        Ok(())
    }
}
