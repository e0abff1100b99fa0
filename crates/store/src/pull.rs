//! From the server's pages to records: one transaction for pages and their link (FAULTS I20).
//!
//! Owns: positions, and what is to be fetched singly. Refuses: parsing pages (`tidemark-odata` streams them into
//! [`SetSink`]).

use crate::choice;
use crate::error::{Result, StoreError};
use crate::lease::Lease;
use crate::local;
use crate::row;
use crate::sink::SetSink;
use crate::sweep;
use crate::table::Table;
use crate::types::{FirstSync, Position, Tally};
use crate::value::{Count, Key};
use crate::verdict;
use crate::write::Tx;
use rusqlite::{Connection, OptionalExtension, params};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tidemark_model::{CACHED_ENTITIES, RecordId, State};

/// A transaction that takes pages in.
pub struct PullTx<'c> {
    pub(crate) tx: &'c Tx<'c>,
    tally: Cell<Tally>,
    taken: RefCell<HashMap<String, u64>>,
    /// Records seen by sinks; kept only while single records are waited for.
    seen: Option<RefCell<HashSet<RecordId>>>,
}

impl std::fmt::Debug for PullTx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PullTx").field("tally", &self.tally.get()).finish_non_exhaustive()
    }
}

impl Lease {
    /// Runs `f` in one write transaction. What it pulled is announced after the commit; if it fails, nothing of it
    /// was written and the position stays where it was.
    ///
    /// # Errors
    /// What `f` returns, in its own type, or the database cannot be written.
    pub fn pull<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&mut PullTx<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<(T, Tally), E> {
        // The transaction speaks of the store's own errors; the caller's travels around it.
        let mut given_up = None;
        let pulled = self.write(|tx| {
            let waited_for = tx.conn.prepare_cached("SELECT 1 FROM refetch LIMIT 1")?.exists([])?;
            let mut pull = PullTx {
                tx,
                tally: Cell::default(),
                taken: RefCell::default(),
                seen: waited_for.then(RefCell::default),
            };
            match f(&mut pull) {
                Ok(value) => Ok((value, pull.tally.get())),
                Err(error) => {
                    given_up = Some(error);
                    Err(StoreError::GivenUp)
                }
            }
        });
        pulled.map_err(|error| given_up.unwrap_or_else(|| E::from(error)))
    }

    /// Returns how far a set's running enumeration is; `None` where none is to come.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn first_sync(&self, set: &str) -> Result<Option<FirstSync>> {
        self.read(|reading| Ok(stored_position(reading.conn, set)?.and_then(|stored| stored.first_sync())))
    }

    /// Returns where the pull of each cached set stands: `CachedEntities` first, then in push order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn positions(&self) -> Result<Vec<(String, Position)>> {
        self.read(|reading| {
            let mut positions = Vec::new();
            let (first, rest): (Vec<_>, Vec<_>) =
                reading.catalog.push_order().iter().partition(|set| *set == CACHED_ENTITIES);
            for set in first.into_iter().chain(rest) {
                if let Some(stored) = stored_position(reading.conn, set)? {
                    positions.push((set.clone(), stored.position));
                }
            }
            Ok(positions)
        })
    }

    /// Returns the records to be fetched singly: they moved on the server while a change of them was in flight.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn refetch(&self) -> Result<Vec<(String, Vec<RecordId>)>> {
        self.read(|reading| {
            let mut statement =
                reading.conn.prepare_cached("SELECT entity_set, id FROM refetch ORDER BY entity_set, id")?;
            let mut rows = statement.query([])?;
            let mut sets: Vec<(String, Vec<RecordId>)> = Vec::new();
            while let Some(row) = rows.next()? {
                let (set, id): (String, Key) = (row.get(0)?, row.get(1)?);
                match sets.last_mut().filter(|(last, _)| *last == set) {
                    Some((_, ids)) => ids.push(id.0),
                    None => sets.push((set, vec![id.0])),
                }
            }
            Ok(sets)
        })
    }
}

