//! A server that came back from an older backup: what this device had confirmed there is offered again.
//!
//! Owns: per record, offering every lost change in the order in which it was confirmed, each under the request id that it
//! was sent with: a server that has it after all answers from its journal and applies nothing twice (FAULTS I28). What
//! the device has pending on top follows afterwards, and what others made and the server forgot is asked about.
//! Refuses: what is neither there nor here: it was deleted, and nothing brings it back unasked (FAULTS I9).

use crate::decide::tally::Tally;
use crate::decide::verdict;
use crate::error::Result;
use crate::push::outcome;
use crate::push::outgoing;
use crate::push::reply::Answer;
use crate::tables::account;
use crate::tables::conflict;
use crate::tables::history;
use crate::tables::local;
use crate::tables::pending::{self, Change, Hold, InFlight, Offer};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::sent::{self, Sent};
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use tidemark_model::{Conflict, ConflictKind, Record, State, Versioned, changed_properties, merge, same_value};

/// A confirmed change whose offer was answered.
pub(crate) struct Offered {
    pub(crate) offer: Offer,
    /// Its number in `sent`.
    pub(crate) number: i64,
    /// As it was sent now.
    pub(crate) sent: InFlight,
}

/// A record whose changes are being offered again.
struct At {
    row: Row,
    change: Change,
    offer: Offer,
}

/// Lets a record of a restored server meet what this device has. `None` where the server lost nothing of it: then it is
/// taken in like any other.
pub(crate) fn meet(tx: &Tx<'_>, table: &Table, server: &Versioned) -> Result<Option<Tally>> {
    let id = server.record.id;
    let sent = sent::of_record(tx.conn, &table.set.name, id)?;
    let row = match (row::get(tx.conn, table, id)?, sent.last()) {
        (Some(row), _) => row,
        (None, None) => return Ok(None),
        (None, Some(last)) if last.change.state == State::Delete => {
            return deleted_here(tx, table, last, &sent, server).map(Some);
        }
        // It went with its set, which was kept no longer for a while: as it was confirmed last.
        (None, Some(last)) => Row {
            record: last.change.record.clone(),
            state: State::None,
            etag: Some(last.etag.clone()),
            generation: position::standing(tx, table)?.generation,
        },
    };
    let change = pending::get(tx.conn, &table.set.name, id)?;
    let known = match &change {
        Some(change) => change.base.clone(),
        None => Some(row.versioned()),
    };
    let is_same = |known: &Versioned| known.etag == server.etag || known.record.same_content(&server.record);
    if known.as_ref().is_some_and(is_same) || change.as_ref().is_some_and(|change| change.offer.is_some()) {
        return Ok(None);
    }
    let forgot = known.is_some_and(|known| server.record.updated_at < known.record.updated_at);
    if lost(&sent, Some(server)).is_empty() && !forgot {
        return Ok(None);
    }
    offer(tx, table, row, change, &sent, Some(server), forgot).map(Some)
}

/// Tells whether the server has an older version than one that it confirmed to this device: it has lost the rest.
pub(crate) fn has_lost(tx: &Tx<'_>, table: &Table, server: &Versioned) -> Result<bool> {
    let sent = sent::of_record(tx.conn, &table.set.name, server.record.id)?;
    Ok(is_own(&sent, &server.etag) && !lost(&sent, Some(server)).is_empty())
}

/// Offers what a restored server has no trace of; what this device never sent is left to the questions of `sweep`.
pub(crate) fn unseen(tx: &Tx<'_>, table: &Table, generation: i64) -> Result<Tally> {
    let mut tally = Tally::default();
    for id in sent::of_unseen(tx.conn, table, generation)? {
        let sent = sent::of_record(tx.conn, &table.set.name, id)?;
        let Some(row) = row::get(tx.conn, table, id)? else { continue };
        let change = pending::get(tx.conn, &table.set.name, id)?;
        if change.as_ref().is_none_or(|change| change.offer.is_none()) {
            tally += offer(tx, table, row, change, &sent, None, true)?;
        }
    }
    Ok(tally)
}

/// The record is gone here by this device's own deletion, which the server lost with whatever else.
fn deleted_here(tx: &Tx<'_>, table: &Table, last: &Sent, sent: &[Sent], server: &Versioned) -> Result<Tally> {
    let known = Versioned { record: last.change.record.clone(), etag: last.etag.clone() };
    let record = Record { is_tombstoned: false, updated_by: None, ..last.change.record.clone() };
    let row = Row { record, state: State::Delete, etag: None, generation: position::standing(tx, table)?.generation };
    let change = Change::new(State::Delete, Some(known));
    offer(tx, table, row, Some(change), sent, Some(server), true)
}

