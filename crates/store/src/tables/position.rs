//! Where a set's pull stands, and what a page must show to be taken there.
//!
//! Owns: the table `position`, the incarnation of its rows, and the compare-and-set by which a page is taken only onto
//! the position that it was asked from (DESIGN section 4, rule (b); FAULTS N4, I20). Refuses: what a page holds (`sink`).

use crate::error::{Result, StoreError};
use crate::tables::pending;
use crate::tables::refetch;
use crate::tables::sent;
use crate::tables::setting;
use crate::tables::table::Table;
use crate::tables::value::{Count, Key, from_text, to_text};
use crate::tx::transaction::{Standing, Tx};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;
use std::sync::Arc;
use tidemark_model::{EntitySet, Planted, RecordId, is_planted};

/// Progress of a set's first (or repeated) full enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstSync {
    /// Records received so far.
    pub done: u64,
    /// How many the server counted at the start, where it said so.
    pub total: Option<u64>,
}

/// How the three kinds of a position are kept.
const START: i64 = 0;
const ENUMERATING: i64 = 1;
const DELTA: i64 = 2;

/// Where a set's pull stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// Never pulled, or to be enumerated anew.
    Start {
        /// Whether the server may have lost changes (a restored backup): what it forgot is offered again or asked.
        restored: bool,
    },
    /// Inside a full enumeration: the next page's link.
    Enumerating {
        /// Relative to the service root.
        next_link: String,
    },
    /// Following the feed: a delta link, or the next page of a delta that came in several.
    Delta {
        /// Relative to the service root.
        link: String,
    },
}

/// Names one life of a position: it begins when a set is ticked or an enumeration starts anew, and no other has its
/// name, also not after signing out or in a data folder made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Incarnation(pub(crate) RecordId);

/// A position as it was handed out: what is asked from here is taken here, or nowhere.
#[derive(Clone)]
pub struct AskedFrom {
    pub(crate) table: Arc<Table>,
    /// The model by which the answer is read.
    pub(crate) model_epoch: i64,
    pub(crate) incarnation: Incarnation,
    pub(crate) position: Position,
    pub(crate) restored: bool,
}

impl std::fmt::Debug for AskedFrom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AskedFrom").field("set", &self.set()).field("position", &self.position).finish_non_exhaustive()
    }
}

impl AskedFrom {
    /// Returns the entity set's name.
    pub fn set(&self) -> &str {
        &self.table.set.name
    }

    /// Returns the entity set, as of the model by which the answer is to be read.
    pub fn entity_set(&self) -> &EntitySet {
        &self.table.set
    }

    /// Returns where the pull stood.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// Returns which life of the position this is.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Tells whether the enumeration that is under way or to come is that of a restored server.
    pub fn is_restored(&self) -> bool {
        self.restored
    }

    /// Refuses where the set's pull stands elsewhere by now.
    pub(crate) fn still_there(&self, conn: &Connection) -> Result<()> {
        let stands = stored(conn, self.set())?.is_some_and(|now| {
            is_planted(Planted::A2PageOntoAnotherPosition)
                || now.incarnation == self.incarnation && now.position == self.position
        });
        if stands { Ok(()) } else { Err(self.moved()) }
    }

    pub(crate) fn moved(&self) -> StoreError {
        StoreError::Moved { set: self.set().to_owned() }
    }
}

/// Returns a set's standing, read once per transaction.
pub(crate) fn standing(tx: &Tx<'_>, table: &Table) -> Result<Standing> {
    let set = table.set.name.as_str();
    if let Some(known) = tx.known_standing(set) {
        return Ok(known);
    }
    let mut statement =
        tx.conn.prepare_cached("SELECT generation, kind, restored FROM position WHERE entity_set = ?1")?;
    let position: Option<(i64, i64, bool)> =
        statement.query_row([set], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let standing = Standing {
        is_cached: position.is_some(),
        generation: position.map_or(0, |(generation, ..)| generation),
        follows: position.is_some_and(|(_, kind, _)| kind == DELTA),
        is_restored: position.is_some_and(|(_, _, restored)| restored),
    };
    tx.keep_standing(set, standing);
    Ok(standing)
}

/// A row of `position`.
pub(crate) struct Stored {
    pub(crate) incarnation: Incarnation,
    pub(crate) position: Position,
    pub(crate) restored: bool,
    done: u64,
    total: Option<u64>,
}

impl Stored {
    /// Returns the progress of a full enumeration, while there is one to come or under way.
    pub(crate) fn first_sync(&self) -> Option<FirstSync> {
        match self.position {
            Position::Delta { .. } => None,
            Position::Start { .. } | Position::Enumerating { .. } => {
                Some(FirstSync { done: self.done, total: self.total })
            }
        }
    }
}

/// Reads where a set's pull stands; `None` where it is not kept offline.
pub(crate) fn stored(conn: &Connection, set: &str) -> Result<Option<Stored>> {
    let sql = "SELECT kind, link, restored, done, total, incarnation FROM position WHERE entity_set = ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let stored = statement.query_row([set], |row| {
        let link: Option<String> = row.get(1)?;
        let restored = row.get(2)?;
        let position = match (row.get::<_, i64>(0)?, link) {
            (ENUMERATING, Some(next_link)) => Position::Enumerating { next_link },
            (DELTA, Some(link)) => Position::Delta { link },
            _ => Position::Start { restored },
        };
        Ok(Stored {
            incarnation: Incarnation(row.get::<_, Key>(5)?.0),
            position,
            restored,
            done: row.get::<_, Count>(3)?.0,
            total: row.get::<_, Option<Count>>(4)?.map(|Count(n)| n),
        })
    });
    Ok(stored.optional()?)
}

