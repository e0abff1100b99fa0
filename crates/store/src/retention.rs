//! What is kept for how long: the one place that knows.
//!
//! Owns: the spans, and dropping what is past them, oldest first, by an index and a bounded step at a time; what is left
//! over goes with the next cycles. Refuses: what waits to be sent, is asked about or is parked: that is kept until
//! somebody decides.

use crate::error::Result;
use crate::write::Tx;
use rusqlite::params;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Confirmed changes, which a restored server gets back, and which a deletion is undone from (FAULTS I28).
const SENT_MS: i64 = 30 * DAY_MS;
/// Answers to questions, which may be taken back.
const ANSWERED_MS: i64 = 30 * DAY_MS;
/// What the server answered to records that wait no longer.
const ATTEMPTS_MS: i64 = 30 * DAY_MS;
/// Exported versions; later a file is one of unknown origin: cells that differ are asked, none is overwritten.
const EXPORTED_MS: i64 = 90 * DAY_MS;
/// History; FAULTS I13 asks for 90 days at least.
const HISTORY_MS: i64 = 400 * DAY_MS;
/// Answers of the server kept of one record that waits.
pub(crate) const ATTEMPTS_OF_A_RECORD: usize = 20;
/// Cycles kept for Activity.
pub(crate) const CYCLES: i64 = 1_000;
/// Rows that one cycle drops of each kind at the most.
const AT_ONCE: i64 = 5_000;

/// A kind of entry, its key, its span, and how the next to go are found by an index.
const KINDS: [(&str, &str, i64, &str); 5] = [
    ("sent", "order_no", SENT_MS, "SELECT order_no FROM sent WHERE at < ?1 ORDER BY at LIMIT ?2"),
    ("answered", "id", ANSWERED_MS, "SELECT id FROM answered WHERE at < ?1 ORDER BY at LIMIT ?2"),
    (
        "attempt",
        "order_no",
        ATTEMPTS_MS,
        "SELECT order_no FROM attempt WHERE at < ?1 AND NOT EXISTS (SELECT 1 FROM pending p \
         WHERE p.entity_set = attempt.entity_set AND p.id = attempt.id) ORDER BY at LIMIT ?2",
    ),
    // Kept in the order of its numbers; so the oldest are the first.
    (
        "history",
        "order_no",
        HISTORY_MS,
        "SELECT order_no FROM (SELECT order_no, kept_at FROM history ORDER BY order_no LIMIT ?2) WHERE kept_at < ?1",
    ),
    (
        "exported",
        "(entity_set, id, updated_at, content)",
        EXPORTED_MS,
        "SELECT entity_set, id, updated_at, content FROM exported WHERE at < ?1 ORDER BY at LIMIT ?2",
    ),
];

/// Drops what has been kept long enough. To be called right after the server told the time: a wrong clock makes nothing
/// look old then.
pub(crate) fn purge(tx: &Tx<'_>) -> Result<()> {
    let now = tx.server_now_ms()?;
    for (table, key, span, oldest) in KINDS {
        let sql = format!("DELETE FROM {table} WHERE {key} IN ({oldest})");
        tx.conn.prepare_cached(&sql)?.execute(params![now - span, AT_ONCE])?;
    }
    Ok(())
}
