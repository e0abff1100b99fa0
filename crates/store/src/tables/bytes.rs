//! How many bytes each table takes.
//!
//! Owns: counting them now and then. Refuses: an exact figure at every moment, which would read the whole file.

use crate::error::Result;
use crate::tables::value::Count;
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The bytes of each table, counted now and then: counting walks every page of the file.
#[derive(Default)]
pub(crate) struct TableBytes(Mutex<Option<Counted>>);

struct Counted {
    at_ms: u64,
    pages_in_use: i64,
    bytes: Arc<HashMap<String, u64>>,
}

impl TableBytes {
    /// Whoever counted within this time counts again only where the file is new to them.
    const AGAIN_AFTER_MS: u64 = 10_000;
    /// A difference that nobody sees: a few pages, or one of so many.
    const UNSEEN_PAGES: i64 = 16;
    const UNSEEN_PART: i64 = 100;

    /// Returns the bytes of each table, as of lately.
    pub(crate) fn of(&self, conn: &Connection, now_ms: u64) -> Result<Arc<HashMap<String, u64>>> {
        let sql =
            "SELECT (SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count)";
        let pages_in_use: i64 = conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counted) = &*counted {
            let moved = (pages_in_use - counted.pages_in_use).abs();
            let is_recent = now_ms.saturating_sub(counted.at_ms) < Self::AGAIN_AFTER_MS;
            if is_recent || moved <= Self::UNSEEN_PAGES.max(pages_in_use / Self::UNSEEN_PART) {
                return Ok(Arc::clone(&counted.bytes));
            }
        }
        let bytes = Arc::new(bytes(conn)?);
        *counted = Some(Counted { at_ms: now_ms, pages_in_use, bytes: Arc::clone(&bytes) });
        Ok(bytes)
    }
}

/// Returns the bytes of each table with its indexes, as SQLite's own `dbstat` counts pages.
fn bytes(conn: &Connection) -> Result<HashMap<String, u64>> {
    let sql = "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat AS d JOIN sqlite_schema AS s ON s.name = d.name \
               WHERE d.aggregate = TRUE GROUP BY s.tbl_name";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Count>(1)?.0)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
