//! Sets that are kept offline and not here yet: never fetched, or being fetched anew.
//!
//! Owns: that list, for the status line and for "last synced" (promise 9; FAULTS I26). Refuses: why one is not here yet.

use crate::error::Result;
use crate::tables::position::FirstSync;
use crate::tables::value::Count;
use crate::tx::store::Store;
use rusqlite::Connection;

/// A set that is kept offline and not here yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The entity set.
    pub set: String,
    /// How far its enumeration is.
    pub figures: FirstSync,
}

impl Store {
    /// Returns the sets that are kept offline and whose enumeration is to come, under way, paused or failing, with how far
    /// it is; by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn awaited(&self) -> Result<Vec<Awaited>> {
        self.read(|reading| awaited(reading.conn))
    }
}

pub(crate) fn awaited(conn: &Connection) -> Result<Vec<Awaited>> {
    // Kind 2 follows a delta link: that set is here as of the link.
    let sql = "SELECT entity_set, done, total FROM position WHERE kind <> 2 ORDER BY entity_set";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let total: Option<Count> = row.get(2)?;
        let figures = FirstSync { done: row.get::<_, Count>(1)?.0, total: total.map(|Count(n)| n) };
        Ok(Awaited { set: row.get(0)?, figures })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
