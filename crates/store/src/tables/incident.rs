//! What went wrong with this device's own disk, and what was done about it: for Activity and for a word on the way.
//!
//! Owns: the `incident` table. Refuses: doing anything about it (`outbox`, `salvage`, `audit` do).

use crate::error::Result;
use crate::tables::value::{from_text, to_text};
use crate::tx::transaction::Tx;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

/// Incidents kept.
const KEPT: i64 = 200;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Incident {
    /// The database had lost changes that were saved; they were put back from the outbox log.
    WorkRestored {
        /// Records.
        records: u64,
    },
    /// Changes of another account, or of sets that nobody knows here, lie in a file of their own.
    WorkKept {
        /// Records.
        records: u64,
        /// The file's name, in the data folder.
        file: String,
    },
    /// The database was damaged; another one was made from it and from the outbox log.
    Salvaged {
        /// The name under which the damaged file is kept, in the data folder; empty where there was none.
        kept: String,
        /// Unsettled changes that are in the new one.
        pending: u64,
        /// Places of the damaged file that could not be read.
        unreadable: u64,
        /// Whether the outbox log was whole: then nothing that waited is missing.
        is_certain: bool,
    },
    /// Records that were not as the server has them, though nothing waited; they were fetched again.
    Healed {
        /// The entity set.
        set: String,
        /// Records.
        records: u64,
    },
}

/// An incident and when it was noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noticed {
    /// Unix milliseconds UTC.
    pub at: i64,
    /// What happened.
    pub incident: Incident,
}

/// Writes an incident down.
pub(crate) fn write(tx: &Tx<'_>, incident: &Incident) -> Result<()> {
    tracing::warn!(?incident, "the offline database was not as it should be");
    let sql = "INSERT INTO incident (at, entry) VALUES (?1, ?2)";
    tx.conn.prepare_cached(sql)?.execute((tx.now_ms, to_text(incident)?))?;
    let newest = tx.conn.last_insert_rowid();
    tx.conn.prepare_cached("DELETE FROM incident WHERE order_no <= ?1")?.execute([newest - KEPT])?;
    Ok(())
}

/// Returns the last incidents, newest first.
pub(crate) fn newest(conn: &Connection, limit: u32) -> Result<Vec<Noticed>> {
    let sql = "SELECT at, entry FROM incident ORDER BY order_no DESC LIMIT ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_map([limit], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    found
        .map(|row| row.map_err(Into::into).and_then(|(at, text)| Ok(Noticed { at, incident: from_text(&text)? })))
        .collect()
}

/// Tells whether there is an incident that nobody was told of yet.
pub(crate) fn is_any_untold(conn: &Connection) -> Result<bool> {
    Ok(conn.prepare_cached("SELECT 1 FROM incident WHERE told = 0 LIMIT 1")?.exists([])?)
}

/// Returns the incidents that nobody was told of yet, oldest first, and takes them for told.
pub(crate) fn tell(tx: &Tx<'_>) -> Result<Vec<Incident>> {
    let mut statement = tx.conn.prepare_cached("SELECT entry FROM incident WHERE told = 0 ORDER BY order_no")?;
    let found = statement.query_map([], |row| row.get::<_, String>(0))?;
    let incidents = found.map(|text| from_text(&text?)).collect::<Result<Vec<_>>>()?;
    tx.conn.prepare_cached("UPDATE incident SET told = 1 WHERE told = 0")?.execute([])?;
    Ok(incidents)
}
