//! Settings: small named texts of this device.
//!
//! Owns: the `setting` table. The names that begin with `store.` are this crate's own. Refuses: meaning.

use crate::error::Result;
use rusqlite::{Connection, OptionalExtension};

/// The table's name.
pub(crate) const TABLE: &str = "setting";

/// Milliseconds to add to this machine's clock to get the server's.
pub(crate) const CLOCK_OFFSET: &str = "store.clock_offset_ms";
/// The last stamp that this device gave.
pub(crate) const LAST_STAMP: &str = "store.last_stamp";

/// The setting that holds this device's name, for the history.
pub const DEVICE_NAME: &str = "device.name";

/// The setting that holds this data folder's own id, by which a change made in it is told from one made elsewhere. A
/// copy of the folder has the same.
pub(crate) const DEVICE_ID: &str = "device.id";

/// Reads a setting.
pub(crate) fn get(conn: &Connection, key: &str) -> Result<Option<String>> {
    let mut statement = conn.prepare_cached("SELECT value FROM setting WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

/// Reads a number; none, and what is none, is 0.
pub(crate) fn number(conn: &Connection, key: &str) -> Result<i64> {
    Ok(get(conn, key)?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Writes a setting.
pub(crate) fn set(conn: &Connection, key: &str, value: &str) -> Result<()> {
    let sql = "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    conn.prepare_cached(sql)?.execute([key, value])?;
    Ok(())
}

/// Forgets a setting.
pub(crate) fn remove(conn: &Connection, key: &str) -> Result<()> {
    conn.prepare_cached("DELETE FROM setting WHERE key = ?1")?.execute([key])?;
    Ok(())
}

/// Returns the settings whose names begin alike, by the rest of their names.
pub(crate) fn beginning_with(conn: &Connection, start: &str) -> Result<Vec<(String, String)>> {
    let sql = "SELECT substr(key, length(?1) + 1), value FROM setting WHERE substr(key, 1, length(?1)) = ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_map([start], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Forgets every setting but the device's own, whose names begin with `device`, and these.
pub(crate) fn remove_all_but(conn: &Connection, kept: [&str; 3]) -> Result<()> {
    conn.execute("DELETE FROM setting WHERE key NOT GLOB 'device*' AND key NOT IN (?1, ?2, ?3)", kept)?;
    Ok(())
}

/// Reads the settings that can be read, of a damaged database too.
pub(crate) fn readable(old: &Connection) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for order in ["ASC", "DESC"] {
        let Ok(mut statement) = old.prepare(&format!("SELECT key, value FROM setting ORDER BY key {order}")) else {
            continue;
        };
        let Ok(mut rows) = statement.query([]) else { continue };
        while let Ok(Some(row)) = rows.next() {
            if let (Ok(key), Ok(value)) = (row.get(0), row.get(1)) {
                found.push((key, value));
            }
        }
    }
    found
}
