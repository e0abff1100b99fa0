//! The last 30 days of confirmed changes: what is offered again to a server that lost them (FAULTS I28).
//!
//! Owns: the `sent` table. Refuses: deciding whether a server lost something (`tidemark-model`, `give_back`).

use crate::error::Result;
use crate::tables::pending::{self, InFlight};
use crate::tables::table::{GENERATION, Table};
use crate::tables::value::{Key, from_optional_text, from_text, to_text};
use crate::tx::transaction::Tx;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidemark_model::give_back::Confirmed;
use tidemark_model::{Record, RecordId, Versioned, changed_properties};
use tidemark_sql::quote;

/// The table's name.
pub(crate) const TABLE: &str = "sent";

/// One confirmed change.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// Its number; those of a record rise.
    pub(crate) number: i64,
    /// When it was confirmed, by the server's clock as far as it is known.
    pub(crate) at: i64,
    /// What it was made on.
    pub(crate) base: Option<Versioned>,
    /// The change as it was sent.
    pub(crate) change: InFlight,
    /// The server's version of it.
    pub(crate) etag: String,
    /// Whether that version holds, beside the change, what others made and this device had not seen.
    pub(crate) over_others: bool,
}

impl Sent {
    /// Returns the change as `give_back` looks at it.
    pub(crate) fn confirmed(&self) -> Confirmed<'_> {
        let Self { base, change, etag, over_others, .. } = self;
        Confirmed {
            state: change.state,
            restores: change.restores,
            record: &change.record,
            if_match: change.if_match.as_deref(),
            base: base.as_ref(),
            etag,
            over_others: *over_others,
        }
    }

    /// Returns the tombstone that a deletion made, as far as this device knows it.
    pub(crate) fn tombstone(&self) -> Record {
        let made = self.change.made(self.base.as_ref().map(|base| &base.record));
        Record { properties: made.properties.clone(), is_tombstoned: true, ..self.change.record.clone() }
    }
}

/// The version that a change was made on, as it is kept: without what it has in common with the change.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum KeptBase {
    /// As version 2 kept it.
    Whole(Versioned),
    Apart {
        etag: String,
        updated_at: i64,
        updated_by: Option<String>,
        is_tombstoned: bool,
        /// The properties that the change changed, as they were.
        were: Map<String, Value>,
        /// As in [`Sent`].
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        over_others: bool,
    },
}

impl KeptBase {
    fn apart(base: &Versioned, sent: &Record, over_others: bool) -> Self {
        let were = changed_properties(&base.record, sent).into_iter();
        Self::Apart {
            etag: base.etag.clone(),
            updated_at: base.record.updated_at,
            updated_by: base.record.updated_by.clone(),
            is_tombstoned: base.record.is_tombstoned,
            were: were.map(|name| (name.to_owned(), base.record.get(name).clone())).collect(),
            over_others,
        }
    }

    fn is_over_others(&self) -> bool {
        matches!(self, Self::Apart { over_others: true, .. })
    }

    fn whole(self, sent: &Record) -> Versioned {
        match self {
            Self::Whole(base) => base,
            Self::Apart { etag, updated_at, updated_by, is_tombstoned, were, .. } => {
                let mut record = Record { updated_at, updated_by, is_tombstoned, ..sent.clone() };
                record.properties.extend(were);
                Versioned { record, etag }
            }
        }
    }
}

fn base_text(base: Option<&Versioned>, change: &InFlight, over_others: bool) -> Result<Option<String>> {
    base.map(|base| to_text(&KeptBase::apart(base, &change.record, over_others))).transpose()
}

/// Remembers the change in flight of a record, which was confirmed: as it stands beside the record, and not written anew.
pub(crate) fn log(
    tx: &Tx<'_>,
    set: &str,
    id: RecordId,
    base: Option<&Versioned>,
    change: &InFlight,
    etag: &str,
) -> Result<()> {
    let sql = format!(
        "INSERT INTO sent (entity_set, id, at, etag, base, sent) VALUES (?1, ?2, ?3, ?4, ?5, ({}))",
        pending::IN_FLIGHT
    );
    let base = base_text(base, change, false)?;
    tx.conn.prepare_cached(&sql)?.execute(params![set, Key(id), tx.server_now_ms()?, etag, base])?;
    Ok(())
}

