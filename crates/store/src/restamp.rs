//! Stamps that a wrong clock gave, brought back once the server has told the time.
//!
//! Owns: the last stamp of this device and those of what is pending. Refuses: what is in flight, which is sent again to
//! the byte (the server clamps its stamp and says so in the answer), and what is settled.

use crate::change;
use crate::error::Result;
use crate::local;
use crate::row;
use crate::settings::{self, LAST_STAMP};
use crate::table::Table;
use crate::value::Key;
use crate::write::Tx;
use rusqlite::params;
use tidemark_model::{RecordId, STAMP_TOLERANCE_MS, UPDATED_AT, plausible_stamp};
use tidemark_sql::quote;

/// Brings every stamp back that is ahead of the server's clock. Rare: only where one is.
pub(crate) fn bring_back(tx: &Tx<'_>, server_now_ms: i64) -> Result<()> {
    settings::set(tx.conn, LAST_STAMP, &server_now_ms.to_string())?;
    let catalog = tx.catalog.clone();
    for table in catalog.tables() {
        for id in ahead(tx, table, server_now_ms)? {
            let Some(row) = row::get(tx.conn, table, id)? else { continue };
            let change = change::expect(tx.conn, &table.set.name, id)?;
            let base_ms = change.base.as_ref().map_or(i64::MIN, |base| base.record.updated_at);
            let mut record = row.record;
            record.updated_at = plausible_stamp(record.updated_at, base_ms, server_now_ms);
            local::put_pending(tx, table, record, &change)?;
        }
    }
    Ok(())
}

fn ahead(tx: &Tx<'_>, table: &Table, server_now_ms: i64) -> Result<Vec<RecordId>> {
    let sql = format!(
        "SELECT r.Id FROM pending p JOIN {} r ON r.Id = p.id WHERE p.entity_set = ?1 AND r.{} > ?2",
        quote(&table.name),
        quote(UPDATED_AT)
    );
    let limit = server_now_ms.saturating_add(STAMP_TOLERANCE_MS);
    let mut statement = tx.conn.prepare(&sql)?;
    let ids = statement.query_map(params![table.set.name, limit], |row| row.get::<_, Key>(0).map(|key| key.0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}
