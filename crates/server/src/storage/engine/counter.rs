//! The sequence of a workspace: handed out in commit order, without gaps.
//!
//! The counter's row is locked by the first statement of a writing transaction and written by its last (DESIGN section
//! 4, Server). Whoever comes second waits at the first, so numbers come in commit order with any number of processes,
//! and a snapshot that shows a number shows every change before it.

use super::marks::Marks;
use super::tx::{Bind, Tx};
use crate::change::Mark;
use crate::storage::{Position, Result, StorageError};
use tidemark_model::{Planted, is_planted};

/// Reads where a workspace's feed stands.
pub(super) fn position(tx: &dyn Tx, workspace_no: i64) -> Result<Position> {
    find(tx, workspace_no, "")
}

fn find(tx: &dyn Tx, workspace_no: i64, lock: &str) -> Result<Position> {
    let sql = format!("SELECT sequence, mark, floor FROM workspace WHERE no = ?1{lock}");
    let found = tx.one(&sql, &[workspace_no.into()], |row| {
        let mark = Mark { sequence: row.unsigned(0)?, mark: row.mark(1)? };
        Ok(Position { mark, floor: row.unsigned(2)? })
    })?;
    found.ok_or_else(|| StorageError::Failed(format!("there is no workspace {workspace_no}")))
}

/// The counter that one transaction moves.
#[derive(Debug)]
pub(super) struct Counter {
    workspace_no: i64,
    before: Mark,
    newest: Mark,
}

impl Counter {
    /// Locks a workspace's counter until the transaction ends. It must come before every other statement.
    pub(super) fn lock(tx: &dyn Tx, workspace_no: i64) -> Result<Self> {
        let lock = if is_planted(Planted::F5NumberWithoutTheLock) { "" } else { tx.for_update() };
        let before = find(tx, workspace_no, lock)?.mark;
        Ok(Self { workspace_no, before, newest: before })
    }

    /// Returns the newest change, those of this transaction included.
    pub(super) fn newest(&self) -> Mark {
        self.newest
    }

    /// Gives the next sequence number.
    pub(super) fn next(&mut self, marks: &Marks) -> Result<Mark> {
        self.newest = Mark { sequence: self.newest.sequence + 1, mark: marks.next()? };
        Ok(self.newest)
    }

    /// Takes back the numbers of a step that is undone.
    pub(super) fn take_back(&mut self, to: Mark) {
        self.newest = to;
    }

    /// Writes the counter: the last thing before the commit. Returns where the workspace moved to, if it did.
    pub(super) fn store(self, tx: &dyn Tx) -> Result<Option<u64>> {
        if self.newest == self.before {
            return Ok(None);
        }
        let sql = "UPDATE workspace SET sequence = ?2, mark = ?3 WHERE no = ?1";
        let values: [Bind<'_>; 3] =
            [self.workspace_no.into(), self.newest.sequence.into(), i64::from(self.newest.mark).into()];
        tx.execute(sql, &values)?;
        tx.announce(self.workspace_no, self.newest.sequence)?;
        Ok(Some(self.newest.sequence))
    }
}
