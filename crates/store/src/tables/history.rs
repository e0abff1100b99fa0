//! What happened to a record: changes of both sides, decisions, and the sides that did not stand, whole.
//!
//! Owns: the `history` table. One entry per version of the server, whoever tells of it first; so typing does not flood
//! it: an own edit is written down when the server has it. Refuses: its words (`tidemark_model::HistoryEvent`), and the
//! choice of what is kept offline, which is nobody's work. FAULTS I13: losing sides stay at least 90 days; everything
//! here stays 400.

mod entry;

pub use entry::{HistoryEntry, Origin, PropertyChange};

use crate::error::Result;
use crate::tables::pending::Change;
use crate::tables::table::Table;
use crate::tables::value::{Key, from_optional_text, to_text};
use crate::tx::transaction::Tx;
use rusqlite::{Connection, OptionalExtension, params};
use tidemark_model::{HistoryEvent, Record, RecordId, Versioned, Word, can_bring_back, changed_properties};

/// The table's name.
pub(crate) const TABLE: &str = "history";

/// Who did it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'e> {
    /// The account that is signed in, on this device.
    Me,
    /// Whoever the server says.
    Account(Option<&'e str>),
}

/// An entry to write.
#[derive(Debug)]
pub(crate) struct Entry<'e> {
    pub(crate) event: HistoryEvent,
    pub(crate) by: By<'e>,
    pub(crate) by_policy: bool,
    /// Whether somebody chose: Activity lists it.
    pub(crate) decision: bool,
    /// When, where that is not now.
    pub(crate) at: Option<i64>,
    /// The version that it made, where the server has one.
    pub(crate) etag: Option<&'e str>,
    pub(crate) changes: Vec<PropertyChange>,
    pub(crate) record: Option<&'e Record>,
}

impl<'e> Entry<'e> {
    /// Begins an entry about something that happened on this device just now.
    pub(crate) fn here(event: HistoryEvent, record: Option<&'e Record>) -> Self {
        let (by, changes) = (By::Me, Vec::new());
        Self { event, by, by_policy: false, decision: false, at: None, etag: None, changes, record }
    }

    /// Begins an entry about a deletion on this device. What was typed into the record and never sent went with it, so
    /// the entry says what it had been typed over: `known`, as far as anything was known of the server's version.
    pub(crate) fn deleted(lost: &'e Record, known: Option<&Record>) -> Self {
        let changes = known.map_or_else(Vec::new, |known| changes(Some(lost), known));
        Self { changes, ..Self::here(HistoryEvent::Deleted, Some(lost)) }
    }
}

/// Returns what changed between two versions; everything that has a value where there was none before.
pub(crate) fn changes(before: Option<&Record>, after: &Record) -> Vec<PropertyChange> {
    let change = |name: &str| PropertyChange {
        property: name.to_owned(),
        from: before.map_or(serde_json::Value::Null, |before| before.get(name).clone()),
        to: after.get(name).clone(),
        side: None,
    };
    match before {
        Some(before) => changed_properties(before, after).into_iter().map(change).collect(),
        None => after.properties.iter().filter(|(_, v)| !v.is_null()).map(|(name, _)| change(name)).collect(),
    }
}

/// Writes an entry.
pub(crate) fn write(tx: &Tx<'_>, table: &Table, id: RecordId, entry: &Entry<'_>) -> Result<()> {
    let set = &table.set.name;
    if !table.set.is_work() {
        return Ok(());
    }
    let me = tx.me()?;
    let (by, device) = match entry.by {
        By::Me => (me.user.as_deref(), me.device.as_deref()),
        By::Account(name) => (name, None),
    };
    let now = tx.server_now_ms()?;
    let at = match entry.at {
        Some(at) => at,
        // What happens here comes after everything that is known of the record, whatever the clocks say.
        None => now.max(newest_at(tx.conn, set, id)?),
    };
    let sql = "INSERT INTO history \
               (entity_set, id, at, event, by, record, by_policy, decision, device, etag, changes, kept_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    tx.conn.prepare_cached(sql)?.execute(params![
        set,
        Key(id),
        at,
        entry.event.as_str(),
        by,
        entry.record.map(to_text).transpose()?,
        entry.by_policy,
        entry.decision,
        device,
        entry.etag,
        changes_text(&entry.changes)?,
        now,
    ])?;
    Ok(())
}

