//! Stamps that a wrong clock gave, brought back once the server has told the time.
//!
//! Owns: the last stamp of this device and those of what is pending. Refuses: what is in flight, which is sent again to
//! the byte (the server clamps its stamp and says so in the answer), and what is settled.

use crate::error::Result;
use crate::open::lease::Lease;
use crate::tables::local;
use crate::tables::pending;
use crate::tables::row;
use crate::tables::setting::{self, CLOCK_OFFSET, LAST_STAMP};
use crate::tables::table::Table;
use crate::tables::value::Key;
use crate::tx::transaction::Tx;
use rusqlite::params;
use tidemark_model::{
    ClockSample, Planted, RecordId, STAMP_TOLERANCE_MS, StampClock, UPDATED_AT, is_planted, plausible_stamp,
};
use tidemark_sql::quote;

impl Lease {
    /// Keeps how far this machine's clock is from the server's, for the stamps of later edits; and brings back what was
    /// stamped while it was far ahead, so that one such edit does not win over everybody's from then on (promise 8).
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn learn_clock(&self, sample: ClockSample) -> Result<()> {
        let (known, last) = self.read(|reading| {
            Ok((setting::number(reading.conn, CLOCK_OFFSET)?, setting::number(reading.conn, LAST_STAMP)?))
        })?;
        let clock = sample.corrected(StampClock { offset_ms: known });
        let server_now_ms = self.store().inner.clock.now_ms().saturating_add(clock.offset_ms);
        let is_ahead = plausible_stamp(last, i64::MIN, server_now_ms, STAMP_TOLERANCE_MS) != last;
        if known == clock.offset_ms && !is_ahead {
            return Ok(());
        }
        self.write(|tx| {
            setting::set(tx.conn, CLOCK_OFFSET, &clock.offset_ms.to_string())?;
            if is_ahead { bring_back(tx, server_now_ms, STAMP_TOLERANCE_MS) } else { Ok(()) }
        })
    }
}

/// The server clamped a stamp to its now, `taken_ms`: this device's stamps were ahead of the truth, by however little. None
/// of them stays ahead of what the time is now.
pub(crate) fn clamped(tx: &Tx<'_>, taken_ms: i64) -> Result<()> {
    let server_now_ms = tx.server_now_ms()?.max(taken_ms);
    bring_back(tx, server_now_ms, 0)
}

/// Brings every stamp back that is ahead of the server's clock by more than the tolerance. Rare: only where one is.
pub(crate) fn bring_back(tx: &Tx<'_>, server_now_ms: i64, tolerance_ms: i64) -> Result<()> {
    if is_planted(Planted::A11StampPoisoned) {
        return Ok(());
    }
    tx.stamp_from(server_now_ms)?;
    let catalog = tx.catalog.clone();
    for table in catalog.tables() {
        for id in ahead(tx, table, server_now_ms.saturating_add(tolerance_ms))? {
            let Some(row) = row::get(tx.conn, table, id)? else { continue };
            let change = pending::expect(tx.conn, &table.set.name, id)?;
            let base_ms = change.base.as_ref().map_or(i64::MIN, |base| base.record.updated_at);
            let mut record = row.record;
            record.updated_at = plausible_stamp(record.updated_at, base_ms, server_now_ms, tolerance_ms);
            local::put_pending(tx, table, record, &change)?;
        }
    }
    Ok(())
}

fn ahead(tx: &Tx<'_>, table: &Table, limit_ms: i64) -> Result<Vec<RecordId>> {
    let sql = format!(
        "SELECT \"Id\" FROM {} WHERE {} > ?2 AND \"Id\" IN ({})",
        quote(&table.name),
        quote(UPDATED_AT),
        pending::OF_SET
    );
    let mut statement = tx.conn.prepare(&sql)?;
    let ids = statement.query_map(params![table.set.name, limit_ms], |row| row.get::<_, Key>(0).map(|key| key.0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}
