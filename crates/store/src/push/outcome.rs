//! What an answer leaves behind, whether a change was sent for the first time or offered again.
//!
//! Owns: the record's history of it, the version that it became, and what becomes of a change that the server will not have. Refuses: reading answers
//! (`settle`, `restored::answered`).

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
use tidemark_model::{HistoryEvent, Record, RecordId, State, Versioned};

/// Writes the change into the record's history: what typing came to, once.
pub(crate) fn write_down(tx: &Tx<'_>, table: &Table, base: Option<&Record>, sent: &InFlight, etag: &str) -> Result<()> {
    let (event, changes) = match sent.state {
        State::Delete => (HistoryEvent::Deleted, Vec::new()),
        State::Update if sent.restores => (HistoryEvent::Restored, history::changes(base, &sent.record)),
        State::Update => (HistoryEvent::Edited, history::changes(base, &sent.record)),
        State::Add | State::None => (HistoryEvent::Created, history::changes(None, &sent.record)),
    };
    let lost = (event == HistoryEvent::Deleted).then_some(&sent.record);
    let at = Some(sent.record.updated_at);
    let entry = Entry { at, etag: Some(etag), changes, ..Entry::here(event, lost) };
    history::write_version(tx, table, sent.record.id, &entry)
}

/// Returns the version that the server made of a change which it has. It stamps the account that the token belongs to.
pub(crate) fn confirmed(tx: &Tx<'_>, sent: &InFlight, etag: &str, stamp: Option<i64>) -> Result<Versioned> {
    let record = Record {
        is_tombstoned: sent.state == State::Delete,
        updated_by: tx.me()?.user.clone(),
        updated_at: stamp.unwrap_or(sent.record.updated_at),
        ..sent.record.clone()
    };
    Ok(Versioned { record, etag: etag.to_owned() })
}

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
    let deletes = |state| state == State::Delete;
    if deletes(change.state) != deletes(sent.state) || !row.record.same_content(&sent.record) {
        if deletes(change.state) && change.base.is_none() {
            // An addition that the server would not have was deleted meanwhile: there is nothing to send, and the
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