/// Begins with the oldest of the lost changes; with the end, where there is none.
fn offer(
    tx: &Tx<'_>,
    table: &Table,
    row: Row,
    change: Option<Change>,
    sent: &[Sent],
    server: Option<&Versioned>,
    forgot: bool,
) -> Result<Tally> {
    let mut change = change.unwrap_or_else(|| Change::on(&row, State::Update));
    conflict::close(tx, table, row.record.id)?;
    change.hold = Hold::Free;
    change.reason = None;
    if change.in_flight.is_some() {
        // The server may have it, and then has everything before it.
        change.offer = Some(Offer { sent: None, forgot });
        change.set_aside = true;
        local::put_pending(tx, table, row.record, &change)?;
        return Ok(Tally::default());
    }
    begin(tx, table, At { row, change, offer: Offer { sent: None, forgot } }, sent, server)
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
    begin(tx, table, At { row, change, offer }, &sent, server)
}

fn begin(tx: &Tx<'_>, table: &Table, mut at: At, sent: &[Sent], server: Option<&Versioned>) -> Result<Tally> {
    let is_located = server.is_some_and(|server| is_own(sent, &server.etag));
    // Where the server's version is none that this device knows, somebody may have changed the record since.
    at.change.set_aside |= !is_located;
    match (lost(sent, server).first(), server) {
        (Some(first), Some(server)) if is_located => step(tx, table, at, first, Some(server)),
        (Some(first), _) => step(tx, table, at, first, None),
        (None, Some(server)) => conclude(tx, table, at, server.clone()),
        (None, None) => verdict::judge_change(tx, table, at.row, at.change, None),
    }
}

/// Returns the confirmed changes that `server` lacks: all that come after the version that it has, where that is known.
fn lost<'s>(sent: &'s [Sent], server: Option<&Versioned>) -> &'s [Sent] {
    let Some(server) = server else { return sent };
    for (n, change) in sent.iter().enumerate().rev() {
        if change.etag == server.etag {
            return &sent[n + 1..];
        }
        if change.base.as_ref().is_some_and(|base| base.etag == server.etag) {
            return &sent[n..];
        }
    }
    sent
}

fn is_own(sent: &[Sent], etag: &str) -> bool {
    sent.iter().any(|sent| sent.etag == etag || sent.base.as_ref().is_some_and(|base| base.etag == etag))
}

/// Puts one lost change in flight: as it was sent, where the server may have it or is where it was made; else on top of
/// `server`, the version that the server is known to have.
fn step(tx: &Tx<'_>, table: &Table, mut at: At, lost: &Sent, server: Option<&Versioned>) -> Result<Tally> {
    let again = match server {
        Some(server) if lost.change.if_match.as_deref() != Some(server.etag.as_str()) => {
            match on_top(tx, table, lost, server)? {
                OnTop::Sent(again) => *again,
                OnTop::Nothing => return proceed(tx, table, at, lost.number, server.clone(), false),
                OnTop::Clash => {
                    at.change.base = lost.base.clone();
                    return verdict::judge_change(tx, table, at.row, at.change, Some(server));
                }
            }
        }
        _ => lost.change.clone(),
    };
    at.change.in_flight = Some(again);
    at.change.offer = Some(Offer { sent: Some(lost.number), ..at.offer });
    at.change.attempts = 0;
    local::put_pending(tx, table, at.row.record, &at.change)?;
    Ok(Tally::default())
}

/// What a lost change is on top of a version that it was not made on.
enum OnTop {
    Sent(Box<InFlight>),
    /// The server has all of it.
    Nothing,
    /// Somebody else's change is in the way.
    Clash,
}

