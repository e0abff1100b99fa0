//! What is kept of a set beside its records, so that a list need not look at all of them: how many live ones there are
//! (`living`), and in which which words may be (`words`). ADR 0020.
//!
//! Owns: the lines of the table `overview`, which say up to which change each is known; that a set is brought to its newest
//! change piece by piece, so that other writers come in between. Nothing of it is written by who changes a record: what is
//! behind is looked at by who reads, and brought forward when a read found it far behind. So an older process that writes to
//! the same database leaves nothing wrong. Refuses: an answer that depends on it.

use super::table::Tables;
use super::tx::Tx;
use super::{living, words};
use crate::change::Place;
use crate::storage::Result;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A read looks at so many changes that are not in the overview; behind more it is brought forward.
pub(super) const FAR: usize = 2_000;

/// The line of a set's records in a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Overview {
    /// The words of records that were last changed up to this sequence number are in the index.
    pub(super) worded: u64,
    /// As of which sequence number `living` is, once it was counted.
    pub(super) counted: Option<u64>,
    /// How many records there were that are not tombstoned.
    pub(super) living: u64,
}

/// Reads the line of a place; one that says nothing where there is none.
pub(super) fn find(tx: &dyn Tx, place: &Place, lock: &str) -> Result<Overview> {
    let sql = format!(
        "SELECT worded, coalesce(counted, -1), coalesce(living, 0) FROM overview
         WHERE workspace = ?1 AND owner = ?2 AND entity_set = ?3{lock}"
    );
    let values = [place.workspace_no.into(), place.owner_no.into(), (&place.set).into()];
    let found = tx.one(&sql, &values, |row| {
        Ok(Overview {
            worded: row.unsigned(0)?,
            counted: u64::try_from(row.integer(1)?).ok(),
            living: row.unsigned(2)?,
        })
    })?;
    Ok(found.unwrap_or_default())
}

/// Brings a place one piece forward; tells whether that was the last. Whoever else does the same waits, and does the next.
pub(super) fn catch_up(tx: &dyn Tx, tables: &Tables, place: &Place) -> Result<bool> {
    let key = [place.workspace_no.into(), place.owner_no.into(), (&place.set).into()];
    let made = "INSERT INTO overview (workspace, owner, entity_set, worded, counted, living)
                VALUES (?1, ?2, ?3, 0, NULL, NULL) ON CONFLICT (workspace, owner, entity_set) DO NOTHING";
    tx.execute(made, &key)?;
    let before = find(tx, place, tx.for_update())?;
    let counted = living::counted(tx, tables, place, before)?;
    let worded = words::put(tx, tables, place, before.worded)?;
    let after = Overview { worded: worded.unwrap_or(before.worded), ..counted };
    if after != before {
        let [workspace, owner, set] = key;
        let sql = "UPDATE overview SET worded = ?4, counted = ?5, living = ?6
                   WHERE workspace = ?1 AND owner = ?2 AND entity_set = ?3";
        tx.execute(sql, &[workspace, owner, set, after.worded.into(), after.counted.into(), after.living.into()])?;
    }
    Ok(worded.is_none())
}

/// Told by a read that found the overview far behind.
#[derive(Clone, Debug, Default)]
pub(super) struct Behind(Arc<AtomicBool>);

impl Behind {
    pub(super) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The places that this process is bringing forward.
#[derive(Debug, Default)]
pub(super) struct UnderWay(Mutex<BTreeSet<Key>>);

/// The set, the workspace, the owner.
type Key = (String, i64, i64);

impl UnderWay {
    /// Begins with a place, unless it is under way; over when what comes back is dropped.
    pub(super) fn begin(self: &Arc<Self>, place: &Place) -> Option<OneUnderWay> {
        let key = (place.set.clone(), place.workspace_no, place.owner_no);
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
