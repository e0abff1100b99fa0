//! One change inside the write transaction: look up, rule, write, journal.
//!
//! The rule comes before the first write, so a change of its own is whole or not at all without a savepoint; only a
//! group of several needs one.

use super::counter::Counter;
use super::expand;
use super::journal::{self, Line};
use super::looked_up::{AT_ONCE, LookedUp};
use super::marks::Marks;
use super::refusal::Refusal;
use super::table::{self, Tables};
use super::tx::Tx;
use crate::change::{Change, Commit, Decision, Mark, Outcome, Step, decide};
use crate::limits::MAX_BATCH_ANSWER_BYTES;
use crate::storage::{Caller, Result};
use tidemark_model::ports::Clock;
use tidemark_model::{Condition, JournalKind, Planted, is_planted};

/// A write transaction of one or several requests to one workspace.
pub(super) struct Apply<'t> {
    pub(super) tx: &'t dyn Tx,
    pub(super) tables: &'t Tables,
    pub(super) clock: &'t dyn Clock,
    pub(super) counter: &'t mut Counter,
    pub(super) marks: &'t Marks,
    /// What the step under way has to remember.
    pub(super) refused: Option<Refusal>,
}

/// Leaves out the record of an outcome where those before it have taken all the room that a request's answers have: a
/// hundred stale writes to one record of megabytes would be a hundred of its copies.
fn within(most: usize, shown: &mut usize, outcome: Outcome) -> Outcome {
    let row = match &outcome {
        Outcome::Applied { row, .. } | Outcome::StoredWins(row) | Outcome::ConditionFailed(Some(row)) => row,
        _ => return outcome,
    };
    *shown = shown.saturating_add(row.cells.iter().map(expand::size).sum());
    match outcome {
        outcome if *shown <= most => outcome,
        Outcome::Applied { what, row } => {
            Outcome::AppliedBefore { what, version: row.version, updated_at: row.updated_at }
        }
        _ => Outcome::Withheld,
    }
}

