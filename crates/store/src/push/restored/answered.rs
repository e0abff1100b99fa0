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
use crate::tables::pending::{Change, InFlight, Offer};
use crate::tables::sent::{self, Sent};
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use tidemark_model::give_back::{self, Next};
use tidemark_model::{State, Versioned};

/// A confirmed change whose offer was answered.
pub(crate) struct Offered {
    pub(crate) offer: Offer,
    /// Its number in `sent`.
    pub(crate) number: i64,
    /// As it was sent now.
    pub(crate) sent: InFlight,
}

/// Takes the answer to a change that was offered again.
pub(crate) fn answered(
    tx: &Tx<'_>,
    table: &Table,
    mut change: Change,
    offered: Offered,
    answer: &Answer,
) -> Result<Tally> {
    let sent = &offered.sent;
    let id = sent.record.id;
    let all = sent::of_record(tx.conn, &table.set.name, id)?;
    let place = all.iter().position(|lost| lost.number == offered.number);
    let mut tally = Tally::default();
    let made;
    let server = match answer {
        Answer::Undecided { reason, counts } => {
            change.offer = Some(offered.offer);
            return outcome::undecided(tx, table, change, offered.sent, reason, *counts);
        }
        Answer::Refused { reason } => {
            // An addition that it would not have once more is there: what this device last had stays what both began with.
            let lost = place.map(|place| &all[place]).filter(|lost| lost.base.is_some() || !offered.offer.is_there);
            if let Some(lost) = lost {
                change.base.clone_from(&lost.base);
            }
            return outcome::refused(tx, table, id, change, sent, reason);
        }
        Answer::Done { etag, stamp } => {
            tally.pushed += 1;
            if let Some(place) = place {
                confirm_again(tx, table, &all[place], sent, etag, offered.offer.over_others)?;
            }
            let base = place.and_then(|place| all[place].base.as_ref());
            made = confirmed::confirmed(tx, base.map(|base| &base.record), sent, etag, *stamp)?;
            Some(&made)
        }
        Answer::Stale { current } => Some(current),
        Answer::Absent => None,
    };
    let row = outcome::pending_row(tx, table, id)?;
    let at = At { row, change, forgot: offered.offer.forgot, is_there: offered.offer.is_there };
    let Some(place) = place else {
        // It has been kept long enough meanwhile: what came after it is offered on top of what the server has. Where nothing
        // did, and the server would not have it, what is pending meets the server's version by the usual rules.
        let has_it = matches!(answer, Answer::Done { .. });
        tally += match all.is_empty() && !has_it {
            true => carry_out(tx, table, at, &all, Next::Reconcile { on: None, server: server.cloned() })?,
            false => begin(tx, table, at, &all, server)?,
        };
        return Ok(tally);
    };
    let reply = match (answer, server) {
        (Answer::Stale { .. }, Some(current)) => {
            // A version that this device saw before it made the lost change. One that came after it, as where the server was
            // put back twice, is another's.
            let number_of = |etag: &str| history::number_of(tx.conn, &table.set.name, id, etag);
            let (there, lost) = (number_of(&current.etag)?, number_of(&all[place].etag)?);
            let in_history = there.is_some_and(|there| lost.is_none_or(|lost| there < lost));
            give_back::Reply::Stale { current, in_history }
        }
        (_, Some(server)) => give_back::Reply::Has(server),
        (_, None) => give_back::Reply::Absent,
    };
    let (if_match, over_others) = (sent.if_match.as_deref(), offered.offer.over_others);
    let next = give_back::go_on(&table.set, &confirmed(&all), place, if_match, over_others, reply);
    tally += carry_out(tx, table, at, &all, next.ok_or_else(|| misplaced(table, id))?)?;
    Ok(tally)
}

/// The server has a change that was offered again: where that is a new version, it had lost it.
fn confirm_again(
    tx: &Tx<'_>,
    table: &Table,
    lost: &Sent,
    sent: &InFlight,
    etag: &str,
    over_others: bool,
) -> Result<()> {
    if etag == lost.etag {
        return Ok(());
    }
    let id = sent.record.id;
    let base = lost.base.clone().map(|base| made_on(base, sent));
    sent::confirm_again(tx, lost.number, base.as_ref(), sent, etag, over_others)?;
    if !history::confirmed_again(tx, table, id, &lost.etag, etag)? {
        confirmed::write_down(tx, table, base.as_ref().map(|base| &base.record), sent, etag)?;
    }
    Ok(())
}

/// Returns the version that a change was made on when it was offered again: what it holds beside the change is no part of
/// the change, whoever wrote it.
fn made_on(base: Versioned, sent: &InFlight) -> Versioned {
    let Some(etag) = sent.if_match.clone() else { return base };
    let mut record = base.record;
    if sent.state == State::Update && !sent.restores {
        let beside = sent.record.properties.iter().filter(|(name, _)| !sent.changed.contains(name));
        record.properties.extend(beside.map(|(name, value)| (name.clone(), value.clone())));
    }
    Versioned { record, etag }
}
