//! What becomes of a change that the server will not have, or does not decide on, whether it was sent for the first time or
//! offered again.
//!
//! Owns: that it waits for a person, but for an edit made since; how often a request is repeated before that. Refuses: reading answers (`settle`, `restored::answered`).

use crate::decide::confirmed;
use crate::decide::parked;
use crate::decide::tally::Tally;
use crate::error::{Result, StoreError};
use crate::tables::history::{self, Entry};
use crate::tables::local;
use crate::tables::pending::{self, Change, InFlight};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use tidemark_model::{Planted, RecordId, State, is_planted};

/// How often in a row the answer to a change may be no decision before it is set aside (FAULTS N9).
const MOST_ATTEMPTS: u32 = 5;

/// The server will not have the change: it waits for a person, unless they edited the record since it was sent.
pub(crate) fn refused(
    tx: &Tx<'_>,
    table: &Table,
    id: RecordId,
    mut change: Change,
    sent: &InFlight,
    reason: &str,
) -> Result<Tally> {
    let row = pending_row(tx, table, id)?;
    if std::mem::take(&mut change.set_aside) {
        position::fetch_later(tx, table, id)?;
    }
    change.attempts = 0;
    // It may have been carried out before it was refused: its first answers are not here.
    confirmed::doubt(&mut change, sent);
    let deletes = |state| state == State::Delete;
    if deletes(change.state) != deletes(sent.state) || !row.record.same_content(&sent.record) {
        if deletes(change.state) && change.base.is_none() && !position::is_kept(tx.conn, &table.set.name)? {
            // An addition that the server would not have was deleted meanwhile, and nobody asks whether it is there: the
            // deletion can be undone like any other.
            history::write(tx, table, id, &Entry::deleted(&row.record, None))?;
        }
        local::put_pending(tx, table, row.record, &change)?;
        return Ok(Tally::default());
    }
    parked::hold(tx, table, id, change, reason)?;
    Ok(Tally { parked: 1, ..Tally::default() })
}

/// The server did not decide: the very same request is sent again. Where no answer was a decision, time after time, it waits
/// for a person, and the others go on; it stays in flight, since the server may have it. An edit made since is sent in its
/// place, but for what is offered again to a restored server: that comes before any edit.
pub(crate) fn undecided(
    tx: &Tx<'_>,
    table: &Table,
    mut change: Change,
    sent: InFlight,
    reason: &str,
    counts: bool,
) -> Result<Tally> {
    let id = sent.record.id;
    change.attempts = change.attempts.saturating_add(counts.into());
    if change.attempts < MOST_ATTEMPTS || is_planted(Planted::A8cNeverSetAside) {
        change.in_flight = Some(sent);
        pending::put(tx, &table.set.name, id, &change)?;
        return Ok(Tally::default());
    }
    let row = pending_row(tx, table, id)?;
    if change.offer.is_none() && (change.state != sent.state || !row.record.same_content(&sent.record)) {
        return refused(tx, table, id, change, &sent, reason);
    }
    change.in_flight = Some(sent);
    change.attempts = 0;
    parked::hold(tx, table, id, change, reason)?;
    Ok(Tally { parked: 1, ..Tally::default() })
}

/// Reads the row of a record that must be here, since something is pending for it.
pub(crate) fn pending_row(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<Row> {
    let row = row::get(tx.conn, table, id)?;
    row.ok_or_else(|| StoreError::Internal(format!("{} {id} is pending but not there", table.set.name)))
}