/// The sets that are kept offline, as a table of a statement.
const KEPT: &str = "SELECT entity_set FROM position";

/// Tells whether a set is kept offline.
pub(crate) fn is_kept(conn: &Connection, set: &str) -> Result<bool> {
    let mut statement = conn.prepare_cached("SELECT 1 FROM position WHERE entity_set = ?1")?;
    Ok(statement.exists([set])?)
}

/// Has a record fetched by the next cycle, whatever its set's feed says. Of a set that is not kept nobody asks: there what
/// waits is read by the push (`push::batch`).
pub(crate) fn fetch_later(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<()> {
    refetch::add(tx, &table.set.name, id)
}

/// Returns the records to be fetched of sets that are kept.
pub(crate) fn refetch(conn: &Connection) -> Result<Vec<(String, Vec<RecordId>)>> {
    refetch::of_sets(conn, KEPT)
}

/// Tells whether any record of a set that is kept is to be fetched.
pub(crate) fn has_refetch(conn: &Connection) -> Result<bool> {
    refetch::is_any_of_sets(conn, KEPT)
}

/// Tells whether a set waits for the enumeration of a restored server: until that has shown what was lost, nothing of
/// the set is sent.
pub(crate) fn is_restoring(conn: &Connection, set: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM position WHERE entity_set = ?1 AND restored = 1";
    Ok(conn.prepare_cached(sql)?.exists([set])?)
}

/// Under which a set is remembered as one of a server that lost changes, until it was looked through.
fn lost_key(set: &str) -> String {
    format!("store.history_lost.{set}")
}

/// Under which it is remembered what a set's records do not tell yet: properties that came with the model since they were
/// read.
fn unread_key(set: &str) -> String {
    format!("store.unread.{set}")
}

/// Remembers that properties came which no record of the set was read with.
pub(crate) fn note_unread<'n>(tx: &Tx<'_>, set: &str, names: impl Iterator<Item = &'n str>) -> Result<()> {
    let mut all = unread(tx, set)?;
    all.extend(names.map(str::to_owned));
    setting::set(tx.conn, &unread_key(set), &to_text(&all)?)
}

fn unread(tx: &Tx<'_>, set: &str) -> Result<BTreeSet<String>> {
    setting::get(tx.conn, &unread_key(set))?.map_or_else(|| Ok(BTreeSet::new()), |text| from_text(&text))
}

/// Tells whether a record was read without one of these properties, and not again since.
pub(crate) fn is_unread<'n>(
    tx: &Tx<'_>,
    table: &Table,
    generation: i64,
    mut names: impl Iterator<Item = &'n str>,
) -> Result<bool> {
    let standing = standing(tx, table)?;
    if standing.follows || !standing.is_cached {
        return Ok(false);
    }
    let stored = stored(tx.conn, &table.set.name)?.map(|stored| stored.position);
    let is_read_again = matches!(stored, Some(Position::Enumerating { .. })) && generation == standing.generation;
    let unread = unread(tx, &table.set.name)?;
    Ok(!is_read_again && names.any(|name| unread.contains(name)))
}

/// Remembers that the server lost changes, for every set that has confirmed ones here: one that is kept no longer, or that
/// leaves the model before its own link has told, is looked through when it is kept again.
fn note_lost(tx: &Tx<'_>) -> Result<()> {
    sent::sets(tx.conn)?.iter().try_for_each(|set| setting::set(tx.conn, &lost_key(set), "1"))
}

/// Gives a set its position, at the start, where it has none.
pub(crate) fn begin(tx: &Tx<'_>, set: &str) -> Result<()> {
    let restored = setting::get(tx.conn, &lost_key(set))?.is_some();
    let sql = "INSERT INTO position (entity_set, kind, restored, generation, done, incarnation) \
               VALUES (?1, 0, ?3, 1, 0, ?2)";
    tx.conn.prepare_cached(sql)?.execute(params![set, Key(tx.fresh_id()), restored])?;
    setting::remove(tx.conn, &lost_key(set))?;
    tx.forget_standings();
    Ok(())
}