fn on_top(tx: &Tx<'_>, table: &Table, lost: &Sent, server: &Versioned) -> Result<OnTop> {
    let (sent, current) = (&lost.change, &server.record);
    let base = lost.base.as_ref().map(|base| &base.record).filter(|base| !base.is_tombstoned);
    // A version that this device knows is older than the change: what was made on a later one supersedes it.
    let is_older = is_known(tx, table, server)?;
    let mut again = InFlight { if_match: Some(server.etag.clone()), ..sent.clone() };
    match (sent.state, current.is_tombstoned) {
        (State::Delete, true) => return Ok(OnTop::Nothing),
        (State::Delete, false) => {
            let moved = base.is_none_or(|base| !changed_properties(base, current).is_empty());
            if moved && !is_older {
                return Ok(OnTop::Clash);
            }
        }
        (_, true) if sent.restores => {}
        (_, true) => return Ok(OnTop::Clash),
        (_, false) => {
            let mut record = if is_older {
                let mut record = current.clone();
                for name in changed_properties(base.unwrap_or(&Record::new(current.id, 0)), &sent.record) {
                    record.properties.insert(name.to_owned(), sent.record.get(name).clone());
                }
                record
            } else {
                let outcome = merge(&table.set, base, &sent.record, current);
                if !outcome.clashing.is_empty() {
                    return Ok(OnTop::Clash);
                }
                outcome.merged
            };
            record.updated_at = sent.record.updated_at;
            record.updated_by = None;
            again.changed = changed_properties(current, &record).into_iter().map(str::to_owned).collect();
            if again.changed.is_empty() {
                return Ok(OnTop::Nothing);
            }
            again = InFlight { state: State::Update, restores: false, record, ..again };
        }
    }
    outgoing::name(tx, table, &mut again)?;
    Ok(OnTop::Sent(Box::new(again)))
}

fn is_known(tx: &Tx<'_>, table: &Table, server: &Versioned) -> Result<bool> {
    let (set, id) = (&table.set.name, server.record.id);
    let sent = sent::of_record(tx.conn, set, id)?;
    Ok(is_own(&sent, &server.etag) || history::number_of(tx.conn, set, id, &server.etag)?.is_some())
}

/// Takes the answer to a change that was offered again.
pub(crate) fn answered(
    tx: &Tx<'_>,
    table: &Table,
    mut change: Change,
    offered: Offered,
    answer: &Answer,
) -> Result<Tally> {
    let Offered { offer, number, sent } = offered;
    let id = sent.record.id;
    let all = sent::of_record(tx.conn, &table.set.name, id)?;
    let Some(lost) = all.into_iter().find(|lost| lost.number == number) else {
        // It has been kept long enough meanwhile.
        let row = outcome::pending_row(tx, table, id)?;
        local::put_pending(tx, table, row.record, &change)?;
        return Ok(Tally::default());
    };
    let row = outcome::pending_row(tx, table, id)?;
    match answer {
        Answer::Done { etag, stamp } => {
            let is_tombstoned = sent.state == State::Delete;
            let updated_at = stamp.unwrap_or(sent.record.updated_at);
            let record =
                Record { is_tombstoned, updated_by: account::user(tx.conn)?, updated_at, ..sent.record.clone() };
            let server = Versioned { record, etag: etag.clone() };
            let was_lost = *etag != lost.etag;
            if was_lost {
                let base = lost.base.clone().map(|base| match &sent.if_match {
                    Some(etag) => Versioned { etag: etag.clone(), ..base },
                    None => base,
                });
                sent::confirm_again(tx, number, base.as_ref(), &sent, etag)?;
                if !history::confirmed_again(tx, table, id, &lost.etag, etag)? {
                    outcome::write_down(tx, table, base.as_ref().map(|base| &base.record), &sent, etag)?;
                }
            }
            let mut tally = proceed(tx, table, At { row, change, offer }, number, server, was_lost)?;
            tally.pushed += 1;
            Ok(tally)
        }
        Answer::Undecided { counts, .. } => {
            change.in_flight = Some(sent);
            change.offer = Some(offer);
            change.attempts = change.attempts.saturating_add((*counts).into());
            pending::put(tx, &table.set.name, id, &change)?;
            Ok(Tally::default())
        }
        Answer::Refused { reason } => {
            change.base = lost.base;
            outcome::refused(tx, table, id, change, &sent, reason)
        }
        Answer::Stale { current } => {
            let is_repeated = sent.if_match.as_deref() == Some(current.etag.as_str());
            if is_repeated {
                change.base = lost.base;
                return verdict::judge_change(tx, table, row, change, Some(current));
            }
            step(tx, table, At { row, change, offer }, &lost, Some(current))
        }
        Answer::Absent if sent.state == State::Delete => {
            let record = Record { is_tombstoned: true, ..sent.record.clone() };
            let server = Versioned { record, etag: lost.etag };
            proceed(tx, table, At { row, change, offer }, number, server, false)
        }
        Answer::Absent => {
            change.base = lost.base;
            verdict::judge_change(tx, table, row, change, None)
        }
    }
}

/// Goes on with the next lost change; `server` is what the server has now, as far as this device's own changes go.
fn proceed(tx: &Tx<'_>, table: &Table, at: At, number: i64, server: Versioned, is_lost: bool) -> Result<Tally> {
    let sent = sent::of_record(tx.conn, &table.set.name, at.row.record.id)?;
    match sent.iter().find(|next| next.number > number) {
        Some(next) => {
            // A server that lost one change has none that came later.
            let current = is_lost.then_some(&server);
            step(tx, table, at, next, current)
        }
        None => conclude(tx, table, at, server),
    }
}

