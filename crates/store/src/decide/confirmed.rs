//! A change that the server has: what its record's history tells of it, and which version it became.
//!
//! Owns: that, and knowing a change again that was refused when it was sent again, although the server had carried it out
//! the first time (FAULTS N2, N3): what its own device made is nobody's news. Refuses: reading answers (`push`).

use crate::error::Result;
use crate::tables::history::{self, Entry};
use crate::tables::pending::{Change, InFlight};
use crate::tables::sent;
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use tidemark_model::{HistoryEvent, Record, State, Versioned, changed_properties, same_value};

/// So many changes of a record are kept in doubt; the newest.
const MOST_DOUBTS: usize = 4;

/// Writes the change into the record's history: what typing came to, once.
pub(crate) fn write_down(tx: &Tx<'_>, table: &Table, base: Option<&Record>, sent: &InFlight, etag: &str) -> Result<()> {
    let (event, changes) = match sent.state {
        State::Delete => (HistoryEvent::Deleted, Entry::deleted(&sent.record, base).changes),
        State::Update if sent.restores => (HistoryEvent::Restored, history::changes(base, &sent.record)),
        State::Update => (HistoryEvent::Edited, history::changes(base, &sent.record)),
        State::Add | State::None => (HistoryEvent::Created, history::changes(None, &sent.record)),
    };
    let lost = (event == HistoryEvent::Deleted).then_some(&sent.record);
    let at = Some(sent.record.updated_at);
    let entry = Entry { at, etag: Some(etag), changes, ..Entry::here(event, lost) };
    history::write_version(tx, table, sent.record.id, &entry)
}

/// Returns the server's version with what an earlier one is known to have held of properties that the model has no more:
/// that they are not in it says nothing, and where the model gets them back, what stood there before is no news (FAULTS S3).
pub(crate) fn seen_as(table: &Table, before: Option<&Versioned>, server: &Versioned) -> Versioned {
    let mut seen = server.clone();
    for (name, value) in before.into_iter().flat_map(|before| &before.record.properties) {
        if table.set.entity_type.property(name).is_none() && !seen.record.properties.contains_key(name) {
            seen.record.properties.insert(name.clone(), value.clone());
        }
    }
    seen
}

/// Returns the version that the server made of a change on `base` which it has. It stamps the account that the token belongs
/// to.
pub(crate) fn confirmed(
    tx: &Tx<'_>,
    base: Option<&Record>,
    sent: &InFlight,
    etag: &str,
    stamp: Option<i64>,
) -> Result<Versioned> {
    let record = Record {
        is_tombstoned: sent.state == State::Delete,
        updated_by: tx.me()?.user.clone(),
        updated_at: stamp.unwrap_or(sent.record.updated_at),
        ..sent.made(base).clone()
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

/// The server has spoken of the record: where its version is a change of this device's that was in doubt, that change is
/// confirmed, and what is pending stands on it; else none of them is there. Of what a change made of properties that the
/// model lacks just now nothing can be told: it stays in doubt, unless the rest of it tells.
pub(crate) fn resolve_doubts(
    tx: &Tx<'_>,
    table: &Table,
    change: &mut Change,
    server: Option<&Versioned>,
) -> Result<()> {
    let mut doubts = std::mem::take(&mut change.doubts);
    let Some(server) = server.filter(|_| !doubts.is_empty()) else { return Ok(()) };
    let (set, base) = (&table.set, change.base.take());
    let is_shown = |name: &&str| set.entity_type.property(name).is_some();
    for sent in doubts.iter().rev() {
        let made = confirmed(tx, base.as_ref().map(|base| &base.record), sent, &server.etag, None)?;
        let there = seen_as(table, Some(&made), server);
        if !made.record.same_content(&there.record) {
            if let Some(base) = base.as_ref().filter(|_| sent.state == State::Update)
                && let Some(known) = with_what_is_there(table, base, &made.record, &there.record)
            {
                change.base = Some(known);
                return Ok(());
            }
            continue;
        }
        let is_own = made.record.updated_by == there.record.updated_by;
        if !is_own && sent.state != State::Update {
            // That another made it, or deleted it, is for a person to know, however much alike it is.
            continue;
        }
        let changed = base.as_ref().map(|base| changed_properties(&base.record, &made.record));
        // An addition is there as a whole, or not at all.
        let tells = changed.is_none_or(|changed| changed.is_empty() || changed.iter().any(is_shown));
        if tells || sent.state == State::Delete {
            // Where another wrote the same over it, the version is not this device's; there is nothing in it to ask about.
            if is_own {
                sent::add(tx, &set.name, base.as_ref(), sent, &server.etag)?;
                write_down(tx, table, base.as_ref().map(|base| &base.record), sent, &server.etag)?;
            }
            if change.state == State::Add {
                change.state = State::Update;
            }
            change.base = Some(there);
            return Ok(());
        }
    }
    doubts.retain(|sent| sent.record.properties.keys().any(|name| !is_shown(&name.as_str())));
    (change.doubts, change.base) = (doubts, base);
    Ok(())
}

/// Others have changed the record since, and every value that a change in doubt wrote stands there: what both began with is
/// the version with them. `None` where one does not stand, or cannot be seen.
fn with_what_is_there(table: &Table, base: &Versioned, made: &Record, there: &Record) -> Option<Versioned> {
    let changed = changed_properties(&base.record, made);
    let stands =
        |name: &&str| table.set.entity_type.property(name).is_some() && same_value(made.get(name), there.get(name));
    if changed.is_empty() || there.is_tombstoned || !changed.iter().all(stands) {
        return None;
    }
    let mut known = base.clone();
    for name in changed {
        known.record.properties.insert(name.to_owned(), there.get(name).clone());
    }
    Some(known)
}
