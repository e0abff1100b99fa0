//! A server that came back from an older backup: what this device had confirmed there is offered again (FAULTS I28).
//!
//! Owns: noticing it, record by record, with what this device knows of each; below it what an answer says (`answered`),
//! and carrying out what follows (`next`). What the device has pending on top follows afterwards. Refuses: which change
//! comes next, as what, and what is asked in the end: `tidemark_model::give_back`.

pub(crate) mod answered;
mod next;

use crate::decide::tally::Tally;
use crate::error::Result;
use crate::tables::conflict;
use crate::tables::pending::{self, Change, Hold, Offer};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::sent::{self, Sent};
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use next::{At, carry_out, confirmed};
use tidemark_model::give_back::{self, Here, Loss};
use tidemark_model::{Record, State, Versioned};

/// Lets a record of a restored server meet what this device has. `None` where the server lost nothing of it: then it is
/// taken in like any other.
pub(crate) fn meet(tx: &Tx<'_>, table: &Table, server: &Versioned) -> Result<Option<Tally>> {
    let id = server.record.id;
    let sent = sent::of_record(tx.conn, &table.set.name, id)?;
    let change = pending::get(tx.conn, &table.set.name, id)?;
    if change.as_ref().is_some_and(|change| change.offer.is_some()) {
        return Ok(None);
    }
    let row = row::get(tx.conn, table, id)?.map(|row| with_what_was_hidden(tx, table, row, &sent)).transpose()?;
    let is_deleted = row.is_none() && sent.last().is_some_and(|last| last.change.state == State::Delete);
    let (row, change) = match (row, sent.last()) {
        (Some(row), _) => (row, change),
        (None, Some(last)) => from_confirmed(tx, table, last)?,
        (None, None) => return Ok(None),
    };
    let known = match &change {
        Some(change) => change.base.clone(),
        None => Some(row.versioned()),
    };
    let here = if is_deleted { Here::Deleted } else { Here::Stands(known.as_ref()) };
    match give_back::loss(here, &confirmed(&sent), Some(server)) {
        Some(loss) => offer(tx, table, row, change, &sent, Some(server), loss).map(Some),
        None => Ok(None),
    }
}

/// Returns a clean row with what this device had confirmed of properties that the model lacked since, and that it has not read
/// again: that they are not in the row is no change of anybody's, and what a server lost of them nobody else has.
fn with_what_was_hidden(tx: &Tx<'_>, table: &Table, mut row: Row, sent: &[Sent]) -> Result<Row> {
    if row.state != State::None {
        return Ok(row);
    }
    for property in table.declared().map(|property| &property.name) {
        let last = || sent.iter().rev().find_map(|sent| sent.change.record.properties.get(property));
        if row.record.get(property).is_null()
            && let Some(value) = last().filter(|value| !value.is_null())
            && position::is_unread(tx, table, row.generation, std::iter::once(property.as_str()))?
        {
            row.record.properties.insert(property.clone(), value.clone());
        }
    }
    Ok(row)
}

/// Makes the row of a record that is not here, as it was confirmed last: it was deleted, or went with its set, which was
/// kept no longer for a while.
fn from_confirmed(tx: &Tx<'_>, table: &Table, last: &Sent) -> Result<(Row, Option<Change>)> {
    let generation = position::standing(tx, table)?.generation;
    let (record, etag) = (last.change.record.clone(), last.etag.clone());
    if last.change.state != State::Delete {
        return Ok((Row { record, state: State::None, etag: Some(etag), generation }, None));
    }
    let known = Versioned { record: last.tombstone(), etag };
    let record = Record { is_tombstoned: false, updated_by: None, ..record };
    let row = Row { record, state: State::Delete, etag: None, generation };
    Ok((row, Some(Change::new(State::Delete, Some(known)))))
}

/// Tells whether the server has an older version than one that it confirmed to this device: it has lost the rest.
pub(crate) fn has_lost(tx: &Tx<'_>, table: &Table, server: &Versioned) -> Result<bool> {
    let sent = sent::of_record(tx.conn, &table.set.name, server.record.id)?;
    Ok(give_back::is_behind(&confirmed(&sent), server))
}

/// Offers what a restored server has no trace of; what this device never sent is left to the questions of `sweep`.
pub(crate) fn unseen(tx: &Tx<'_>, table: &Table, generation: i64) -> Result<Tally> {
    let mut tally = Tally::default();
    for id in sent::of_unseen(tx.conn, table, generation)? {
        let sent = sent::of_record(tx.conn, &table.set.name, id)?;
        let Some(row) = row::get(tx.conn, table, id)? else { continue };
        let row = with_what_was_hidden(tx, table, row, &sent)?;
        let change = pending::get(tx.conn, &table.set.name, id)?;
        if change.as_ref().is_some_and(|change| change.offer.is_some()) {
            continue;
        }
        if let Some(loss) = give_back::loss(Here::Stands(None), &confirmed(&sent), None) {
            tally += offer(tx, table, row, change, &sent, None, loss)?;
        }
    }
    Ok(tally)
}

/// Begins to offer what was lost of a record, in place of whatever held it up.
fn offer(
    tx: &Tx<'_>,
    table: &Table,
    row: Row,
    change: Option<Change>,
    sent: &[Sent],
    server: Option<&Versioned>,
    Loss { forgot }: Loss,
) -> Result<Tally> {
    let mut change = change.unwrap_or_else(|| Change::on(&row, State::Update));
    conflict::close(tx, table, row.record.id)?;
    change.hold = Hold::Free;
    change.reason = None;
    let is_there = server.is_some_and(|server| !server.record.is_tombstoned);
    begin(tx, table, At { row, change, forgot, is_there }, sent, server)
}

/// As [`offer`], once it is known that the server does not have what was in flight.
pub(crate) fn resume(
    tx: &Tx<'_>,
    table: &Table,
    row: Row,
    change: Change,
    offer: Offer,
    server: Option<&Versioned>,
) -> Result<Tally> {
    let sent = sent::of_record(tx.conn, &table.set.name, row.record.id)?;
    let is_there = offer.is_there || server.is_some_and(|server| !server.record.is_tombstoned);
    begin(tx, table, At { row, change, forgot: offer.forgot, is_there }, &sent, server)
}

fn begin(tx: &Tx<'_>, table: &Table, mut at: At, sent: &[Sent], server: Option<&Versioned>) -> Result<Tally> {
    let is_in_flight = at.change.in_flight.is_some();
    let beginning = give_back::begin(&table.set, &confirmed(sent), is_in_flight, server);
    at.change.set_aside |= beginning.fetch_later;
    carry_out(tx, table, at, sent, beginning.next)
}
