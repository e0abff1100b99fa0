//! A transaction that takes pages in: what it counts, and what its sinks have seen.
//!
//! Owns: that count, and setting a version aside for the push that follows. Refuses: opening a set (`onto`) and taking an
//! item (`sink`).

use crate::decide::tally::Tally;
use crate::decide::verdict;
use crate::error::Result;
use crate::tables::local;
use crate::tables::pending::{self, Change, Hold};
use crate::tables::refetch;
use crate::tables::row;
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use tidemark_model::{RecordId, State};

/// A transaction that takes pages in.
pub struct PullTx<'c> {
    pub(crate) tx: &'c Tx<'c>,
    tally: Cell<Tally>,
    taken: RefCell<HashMap<String, u64>>,
    /// Records seen by sinks; kept only while single records are waited for.
    seen: Option<RefCell<HashSet<RecordId>>>,
    /// Whether a push is to follow.
    defers: Cell<bool>,
}

impl std::fmt::Debug for PullTx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PullTx").field("tally", &self.tally.get()).finish_non_exhaustive()
    }
}

impl<'c> PullTx<'c> {
    pub(crate) fn new(tx: &'c Tx<'c>) -> Result<Self> {
        let is_waited_for = refetch::is_any(tx.conn)?;
        Ok(Self {
            tx,
            tally: Cell::default(),
            taken: RefCell::default(),
            seen: is_waited_for.then(RefCell::default),
            defers: Cell::default(),
        })
    }

    /// Returns what it came to so far.
    pub(crate) fn tally(&self) -> Tally {
        self.tally.get()
    }

    /// Says that a push follows at once: versions of records that wait to be sent are set aside for it. The server may
    /// have this very change already, from before an image of the folder was put back; only its answer tells.
    pub fn before_push(&mut self) {
        self.defers.set(true);
    }

    /// Sets a pulled version aside where the push that follows is to meet it first; tells whether it did.
    pub(crate) fn defer(&self, table: &Table, id: RecordId, change: &Change) -> Result<bool> {
        let is_sent_next = change.hold == Hold::Free && change.in_flight.is_none() && change.offer.is_none();
        if !self.defers.get() || !is_sent_next {
            return Ok(false);
        }
        if !change.set_aside {
            pending::put(self.tx, &table.set.name, id, &Change { set_aside: true, ..change.clone() })?;
        }
        Ok(true)
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

    /// Counts more.
    pub(crate) fn count(&self, more: Tally) {
        let mut tally = self.tally.get();
        tally += more;
        self.tally.set(tally);
    }

    /// Notes how many items of a set a sink took.
    pub(crate) fn took(&self, set: &str, items: u64) {
        *self.taken.borrow_mut().entry(set.to_owned()).or_default() += items;
    }

    /// Notes a record that a sink saw.
    pub(crate) fn saw(&self, id: RecordId) {
        if let Some(seen) = &self.seen {
            seen.borrow_mut().insert(id);
        }
    }

    /// Tells whether a sink has seen a record that is waited for.
    pub(crate) fn has_seen(&self, id: RecordId) -> bool {
        self.seen.as_ref().is_some_and(|seen| seen.borrow().contains(&id))
    }

    /// Returns how many items of a set were taken since this was last asked.
    pub(crate) fn take_count(&self, set: &str) -> u64 {
        self.taken.borrow_mut().remove(set).unwrap_or(0)
    }
}
