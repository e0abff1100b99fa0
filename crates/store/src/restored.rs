//! A server that came back from an older backup: what this device had confirmed there is offered again.
//!
//! Owns: finding, record by record, what of the last 30 days is missing, and queueing it under the request id it
//! was sent with: a server that has it after all answers from its journal and applies nothing twice (FAULTS I28).
//! Refuses: what this device never sent (`sweep` asks about that).

use crate::change::Change;
use crate::error::Result;
use crate::local;
use crate::row::{self, Row};
use crate::sent::{self, Sent};
use crate::table::Table;
use crate::write::Tx;
use tidemark_model::{Record, State, Versioned};

/// Queues what the enumeration of `generation` shows to be missing. A record that is neither there nor here was
/// deleted, by this device or by somebody else: nothing brings it back unasked (FAULTS I9).
pub(crate) fn offer_again(tx: &Tx<'_>, table: &Table, generation: i64) -> Result<()> {
    for id in sent::records(tx.conn, &table.set.name)? {
        if let Some(row) = row::get(tx.conn, table, id)?.filter(|row| row.state == State::None) {
            offer_record(tx, table, &row, generation)?;
        }
    }
    Ok(())
}

fn offer_record(tx: &Tx<'_>, table: &Table, row: &Row, generation: i64) -> Result<()> {
    let sent = sent::of_record(tx.conn, &table.set.name, row.record.id)?;
    let Some(newest) = sent.last() else { return Ok(()) };
    let server = Some(row).filter(|row| row.generation >= generation);
    let deletes = newest.change.state == State::Delete;
    let nothing_lost = match server {
        Some(server) => {
            server.etag.as_deref() == Some(newest.etag.as_str())
                || !deletes && server.record.same_content(&newest.change.record)
        }
        None => deletes,
    };
    if nothing_lost {
        return Ok(());
    }
    // A record that the server does not have is offered as it is here; else as it was confirmed.
    let local = if server.is_none() { &row.record } else { &newest.change.record };
    let base = base(&sent, server.and_then(|server| server.etag.as_deref()));
    let state = match (deletes, &base) {
        (true, _) => State::Delete,
        (false, None) => State::Add,
        (false, Some(_)) => State::Update,
    };
    let mut change = Change::new(state, base);
    change.in_flight = Some(newest.change.clone());
    // Whatever the answer, the record is looked at once more: others may have changed it since.
    change.set_aside = true;
    local::put_pending(tx, table, Record { is_tombstoned: false, updated_by: None, ..local.clone() }, &change)
}

/// The version that the lost changes are to be seen against: the one of this device's own that the server still
/// has, so that its earlier changes do not clash with its later ones; else what the oldest was made on.
fn base(sent: &[Sent], server: Option<&str>) -> Option<Versioned> {
    for sent in sent.iter().rev() {
        if server == Some(sent.etag.as_str()) {
            return Some(Versioned { record: sent.change.record.clone(), etag: sent.etag.clone() });
        }
        if let Some(base) = sent.base.as_ref().filter(|base| server == Some(base.etag.as_str())) {
            return Some(base.clone());
        }
    }
    sent.first().and_then(|oldest| oldest.base.clone())
}
