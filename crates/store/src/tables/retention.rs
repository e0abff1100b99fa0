//! What is kept for how long: the one place that knows, by a clock that nobody on this device can set.
//!
//! Owns: the spans, when a row is old, and dropping what is, oldest first, by an index and a bounded step at a time; what
//! is left over goes with the next cycles. A row carries a time of this device, which may be years off: what was written
//! before the server's time was known would look old as soon as it is. So a row's age counts from a cycle that went
//! through and saw it there: now and then such a cycle notes the server's time and the newest row, and what was there at a
//! note that is old enough goes. Refuses: what waits to be sent, is asked about or is parked: that is kept until
//! somebody decides.

use crate::error::Result;
use crate::tables::answered;
use crate::tables::attempt;
use crate::tables::exported;
use crate::tables::history;
use crate::tables::pending;
use crate::tables::sent;
use crate::tables::setting;
use crate::tables::value::{from_optional_text, to_text};
use crate::tx::transaction::Tx;
use rusqlite::{OptionalExtension, params};

/// A day, in milliseconds.
pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1000;

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
/// Notes kept of one table: its span in as many steps.
const STEPS: i64 = 30;

/// A table whose rows come in the order of `order_no`, and its span.
const KINDS: [(&str, i64); 5] = [
    (sent::TABLE, SENT_MS),
    (answered::TABLE, ANSWERED_MS),
    (attempt::TABLE, ATTEMPTS_MS),
    (history::TABLE, HISTORY_MS),
    (exported::TABLE, EXPORTED_MS),
];

/// Drops what has been kept long enough. To be called right after the server told the time.
pub(crate) fn purge(tx: &Tx<'_>) -> Result<()> {
    for (table, span_ms) in KINDS {
        let but = match table {
            // They stay for as long as their record waits.
            attempt::TABLE => format!("AND (entity_set, id) NOT IN ({})", pending::ALL),
            _ => String::new(),
        };
        let Some(old) = old_rows(tx, table, span_ms)? else { continue };
        let sql = format!(
            "DELETE FROM {table} WHERE order_no IN \
             (SELECT order_no FROM {table} WHERE order_no <= ?1 {but} ORDER BY order_no LIMIT ?2)"
        );
        if tx.conn.prepare_cached(&sql)?.execute(params![old, AT_ONCE])? > 0 {
            count_from(tx, table)?;
        }
    }
    Ok(())
}

fn newest(tx: &Tx<'_>, table: &str) -> Result<i64> {
    let newest = format!("SELECT max(order_no) FROM {table}");
    let newest: Option<i64> = tx.conn.prepare_cached(&newest)?.query_row([], |row| row.get(0)).optional()?.flatten();
    Ok(newest.unwrap_or(0))
}

fn key(table: &str) -> String {
    format!("store.kept.{table}")
}

/// A table that was emptied counts from 1 again: no note may name rows that come now.
fn count_from(tx: &Tx<'_>, table: &str) -> Result<()> {
    let (key, newest) = (key(table), newest(tx, table)?);
    let before: Vec<(i64, i64)> = from_optional_text(setting::get(tx.conn, &key)?)?.unwrap_or_default();
    let notes: Vec<(i64, i64)> = before.iter().map(|(at, row)| (*at, (*row).min(newest))).collect();
    if notes != before {
        setting::set(tx.conn, &key, &to_text(&notes)?)?;
    }
    Ok(())
}

/// Returns the newest row of a table that has been kept long enough; everything up to it may go.
fn old_rows(tx: &Tx<'_>, table: &str, span_ms: i64) -> Result<Option<i64>> {
    let key = key(table);
    let mut notes: Vec<(i64, i64)> = from_optional_text(setting::get(tx.conn, &key)?)?.unwrap_or_default();
    let now_ms = tx.server_now_ms()?;
    let before = notes.clone();
    let newest = newest(tx, table)?;
    for (at, row) in &mut notes {
        // A note of a time that has not come yet was made under another clock of the server's: it counts from now.
        *at = (*at).min(now_ms);
        // What was the newest then may have been taken back; its number is another's later.
        *row = (*row).min(newest);
    }
    // The newest note that is old stays, for what one step leaves over.
    let old = notes.iter().rposition(|(at, _)| *at <= now_ms - span_ms);
    notes.drain(..old.unwrap_or(0));
    if notes.last().is_none_or(|(at, _)| *at <= now_ms - span_ms / STEPS) {
        notes.push((now_ms, newest));
    }
    if notes != before {
        setting::set(tx.conn, &key, &to_text(&notes)?)?;
    }
    Ok(old.and_then(|_| notes.first()).map(|(_, row)| *row))
}