/// The server has everything again that this device had confirmed. What waits here goes on top of it; where the device
/// had more than that, others made it: it is asked about.
fn conclude(tx: &Tx<'_>, table: &Table, at: At, server: Versioned) -> Result<Tally> {
    let At { row, mut change, offer: Offer { forgot, .. } } = at;
    let (id, mine) = (row.record.id, &row.record);
    if std::mem::take(&mut change.set_aside) {
        position::fetch_later(tx, table, id)?;
    }
    let known = change.base.as_ref().map(|base| &base.record).filter(|known| !known.is_tombstoned);
    let is_clean = change.state != State::Delete && known.is_some_and(|known| known.same_content(mine));
    let is_unchanged = known.is_some_and(|known| known.same_content(&server.record));
    let deletes = change.state == State::Delete;
    match (deletes, server.record.is_tombstoned) {
        (true, true) => return local::remove(tx, table, id).map(|()| Tally::default()),
        (true, false) if forgot || is_unchanged => {
            change.base = Some(server);
            return local::put_pending(tx, table, row.record, &change).map(|()| Tally::default());
        }
        (false, true) if is_clean && !forgot => return local::remove(tx, table, id).map(|()| Tally::default()),
        (false, true) => return ask(tx, table, row, change, ConflictKind::DeletedOnServer, server),
        (false, false) if is_unchanged || mine.same_content(&server.record) => {
            change.base = Some(server);
            change.state = State::Update;
            return local::put_pending(tx, table, row.record, &change).map(|()| Tally::default());
        }
        (false, false) if forgot => return ask_forgotten(tx, table, row, change, server),
        (false, false) if is_clean => return local::put_clean(tx, table, &server, true).map(|()| Tally::default()),
        _ => {}
    }
    verdict::judge_change(tx, table, row, change, Some(&server))
}

/// Asks about the values of others that the server forgot; what this device typed over them itself goes on top, unasked.
fn ask_forgotten(tx: &Tx<'_>, table: &Table, row: Row, mut change: Change, server: Versioned) -> Result<Tally> {
    let known = change.base.as_ref().map(|base| &base.record).filter(|known| !known.is_tombstoned);
    let differs = changed_properties(&row.record, &server.record).into_iter();
    let is_theirs = |name: &&str| known.is_none_or(|known| same_value(known.get(name), row.record.get(name)));
    let forgotten: Vec<String> = differs.filter(is_theirs).map(str::to_owned).collect();
    change.state = State::Update;
    if forgotten.is_empty() {
        change.base = Some(server);
        return local::put_pending(tx, table, row.record, &change).map(|()| Tally::default());
    }
    if forgotten.iter().any(|name| server.record.get(name).is_null() || row.record.get(name).is_null()) {
        return ask(tx, table, row, change, ConflictKind::BothEdited, server);
    }
    // A base on which only those clash; it is no version of the server's.
    let mut base = server.record.clone();
    for name in &forgotten {
        base.properties.insert(name.clone(), serde_json::Value::Null);
    }
    let base = Versioned { record: base, etag: String::new() };
    change.base = Some(base.clone());
    row::put(tx.conn, table, &Row { state: State::Update, ..row.clone() }, false)?;
    pending::put(tx, &table.set.name, row.record.id, &change)?;
    let kind = ConflictKind::BothEdited;
    let conflict = Conflict { kind, properties: forgotten, base: Some(base), mine: row.record, server: Some(server) };
    verdict::ask(tx, table, change, &conflict)
}

/// Asks about everything that differs: there is no common version any more that would tell who changed what.
fn ask(
    tx: &Tx<'_>,
    table: &Table,
    row: Row,
    mut change: Change,
    kind: ConflictKind,
    server: Versioned,
) -> Result<Tally> {
    change.state = State::Update;
    change.base = None;
    row::put(tx.conn, table, &Row { state: State::Update, ..row.clone() }, false)?;
    pending::put(tx, &table.set.name, row.record.id, &change)?;
    let differs = changed_properties(&row.record, &server.record).into_iter().map(str::to_owned).collect();
    let properties = if kind == ConflictKind::BothEdited { differs } else { Vec::new() };
    let conflict = Conflict { kind, properties, base: None, mine: row.record, server: Some(server) };
    verdict::ask(tx, table, change, &conflict)
}
