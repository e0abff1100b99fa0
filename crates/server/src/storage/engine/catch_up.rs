//! What is kept of a set beside its records, brought to the newest change.
//!
//! Owns: that it is done piece by piece, so that other writers come in between, and once at a time in a process. Refuses: what
//! is kept (`living`, `words`), and finding it behind, which reads do.

use super::overview::{self, What};
use super::table::Tables;
use super::tx::Tx;
use super::{living, served, words};
use crate::change::Place;
use crate::storage::Result;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Brings a place one piece forward; tells whether that was the last. Whoever else does the same waits, and does the next.
pub(super) fn catch_up(tx: &dyn Tx, tables: &Tables, place: &Place, what: What, is_first: bool) -> Result<bool> {
    if place.owner_no != 0 {
        return Ok(true);
    }
    let before = overview::lock(tx, place)?;
    let mut after = living::counted(tx, tables, place, &before)?;
    let is_last = match what {
        What::Number => true,
        What::Words => {
            // One that was begun meanwhile, for another model, is left to who began it.
            let may_take = is_first && serves_newest(tx, tables)?;
            words::further(tx, tables, place, &mut after, may_take)?
        }
    };
    if after != before {
        overview::put(tx, place, &after)?;
    }
    Ok(is_last)
}

/// Tells whether it is the newest model by which a process takes an index from another.
fn serves_newest(tx: &dyn Tx, tables: &Tables) -> Result<bool> {
    let own = tables.model.as_ref().map(|model| model.fingerprint());
    Ok(served::newest(tx)?.is_none_or(|newest| Some(newest.fingerprint.as_str()) == own))
}

/// The sets that this process is bringing forward.
#[derive(Debug, Default)]
pub(super) struct UnderWay(Mutex<BTreeSet<Key>>);

/// The set, the workspace, what of it.
type Key = (String, i64, What);

impl UnderWay {
    /// Begins with a place, unless it is under way; over when what comes back is dropped.
    pub(super) fn begin(self: &Arc<Self>, place: &Place, what: What) -> Option<OneUnderWay> {
        let key = (place.set.clone(), place.workspace_no, what);
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        is_new.then(|| OneUnderWay { all: Arc::clone(self), key })
    }
}

/// One of them; dropped when it is done.
#[derive(Debug)]
pub(super) struct OneUnderWay {
    all: Arc<UnderWay>,
    key: Key,
}

impl Drop for OneUnderWay {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
