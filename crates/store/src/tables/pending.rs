//! A pending change: what this device did to a record and has not settled, beside the record itself.
//!
//! Owns: the `pending` table. Refuses: keeping record and change in step (`local` does, in one place).

use crate::error::{Result, StoreError};
use crate::tables::row::Row;
use crate::tables::table::Table;
use crate::tables::value::{Count, Key, from_optional_text, to_text};
use crate::tx::transaction::Tx;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use tidemark_model::{CACHED_ENTITIES, Pending, Planted, Record, RecordId, State, Versioned, is_planted};

/// The table's name, and its column of record ids.
pub(crate) const TABLE: &str = "pending";
pub(crate) const RECORD: &str = "id";

/// Why a pending change is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Hold {
    /// It is.
    Free = 0,
    /// A person must decide first.
    Conflict = 1,
    /// The server refused it.
    Parked = 2,
}

impl Hold {
    fn from_code(code: i64) -> Self {
        [Self::Conflict, Self::Parked].into_iter().find(|hold| *hold as i64 == code).unwrap_or(Self::Free)
    }
}

/// A change as it was sent: enough to send exactly it again, whatever was edited since.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct InFlight {
    pub(crate) request_id: RecordId,
    pub(crate) first_sent_ms: i64,
    pub(crate) state: State,
    /// The record as it was when it was sent.
    pub(crate) record: Record,
    /// The ETag of the base; `None` for an addition.
    pub(crate) if_match: Option<String>,
    /// The properties in the body of an update; empty for an addition and a restore, which send them all.
    pub(crate) changed: Vec<String>,
    /// Whether an update restores a tombstoned record.
    pub(crate) restores: bool,
}

impl InFlight {
    /// Returns the record as the server has it of this change, which was made on `base`: a deletion sends nothing of what
    /// was typed before it.
    pub(crate) fn made<'r>(&'r self, base: Option<&'r Record>) -> &'r Record {
        base.filter(|_| self.state == State::Delete).unwrap_or(&self.record)
    }
}

/// Where a record stands whose confirmed changes are offered again to a restored server, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offer {
    /// The number of the confirmed change that is in flight now; `None` while what was in flight anyway comes first.
    pub(crate) sent: Option<i64>,
    /// Whether the server has an older version than this device had: what others made since is forgotten there.
    pub(crate) forgot: bool,
    /// Whether it was sent on top of what others made and this device has not seen.
    #[serde(default)]
    pub(crate) over_others: bool,
    /// Whether the server has some version of the record: then it has what this device added.
    #[serde(default)]
    pub(crate) is_there: bool,
}

/// The pending change of one record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) state: State,
    /// The server's version that the change was made on; `None` for an addition.
    pub(crate) base: Option<Versioned>,
    pub(crate) in_flight: Option<InFlight>,
    /// Whether the record has to be read before more of it is sent: it moved on the server while the change was in flight, and
    /// is fetched once the answer is here, or a property that it writes came back with the model.
    pub(crate) set_aside: bool,
    pub(crate) hold: Hold,
    /// Why it is parked.
    pub(crate) reason: Option<String>,
    /// How often the answer to the change in flight was no decision.
    pub(crate) attempts: u32,
    /// Set while what a restored server lost is offered again. The base is then the version that this device last had,
    /// and not what the change in flight was made on.
    pub(crate) offer: Option<Offer>,
    /// Changes of the record that were sent and not answered, and refused when they were sent again: the server may have
    /// them all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) doubts: Vec<InFlight>,
}

impl Change {
    /// Begins a change that no server has seen.
    pub(crate) fn new(state: State, base: Option<Versioned>) -> Self {
        Self {
            state,
            base,
            in_flight: None,
            set_aside: false,
            hold: Hold::Free,
            reason: None,
            attempts: 0,
            offer: None,
            doubts: Vec::new(),
        }
    }

    /// Begins a change on a clean row.
    pub(crate) fn on(row: &Row, state: State) -> Self {
        Self::new(state, Some(row.versioned()))
    }

    /// Returns the change as `reconcile` looks at it.
    pub(crate) fn pending<'r>(&'r self, local: &'r Record) -> Pending<'r> {
        Pending {
            state: self.state,
            base: self.base.as_ref(),
            in_flight: self.in_flight.as_ref().map(|sent| &sent.record),
            local,
        }
    }

    /// Tells whether the server may know the record: it has a base, or was sent and not answered.
    pub(crate) fn is_known_to_server(&self) -> bool {
        let was_sent = self.in_flight.is_some() || !self.doubts.is_empty();
        self.base.is_some() || was_sent && !is_planted(Planted::X23DeletedWhileOut)
    }