/// Writes an entry about a version of the server, unless that one is known.
pub(crate) fn write_version(tx: &Tx<'_>, table: &Table, id: RecordId, entry: &Entry<'_>) -> Result<()> {
    match entry.etag {
        None | Some("") => Ok(()),
        Some(etag) if number_of(tx.conn, &table.set.name, id, etag)?.is_some() => Ok(()),
        Some(etag) if entry.event == HistoryEvent::Restored && settle_restored(tx, table, id, etag)? => Ok(()),
        Some(_) => write(tx, table, id, entry),
    }
}

/// A restore that a person chose is one entry, before and after the server has it.
fn settle_restored(tx: &Tx<'_>, table: &Table, id: RecordId, etag: &str) -> Result<bool> {
    let sql = "UPDATE history SET etag = ?3 WHERE event = ?4 AND etag IS NULL AND order_no = \
               (SELECT max(order_no) FROM history WHERE entity_set = ?1 AND id = ?2 AND seen = 1)";
    Ok(tx.conn.prepare_cached(sql)?.execute(params![table.set.name, Key(id), etag, HistoryEvent::Restored.as_str()])?
        > 0)
}

/// Gives the entry of a version that the server lost the ETag under which it has the change again; tells whether there
/// is one.
pub(crate) fn confirmed_again(tx: &Tx<'_>, table: &Table, id: RecordId, lost: &str, etag: &str) -> Result<bool> {
    let sql = "UPDATE history SET etag = ?4 WHERE entity_set = ?1 AND id = ?2 AND etag = ?3";
    Ok(tx.conn.prepare_cached(sql)?.execute(params![table.set.name, Key(id), lost, etag])? > 0)
}

/// Writes what the server did to a record that is here: `server` took the place of `before`.
pub(crate) fn observe(tx: &Tx<'_>, table: &Table, before: &Record, server: &Versioned) -> Result<()> {
    let record = &server.record;
    let event = match (before.is_tombstoned, record.is_tombstoned) {
        (false, true) => HistoryEvent::Deleted,
        (true, false) => HistoryEvent::Restored,
        _ => HistoryEvent::Edited,
    };
    let changes = if record.is_tombstoned { Vec::new() } else { changes(Some(before), record) };
    if event == HistoryEvent::Edited && changes.is_empty() {
        return Ok(());
    }
    let entry = Entry {
        by: By::Account(record.updated_by.as_deref()),
        at: Some(record.updated_at),
        etag: Some(&server.etag),
        changes,
        ..Entry::here(event, (event == HistoryEvent::Deleted).then_some(before))
    };
    write_version(tx, table, before.id, &entry)
}

/// Writes that a change was given up: what it was, beside what the server last had.
pub(crate) fn discarded(
    tx: &Tx<'_>,
    table: &Table,
    id: RecordId,
    lost: Option<&Record>,
    change: &Change,
) -> Result<()> {
    given_up(tx, table, id, HistoryEvent::Discarded, lost, change)
}

/// As [`discarded`], for this reason.
pub(crate) fn given_up(
    tx: &Tx<'_>,
    table: &Table,
    id: RecordId,
    event: HistoryEvent,
    lost: Option<&Record>,
    change: &Change,
) -> Result<()> {
    let base = change.base.as_ref().map(|base| &base.record).filter(|base| !base.is_tombstoned);
    let changes = match (lost, base) {
        (Some(lost), Some(base)) => changes(Some(lost), base),
        _ => Vec::new(),
    };
    write(tx, table, id, &Entry { decision: true, changes, ..Entry::here(event, lost) })
}

