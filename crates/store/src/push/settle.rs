//! What the server answers to a change, record by record (DESIGN section 4, Push; FAULTS I18).
//!
//! Owns: that only the answer to the very request in flight settles it, and that edits made meanwhile survive.
//! Refuses: judging a stale change (`verdict`).

use crate::decide::confirmed;
use crate::decide::parked;
use crate::decide::tally::Tally;
use crate::decide::verdict;
use crate::error::{Result, StoreError};
use crate::open::lease::Lease;
use crate::push::batch::{self, Batch, Wanted};
use crate::push::outcome;
use crate::push::reply::{Answer, Reply};
use crate::push::restamp;
use crate::push::restored;
use crate::push::restored::answered::{self, Offered};
use crate::tables::attempt;
use crate::tables::history::{self, Entry};
use crate::tables::local;
use crate::tables::pending::{self, Change, InFlight, Offer};
use crate::tables::position;
use crate::tables::refetch;
use crate::tables::retention::ATTEMPTS_OF_A_RECORD;
use crate::tables::sent;
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use std::sync::Arc;
use tidemark_model::{AttemptOutcome, Planted, RecordId, State, Versioned, is_planted};

impl Lease {
    /// Settles the server's answers, all in one transaction. An answer to anything but the request in flight counts
    /// for nothing. Where one of them cannot be settled each is settled by itself, and the one at fault is parked: it
    /// must not bring the others back to be sent again for ever (promise 7).
    ///
    /// # Errors
    /// The database cannot be written; nothing is settled then, and the same requests are sent again.
    pub fn settle(&self, replies: &[Reply]) -> Result<Tally> {
        if replies.is_empty() {
            return Ok(Tally::default());
        }
        match self.write(|tx| settle_all(tx, replies)) {
            Err(StoreError::Internal(problem)) => self.settle_one_by_one(replies, &problem),
            settled => settled,
        }
    }

    /// Settles answers as [`Lease::settle`] does and returns what is to be sent next as [`Lease::next_batch`] does: one
    /// transaction, one trip to the disk.
    ///
    /// # Errors
    /// As of the two.
    pub fn settle_and_next(&self, replies: &[Reply], wanted: Wanted<'_>) -> Result<(Tally, Batch)> {
        if replies.is_empty() {
            return Ok((Tally::default(), self.next_batch(wanted)?));
        }
        match self.write(|tx| Ok((settle_all(tx, replies)?, batch::next(tx, wanted)?))) {
            Err(StoreError::Internal(problem)) => {
                Ok((self.settle_one_by_one(replies, &problem)?, self.next_batch(wanted)?))
            }
            done => done,
        }
    }

    fn settle_one_by_one(&self, replies: &[Reply], problem: &str) -> Result<Tally> {
        tracing::warn!(problem, "the answers could not be settled together");
        let mut tally = Tally::default();
        for reply in replies {
            tally += match self.write(|tx| settle_all(tx, std::slice::from_ref(reply))) {
                Err(StoreError::Internal(problem)) => {
                    self.write(|tx| {
                        let table = Arc::clone(tx.catalog.table(&reply.set)?);
                        parked::hold_unreadable(tx, &table, reply.id, &problem)
                    })?;
                    Tally { parked: 1, ..Tally::default() }
                }
                settled => settled?,
            };
        }
        Ok(tally)
    }
}

fn settle_all(tx: &Tx<'_>, replies: &[Reply]) -> Result<Tally> {
    let mut tally = Tally::default();
    // First: what is decided below by a stamp is decided by one that is near the truth.
    if let Some(taken_ms) = clamped(tx, replies)? {
        restamp::clamped(tx, taken_ms)?;
    }
    for reply in replies {
        // A set that the model has no more is settled by nothing.
        let Ok(table) = tx.catalog.table(&reply.set).map(Arc::clone) else { continue };
        let settled = settle(tx, &table, reply)?;
        if table.set.is_work() {
            tally += settled;
        }
    }
    Ok(tally)
}

/// Returns the latest stamp that the server gave in place of a later one.
fn clamped(tx: &Tx<'_>, replies: &[Reply]) -> Result<Option<i64>> {
    let mut latest = None;
    for reply in replies {
        let Answer::Done { stamp: Some(taken_ms), .. } = reply.answer else { continue };
        let sent = pending::get(tx.conn, &reply.set, reply.id)?.and_then(|change| change.in_flight);
        let is_later = |sent: &InFlight| sent.request_id == reply.request_id && sent.record.updated_at > taken_ms;
        if sent.as_ref().is_some_and(is_later) {
            latest = latest.max(Some(taken_ms));
        }
    }
    Ok(latest)
}

