//! What becomes of a change that the server will not have, whether it was sent for the first time or offered again.
//!
//! Owns: that it waits for a person, but for an edit made since. Refuses: reading answers (`settle`, `restored::answered`).

use crate::decide::confirmed;
use crate::decide::parked;
use crate::decide::tally::Tally;
use crate::error::{Result, StoreError};
use crate::tables::history::{self, Entry};
use crate::tables::local;
use crate::tables::pending::{Change, InFlight};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use tidemark_model::{HistoryEvent, RecordId, State};

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
            history::write(tx, table, id, &Entry::here(HistoryEvent::Deleted, Some(&row.record)))?;
        }
        local::put_pending(tx, table, row.record, &change)?;
        return Ok(Tally::default());
    }
    parked::hold(tx, table, id, change, reason)?;
    Ok(Tally { parked: 1, ..Tally::default() })
}

/// Reads the row of a record that must be here, since something is pending for it.
pub(crate) fn pending_row(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<Row> {
    let row = row::get(tx.conn, table, id)?;
    row.ok_or_else(|| StoreError::Internal(format!("{} {id} is pending but not there", table.set.name)))
}
