//! What the server answered to a record's changes, other than yes: for "explain this record".
//!
//! Owns: the `attempt` table: the last answers of a record, for as long as it waits and a while longer. Refuses:
//! accepted changes; `sent` has those.

use crate::error::Result;
use crate::tables::value::Key;
use crate::tx::transaction::Tx;
use rusqlite::{Connection, params};
use tidemark_model::{AttemptOutcome, RecordId, Word};

/// The table's name.
pub(crate) const TABLE: &str = "attempt";

/// One answer of the server to a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Unix milliseconds UTC.
    pub at: i64,
    /// What it came to; unanswered while it is on its way.
    pub outcome: Word<AttemptOutcome>,
    /// The server's sentence.
    pub message: Option<String>,
}

/// Writes an answer down: what it came to, and the server's sentence. The last `kept` of the record stay.
pub(crate) fn add(
    tx: &Tx<'_>,
    set: &str,
    id: RecordId,
    outcome: AttemptOutcome,
    message: Option<&str>,
    kept: usize,
) -> Result<()> {
    let sql = "INSERT INTO attempt (entity_set, id, at, outcome, message) VALUES (?1, ?2, ?3, ?4, ?5)";
    tx.conn.prepare_cached(sql)?.execute(params![set, Key(id), tx.server_now_ms()?, outcome.as_str(), message])?;
    let sql = "DELETE FROM attempt WHERE entity_set = ?1 AND id = ?2 AND order_no NOT IN \
               (SELECT order_no FROM attempt WHERE entity_set = ?1 AND id = ?2 ORDER BY order_no DESC LIMIT ?3)";
    tx.conn.prepare_cached(sql)?.execute(params![set, Key(id), kept as i64])?;
    Ok(())
}

/// Reads a record's answers, newest first.
pub(crate) fn of_record(conn: &Connection, set: &str, id: RecordId) -> Result<Vec<Attempt>> {
    let sql = "SELECT at, outcome, message FROM attempt WHERE entity_set = ?1 AND id = ?2 ORDER BY order_no DESC";
    let mut statement = conn.prepare_cached(sql)?;
    let attempts = statement.query_map(params![set, Key(id)], |row| {
        Ok(Attempt { at: row.get(0)?, outcome: row.get::<_, String>(1)?.into(), message: row.get(2)? })
    })?;
    Ok(attempts.collect::<rusqlite::Result<_>>()?)
}
