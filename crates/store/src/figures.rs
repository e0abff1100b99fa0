//! How much is here and how much waits: the figures of the status line and of Offline Sync Settings.
//!
//! Owns: counting, from indexes where there is one. Refuses: keeping counters that could disagree with the tables
//! (promise 9).

use crate::choice;
use crate::error::Result;
use crate::position;
use crate::read;
use crate::store::Store;
use crate::types::{Counts, EntityFigures};
use crate::value::Count;
use rusqlite::Connection;
use std::collections::HashMap;
use tidemark_model::CACHED_ENTITIES;

impl Store {
    /// Counts what waits, is asked about, or was refused.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn counts(&self) -> Result<Counts> {
        self.read(|reading| {
            let sql = "SELECT (SELECT count(*) FROM pending WHERE hold = 0 AND entity_set <> ?1), \
                       (SELECT count(*) FROM conflict), (SELECT count(*) FROM pending WHERE hold = 2)";
            let mut statement = reading.conn.prepare_cached(sql)?;
            let counts = statement.query_row([CACHED_ENTITIES], |row| {
                let count = |column| row.get(column).map(|Count(n)| n);
                Ok(Counts { pending: count(0)?, conflicts: count(1)?, parked: count(2)? })
            })?;
            Ok(counts)
        })
    }

    /// Returns every entity set's figures, in model order; without a model there are none.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn entities(&self) -> Result<Vec<EntityFigures>> {
        self.read(|reading| {
            let bytes = bytes(reading.conn)?;
            let pending = pending(reading.conn)?;
            let mut figures = Vec::new();
            for table in reading.catalog.tables() {
                let name = table.set.name.clone();
                let position = position::stored(reading.conn, &name)?;
                figures.push(EntityFigures {
                    offline: position.is_some(),
                    policy: choice::policy(reading.conn, &reading.catalog, &name)?,
                    records: read::live(reading, table)?,
                    bytes: bytes.get(&table.name).copied().unwrap_or(0),
                    pending: pending.get(&name).copied().unwrap_or(0),
                    first_sync: position.and_then(|position| position.first_sync()),
                    name,
                });
            }
            Ok(figures)
        })
    }
}

fn pending(conn: &Connection) -> Result<HashMap<String, u64>> {
    let mut statement = conn.prepare_cached("SELECT entity_set, count(*) FROM pending GROUP BY entity_set")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Count>(1)?.0)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Returns the bytes of each table with its indexes, as SQLite's own `dbstat` counts pages.
fn bytes(conn: &Connection) -> Result<HashMap<String, u64>> {
    let sql = "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat AS d JOIN sqlite_schema AS s ON s.name = d.name \
               WHERE d.aggregate = TRUE GROUP BY s.tbl_name";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Count>(1)?.0)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