fn settle(tx: &Tx<'_>, table: &Table, reply: &Reply) -> Result<Tally> {
    let Some(mut change) = pending::get(tx.conn, &reply.set, reply.id)? else { return Ok(Tally::default()) };
    let Some(sent) = change.in_flight.take_if(|sent| sent.request_id == reply.request_id) else {
        return Ok(Tally::default());
    };
    write_attempt(tx, table, reply)?;
    if let Some(offer) = change.offer.take() {
        if let Some(number) = offer.sent {
            return answered::answered(tx, table, change, Offered { offer, number, sent }, &reply.answer);
        }
        // The server does not have what was in flight, nor perhaps what was confirmed before it.
        let current = match &reply.answer {
            Answer::Stale { current } if !current.record.is_tombstoned => Some(Some(current)),
            Answer::Absent if sent.state != State::Delete => Some(None),
            _ => None,
        };
        if let Some(current) = current {
            let row = outcome::pending_row(tx, table, reply.id)?;
            return restored::resume(tx, table, row, change, offer, current);
        }
        if matches!(reply.answer, Answer::Undecided { .. }) {
            change.offer = Some(offer);
        }
    }
    match &reply.answer {
        Answer::Done { etag, stamp } => done(tx, table, change, &sent, etag, *stamp),
        Answer::Absent if sent.state == State::Delete => gone(tx, table, change),
        Answer::Absent => stale(tx, table, reply.id, change, None),
        Answer::Stale { current } => stale(tx, table, reply.id, change, Some(current)),
        Answer::Refused { reason } => outcome::refused(tx, table, reply.id, change, &sent, reason),
        Answer::Undecided { reason, counts } => outcome::undecided(tx, table, change, sent, reason, *counts),
    }
}

/// Writes an answer down, unless it is a yes; the choice of sets is no record that anybody explains.
fn write_attempt(tx: &Tx<'_>, table: &Table, reply: &Reply) -> Result<()> {
    let (outcome, message) = match &reply.answer {
        Answer::Done { .. } => return Ok(()),
        Answer::Absent => (AttemptOutcome::Gone, None),
        Answer::Stale { .. } => (AttemptOutcome::ChangedMeanwhile, None),
        Answer::Refused { reason } => (AttemptOutcome::Refused, Some(reason.as_str())),
        Answer::Undecided { reason, .. } => (AttemptOutcome::NotDecided, Some(reason.as_str())),
    };
    if !table.set.is_work() {
        return Ok(());
    }
    attempt::add(tx, &reply.set, reply.id, outcome, message, ATTEMPTS_OF_A_RECORD)
}

/// The server has the change, as `etag`: that version is the base of whatever was edited since it was sent.
fn done(
    tx: &Tx<'_>,
    table: &Table,
    mut change: Change,
    sent: &InFlight,
    etag: &str,
    stamp: Option<i64>,
) -> Result<Tally> {
    let id = sent.record.id;
    let row = outcome::pending_row(tx, table, id)?;
    sent::log(tx, &table.set.name, id, change.base.as_ref(), sent, etag)?;
    confirmed::write_down(tx, table, change.base.as_ref().map(|base| &base.record), sent, etag)?;
    if change.set_aside {
        position::fetch_later(tx, table, id)?;
    }
    let confirmed = confirmed::confirmed(tx, change.base.as_ref().map(|base| &base.record), sent, etag, stamp)?;
    let is_settled = row.record.same_content(&sent.record) || is_planted(Planted::X6AnswerSettlesLaterEdits);
    match (sent.state, change.state) {
        (State::Delete, State::Delete) => local::remove(tx, table, id)?,
        (State::Delete, _) if is_planted(Planted::F11DeletionAnsweredAfterUndo) => local::remove(tx, table, id)?,
        (State::Add | State::Update, State::Add | State::Update) if is_settled => {
            local::put_clean(tx, table, &confirmed, true)?;
        }
        (_, state) => {
            change.state = if state == State::Delete { State::Delete } else { State::Update };
            if change.base.is_none() || !is_planted(Planted::X28EditOnAnOldBase) {
                change.base = Some(confirmed);
            }
            change.set_aside = false;
            change.attempts = 0;
            change.doubts.clear();
            local::put_pending(tx, table, row.record, &change)?;
        }
    }
    Ok(Tally { pushed: 1, ..Tally::default() })
}

/// A deletion had nothing left to do.
fn gone(tx: &Tx<'_>, table: &Table, change: Change) -> Result<Tally> {
    let id = change.base.as_ref().map(|base| base.record.id);
    let id = id.ok_or_else(|| StoreError::Internal("a deletion was sent without a base".to_owned()))?;
    if change.state != State::Delete {
        // It was taken back meanwhile: the record is gone for another reason now.
        return stale(tx, table, id, change, None);
    }
    let row = outcome::pending_row(tx, table, id)?;
    history::write(tx, table, id, &Entry::deleted(&row.record, change.base.as_ref().map(|base| &base.record)))?;
    local::remove(tx, table, id)?;
    Ok(Tally { pushed: 1, ..Tally::default() })
}

/// The change was not applied: the record is not what it was made on.
fn stale(tx: &Tx<'_>, table: &Table, id: RecordId, mut change: Change, current: Option<&Versioned>) -> Result<Tally> {
    change.attempts = 0;
    if !position::is_kept(tx.conn, &table.set.name)? {
        // This is how what waits in such a set is read.
        refetch::remove(tx, &table.set.name, id)?;
    }
    let row = outcome::pending_row(tx, table, id)?;
    if let Some(current) = current
        && restored::has_lost(tx, table, current)?
    {
        return restored::resume(tx, table, row, change, Offer { forgot: true, ..Offer::default() }, Some(current));
    }
    change.set_aside = false;
    verdict::judge_change(tx, table, row, change, current)
}
