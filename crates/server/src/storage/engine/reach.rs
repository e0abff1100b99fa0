//! How far a database is, so that a replica answers only what is not older than what anybody has seen.
//!
//! Owns: what is compared. Where the database itself stands at the moment of asking is at least what the caller has seen, in
//! whatever process; a replica that has come there, in the snapshot of the read, answers as the database would have.
//! Refuses: waiting for a replica.

use super::tx::Tx;
use crate::change::Mark;
use crate::storage::{Result, StorageError};

/// Where a database stands, for one workspace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    workspace_no: i64,
    epoch: [u8; 8],
    model_no: i64,
    newest: Mark,
}

/// Returns what reads it.
pub(super) fn reach_of(workspace_no: i64) -> impl FnOnce(&dyn Tx) -> Result<Reach> + Send {
    move |tx| {
        // One trip: each read pays for it.
        let sql = "SELECT w.sequence, w.mark, s.epoch, (SELECT coalesce(max(no), 0) FROM model)
                   FROM workspace w CROSS JOIN server s WHERE w.no = ?1";
        let found = tx.one(sql, &[workspace_no.into()], |row| {
            let newest = Mark { sequence: row.unsigned(0)?, mark: row.mark(1)? };
            Ok(Reach { workspace_no, newest, epoch: row.array(2)?, model_no: row.integer(3)? })
        })?;
        found.ok_or_else(|| StorageError::Failed(format!("there is no workspace {workspace_no}")))
    }
}

impl Reach {
    /// Tells whether the database behind `tx` has come as far: it is the same one, has the model laid out, and every
    /// change that was made here.
    pub(super) fn is_within(&self, tx: &dyn Tx) -> Result<bool> {
        let there = reach_of(self.workspace_no)(tx)?;
        let is_as_far = there.newest == self.newest || there.newest.sequence > self.newest.sequence;
        Ok(there.epoch == self.epoch && there.model_no >= self.model_no && is_as_far)
    }
}
