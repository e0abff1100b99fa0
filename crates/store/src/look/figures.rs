//! How much is here and how much waits: the figures of the status line and of Offline Sync Settings.
//!
//! Owns: counting, from indexes where there is one. Refuses: keeping counters that could disagree with the tables
//! (promise 9).

use crate::error::Result;
use crate::look::read;
use crate::open::lease::Lease;
use crate::tables::choice;
use crate::tables::conflict;
use crate::tables::pending;
use crate::tables::position::{self, FirstSync};
use crate::tx::store::Store;
use tidemark_model::Policy;

/// How many changes wait, are asked about, or were refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records with a change that is neither settled, in conflict nor parked.
    pub pending: u64,
    /// Open conflicts.
    pub conflicts: u64,
    /// Parked records.
    pub parked: u64,
}

/// One entity set's figures on this device.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityFigures {
    /// The entity set.
    pub name: String,
    /// Whether it is kept offline.
    pub offline: bool,
    /// Who decides its conflicts.
    pub policy: Policy,
    /// Live records here.
    pub records: u64,
    /// Bytes of their table and indexes here.
    pub bytes: u64,
    /// Records with an unsettled change, conflicts and parked ones included.
    pub pending: u64,
    /// How far the first enumeration is, while it runs.
    pub first_sync: Option<FirstSync>,
}

impl Store {
    /// Counts what waits, is asked about, or was refused.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn counts(&self) -> Result<Counts> {
        self.read(|reading| {
            let (pending, parked) = pending::count_free_and_parked(reading.conn)?;
            Ok(Counts { pending, conflicts: conflict::count(reading.conn)?, parked })
        })
    }

    /// Returns every entity set's figures, in model order; without a model there are none.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn entities(&self) -> Result<Vec<EntityFigures>> {
        self.read(|reading| {
            let bytes = self.inner.table_bytes.of(reading.conn, self.inner.clock.monotonic_ms())?;
            let pending = pending::count_by_set(reading.conn)?;
            let mut figures = Vec::new();
            for table in reading.catalog.tables() {
                let name = table.set.name.clone();
                let position = position::stored(reading.conn, &name)?;
                figures.push(EntityFigures {
                    offline: position.is_some(),
                    policy: choice::policy(reading.conn, &reading.catalog, &name)?,
                    records: read::live(reading, table)?,
                    bytes: bytes.get(&table.name).copied().unwrap_or(0),
                    pending: pending.get(&name).copied().unwrap_or(0),
                    first_sync: position.and_then(|position| position.first_sync()),
                    name,
                });
            }
            Ok(figures)
        })
    }
}

impl Lease {
    /// As [`Store::counts`].
    ///
    /// # Errors
    /// As [`Lease::check`].
    pub fn counts(&self) -> Result<Counts> {
        self.check()?;
        self.store().counts()
    }
}
