//! The answer to a change that was offered again.
//!
//! Owns: what it says of the change, and writing down that a lost one was confirmed anew. Refuses: what follows (`next`).

use super::begin;
use super::next::{At, carry_out, confirmed, misplaced};
use crate::decide::confirmed;
use crate::decide::tally::Tally;
use crate::error::Result;
use crate::push::outcome;
use crate::push::reply::Answer;
use crate::tables::history;
use crate::tables::pending::{self, Change, InFlight, Offer};
use crate::tables::sent::{self, Sent};
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use tidemark_model::{Versioned, give_back};

/// A confirmed change whose offer was answered.
pub(crate) struct Offered {
    pub(crate) offer: Offer,
    /// Its number in `sent`.
    pub(crate) number: i64,
    /// As it was sent now.
    pub(crate) sent: InFlight,
}

/// Takes the answer to a change that was offered again.
pub(crate) fn answered(tx: &Tx<'_>, table: &Table, change: Change, offered: Offered, answer: &Answer) -> Result<Tally> {
    let id = offered.sent.record.id;
    if let Answer::Undecided { counts, .. } = answer {
        return wait(tx, table, change, offered, *counts);
    }
    let all = sent::of_record(tx.conn, &table.set.name, id)?;
    let row = outcome::pending_row(tx, table, id)?;
    let at = At { row, change, forgot: offered.offer.forgot };
    match all.iter().position(|lost| lost.number == offered.number) {
        Some(place) => decided(tx, table, at, &all, place, &offered.sent, answer),
        None => kept_long_enough(tx, table, at, &all, &offered.sent, answer),
    }
}

/// The same request is sent again later.
fn wait(tx: &Tx<'_>, table: &Table, mut change: Change, offered: Offered, counts: bool) -> Result<Tally> {
    let id = offered.sent.record.id;
    change.in_flight = Some(offered.sent);
    change.offer = Some(offered.offer);
    change.attempts = change.attempts.saturating_add(counts.into());
    pending::put(tx, &table.set.name, id, &change)?;
    Ok(Tally::default())
}

/// The server says what it does with the confirmed change at this place.
fn decided(
    tx: &Tx<'_>,
    table: &Table,
    mut at: At,
    all: &[Sent],
    place: usize,
    sent: &InFlight,
    answer: &Answer,
) -> Result<Tally> {
    let (id, lost) = (sent.record.id, &all[place]);
    let mut tally = Tally::default();
    let server;
    let reply = match answer {
        Answer::Done { etag, stamp } => {
            tally.pushed += 1;
            server = confirm(tx, table, lost, sent, etag, *stamp)?;
            give_back::Reply::Has(&server)
        }
        Answer::Refused { reason } | Answer::Undecided { reason, .. } => {
            at.change.base.clone_from(&lost.base);
            return outcome::refused(tx, table, id, at.change, sent, reason);
        }
        Answer::Stale { current } => {
            let in_history = history::number_of(tx.conn, &table.set.name, id, &current.etag)?.is_some();
            give_back::Reply::Stale { current, in_history }
        }
        Answer::Absent => give_back::Reply::Absent,
    };
    let next = give_back::go_on(&table.set, &confirmed(all), place, sent.if_match.as_deref(), reply);
    tally += carry_out(tx, table, at, all, next.ok_or_else(|| misplaced(table, id))?)?;
    Ok(tally)
}

/// What was offered has been kept long enough meanwhile: what came after it is offered on top of what the server has.
fn kept_long_enough(
    tx: &Tx<'_>,
    table: &Table,
    at: At,
    all: &[Sent],
    sent: &InFlight,
    answer: &Answer,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let server;
    let server = match answer {
        Answer::Done { etag, stamp } => {
            tally.pushed += 1;
            server = confirmed::confirmed(tx, sent, etag, *stamp)?;
            Some(&server)
        }
        Answer::Refused { reason } | Answer::Undecided { reason, .. } => {
            return outcome::refused(tx, table, sent.record.id, at.change, sent, reason);
        }
        Answer::Stale { current } => Some(current),
        Answer::Absent => None,
    };
    tally += begin(tx, table, at, all, server)?;
    Ok(tally)
}

/// The server has a change that was offered again, as the version that is returned: where that is a new one, it had lost it.
fn confirm(
    tx: &Tx<'_>,
    table: &Table,
    lost: &Sent,
    sent: &InFlight,
    etag: &str,
    stamp: Option<i64>,
) -> Result<Versioned> {
    let id = sent.record.id;
    if etag != lost.etag {
        let base = lost.base.clone().map(|base| match &sent.if_match {
            Some(etag) => Versioned { etag: etag.clone(), ..base },
            None => base,
        });
        sent::confirm_again(tx, lost.number, base.as_ref(), sent, etag)?;
        if !history::confirmed_again(tx, table, id, &lost.etag, etag)? {
            confirmed::write_down(tx, table, base.as_ref().map(|base| &base.record), sent, etag)?;
        }
    }
    confirmed::confirmed(tx, sent, etag, stamp)
}
