//! Sets that are kept offline and not here yet: never fetched, or being fetched anew.
//!
//! Owns: that list, for the status line and for "last synced" (promise 9; FAULTS I26). Refuses: why one is not here yet.

use crate::error::Result;
use crate::tables::position::{self, FirstSync};
use crate::tx::store::Store;

/// A set that is kept offline and not here yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The entity set.
    pub set: String,
    /// How far its enumeration is.
    pub figures: FirstSync,
}

impl Store {
    /// Returns the sets that are kept offline and whose enumeration is to come, under way, paused or failing, with how far
    /// it is; by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn awaited(&self) -> Result<Vec<Awaited>> {
        self.read(|reading| {
            let awaited = position::awaited(reading.conn)?.into_iter();
            Ok(awaited.map(|(set, figures)| Awaited { set, figures }).collect())
        })
    }
}
