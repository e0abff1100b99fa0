//! The self-audit: are the records here the server's, where nothing says otherwise (FAULTS I27)?
//!
//! Owns: when a set is due (once a day, and after somebody did not leave properly), its digest as this device has it, and
//! queueing the records that differ to be fetched singly; pending work meets what comes by the usual rules. Refuses:
//! asking the server (`tidemark-sync`), judging while anything is on its way: then the next time will do; and judging records
//! that are parked with an answer that never came.

use crate::error::Result;
use crate::open::lease::Lease;
use crate::tables::conflict;
use crate::tables::incident::{self, Incident};
use crate::tables::pending::{self, Change, Hold};
use crate::tables::position::{self, Position};
use crate::tables::refetch;
use crate::tables::retention::DAY_MS;
use crate::tables::row;
use crate::tables::setting;
use crate::tables::table::{ETAG, Table};
use crate::tables::value::{Key, cell};
use crate::tx::store::{Reading, Store};
use crate::tx::transaction::Tx;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::sync::Arc;
use tidemark_model::{BUCKETS, Bucket, Cell, Planted, RecordId, RowDigest, State, bucket_of, is_planted};
use tidemark_sql::quote;

/// How long after one audit of a set the next is due.
const AGAIN_AFTER_MS: i64 = DAY_MS;
/// So many records of a set are not fetched one by one: the set is read again from its start.
const MOST_SINGLY: usize = 2_000;

fn key(set: &str) -> String {
    format!("store.audited.{set}")
}

/// A set's records here, as they should be at its delta link.
#[derive(Clone, Debug)]
pub struct LocalAudit {
    /// The entity set.
    pub set: String,
    /// The delta link that they stand at.
    pub link: String,
    /// By the first byte of `Id`.
    pub buckets: Vec<Bucket>,
    /// Buckets whose records are not all compared by content: something of them is pending.
    pub partly: Vec<bool>,
}

/// A record as one side has it; without a content digest only its version is compared.
pub type AuditRow = (RecordId, RowDigest);

impl Store {
    /// Returns the sets whose audit is due. A set that is seen for the first time was read just now, and is due in a
    /// day.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub fn audits_due(&self) -> Result<Vec<String>> {
        if is_planted(Planted::A17bNoAudit) {
            return Ok(Vec::new());
        }
        let now_ms = self.inner.clock.now_ms();
        let (due, fresh) = self.read(|reading| {
            let (mut due, mut fresh) = (Vec::new(), Vec::new());
            for set in reading.catalog.push_order() {
                let stored = position::stored(reading.conn, set)?;
                if !matches!(stored.map(|stored| stored.position), Some(Position::Delta { .. })) {
                    continue;
                }
                match setting::get(reading.conn, &key(set))?.and_then(|text| text.parse::<i64>().ok()) {
                    Some(at) if (0..AGAIN_AFTER_MS).contains(&now_ms.saturating_sub(at)) => {}
                    Some(_) => due.push(set.clone()),
                    None => fresh.push(set.clone()),
                }
            }
            Ok((due, fresh))
        })?;
        if !fresh.is_empty() {
            self.write(|tx| fresh.iter().try_for_each(|set| audited(tx, set)))?;
        }
        Ok(due)
    }
}

/// What a server says of a set comes in under a lease: the account of the digests is the account that is written.
impl Lease {
    /// Digests a set; `None` while it is not idle: a change is in flight, or a record is to be fetched singly.
    ///
    /// # Errors
    /// The lease does not hold, or the database cannot be read.
    pub fn audit(&self, set: &str) -> Result<Option<LocalAudit>> {
        self.read(|reading| {
            let table = Arc::clone(reading.catalog.table(set)?);
            let Some(link) = link(reading.conn, set)?.filter(|_| is_idle(reading.conn, set).unwrap_or(false)) else {
                return Ok(None);
            };
            let mut audit = LocalAudit {
                set: set.to_owned(),
                link,
                buckets: vec![Bucket::default(); BUCKETS],
                partly: vec![false; BUCKETS],
            };
            rows(reading, &table, |id, row| {
                let bucket = bucket_of(id);
                match row {
                    Some((digest, is_pending)) => {
                        audit.buckets[bucket].add(digest);
                        audit.partly[bucket] |= is_pending;
                    }
                    None => audit.partly[bucket] = true,
                }
            })?;
            Ok(Some(audit))
        })
    }

