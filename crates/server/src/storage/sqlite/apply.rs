//! One change inside the write transaction: look up, rule, write, journal.
//!
//! The rule comes before the first write, so a change of its own is whole or not at all without a savepoint; only a
//! group of several needs one.

use super::counter::Counters;
use super::journal::{self, Line};
use super::table::{self, Tables};
use crate::change::{Change, Commit, Decision, Outcome, Place, Step, decide};
use crate::machine::Marks;
use crate::storage::{Caller, Result};
use rusqlite::Connection;
use tidemark_model::ports::Clock;

/// A write transaction of one or several requests.
pub(super) struct Apply<'t> {
    pub(super) connection: &'t Connection,
    pub(super) tables: &'t Tables,
    pub(super) clock: &'t dyn Clock,
    pub(super) counters: &'t mut Counters,
    pub(super) marks: &'t mut Marks,
}

impl Apply<'_> {
    /// Carries out the steps of one request.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::with_capacity(commit.steps.len());
        let mut is_stopped = false;
        for Step(changes) in &commit.steps {
            if is_stopped {
                outcomes.extend(changes.iter().map(|_| Outcome::NotRun));
                continue;
            }
            let of_step = match changes.as_slice() {
                [change] => vec![self.change(&commit.caller, change)?],
                several => self.group(&commit.caller, several)?,
            };
            is_stopped = commit.stop_on_error && of_step.iter().any(Outcome::is_failure);
            outcomes.extend(of_step);
        }
        Ok(outcomes)
    }

    /// Changes that stand or fall together.
    fn group(&mut self, caller: &Caller, changes: &[Change]) -> Result<Vec<Outcome>> {
        let before = self.counters.newest(self.connection, caller.workspace_no)?;
        self.connection.execute_batch("SAVEPOINT step")?;
        let mut outcomes = Vec::with_capacity(changes.len());
        for change in changes {
            let outcome = self.change(caller, change)?;
            let failed = outcome.is_failure();
            outcomes.push(outcome);
            if failed {
                break;
            }
        }
        let failed_at = outcomes.iter().position(Outcome::is_failure);
        if failed_at.is_some() {
            self.connection.execute_batch("ROLLBACK TO step")?;
            self.counters.take_back(caller.workspace_no, before);
        }
        self.connection.execute_batch("RELEASE step")?;
        if let Some(failed_at) = failed_at {
            outcomes.resize(changes.len(), Outcome::StepFailed);
            outcomes[..failed_at].fill(Outcome::StepFailed);
        }
        Ok(outcomes)
    }

    fn change(&mut self, caller: &Caller, change: &Change) -> Result<Outcome> {
        let (set, table) = (self.tables.set(&change.set)?, self.tables.table(&change.set)?);
        let owner_no = if set.per_user.is_some() { caller.user_no } else { 0 };
        if let Some(repeat) = change.repeat
            && let Some(earlier) = journal::find_request(self.connection, caller, repeat.request)?
        {
            if earlier.content != Some(repeat.content) {
                return Ok(Outcome::OtherRequest);
            }
            let what = earlier.what;
            let row = Box::new(earlier.row(self.connection, set, table, owner_no)?);
            return Ok(Outcome::Applied { what, row });
        }
        let place = Place { set: change.set.clone(), workspace_no: caller.workspace_no, owner_no };
        let stored = table::find(self.connection, table, &place, change.id.0)?;
        let now_ms = self.clock.now_ms();
        let (what, mut row) = match decide(set, stored.as_ref(), change, &caller.user, now_ms) {
            Ok(Decision::Put { what, row }) => (what, row),
            Ok(Decision::NotFound) => return Ok(Outcome::NotFound),
            Ok(Decision::ConditionFailed) => return Ok(Outcome::ConditionFailed(stored.map(Box::new))),
            Ok(Decision::StoredWins) => {
                return Ok(stored.map_or(Outcome::NotFound, |row| Outcome::StoredWins(Box::new(row))));
            }
            Err(invalid) => return Ok(Outcome::Invalid(invalid)),
        };
        row.version = self.counters.next(self.connection, caller.workspace_no, self.marks)?;
        table::store(self.connection, table, &place, &row, stored.is_none())?;
        let line =
            Line { place: &place, caller, what, stored: stored.as_ref(), row: &row, repeat: change.repeat, now_ms };
        journal::write(self.connection, set, &line)?;
        Ok(Outcome::Applied { what, row: Box::new(row) })
    }
}