/// Returns the number of the entry about a version of the server.
pub(crate) fn number_of(conn: &Connection, set: &str, id: RecordId, etag: &str) -> Result<Option<i64>> {
    let sql = "SELECT order_no FROM history WHERE entity_set = ?1 AND id = ?2 AND etag = ?3";
    Ok(conn.prepare_cached(sql)?.query_row(params![set, Key(id), etag], |row| row.get(0)).optional()?)
}

/// What the server's journal says of one version.
#[derive(Debug)]
pub(crate) struct Told<'l> {
    pub(crate) etag: &'l str,
    pub(crate) event: HistoryEvent,
    pub(crate) at: i64,
    pub(crate) by: Option<&'l str>,
    pub(crate) device: Option<&'l str>,
    pub(crate) changes: &'l [PropertyChange],
}

/// Keeps what the server's journal says of a version: in the entry that there is, else in one of its own.
pub(crate) fn keep_told(tx: &Tx<'_>, set: &str, id: RecordId, told: &Told<'_>) -> Result<()> {
    let changes = changes_text(told.changes)?;
    if let Some(number) = number_of(tx.conn, set, id, told.etag)? {
        // Whoever decided stays; what the server knows better is when, on which device, and each step of it.
        let sql = "UPDATE history SET at = ?1, event = ?2, by = coalesce(?3, by), device = coalesce(?4, device), \
                   changes = CASE WHEN decision = 1 THEN changes ELSE coalesce(?5, changes) END WHERE order_no = ?6";
        let mut statement = tx.conn.prepare_cached(sql)?;
        statement.execute(params![told.at, told.event.as_str(), told.by, told.device, changes, number])?;
        return Ok(());
    }
    let sql = "INSERT INTO history (at, event, by, device, changes, entity_set, id, etag, seen, kept_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9)";
    let now = tx.server_now_ms()?;
    let values = params![told.at, told.event.as_str(), told.by, told.device, changes, set, Key(id), told.etag, now];
    tx.conn.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn changes_text(changes: &[PropertyChange]) -> Result<Option<String>> {
    if changes.is_empty() { Ok(None) } else { to_text(&changes).map(Some) }
}

const COLUMNS: &str = "order_no, at, event, by_policy, by, device, changes, record";

fn read_entry(row: &rusqlite::Row<'_>) -> Result<HistoryEntry> {
    let event: Word<HistoryEvent> = row.get::<_, String>(2)?.into();
    let record: Option<Record> = from_optional_text(row.get(7)?)?;
    Ok(HistoryEntry {
        entry: row.get(0)?,
        at: row.get(1)?,
        by_policy: row.get(3)?,
        by: row.get(4)?,
        device: row.get(5)?,
        changes: from_optional_text(row.get(6)?)?.unwrap_or_default(),
        can_bring_back: can_bring_back(&event, record.is_some()),
        event,
        record,
    })
}

/// Reads a record's entries, newest first. Stamps of one record rise with its versions, on every device.
pub(crate) fn of_record(conn: &Connection, set: &str, id: RecordId) -> Result<Vec<HistoryEntry>> {
    let sql = format!(
        "SELECT {COLUMNS}, decision FROM history WHERE entity_set = ?1 AND id = ?2 ORDER BY at DESC, order_no DESC"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![set, Key(id)])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let mut entry = read_entry(row)?;
        // Somebody else's restore is a change like any other.
        entry.can_bring_back = entry.record.is_some() || entry.can_bring_back && row.get(8)?;
        entries.push(entry);
    }
    Ok(entries)
}

/// Reads one entry of a record.
pub(crate) fn of_number(conn: &Connection, set: &str, id: RecordId, number: i64) -> Result<Option<HistoryEntry>> {
    let sql = format!("SELECT {COLUMNS} FROM history WHERE order_no = ?3 AND entity_set = ?1 AND id = ?2");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![set, Key(id), number])?;
    rows.next()?.map(read_entry).transpose()
}

