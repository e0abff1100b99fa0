//! From the server's pages to records: one transaction for pages and their link (FAULTS I20).
//!
//! Owns: that a page is taken, and a position moved, only by whoever shows the position it was asked from; and what is to
//! be fetched singly. Refuses: parsing pages (`tidemark-odata` streams them into [`SetSink`]).

use crate::decide::tally::Tally;
use crate::error::{Result, StoreError};
use crate::open::lease::Lease;
use crate::pull::pull_tx::PullTx;
use crate::pull::sink::SetSink;
use crate::pull::sweep;
use crate::tables::position::{self, AskedFrom, FirstSync, Position};
use crate::tables::refetch;
use tidemark_model::{CACHED_ENTITIES, RecordId};

/// What an answer to a request for single records says about those that are not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Nothing: more of the answer is to come.
    ToCome,
    /// That the server has no trace of them: the answer is whole.
    Absent,
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
            let mut pull = PullTx::new(tx)?;
            match f(&mut pull) {
                Ok(value) => Ok((value, pull.tally())),
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
        self.read(|reading| Ok(position::stored(reading.conn, set)?.and_then(|stored| stored.first_sync())))
    }

    /// Hands out where the pull of each cached set stands: `CachedEntities` first, then in push order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn positions(&self) -> Result<Vec<AskedFrom>> {
        self.read(|reading| {
            let mut positions = Vec::new();
            let (first, rest): (Vec<_>, Vec<_>) =
                reading.catalog.push_order().iter().partition(|set| *set == CACHED_ENTITIES);
            for set in first.into_iter().chain(rest) {
                if let Some(stored) = position::stored(reading.conn, set)? {
                    positions.push(AskedFrom {
                        table: reading.catalog.table(set)?.clone(),
                        model_epoch: reading.catalog.epoch(),
                        incarnation: stored.incarnation,
                        position: stored.position,
                        restored: stored.restored,
                    });
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
        self.read(|reading| position::refetch(reading.conn))
    }

    /// Tells whether any record is to be fetched singly.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn has_refetch(&self) -> Result<bool> {
        self.read(|reading| position::has_refetch(reading.conn))
    }
}

/// One set's pull, opened onto the position that an answer was asked from.
pub struct Onto<'t> {
    pull: &'t PullTx<'t>,
    from: AskedFrom,
}

impl std::fmt::Debug for Onto<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Onto").field("from", &self.from).finish_non_exhaustive()
    }
}

impl PullTx<'_> {
    /// Opens a set's pull for the answer to what was asked from a position.
    ///
    /// # Errors
    /// [`StoreError::Moved`] where the pull no longer stands there: the answer is thrown away and asked for again.
    pub fn onto(&mut self, from: &AskedFrom) -> Result<Onto<'_>> {
        from.still_there(self.tx.conn)?;
        Ok(Onto { pull: self, from: from.clone() })
    }
}

impl<'t> Onto<'t> {
    /// Returns where the pull stands now, to be asked from next.
    pub fn stands(&self) -> AskedFrom {
        self.from.clone()
    }

    /// Opens the set for the items of a page.
    ///
    /// # Errors
    /// [`StoreError::Moved`] where the model is another one than the page was read by.
    pub fn sink(&mut self) -> Result<SetSink<'t>> {
        if self.pull.tx.catalog.epoch() != self.from.model_epoch {
            return Err(self.from.moved());
        }
        SetSink::new(self.pull, self.from.set())
    }

    /// Begins a full enumeration: records that it does not see are swept when it is finished. `total` is how many
    /// the server counts, where it said so.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn start_enumeration(&mut self, total: Option<u64>) -> Result<()> {
        position::start_counting(self.pull.tx, self.from.set(), total)?;
        // What was taken before it does not count.
        self.pull.take_count(self.from.set());
        Ok(())
    }

    /// Keeps where the set's pull stands after what was taken in this transaction. That the server may have been
    /// restored is not forgotten before its enumeration is finished.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn move_to(&mut self, position: &Position) -> Result<()> {
        let taken = self.pull.take_count(self.from.set());
        self.from = position::advance(self.pull.tx, &self.from, position, taken)?;
        Ok(())
    }

    /// Ends a full enumeration: what the server no longer has goes, is offered again, or is asked about.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn finish_enumeration(&mut self) -> Result<()> {
        let table = self.pull.tx.catalog.table(self.from.set())?.clone();
        sweep::finish(self.pull, &table)?;
        self.from.restored = false;
        Ok(())
    }

    /// Notes that single records were asked for, deleted ones too: those that a sink of this transaction took are
    /// waited for no longer. What becomes of the others `others` says; where more is to come, they are returned.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn refetched(&mut self, ids: &[RecordId], others: Others) -> Result<Vec<RecordId>> {
        let tx = self.pull.tx;
        let table = tx.catalog.table(self.from.set())?.clone();
        let mut left = Vec::new();
        for id in ids {
            let seen = self.pull.has_seen(*id);
            if !seen && others == Others::ToCome {
                left.push(*id);
                continue;
            }
            if refetch::remove(tx, &table.set.name, *id)? && !seen {
                self.pull.absent(&table, *id)?;
            }
        }
        Ok(left)
    }
}