impl Apply<'_> {
    /// Carries out the steps of one request.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<Vec<Outcome>> {
        self.tx.act_for(commit.caller.user_no)?;
        let (mut known, mut looked_up) = (LookedUp::default(), 0);
        let mut outcomes = Vec::with_capacity(commit.steps.len());
        let mut is_stopped = false;
        let mut shown = 0;
        for (place, Step(changes)) in commit.steps.iter().enumerate() {
            if is_stopped {
                outcomes.extend(changes.iter().map(|_| Outcome::NotRun));
                continue;
            }
            if outcomes.len() >= looked_up {
                known = LookedUp::of(self.tx, self.tables, &commit.caller, &commit.steps[place..])?;
                looked_up = outcomes.len() + AT_ONCE;
            }
            let of_step = match changes.as_slice() {
                [change] => vec![self.change(&commit.caller, change, &mut known)?],
                several => self.group(&commit.caller, several, &mut known)?,
            };
            // Behind the end of a group, which undoes what it did.
            if let Some(refusal) = self.refused.take() {
                refusal.write(self.tx, &commit.caller, self.clock.now_ms())?;
            }
            is_stopped = commit.stop_on_error && of_step.iter().any(Outcome::is_failure);
            outcomes.extend(of_step.into_iter().map(|outcome| within(MAX_BATCH_ANSWER_BYTES, &mut shown, outcome)));
        }
        Ok(outcomes)
    }

    /// Changes that stand or fall together.
    fn group(&mut self, caller: &Caller, changes: &[Change], known: &mut LookedUp) -> Result<Vec<Outcome>> {
        let before = self.counter.newest();
        self.tx.batch("SAVEPOINT step")?;
        let mut outcomes = Vec::with_capacity(changes.len());
        for change in changes {
            let outcome = self.change(caller, change, known)?;
            let failed = outcome.is_failure();
            outcomes.push(outcome);
            if failed {
                break;
            }
        }
        let failed_at = outcomes.iter().position(Outcome::is_failure);
        if failed_at.is_some() {
            self.tx.batch("ROLLBACK TO SAVEPOINT step")?;
            self.counter.take_back(before);
        }
        self.tx.batch("RELEASE SAVEPOINT step")?;
        if let Some(failed_at) = failed_at {
            outcomes.resize(changes.len(), Outcome::StepFailed);
            outcomes[..failed_at].fill(Outcome::StepFailed);
        }
        Ok(outcomes)
    }

    /// Carries out a change; one that is refused is remembered once its step is over.
    fn change(&mut self, caller: &Caller, change: &Change, known: &mut LookedUp) -> Result<Outcome> {
        let (outcome, is_new) = self.decided(caller, change, known)?;
        if is_new && let Some(refusal) = Refusal::of(change, &outcome) {
            known.changed(change);
            self.refused = Some(refusal);
        }
        Ok(outcome)
    }

    /// Tells too whether the request came for the first time.
    fn decided(&mut self, caller: &Caller, change: &Change, known: &mut LookedUp) -> Result<(Outcome, bool)> {
        let (set, table) = (self.tables.set(&change.set)?, self.tables.table(&change.set)?);
        let place = self.tables.place(&change.set, caller)?;
        if let Some(repeat) = change.repeat
            && !is_planted(Planted::F1NoLedger)
            && let Some(earlier) = known.request(self.tx, caller, repeat.request)?
        {
            if earlier.content != Some(repeat.content) && !is_planted(Planted::F12CopyTakenForItself) {
                return Ok((Outcome::OtherRequest, false));
            }
            if is_planted(Planted::F8RepeatExecutedAgain) && self.clock.now_ms() - earlier.stamp > 3_600_000 {
                let again = Change { condition: Condition::MatchAny, repeat: None, ..change.clone() };
                return self.decided(caller, &again, known);
            }
            if let Some(refused) = earlier.refused {
                let stored = known.row(self.tx, table, &place, change.id.0)?;
                return Ok((refused.again(stored), false));
            }
            return Ok((earlier.outcome(self.tx, set, table, place.owner_no)?, false));
        }
        if let Some(asked) = change.asks_for
            && known.request(self.tx, caller, asked.request)?.is_some()
        {
            // Its own change says what came of it, whatever is beside it now.
            let (version, updated_at) = (Mark::default(), 0);
            return Ok((Outcome::AppliedBefore { what: JournalKind::Update, version, updated_at }, false));
        }
        let stored = known.row(self.tx, table, &place, change.id.0)?;
        let now_ms = self.clock.now_ms();
        let (what, mut row) = match decide(set, stored.as_ref(), change, &caller.user, now_ms) {
            Ok(Decision::Put { what, row }) => (what, row),
            Ok(Decision::NotFound) => return Ok((Outcome::NotFound, true)),
            Ok(Decision::ConditionFailed) => return Ok((Outcome::ConditionFailed(stored.map(Box::new)), true)),
            Ok(Decision::Unchanged) => {
                let applied = |row| Outcome::Applied { what: JournalKind::Update, row: Box::new(row) };
                return Ok((stored.map_or(Outcome::NotFound, applied), true));
            }
            Ok(Decision::StoredWins) => {
                let wins = stored.map_or(Outcome::NotFound, |row| Outcome::StoredWins(Box::new(row)));
                return Ok((wins, true));
            }
            Err(invalid) => return Ok((Outcome::Invalid(invalid), true)),
        };
        known.changed(change);
        row.version = self.counter.next(self.marks)?;
        if !(is_planted(Planted::X5JournalLineWithoutRow) && what == JournalKind::Restore) {
            table::store(self.tx, table, &place, &row, stored.is_none())?;
        }
        if is_planted(Planted::F2LedgerBesideTheTransaction) {
            self.tx.batch("COMMIT; BEGIN IMMEDIATE")?;
        }
        let line =
            Line { place: &place, caller, what, stored: stored.as_ref(), row: &row, repeat: change.repeat, now_ms };
        journal::write(self.tx, set, &line)?;
        Ok((Outcome::Applied { what, row: Box::new(row) }, true))
    }
}