impl PullTx<'_> {
    /// Opens a set for the items of a page.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn sink<'t>(&'t mut self, set: &str) -> Result<SetSink<'t>> {
        SetSink::new(self, set)
    }

    /// Begins a full enumeration: records that it does not see are swept when it is finished. `total` is how many
    /// the server counts, where it said so.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn start_enumeration(&mut self, set: &str, total: Option<u64>) -> Result<()> {
        self.tx.catalog.table(set)?;
        let sql = "UPDATE position SET generation = generation + 1, done = 0, total = ?2 WHERE entity_set = ?1";
        self.tx.conn.prepare_cached(sql)?.execute(params![set, total.map(Count)])?;
        self.taken.borrow_mut().remove(set);
        self.tx.forget_standings();
        Ok(())
    }

    /// Keeps where the set's pull stands after what was taken in this transaction. A set that is no longer kept
    /// offline has no position; that one may have been restored is not forgotten before its enumeration is finished.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn move_to(&mut self, set: &str, position: &Position) -> Result<()> {
        self.tx.catalog.table(set)?;
        let (kind, link, restored) = match position {
            Position::Start { restored } => (0, None, *restored),
            Position::Enumerating { next_link } => (1, Some(next_link), false),
            Position::Delta { link } => (2, Some(link), false),
        };
        let taken = self.taken.borrow_mut().remove(set).unwrap_or(0);
        let sql = "UPDATE position SET kind = ?2, link = ?3, restored = max(restored, ?4), done = done + ?5 \
                   WHERE entity_set = ?1 AND (kind <> ?2 OR link IS NOT ?3 OR restored < ?4)";
        self.tx.conn.prepare_cached(sql)?.execute(params![set, kind, link, restored, Count(taken)])?;
        Ok(())
    }

    /// Ends a full enumeration: what the server no longer has goes, is offered again, or is asked about.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn finish_enumeration(&mut self, set: &str) -> Result<()> {
        let table = Arc::clone(self.tx.catalog.table(set)?);
        sweep::finish(self, &table)
    }

    /// Notes that single records were asked for and answered whole, deleted ones too: one of `ids` that no sink of
    /// this transaction took has no trace on the server.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn refetched(&mut self, set: &str, ids: &[RecordId]) -> Result<()> {
        let table = Arc::clone(self.tx.catalog.table(set)?);
        for id in ids {
            let sql = "DELETE FROM refetch WHERE entity_set = ?1 AND id = ?2";
            let waited_for = self.tx.conn.prepare_cached(sql)?.execute(params![set, Key(*id)])? > 0;
            let seen = self.seen.as_ref().is_some_and(|seen| seen.borrow().contains(id));
            if waited_for && !seen {
                self.absent(&table, *id)?;
            }
        }
        Ok(())
    }

    /// Takes in that the server has no trace of a record.
    pub(crate) fn absent(&self, table: &Table, id: RecordId) -> Result<()> {
        match row::get(self.tx.conn, table, id)? {
            Some(row) if row.state == State::None => {
                local::remove(self.tx, table, id)?;
                self.count(Tally { pulled: 1, ..Tally::default() });
            }
            Some(_) => self.count(verdict::judge(self.tx, table, id, None)?),
            None => {}
        }
        Ok(())
    }

    pub(crate) fn count(&self, more: Tally) {
        let mut tally = self.tally.get();
        tally += more;
        self.tally.set(tally);
    }

    pub(crate) fn took(&self, set: &str, items: u64) {
        *self.taken.borrow_mut().entry(set.to_owned()).or_default() += items;
    }

    pub(crate) fn saw(&self, id: RecordId) {
        if let Some(seen) = &self.seen {
            seen.borrow_mut().insert(id);
        }
    }
}

/// Has a record fetched by the next cycle, whatever its set's feed says.
pub(crate) fn fetch_later(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<()> {
    if choice::has_position(tx.conn, &table.set.name)? {
        let sql = "INSERT OR IGNORE INTO refetch (entity_set, id) VALUES (?1, ?2)";
        tx.conn.prepare_cached(sql)?.execute(params![table.set.name, Key(id)])?;
    }
    Ok(())
}

/// A row of `position`.
pub(crate) struct Stored {
    pub(crate) position: Position,
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
pub(crate) fn stored_position(conn: &Connection, set: &str) -> Result<Option<Stored>> {
    let sql = "SELECT kind, link, restored, done, total FROM position WHERE entity_set = ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let stored = statement.query_row([set], |row| {
        let link: Option<String> = row.get(1)?;
        let position = match (row.get::<_, i64>(0)?, link) {
            (1, Some(next_link)) => Position::Enumerating { next_link },
            (2, Some(link)) => Position::Delta { link },
            _ => Position::Start { restored: row.get(2)? },
        };
        Ok(Stored {
            position,
            done: row.get::<_, Count>(3)?.0,
            total: row.get::<_, Option<Count>>(4)?.map(|Count(n)| n),
        })
    });
    Ok(stored.optional()?)
}