/// Takes a set's position away: it is kept no longer. That its server may have lost changes is remembered.
pub(crate) fn end(tx: &Tx<'_>, set: &str) -> Result<()> {
    if is_restoring(tx.conn, set)? {
        setting::set(tx.conn, &lost_key(set), "1")?;
    }
    tx.conn.prepare_cached("DELETE FROM position WHERE entity_set = ?1")?.execute([set])?;
    refetch::keep_only(tx, set, pending::OF_SET)?;
    setting::remove(tx.conn, &unread_key(set))?;
    tx.forget_standings();
    Ok(())
}

/// Has a set read again from its start, whatever was asked for it so far.
pub(crate) fn restart(tx: &Tx<'_>, set: &str) -> Result<()> {
    let sql =
        "UPDATE position SET kind = 0, link = NULL, done = 0, total = NULL, incarnation = ?2 WHERE entity_set = ?1";
    tx.conn.prepare_cached(sql)?.execute(params![set, Key(tx.fresh_id())])?;
    tx.forget_standings();
    Ok(())
}

/// Has every set read again from its start.
pub(crate) fn restart_all(tx: &Tx<'_>) -> Result<()> {
    let mut kept = tx.conn.prepare(KEPT)?;
    let kept: Vec<String> = kept.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    kept.iter().try_for_each(|set| restart(tx, set))
}

/// Begins the counting of a full enumeration.
pub(crate) fn start_counting(tx: &Tx<'_>, set: &str, total: Option<u64>) -> Result<()> {
    let sql = "UPDATE position SET generation = generation + 1, done = 0, total = ?2 WHERE entity_set = ?1";
    tx.conn.prepare_cached(sql)?.execute(params![set, total.map(Count)])?;
    tx.forget_standings();
    Ok(())
}

/// Moves a position that was shown to be still there, `taken` items further; returns where it stands now.
pub(crate) fn advance(tx: &Tx<'_>, from: &AskedFrom, to: &Position, taken: u64) -> Result<AskedFrom> {
    let (kind, link, restored) = match to {
        Position::Start { restored } => (START, None, *restored),
        Position::Enumerating { next_link } => (ENUMERATING, Some(next_link), false),
        Position::Delta { link } => (DELTA, Some(link), false),
    };
    let incarnation = match to {
        Position::Start { .. } => Incarnation(tx.fresh_id()),
        _ => from.incarnation,
    };
    if restored {
        note_lost(tx)?;
    }
    // That a server may have been restored is not forgotten before its enumeration is finished.
    let restored = from.restored || restored;
    let sql = "UPDATE position SET kind = ?2, link = ?3, restored = ?4, done = done + ?5, incarnation = ?6 \
               WHERE entity_set = ?1";
    let now = params![from.set(), kind, link, restored, Count(taken), Key(incarnation.0)];
    tx.conn.prepare_cached(sql)?.execute(now)?;
    if matches!((&from.position, to), (Position::Enumerating { .. } | Position::Start { .. }, Position::Delta { .. })) {
        setting::remove(tx.conn, &unread_key(from.set()))?;
    }
    tx.forget_standings();
    let position = match to {
        Position::Start { .. } => Position::Start { restored },
        to => to.clone(),
    };
    Ok(AskedFrom { incarnation, position, restored, ..from.clone() })
}

/// The enumeration of a restored server is over: what was lost is known.
pub(crate) fn end_restoring(tx: &Tx<'_>, set: &str) -> Result<()> {
    tx.conn.prepare_cached("UPDATE position SET restored = 0 WHERE entity_set = ?1")?.execute([set])?;
    setting::remove(tx.conn, &lost_key(set))?;
    tx.forget_standings();
    Ok(())
}

/// Has the counting of enumerations go on from one that a record here was seen by.
pub(crate) fn count_from(tx: &Tx<'_>, set: &str, generation: i64) -> Result<()> {
    let sql = "UPDATE position SET generation = max(generation, ?2) WHERE entity_set = ?1";
    tx.conn.execute(sql, params![set, generation])?;
    tx.forget_standings();
    Ok(())
}

/// Returns the sets whose enumeration is to come or under way, with how far it is; by name.
pub(crate) fn awaited(conn: &Connection) -> Result<Vec<(String, FirstSync)>> {
    let sql = "SELECT entity_set, done, total FROM position WHERE kind <> ?1 ORDER BY entity_set";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([DELTA], |row| {
        let total: Option<Count> = row.get(2)?;
        Ok((row.get(0)?, FirstSync { done: row.get::<_, Count>(1)?.0, total: total.map(|Count(n)| n) }))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
