//! Settings: small named texts of this device.
//!
//! Owns: the `setting` table. The names that begin with `store.` are this crate's own. Refuses: meaning.

use crate::error::Result;
use crate::open::lease::Lease;
use crate::push::restamp;
use crate::tx::store::Store;
use rusqlite::{Connection, OptionalExtension};
use tidemark_model::{ClockSample, STAMP_TOLERANCE_MS, StampClock, plausible_stamp};

/// Milliseconds to add to this machine's clock to get the server's.
pub(crate) const CLOCK_OFFSET: &str = "store.clock_offset_ms";
/// The last stamp that this device gave.
pub(crate) const LAST_STAMP: &str = "store.last_stamp";

/// The setting that holds this device's name, for the history.
pub const DEVICE_NAME: &str = "device.name";

/// The setting that holds this data folder's own id, by which a change made in it is told from one made elsewhere. A
/// copy of the folder has the same.
pub(crate) const DEVICE_ID: &str = "device.id";

pub(crate) fn get(conn: &Connection, key: &str) -> Result<Option<String>> {
    let mut statement = conn.prepare_cached("SELECT value FROM setting WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

pub(crate) fn number(conn: &Connection, key: &str) -> Result<i64> {
    Ok(get(conn, key)?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

pub(crate) fn set(conn: &Connection, key: &str, value: &str) -> Result<()> {
    let sql = "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    conn.prepare_cached(sql)?.execute([key, value])?;
    Ok(())
}

impl Store {
    /// Returns a setting.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn setting(&self, key: &str) -> Result<Option<String>> {
        self.read(|reading| get(reading.conn, key))
    }

    /// Keeps a setting; one that begins with `device` outlives signing out.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<()> {
        if self.setting(key)?.as_deref() == Some(value) {
            return Ok(());
        }
        self.write(|tx| set(tx.conn, key, value))
    }
}

impl Lease {
    /// Keeps how far this machine's clock is from the server's, for the stamps of later edits; and brings back what was
    /// stamped while it was far ahead, so that one such edit does not win over everybody's from then on (promise 8).
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn learn_clock(&self, sample: ClockSample) -> Result<()> {
        let (known, last) =
            self.read(|reading| Ok((number(reading.conn, CLOCK_OFFSET)?, number(reading.conn, LAST_STAMP)?)))?;
        let clock = sample.corrected(StampClock { offset_ms: known });
        let server_now_ms = self.store().inner.clock.now_ms().saturating_add(clock.offset_ms);
        let is_ahead = plausible_stamp(last, i64::MIN, server_now_ms, STAMP_TOLERANCE_MS) != last;
        if known == clock.offset_ms && !is_ahead {
            return Ok(());
        }
        self.write(|tx| {
            set(tx.conn, CLOCK_OFFSET, &clock.offset_ms.to_string())?;
            if is_ahead { restamp::bring_back(tx, server_now_ms, STAMP_TOLERANCE_MS) } else { Ok(()) }
        })
    }
}
