//! The sequence of a workspace: handed out in commit order, without gaps.
//!
//! The counter row is written last in a transaction. SQLite has one writer at a time, so the numbers come in commit
//! order by themselves; PostgreSQL will need the row's lock for the same promise (DESIGN section 4, Server).

use super::convert::{mark, signed, unsigned};
use crate::change::Mark;
use crate::machine::Marks;
use crate::storage::{Position, Result, StorageError};
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::HashMap;

/// Reads where a workspace's feed stands.
pub(super) fn position(connection: &Connection, workspace_no: i64) -> Result<Position> {
    let sql = "SELECT sequence, mark, floor FROM workspace WHERE no = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement
        .query_row([workspace_no], |row| {
            let (sequence, mark_no, floor) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let newest = Mark { sequence: unsigned(sequence), mark: mark(mark_no) };
            Ok(Position { mark: newest, floor: unsigned(floor) })
        })
        .optional()?;
    found.ok_or_else(|| StorageError::Failed(format!("there is no workspace {workspace_no}")))
}

/// The counters that one transaction moves.
#[derive(Debug, Default)]
pub(super) struct Counters {
    newest: HashMap<i64, Mark>,
    before: HashMap<i64, Mark>,
}

impl Counters {
    /// Returns the newest change of a workspace, those of this transaction included.
    pub(super) fn newest(&mut self, connection: &Connection, workspace_no: i64) -> Result<Mark> {
        if let Some(newest) = self.newest.get(&workspace_no) {
            return Ok(*newest);
        }
        let newest = position(connection, workspace_no)?.mark;
        self.newest.insert(workspace_no, newest);
        self.before.insert(workspace_no, newest);
        Ok(newest)
    }

    /// Gives the next sequence number.
    pub(super) fn next(&mut self, connection: &Connection, workspace_no: i64, marks: &mut Marks) -> Result<Mark> {
        let newest = self.newest(connection, workspace_no)?;
        let next = Mark { sequence: newest.sequence + 1, mark: marks.next()? };
        self.newest.insert(workspace_no, next);
        Ok(next)
    }

    /// Takes back the numbers of a step that is undone.
    pub(super) fn take_back(&mut self, workspace_no: i64, to: Mark) {
        self.newest.insert(workspace_no, to);
    }

    /// Writes the counters: the last thing before the commit. Returns the workspaces that moved, and where to.
    pub(super) fn store(self, connection: &Connection) -> Result<Vec<(i64, u64)>> {
        let mut moved = Vec::new();
        let mut statement = connection.prepare_cached("UPDATE workspace SET sequence = ?2, mark = ?3 WHERE no = ?1")?;
        for (workspace_no, newest) in self.newest {
            if self.before.get(&workspace_no) != Some(&newest) {
                statement.execute((workspace_no, signed(newest.sequence), newest.mark))?;
                moved.push((workspace_no, newest.sequence));
            }
        }
        Ok(moved)
    }
}
