//! Copying a table row by row around the places that cannot be read.
//!
//! Owns: reading from both ends of a range of rows until something cannot be read, and halving what is left between.
//! Refuses: knowing what a row means, but for whether it can be read back.

use crate::error::Result;
use crate::tables::conflict;
use crate::tables::local;
use crate::tables::pending;
use crate::tables::row;
use crate::tables::value::Key;
use crate::tx::outbox;
use crate::tx::transaction::Tx;
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, Statement, params, params_from_iter};
use tidemark_sql::quote;

/// Reads that one table may cost beyond the first two.
const PATIENCE: u32 = 20_000;

/// Copies the rows that can be read; returns in how many places something could not.
pub(super) fn table(old: &Connection, new: &Connection, name: &str) -> Result<u64> {
    let columns = common_columns(old, new, name)?;
    if columns.is_empty() {
        return Ok(1);
    }
    let list = columns.iter().map(|column| quote(column)).collect::<Vec<_>>().join(", ");
    let binds = (1..=columns.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
    let insert = format!("INSERT OR IGNORE INTO {} ({list}) VALUES ({binds})", quote(name));
    let mut copy = Copy { old, insert: new.prepare(&insert)?, width: columns.len(), unreadable: 0, probes: 0 };
    let from = format!("SELECT {list} FROM {}", quote(name));
    if old.prepare(&format!("SELECT rowid FROM {}", quote(name))).is_ok() {
        copy.span(&format!("rowid, {list} FROM {}", quote(name)), i64::MIN, i64::MAX)?;
    } else {
        let key = key_columns(new, name)?;
        let order = |direction: &str| {
            let keys = key.iter().map(|key| format!("{} {direction}", quote(key))).collect::<Vec<_>>();
            format!("{from} ORDER BY {}", keys.join(", "))
        };
        if !copy.all(&order("ASC"))? {
            copy.unreadable += 1;
            copy.all(&order("DESC"))?;
        }
    }
    Ok(copy.unreadable)
}

struct Copy<'c> {
    old: &'c Connection,
    insert: Statement<'c>,
    width: usize,
    unreadable: u64,
    probes: u32,
}

impl Copy<'_> {
    /// Writes a row; one that breaks a rule of its table cannot have been read as it was written.
    fn put(&mut self, values: Vec<Value>) -> Result<()> {
        match self.insert.execute(params_from_iter(values)) {
            Ok(_) => Ok(()),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                self.unreadable += 1;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Copies rows of a statement until one cannot be read; tells whether all could.
    fn all(&mut self, sql: &str) -> Result<bool> {
        let Ok(mut statement) = self.old.prepare(sql) else { return Ok(false) };
        let Ok(mut rows) = statement.query([]) else { return Ok(false) };
        loop {
            match rows.next() {
                Ok(Some(row)) => match values(row, 0, self.width) {
                    Some(values) => self.put(values)?,
                    None => self.unreadable += 1,
                },
                Ok(None) => return Ok(true),
                Err(_) => return Ok(false),
            }
        }
    }

    /// Copies the rows of a range of row numbers from both ends, and halves what is left between.
    fn span(&mut self, columns: &str, first: i64, last: i64) -> Result<()> {
        let mut spans = vec![(first, last)];
        while let Some((first, last)) = spans.pop() {
            self.probes += 1;
            if self.probes > PATIENCE {
                self.unreadable += 1;
                return Ok(());
            }
            let Some(reached) = self.run(columns, "ASC", first, last)? else { continue };
            let first = reached.map_or(first, |row| row.saturating_add(1));
            if first > last {
                self.unreadable += 1;
                continue;
            }
            let Some(reached) = self.run(columns, "DESC", first, last)? else { continue };
            let last = reached.map_or(last, |row| row.saturating_sub(1));
            if first >= last {
                self.unreadable += 1;
                continue;
            }
            let middle = first + ((i128::from(last) - i128::from(first)) / 2) as i64;
            spans.push((first, middle));
            spans.push((middle + 1, last));
        }
        Ok(())
    }

    /// Copies rows in one direction; `None` where all could be read, else the last row that could.
    fn run(&mut self, columns: &str, direction: &str, first: i64, last: i64) -> Result<Option<Option<i64>>> {
        let sql = format!("SELECT {columns} WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid {direction}");
        let mut reached = None;
        let Ok(mut statement) = self.old.prepare_cached(&sql) else { return Ok(Some(reached)) };
        let Ok(mut rows) = statement.query(params![first, last]) else { return Ok(Some(reached)) };
        loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let Ok(number) = row.get::<_, i64>(0) else { return Ok(Some(reached)) };
                    if !(first..=last).contains(&number) {
                        return Ok(Some(reached));
                    }
                    reached = Some(number);
                    match values(row, 1, self.width) {
                        Some(values) => self.put(values)?,
                        None => self.unreadable += 1,
                    }
                }
                Ok(None) => return Ok(None),
                Err(_) => return Ok(Some(reached)),
            }
        }
    }
}

fn values(row: &rusqlite::Row<'_>, from: usize, width: usize) -> Option<Vec<Value>> {
    (from..from + width).map(|column| row.get(column).ok()).collect()
}

/// Returns the columns that both tables have and that can be written.
fn common_columns(old: &Connection, new: &Connection, table: &str) -> Result<Vec<String>> {
    let before = columns(old, table).unwrap_or_default();
    Ok(columns(new, table)?.into_iter().filter(|column| before.contains(column)).collect())
}

fn columns(conn: &Connection, table: &str) -> Result<Vec<String>> {
    let mut statement = conn.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

fn key_columns(conn: &Connection, table: &str) -> Result<Vec<String>> {
    let mut statement = conn.prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// Drops copied rows whose content makes no sense, and what waits for a record that is not there; a record that waits
/// for nothing is read again. Returns how many.
pub(super) fn drop_unreadable(tx: &Tx<'_>) -> Result<u64> {
    let mut dropped = 0;
    for table in tx.catalog.tables() {
        let mut bad = Vec::new();
        let mut numbers = tx.conn.prepare(&format!("SELECT rowid, \"Id\" FROM {}", quote(&table.name)))?;
        let mut rows = numbers.query([])?;
        while let Some(found) = rows.next()? {
            let is_read = found.get::<_, Key>(1).is_ok_and(|id| matches!(row::get(tx.conn, table, id.0), Ok(Some(_))));
            if !is_read {
                bad.push(found.get::<_, i64>(0)?);
            }
        }
        drop(rows);
        for number in bad {
            tx.conn.execute(&format!("DELETE FROM {} WHERE rowid = ?1", quote(&table.name)), [number])?;
            dropped += 1;
        }
        local::clean_orphans(tx, table)?;
    }
    for (number, set, id) in pending::readable(tx.conn)? {
        let is_read = match (id, outbox::table(tx, &set)) {
            (Some(id), Ok(Some(table))) => {
                matches!(pending::get(tx.conn, &set, id), Ok(Some(_)))
                    && matches!(row::get(tx.conn, &table, id), Ok(Some(_)))
            }
            _ => false,
        };
        if !is_read {
            pending::remove_at(tx, number)?;
            dropped += 1;
        }
    }
    dropped += conflict::remove_orphans(tx)?;
    Ok(dropped)
}
