//! What is kept of a set beside its records, so that a list need not look at all of them: how many live ones there are
//! (`living`), and in which which words may be (`words`). ADR 0020.
//!
//! Owns: the lines of the table `overview`, which say up to which change each is known. Nothing of it is written by who changes
//! a record: what is behind is looked at by who reads, and brought forward (`catch_up`) when a read found it far behind. So an
//! older process that writes to the same database leaves nothing wrong. Refuses: an answer that depends on it, and sets that
//! are kept per user, of which each has a few records.

use super::tx::Tx;
use crate::change::Place;
use crate::storage::Result;
use std::sync::{Arc, Mutex, PoisonError};

/// A read looks at so many changes that are not in the overview; behind more it is brought forward.
pub(super) const FAR: usize = 2_000;

/// The line of a set's records in a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Overview {
    /// The properties whose words are in the index, as `words` writes them.
    pub(super) texts: String,
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
        "SELECT texts, worded, coalesce(counted, -1), coalesce(living, 0) FROM overview
         WHERE workspace = ?1 AND entity_set = ?2{lock}"
    );
    let found = tx.one(&sql, &[place.workspace_no.into(), (&place.set).into()], |row| {
        let counted = u64::try_from(row.integer(2)?).ok();
        Ok(Overview { texts: row.text(0)?, worded: row.unsigned(1)?, counted, living: row.unsigned(3)? })
    })?;
    Ok(found.unwrap_or_default())
}

/// Locks the line of a place, which is made where there is none, until the transaction ends.
pub(super) fn lock(tx: &dyn Tx, place: &Place) -> Result<Overview> {
    let made = "INSERT INTO overview (workspace, entity_set, texts, worded, counted, living)
                VALUES (?1, ?2, '', 0, NULL, NULL) ON CONFLICT (workspace, entity_set) DO NOTHING";
    tx.execute(made, &[place.workspace_no.into(), (&place.set).into()])?;
    find(tx, place, tx.for_update())
}

/// Writes the line of a place.
pub(super) fn put(tx: &dyn Tx, place: &Place, line: &Overview) -> Result<()> {
    let sql = "UPDATE overview SET texts = ?3, worded = ?4, counted = ?5, living = ?6
               WHERE workspace = ?1 AND entity_set = ?2";
    let values = [
        place.workspace_no.into(),
        (&place.set).into(),
        (&line.texts).into(),
        line.worded.into(),
        line.counted.into(),
        line.living.into(),
    ];
    tx.execute(sql, &values).map(drop)
}

/// Has the words of a set put into its index anew: what stands in its records was filled in without a change of each.
pub(super) fn forget_words(tx: &dyn Tx, set: &str) -> Result<()> {
    tx.execute("UPDATE overview SET texts = '' WHERE entity_set = ?1", &[set.into()]).map(drop)
}

/// What of a set's overview.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Number,
    Words,
}

/// Told by a read of what it found far behind.
#[derive(Clone, Debug, Default)]
pub(super) struct Behind(Arc<Mutex<Vec<(Place, What)>>>);

impl Behind {
    pub(super) fn note(&self, place: &Place, what: What) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((place.clone(), what));
    }

    pub(super) fn noted(&self) -> Vec<(Place, What)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
