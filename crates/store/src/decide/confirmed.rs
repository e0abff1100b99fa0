//! A change that the server has: what its record's history tells of it, and which version it became.
//!
//! Owns: that, and knowing a change again that was refused when it was sent again, although the server had carried it out
//! the first time (FAULTS N2, N3): what its own device made is nobody's news. Refuses: reading answers (`push`).

use crate::error::Result;
use crate::tables::history::{self, Entry};
use crate::tables::pending::{self, Change, InFlight};
use crate::tables::sent;
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use tidemark_model::{HistoryEvent, Record, State, Versioned};

/// So many changes of a record are kept in doubt; the newest.
const MOST_DOUBTS: usize = 4;

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

/// Keeps a change in mind that was refused.
pub(crate) fn doubt(change: &mut Change, sent: &InFlight) {
    if change.doubts.len() == MOST_DOUBTS {
        change.doubts.remove(0);
    }
    change.doubts.push(sent.clone());
}

/// Where the server's version is a change of this device's that was in doubt, that change is confirmed, and what is pending
/// stands on it.
pub(crate) fn recognise(tx: &Tx<'_>, table: &Table, change: &mut Change, server: &Versioned) -> Result<()> {
    if change.doubts.is_empty() || server.record.updated_by != tx.me()?.user {
        return Ok(());
    }
    let is_it = |sent: &InFlight| match (sent.state == State::Delete, server.record.is_tombstoned) {
        (true, true) => true,
        (false, false) => sent.record.same_content(&server.record),
        _ => false,
    };
    let Some(place) = change.doubts.iter().rposition(is_it) else { return Ok(()) };
    let sent = change.doubts.swap_remove(place);
    change.doubts.clear();
    let (set, id) = (&table.set.name, server.record.id);
    pending::put_in_flight(tx, set, id, &sent)?;
    sent::log(tx, set, id, change.base.as_ref(), &sent, &server.etag)?;
    write_down(tx, table, change.base.as_ref().map(|base| &base.record), &sent, &server.etag)?;
    change.base = Some(server.clone());
    if change.state == State::Add {
        change.state = State::Update;
    }
    Ok(())
}