/// Remembers a change that was confirmed, and is in flight no more.
pub(crate) fn add(tx: &Tx<'_>, set: &str, base: Option<&Versioned>, change: &InFlight, etag: &str) -> Result<()> {
    let sql = "INSERT INTO sent (entity_set, id, at, etag, base, sent) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (id, base) = (Key(change.record.id), base_text(base, change, false)?);
    tx.conn.prepare_cached(sql)?.execute(params![set, id, tx.server_now_ms()?, etag, base, to_text(change)?])?;
    Ok(())
}

/// Returns a record's confirmed changes, oldest first.
pub(crate) fn of_record(conn: &Connection, set: &str, id: RecordId) -> Result<Vec<Sent>> {
    let sql = "SELECT base, sent, etag, at, order_no FROM sent WHERE entity_set = ?1 AND id = ?2 ORDER BY order_no";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![set, Key(id)])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let change: InFlight = from_text(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        let base: Option<KeptBase> = from_optional_text(row.get(0)?)?;
        let over_others = base.as_ref().is_some_and(KeptBase::is_over_others);
        let base = base.map(|base| base.whole(&change.record));
        entries.push(Sent { number: row.get(4)?, base, change, etag: row.get(2)?, at: row.get(3)?, over_others });
    }
    Ok(entries)
}

/// Tells whether a version is one that this device was confirmed to have made.
pub(crate) fn is_confirmed(conn: &Connection, set: &str, id: RecordId, etag: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM sent WHERE entity_set = ?1 AND id = ?2 AND etag = ?3";
    Ok(conn.prepare_cached(sql)?.exists(params![set, Key(id), etag])?)
}

/// Returns the sets that have confirmed changes.
pub(crate) fn sets(conn: &Connection) -> Result<Vec<String>> {
    let mut statement = conn.prepare_cached("SELECT DISTINCT entity_set FROM sent")?;
    let sets = statement.query_map([], |row| row.get(0))?;
    Ok(sets.collect::<rusqlite::Result<_>>()?)
}

/// Notes that a change which the server had lost was confirmed anew, as another version; `over_others` as in [`Sent`].
pub(crate) fn confirm_again(
    tx: &Tx<'_>,
    number: i64,
    base: Option<&Versioned>,
    change: &InFlight,
    etag: &str,
    over_others: bool,
) -> Result<()> {
    let sql = "UPDATE sent SET at = ?2, etag = ?3, base = ?4, sent = ?5 WHERE order_no = ?1";
    let base = base_text(base, change, over_others)?;
    let values = params![number, tx.server_now_ms()?, etag, base, to_text(change)?];
    tx.conn.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Returns the records with confirmed changes that are here, and that an enumeration did not see.
pub(crate) fn of_unseen(conn: &Connection, table: &Table, generation: i64) -> Result<Vec<RecordId>> {
    let here = format!("SELECT \"Id\" FROM {} WHERE {GENERATION} < ?2", quote(&table.name));
    let sql = format!("SELECT DISTINCT id FROM sent WHERE entity_set = ?1 AND id IN ({here})");
    let mut statement = conn.prepare(&sql)?;
    let ids = statement.query_map(params![table.set.name, generation], |row| row.get::<_, Key>(0).map(|key| key.0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// Returns the records with confirmed changes that are not here.
pub(crate) fn of_gone(conn: &Connection, table: &Table) -> Result<Vec<RecordId>> {
    let here = format!("SELECT \"Id\" FROM {}", quote(&table.name));
    let sql = format!("SELECT DISTINCT id FROM sent WHERE entity_set = ?1 AND id NOT IN ({here})");
    let mut statement = conn.prepare(&sql)?;
    let ids = statement.query_map([&table.set.name], |row| row.get::<_, Key>(0).map(|key| key.0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}
