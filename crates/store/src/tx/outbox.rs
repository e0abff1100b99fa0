//! Pending work in two places: every write transaction tells `outbox.log` what it changed of what waits (FAULTS D7, D10).
//!
//! Owns: that a line is on the disk before the database commits, and writing the log anew from the database. Both carry
//! the number of the last transaction that changed something pending. Refuses: the two being at odds (`outbox_level`).

use crate::error::{Result, StoreError};
use crate::tables::account::ACCOUNT;
use crate::tables::catalog::{self, Catalog, DOCUMENT, SHAPES};
use crate::tables::conflict;
use crate::tables::pending::{self, Change, Hold};
use crate::tables::row;
use crate::tables::schema::VERSION;
use crate::tables::setting;
use crate::tables::shape;
use crate::tables::table::Table;
use crate::tables::value::to_text;
use crate::tx::folder::LogFile;
use crate::tx::outbox_log::{self as log, Entry, Line};
use crate::tx::touched::Touch;
use crate::tx::transaction::Tx;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use tidemark_model::{Planted, Record, RecordId, is_planted};

/// Begins with `device`: it outlives signing out, as the file does.
pub(crate) const STORED: &str = "device.outbox";

/// A file below this is never written anew for its size.
const SMALL: u64 = 64 << 10;
/// A file that grew to this many times what it held when it was last written anew is written anew.
const GROWTH: u64 = 4;
/// ... but not below this.
const LARGE: u64 = 1 << 20;

/// What the database knows of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) log: RecordId,
    file: RecordId,
    pub(super) number: i64,
    length: u64,
    /// The file's length when it was last written anew.
    snapshot: u64,
}

/// What was appended for a transaction that is not committed yet: it is taken back unless the commit came.
#[derive(Debug)]
pub(crate) struct Appended<'p> {
    log: &'p LogFile,
    cut_to: Option<u64>,
    /// Whether the file is worth writing anew.
    pub(crate) is_long: bool,
}

impl Appended<'_> {
    /// Keeps it: the database has committed.
    pub(crate) fn committed(mut self) -> bool {
        self.cut_to = None;
        self.is_long
    }
}

impl Drop for Appended<'_> {
    fn drop(&mut self) {
        if let Some(length) = self.cut_to {
            log::cut(self.log, length);
        }
    }
}

pub(super) fn stored(conn: &Connection) -> Result<Option<Stored>> {
    // What cannot be read was not written by this program: the log is written anew.
    Ok(setting::get(conn, STORED)?.and_then(|text| serde_json::from_str(&text).ok()))
}

fn store(conn: &Connection, stored: &Stored) -> Result<()> {
    setting::set(conn, STORED, &to_text(stored)?)
}

/// Tells whether the log is as long as the database knows it.
pub(crate) fn is_level(conn: &Connection, log: &LogFile) -> Result<bool> {
    Ok(stored(conn)?.map(|stored| stored.length) == log::length(log))
}

/// Finds the table of a set, also of one that left the model with something pending.
pub(crate) fn table(tx: &Tx<'_>, set: &str) -> Result<Option<Arc<Table>>> {
    let catalog = catalog::now(tx.conn, &tx.catalog)?;
    table_in(tx, &catalog, set)
}

fn table_in(tx: &Tx<'_>, catalog: &Catalog, set: &str) -> Result<Option<Arc<Table>>> {
    match catalog.table(set) {
        Ok(table) => Ok(Some(Arc::clone(table))),
        Err(StoreError::UnknownSet(_) | StoreError::NotSignedIn) => Ok(shape::left(tx.conn, set)?.map(Arc::new)),
        Err(error) => Err(error),
    }
}