fn newest_at(conn: &Connection, set: &str, id: RecordId) -> Result<i64> {
    let sql = "SELECT coalesce(max(at), 0) FROM history WHERE entity_set = ?1 AND id = ?2";
    Ok(conn.prepare_cached(sql)?.query_row(params![set, Key(id)], |row| row.get(0))?)
}

/// Returns the newest entries that somebody chose, with the record that each is about.
pub(crate) fn decisions(conn: &Connection, limit: u32) -> Result<Vec<(String, RecordId, HistoryEntry)>> {
    let sql =
        format!("SELECT {COLUMNS}, entity_set, id FROM history WHERE decision = 1 ORDER BY order_no DESC LIMIT ?1");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([limit])?;
    let mut decisions = Vec::new();
    while let Some(row) = rows.next()? {
        decisions.push((row.get(8)?, row.get::<_, Key>(9)?.0, read_entry(row)?));
    }
    Ok(decisions)
}

/// Tells whether the newest thing that is known of a record is that it was deleted.
pub(crate) fn ends_deleted(conn: &Connection, set: &str, id: RecordId) -> Result<bool> {
    let sql = "SELECT event FROM history WHERE entity_set = ?1 AND id = ?2 ORDER BY at DESC, order_no DESC LIMIT 1";
    let event: Option<String> =
        conn.prepare_cached(sql)?.query_row(params![set, Key(id)], |row| row.get(0)).optional()?;
    let event = event.map(Word::from);
    Ok(matches!(event, Some(Word::Known(HistoryEvent::Deleted | HistoryEvent::AcceptedDelete))))
}

/// Returns the number of the newest entry of all.
pub(crate) fn newest_number(conn: &Connection) -> Result<i64> {
    let sql = "SELECT coalesce(max(order_no), 0) FROM history";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Takes back what one answer wrote.
pub(crate) fn take_back(tx: &Tx<'_>, numbers: &[i64]) -> Result<()> {
    let mut statement = tx.conn.prepare_cached("DELETE FROM history WHERE order_no = ?1 AND etag IS NULL")?;
    numbers.iter().try_for_each(|number| statement.execute([number]).map(drop))?;
    Ok(())
}

/// Returns the ETag of the tombstone that the server last had of a record, as far as the history knows.
pub(crate) fn tombstone(conn: &Connection, set: &str, id: RecordId) -> Result<Option<String>> {
    let sql = "SELECT etag FROM history WHERE entity_set = ?1 AND id = ?2 AND etag IS NOT NULL AND event = ?3 \
               ORDER BY at DESC, order_no DESC LIMIT 1";
    Ok(conn
        .prepare_cached(sql)?
        .query_row(params![set, Key(id), HistoryEvent::Deleted.as_str()], |row| row.get(0))
        .optional()?)
}

/// Takes back the entry of a deletion that no server heard of, if it is the newest that this device saw of the record
/// and later than `after_ms`.
pub(crate) fn take_deleted(tx: &Tx<'_>, table: &Table, id: RecordId, after_ms: i64) -> Result<Option<HistoryEntry>> {
    let set = &table.set.name;
    let sql = "SELECT order_no FROM history WHERE event = ?3 AND etag IS NULL AND at > ?4 AND order_no = \
               (SELECT max(order_no) FROM history WHERE entity_set = ?1 AND id = ?2 AND seen = 1)";
    let mut statement = tx.conn.prepare_cached(sql)?;
    let number: Option<i64> = statement
        .query_row(params![set, Key(id), HistoryEvent::Deleted.as_str(), after_ms], |row| row.get(0))
        .optional()?;
    let Some(number) = number else { return Ok(None) };
    let entry = of_number(tx.conn, set, id, number)?;
    take_back(tx, &[number])?;
    Ok(entry)
}