    /// Tells whether what the server has of it is read before anything goes over that.
    pub(crate) fn is_to_be_read(&self) -> bool {
        self.is_restore() || self.set_aside || !self.doubts.is_empty()
    }

    /// Tells whether it brings a tombstoned record back.
    pub(crate) fn is_restore(&self) -> bool {
        self.state == State::Update && self.base.as_ref().is_some_and(|base| base.record.is_tombstoned)
    }

    /// Lets a parked change be sent again.
    pub(crate) fn release(&mut self) {
        if self.hold == Hold::Parked && !is_planted(Planted::A13ParkedForGood) {
            self.hold = Hold::Free;
            self.reason = None;
            self.attempts = 0;
        }
    }
}

const COLUMNS: &str = "state, base, in_flight, set_aside, hold, reason, attempts, offer, doubts";

/// Reads a record's pending change.
pub(crate) fn get(conn: &Connection, set: &str, id: RecordId) -> Result<Option<Change>> {
    let sql = format!("SELECT {COLUMNS} FROM pending WHERE entity_set = ?1 AND id = ?2");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![set, Key(id)])?;
    rows.next()?.map(read).transpose()
}

/// Reads the pending change that must belong to a row which is not clean.
pub(crate) fn expect(conn: &Connection, set: &str, id: RecordId) -> Result<Change> {
    get(conn, set, id)?.ok_or_else(|| StoreError::Internal(format!("{set} {id} lacks its pending change")))
}

fn read(row: &rusqlite::Row<'_>) -> Result<Change> {
    let state = State::from_code(row.get(0)?);
    Ok(Change {
        state: state.ok_or_else(|| StoreError::Internal("a pending change has no state".to_owned()))?,
        base: from_optional_text(row.get(1)?)?,
        in_flight: from_optional_text(row.get(2)?)?,
        set_aside: row.get(3)?,
        hold: Hold::from_code(row.get(4)?),
        reason: row.get(5)?,
        attempts: row.get(6)?,
        offer: from_optional_text(row.get(7)?)?,
        doubts: from_optional_text(row.get(8)?)?.unwrap_or_default(),
    })
}

/// Writes a record's pending change; its place in the queue stays.
pub(crate) fn put(tx: &Tx<'_>, set: &str, id: RecordId, change: &Change) -> Result<()> {
    let sql = format!(
        "INSERT INTO pending (entity_set, id, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
         ON CONFLICT (entity_set, id) DO UPDATE SET state = ?3, base = ?4, in_flight = ?5, set_aside = ?6, \
         hold = ?7, reason = ?8, attempts = ?9, offer = ?10, doubts = ?11"
    );
    tx.conn.prepare_cached(&sql)?.execute(params![
        set,
        Key(id),
        change.state.code(),
        change.base.as_ref().map(to_text).transpose()?,
        change.in_flight.as_ref().map(to_text).transpose()?,
        change.set_aside,
        change.hold as i64,
        change.reason,
        change.attempts,
        change.offer.as_ref().map(to_text).transpose()?,
        Some(&change.doubts).filter(|doubts| !doubts.is_empty()).map(to_text).transpose()?,
    ])?;
    Ok(())
}

/// Writes that a change is in flight from now on; the rest of it stays as it is.
pub(crate) fn put_in_flight(tx: &Tx<'_>, set: &str, id: RecordId, sent: &InFlight) -> Result<()> {
    let sql = "UPDATE pending SET in_flight = ?3, attempts = 0 WHERE entity_set = ?1 AND id = ?2";
    tx.conn.prepare_cached(sql)?.execute(params![set, Key(id), to_text(sent)?])?;
    Ok(())
}

/// Forgets a record's pending change.
pub(crate) fn remove(tx: &Tx<'_>, set: &str, id: RecordId) -> Result<()> {
    tx.conn.prepare_cached("DELETE FROM pending WHERE entity_set = ?1 AND id = ?2")?.execute(params![set, Key(id)])?;
    Ok(())
}

/// Reads a record's pending change, and its place in the queue.
pub(crate) fn placed(conn: &Connection, set: &str, id: RecordId) -> Result<Option<(i64, Change)>> {
    let sql = format!("SELECT {COLUMNS}, order_no FROM pending WHERE entity_set = ?1 AND id = ?2");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![set, Key(id)])?;
    rows.next()?.map(|row| Ok((row.get(9)?, read(row)?))).transpose()
}

/// Reads the pending change at a place in the queue, and whose it is.
pub(crate) fn at(conn: &Connection, order_no: i64) -> Result<Option<(String, RecordId, Change)>> {
    let sql = format!("SELECT {COLUMNS}, entity_set, id FROM pending WHERE order_no = ?1");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([order_no])?;
    rows.next()?.map(|row| Ok((row.get(9)?, row.get::<_, Key>(10)?.0, read(row)?))).transpose()
}