    /// Takes in what the server has in some buckets, and queues what is otherwise here. Returns how many records that
    /// were; they are fetched by the next cycle. Where the set has moved on since, nothing is said of it.
    ///
    /// # Errors
    /// The lease does not hold, or the database cannot be written.
    pub fn heal(&self, set: &str, asked_at: &str, buckets: &[usize], server: &[AuditRow]) -> Result<u64> {
        let server: BTreeMap<RecordId, RowDigest> = server.iter().copied().collect();
        let (here, uncertain) = self.read(|reading| {
            let table = Arc::clone(reading.catalog.table(set)?);
            let mut here: BTreeMap<RecordId, (RowDigest, bool)> = BTreeMap::new();
            rows(reading, &table, |id, row| {
                if let Some(row) = row.filter(|_| buckets.contains(&bucket_of(id))) {
                    here.insert(id, row);
                }
            })?;
            Ok((here, pending::uncertain(reading.conn, set)?))
        })?;
        let is_told_by_nobody = |id: &RecordId| uncertain.contains(id);
        let differs = |id: &RecordId| match (here.get(id), server.get(id)) {
            (Some((here, is_pending)), Some(there)) => {
                here.identity != there.identity || !is_pending && here.content != there.content
            }
            (here, there) => here.is_some() != there.is_some(),
        };
        let mut differing: Vec<RecordId> = here.keys().chain(server.keys()).copied().filter(differs).collect();
        differing.retain(|id| !is_told_by_nobody(id));
        differing.sort_unstable();
        differing.dedup();
        self.write(|tx| {
            if link(tx.conn, set)?.as_deref() != Some(asked_at) || !is_idle(tx.conn, set)? {
                return Ok(0);
            }
            let table = Arc::clone(tx.catalog.table(set)?);
            if differing.len() > MOST_SINGLY {
                position::restart(tx, set)?;
            } else {
                differing.iter().try_for_each(|id| position::fetch_later(tx, &table, *id))?;
            }
            let records = differing.len() as u64;
            if records > 0 {
                incident::write(tx, &Incident::Healed { set: set.to_owned(), records })?;
            }
            audited(tx, set)?;
            Ok(records)
        })
    }

    /// Has a set read again from its start: so much of it is otherwise than at the server that looking closer costs more.
    /// What is pending stays. Returns 0 where the set has moved on since.
    ///
    /// # Errors
    /// The lease does not hold, or the database cannot be written.
    pub fn heal_whole(&self, set: &str, asked_at: &str) -> Result<u64> {
        self.write(|tx| {
            if link(tx.conn, set)?.as_deref() != Some(asked_at) {
                return Ok(0);
            }
            position::restart(tx, set)?;
            let table = tx.catalog.table(set)?;
            let records = row::count(tx.conn, table)?;
            incident::write(tx, &Incident::Healed { set: set.to_owned(), records: records.max(1) })?;
            audited(tx, set)?;
            Ok(records.max(1))
        })
    }

    /// Notes that a set was compared and nothing was found.
    ///
    /// # Errors
    /// The lease does not hold, or the database cannot be written.
    pub fn audit_passed(&self, set: &str) -> Result<()> {
        self.write(|tx| audited(tx, set))
    }
}

fn audited(tx: &Tx<'_>, set: &str) -> Result<()> {
    setting::set(tx.conn, &key(set), &tx.now_ms.to_string())
}

/// Makes every set due.
pub(crate) fn call_for(tx: &Tx<'_>) -> Result<()> {
    tx.catalog.tables().try_for_each(|table| setting::set(tx.conn, &key(&table.set.name), "0"))
}

fn link(conn: &Connection, set: &str) -> Result<Option<String>> {
    Ok(match position::stored(conn, set)?.map(|stored| stored.position) {
        Some(Position::Delta { link }) => Some(link),
        _ => None,
    })
}

fn is_idle(conn: &Connection, set: &str) -> Result<bool> {
    Ok(!pending::is_on_its_way(conn, set)? && !refetch::is_any_of(conn, set)?)
}

/// Hands every record to `take`, with its digest where the server should have it, and whether it is pending: then only
/// its version is compared.
fn rows(reading: &Reading<'_>, table: &Table, mut take: impl FnMut(RecordId, Option<(RowDigest, bool)>)) -> Result<()> {
    let names: Vec<String> = table.declared().map(|property| quote(&property.name)).collect();
    let names: String = names.iter().map(|name| format!(", {name}")).collect();
    let sql = format!("SELECT \"Id\", _State, {ETAG}{names} FROM {}", quote(&table.name));
    let width = table.declared().count();
    let mut statement = reading.conn.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        // A key that is none belongs to no record of the server's; what should stand there will be missed.
        let Ok(Key(id)) = row.get::<_, Key>(0) else { continue };
        if row.get_ref(1)?.as_i64().ok() != Some(State::None.code()) {
            take(id, pending(reading.conn, table, id)?.map(|digest| (digest, true)));
            continue;
        }
        let etag = row.get_ref(2)?.as_str().unwrap_or_default().to_owned();
        let cells = (3..3 + width).map(|column| row.get_ref(column).ok().and_then(|value| cell(value).ok()));
        // What cannot be read differs from everything.
        let cells: Option<Vec<Cell<'_>>> = cells.collect();
        take(id, Some((RowDigest::of(id, &etag, cells.unwrap_or_default().iter()), false)));
    }
    Ok(())
}

/// Digests the server's version under a pending change; `None` where the server should have no live one.
fn pending(conn: &Connection, table: &Table, id: RecordId) -> Result<Option<RowDigest>> {
    let Some(change): Option<Change> = pending::get(conn, &table.set.name, id)? else { return Ok(None) };
    let server = match change.hold {
        Hold::Conflict => conflict::of_record(conn, table, id)?.and_then(|open| open.server),
        Hold::Free | Hold::Parked => change.base,
    };
    let live = server.filter(|server| !server.record.is_tombstoned);
    Ok(live.map(|server| RowDigest::of_version(id, &server.etag)))
}
