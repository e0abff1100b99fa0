//! What is kept of a set beside its records, so that a list need not look at all of them: how many live ones there are
//! (`living`), and in which which words may be (`words`). ADR 0020.
//!
//! Owns: the lines of the table `overview`, which say up to which change each is known; that a set is brought to its newest
//! change piece by piece, so that other writers come in between. Nothing of it is written by who changes a record: what is
//! behind is looked at by who reads, and brought forward when a read found it far behind. So an older process that writes to
//! the same database leaves nothing wrong. Refuses: an answer that depends on it,
//! and sets that are kept per user: each has a few records there.

use super::table::Tables;
use super::tx::Tx;
use super::{living, words};
use crate::change::Place;
use crate::storage::Result;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// A read looks at so many changes that are not in the overview; behind more it is brought forward.
pub(super) const FAR: usize = 2_000;

/// The line of a set's records in a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Overview {
    /// The properties whose words are in the index, as [`words::texts`] writes them.
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

/// Brings a place one piece forward; tells whether that was the last. Whoever else does the same waits, and does the next.
pub(super) fn catch_up(tx: &dyn Tx, tables: &Tables, place: &Place, what: What, is_first: bool) -> Result<bool> {
    if place.owner_no != 0 {
        return Ok(true);
    }
    let key = [place.workspace_no.into(), (&place.set).into()];
    let made = "INSERT INTO overview (workspace, entity_set, texts, worded, counted, living)
                VALUES (?1, ?2, '', 0, NULL, NULL) ON CONFLICT (workspace, entity_set) DO NOTHING";
    tx.execute(made, &key)?;
    let before = find(tx, place, tx.for_update())?;
    let mut after = living::counted(tx, tables, place, &before)?;
    let is_last = match what {
        What::Number => true,
        What::Words => words::further(tx, tables, place, &mut after, is_first)?,
    };
    if after != before {
        let [workspace, set] = key;
        let sql = "UPDATE overview SET texts = ?3, worded = ?4, counted = ?5, living = ?6
                   WHERE workspace = ?1 AND entity_set = ?2";
        let (texts, worded) = ((&after.texts).into(), after.worded.into());
        tx.execute(sql, &[workspace, set, texts, worded, after.counted.into(), after.living.into()])?;
    }
    Ok(is_last)
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