/// What a list shows beside a record needs this much of its pending change.
pub(crate) fn hold_and_sending(conn: &Connection, set: &str, id: RecordId) -> Result<Option<(Hold, bool)>> {
    let sql = "SELECT hold, sending FROM pending WHERE entity_set = ?1 AND id = ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_row(params![set, Key(id)], |row| Ok((Hold::from_code(row.get(0)?), row.get(1)?)));
    Ok(found.optional()?)
}

/// Counts the unsettled records of a set.
pub(crate) fn count(conn: &Connection, set: &str) -> Result<u64> {
    let sql = "SELECT count(*) FROM pending WHERE entity_set = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([set], |row| row.get(0).map(|Count(n)| n))?)
}

/// Counts the unsettled records of all sets but the choice of sets.
pub(crate) fn count_work(conn: &Connection) -> Result<u64> {
    let sql = "SELECT count(*) FROM pending WHERE entity_set <> ?1";
    Ok(conn.prepare_cached(sql)?.query_row([CACHED_ENTITIES], |row| row.get(0).map(|Count(n)| n))?)
}

/// The change in flight of the record `?2` of the set `?1`, as a value of a statement.
pub(crate) const IN_FLIGHT: &str = "SELECT in_flight FROM pending WHERE entity_set = ?1 AND id = ?2";
/// Every change, as a table of a statement: set and record.
pub(crate) const ALL: &str = "SELECT entity_set, id FROM pending";
/// The records of the set `?1`, as a table of a statement.
pub(crate) const OF_SET: &str = "SELECT id FROM pending WHERE entity_set = ?1";
/// The changes that an open question holds, as a table of a statement.
pub(crate) const ASKED: &str = "SELECT entity_set, id FROM pending WHERE hold = 1";

/// Writes the SQL of the place in the queue of the change of that set and record.
pub(crate) fn place_of(set: &str, id: &str) -> String {
    format!("(SELECT order_no FROM pending AS change WHERE change.entity_set = {set} AND change.id = {id})")
}