/// Reads what waits for a record.
pub(crate) fn of_record(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<Option<Entry>> {
    let placed = pending::placed(tx.conn, &table.set.name, id)?;
    placed.map(|(order_no, change)| entry(tx, table, id, order_no, change)).transpose()
}

fn entry(tx: &Tx<'_>, table: &Table, id: RecordId, order_no: i64, change: Change) -> Result<Entry> {
    let row = row::get(tx.conn, table, id)?;
    let record = row.map_or_else(|| Record::new(id, 0), |row| row.record);
    let open = if change.hold == Hold::Conflict { conflict::of_record(tx.conn, table, id)? } else { None };
    Ok(Entry { set: table.set.name.clone(), id, order_no, record, change, open, sends_record: false })
}

/// Returns what the log is to be told of what was touched; nothing where that is what it says already.
fn told(tx: &Tx<'_>, catalog: &Catalog, touch: &Touch) -> Result<Option<Line>> {
    let line = match touch {
        Touch::Setting(key) => {
            let value = setting::get(tx.conn, key)?;
            Some(match key.strip_prefix(SHAPES) {
                Some(set) => Line::Shape { set: set.to_owned(), document: value },
                None if key == ACCOUNT => Line::Account(value),
                None => Line::Model(value),
            })
        }
        Touch::Place(order_no) => {
            // What is gone again is noted as a record.
            let Some((set, id, change)) = pending::at(tx.conn, *order_no)? else { return Ok(None) };
            let table = table_in(tx, catalog, &set)?;
            let entry = table.map(|table| entry(tx, &table, id, *order_no, change)).transpose()?;
            entry.map(|entry| Line::Pending(Box::new(entry.short())))
        }
        Touch::Record(set, id) => match table_in(tx, catalog, set)? {
            Some(table) => Some(match of_record(tx, &table, *id)? {
                Some(entry) => Line::Pending(Box::new(entry.short())),
                None => Line::Settled { set: set.clone(), id: *id },
            }),
            // What waits in a set that nobody knows is not settled: the log keeps its last word on it.
            None if pending::get(tx.conn, set, *id)?.is_some() => None,
            None => Some(Line::Settled { set: set.clone(), id: *id }),
        },
    };
    Ok(line)
}

/// Tells the log what the transaction changed of what waits; nothing is written where it changed nothing.
pub(crate) fn append<'p>(tx: &Tx<'_>, log: &'p LogFile) -> Result<Option<Appended<'p>>> {
    let mut lines = Vec::new();
    // What the log says, it says under the model that the transaction leaves behind: a set may have come back with it.
    let catalog = catalog::now(tx.conn, &tx.catalog)?;
    let touched = tx.touched.take();
    let mut times: HashMap<&Touch, u32> = HashMap::with_capacity(touched.len());
    for touch in &touched {
        *times.entry(touch).or_default() += 1;
    }
    for touch in &touched {
        // Told at its first place, and once.
        let Some(times) = times.remove(touch) else { continue };
        // Its writer had it whole, and wrote it once: nothing was written there since.
        if let Touch::Place(order_no) = touch
            && let Some(line) = tx.handed_over(*order_no)
            && times == 1
        {
            lines.extend(line);
            continue;
        }
        match told(tx, &catalog, touch) {
            Ok(Some(line)) => log::write_line(&mut lines, &line)?,
            // What a flipped byte made unreadable here, the log still has as it was.
            Ok(None) | Err(StoreError::Internal(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let signs_out = is_planted(Planted::X11SignOutKeepsTheLog) && setting::get(tx.conn, ACCOUNT)?.is_none();
    let is_silent = is_planted(Planted::A17NoOutboxLog) || is_planted(Planted::F4NothingIsFlushed);
    if lines.is_empty() || signs_out || is_silent {
        return Ok(None);
    }
    let Some(mut known) = stored(tx.conn)? else {
        begin(tx, log, tx.fresh_id(), 1)?;
        return Ok(None);
    };
    known.number += 1;
    log::write_line(&mut lines, &Line::End { number: known.number })?;
    let before = known.length;
    known.length += lines.len() as u64;
    store(tx.conn, &known)?;
    log::append(log, &lines)?;
    let is_long =
        known.length > SMALL && (known.length > LARGE.max(GROWTH * known.snapshot) || !pending::is_any(tx.conn)?);
    Ok(Some(Appended { log, cut_to: Some(before), is_long }))
}

/// Writes the log anew: who is signed in, the model, what sets that left it looked like, and everything that waits.
pub(super) fn begin(tx: &Tx<'_>, at: &LogFile, owner: RecordId, number: i64) -> Result<()> {
    if is_planted(Planted::X11SignOutKeepsTheLog) && setting::get(tx.conn, ACCOUNT)?.is_none() {
        return Ok(());
    }
    let file = tx.fresh_id();
    let mut bytes = Vec::new();
    log::write_line(&mut bytes, &Line::Begin { log: owner, file, number, schema: VERSION })?;
    log::write_line(&mut bytes, &Line::Account(setting::get(tx.conn, ACCOUNT)?))?;
    log::write_line(&mut bytes, &Line::Model(setting::get(tx.conn, DOCUMENT)?))?;
    for (set, document) in setting::beginning_with(tx.conn, SHAPES)? {
        log::write_line(&mut bytes, &Line::Shape { set, document: Some(document) })?;
    }
    let catalog = catalog::now(tx.conn, &tx.catalog)?;
    for (set, id) in pending::all(tx.conn)? {
        if let Some(table) = table_in(tx, &catalog, &set)?
            && let Some(entry) = of_record(tx, &table, id)?
        {
            log::write_line(&mut bytes, &Line::Pending(Box::new(entry.short())))?;
        }
    }
    log::write_line(&mut bytes, &Line::End { number })?;
    log::replace(at, &bytes)?;
    tx.touched.clear();
    let length = bytes.len() as u64;
    store(tx.conn, &Stored { log: owner, file, number, length, snapshot: length })
}