/// Returns the records of a set that something is pending for.
pub(crate) fn of_set(conn: &Connection, set: &str) -> Result<Vec<RecordId>> {
    let mut statement = conn.prepare_cached(OF_SET)?;
    let ids = statement.query_map([set], |row| row.get::<_, Key>(0).map(|key| key.0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// Returns every record that something is pending for, in the order of the queue.
pub(crate) fn all(conn: &Connection) -> Result<Vec<(String, RecordId)>> {
    let mut statement = conn.prepare(&format!("{ALL} ORDER BY order_no"))?;
    let ids = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Key>(1)?.0)))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// Tells whether anything is pending.
pub(crate) fn is_any(conn: &Connection) -> Result<bool> {
    Ok(conn.prepare_cached("SELECT 1 FROM pending LIMIT 1")?.exists([])?)
}

/// Tells whether anything is to be sent.
pub(crate) fn is_any_free(conn: &Connection) -> Result<bool> {
    Ok(conn.prepare_cached("SELECT 1 FROM pending WHERE hold = 0 LIMIT 1")?.exists([])?)
}

/// Tells whether a change of a set is in flight, or a version of the server's was set aside for its answer. What is parked is
/// on no way: it may stay so for ever.
pub(crate) fn is_on_its_way(conn: &Connection, set: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM pending WHERE entity_set = ?1 AND (in_flight IS NOT NULL OR set_aside <> 0) AND hold <> 2 LIMIT 1";
    Ok(conn.prepare_cached(sql)?.exists([set])?)
}

/// Returns the parked records of a set of which nobody knows what the server has.
pub(crate) fn uncertain(conn: &Connection, set: &str) -> Result<HashSet<RecordId>> {
    let sql = "SELECT id FROM pending WHERE entity_set = ?1 AND hold = 2 \
               AND (in_flight IS NOT NULL OR set_aside <> 0 OR doubts IS NOT NULL)";
    let mut statement = conn.prepare_cached(sql)?;
    let ids = statement.query_map([set], |row| row.get::<_, Key>(0).map(|key| key.0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// Returns what is to be sent of a set, with each place in the queue, behind the place `after`.
pub(crate) fn next(
    conn: &Connection,
    set: &str,
    sending: bool,
    deletes: bool,
    after: i64,
    limit: usize,
) -> Result<Vec<(i64, RecordId)>> {
    let sql = "SELECT order_no, id FROM pending WHERE entity_set = ?1 AND hold = 0 AND sending = ?2 AND deletes = ?3 \
               AND order_no > ?4 ORDER BY order_no LIMIT ?5";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params![set, sending, deletes, after, limit as i64], |row| {
        Ok((row.get(0)?, row.get::<_, Key>(1)?.0))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Counts the changes that are to be sent, but for those of the choice of sets, and those that are parked.
pub(crate) fn count_free_and_parked(conn: &Connection) -> Result<(u64, u64)> {
    let sql = "SELECT (SELECT count(*) FROM pending WHERE hold = 0 AND entity_set <> ?1), \
               (SELECT count(*) FROM pending WHERE hold = 2)";
    let mut statement = conn.prepare_cached(sql)?;
    let count = |row: &rusqlite::Row<'_>, column| row.get(column).map(|Count(n)| n);
    Ok(statement.query_row([CACHED_ENTITIES], |row| Ok((count(row, 0)?, count(row, 1)?)))?)
}

/// Counts the changes of each set that has any.
pub(crate) fn count_by_set(conn: &Connection) -> Result<HashMap<String, u64>> {
    let mut statement = conn.prepare_cached("SELECT entity_set, count(*) FROM pending GROUP BY entity_set")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Count>(1)?.0)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Counts the deletions of a set that are not settled.
pub(crate) fn count_deletions(conn: &Connection, set: &str) -> Result<u64> {
    let sql = "SELECT count(*) FROM pending WHERE entity_set = ?1 AND state = ?2";
    let mut statement = conn.prepare_cached(sql)?;
    Ok(statement.query_row(params![set, State::Delete.code()], |row| row.get(0).map(|Count(n)| n))?)
}

/// Returns what is parked, with the reason, longest pending first.
pub(crate) fn parked(conn: &Connection) -> Result<Vec<(String, RecordId, Option<String>)>> {
    let sql = "SELECT entity_set, id, reason FROM pending WHERE hold = 2 ORDER BY order_no";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Key>(1)?.0, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Parks everything of a set that is to be sent.
pub(crate) fn park_set(tx: &Tx<'_>, set: &str, reason: &str) -> Result<()> {
    tx.conn.execute("UPDATE pending SET hold = 2, reason = ?2 WHERE entity_set = ?1 AND hold = 0", [set, reason])?;
    Ok(())
}

/// Queues again what was parked of a set for this reason.
pub(crate) fn release_set(tx: &Tx<'_>, set: &str, reason: &str) -> Result<()> {
    let sql = "UPDATE pending SET hold = 0, reason = NULL WHERE entity_set = ?1 AND hold = 2 AND reason = ?2";
    tx.conn.execute(sql, [set, reason])?;
    Ok(())
}

/// Parks a change without reading it.
pub(crate) fn park_unread(tx: &Tx<'_>, set: &str, id: RecordId, reason: &str) -> Result<()> {
    let sql = "UPDATE pending SET hold = 2, reason = ?3 WHERE entity_set = ?1 AND id = ?2";
    tx.conn.prepare_cached(sql)?.execute(params![set, Key(id), reason])?;
    Ok(())
}

/// Returns the records of a set that wait, not in flight and with no question open, on a version that an enumeration did
/// not see.
pub(crate) fn unseen(conn: &Connection, table: &Table, generation: i64) -> Result<Vec<RecordId>> {
    let sql = format!(
        "SELECT id FROM pending WHERE entity_set = ?1 AND in_flight IS NULL AND base IS NOT NULL AND hold <> 1 \
         AND id IN ({})",
        table.pending_before
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let ids = statement.query_map(params![table.set.name, generation], |row| row.get::<_, Key>(0).map(|key| key.0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// Has the records fetched, once their answer is in, that were sent and that an enumeration did not see.
pub(crate) fn set_unseen_aside(tx: &Tx<'_>, table: &Table, generation: i64) -> Result<()> {
    let sql = format!(
        "UPDATE pending SET set_aside = 1 WHERE entity_set = ?1 AND in_flight IS NOT NULL AND id IN ({})",
        table.pending_before
    );
    tx.conn.prepare_cached(&sql)?.execute(params![table.set.name, generation])?;
    Ok(())
}

/// Returns what is there, as far as it can be read: the place in the queue, the set and the record.
pub(crate) fn readable(conn: &Connection) -> Result<Vec<(i64, String, Option<RecordId>)>> {
    let mut statement = conn.prepare("SELECT order_no, entity_set, id FROM pending")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Key>(2).ok().map(|k| k.0))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Forgets the change at a place in the queue.
pub(crate) fn remove_at(tx: &Tx<'_>, order_no: i64) -> Result<()> {
    tx.conn.execute("DELETE FROM pending WHERE order_no = ?1", [order_no])?;
    Ok(())
}
