//! Giving a server that came back from an older backup what it lost: which of the changes that it had confirmed to this
//! device is offered again next, and as what.
//!
//! Owns: whether it lost anything of a record ([`loss`], [`is_behind`]); the order, in which one change follows the other
//! ([`begin`], [`go_on`]), as it was sent or on top of the version that the server has (`on_top`); what is left to ask
//! when all are there again (`end`). Refuses: remembering changes and sending them (the store does); two versions of which
//! none is older are `merge`'s and `reconcile`'s. FAULTS I28, I9.

mod end;
mod on_top;

use crate::entity::EntitySet;
use crate::planted::{Planted, is_planted};
use crate::record::{Record, State, Versioned};
pub use end::{End, Ended, end};
use on_top::{OnTop, on_top};

/// A change of one record that a server confirmed to this device.
#[derive(Clone, Copy, Debug)]
pub struct Confirmed<'c> {
    /// Add, update or delete.
    pub state: State,
    /// Whether it restored a tombstone.
    pub restores: bool,
    /// The record as it was sent.
    pub record: &'c Record,
    /// The ETag that it was sent on; `None` for an addition.
    pub if_match: Option<&'c str>,
    /// The version that it was made on.
    pub base: Option<&'c Versioned>,
    /// The version that the server made of it.
    pub etag: &'c str,
    /// Whether that version holds, beside the change, what others made and this device had not seen: it was offered again on
    /// top of that. What this device changed later is no newer.
    pub over_others: bool,
}

impl Confirmed<'_> {
    /// Tells whether a version is the one that it made, or was made on.
    fn names(&self, etag: &str) -> bool {
        self.etag == etag || self.base.is_some_and(|base| base.etag == etag)
    }
}

/// What this device has of a record.
#[derive(Clone, Copy, Debug)]
pub enum Here<'h> {
    /// The last thing that was confirmed is its deletion.
    Deleted,
    /// It is here, or was when it was last confirmed: the version that the server last had; `None` where none has seen it.
    Stands(Option<&'h Versioned>),
}

/// Something of a record is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Whether the server has an older version than this device had: what others made since is forgotten there.
    pub forgot: bool,
}

/// Returns what a restored server, which has this version of a record or no trace of it, has lost of it; `None` where
/// that is nothing. What is neither there nor here was deleted: nothing brings it back unasked.
pub fn loss(here: Here<'_>, confirmed: &[Confirmed<'_>], server: Option<&Versioned>) -> Option<Loss> {
    let (known, server) = match (here, server) {
        (Here::Deleted, None) => return None,
        (Here::Deleted, Some(_)) | (Here::Stands(_), None) => return Some(Loss { forgot: true }),
        (Here::Stands(known), Some(server)) => (known, server),
    };
    if known.is_some_and(|known| known.etag == server.etag || known.record.same_content(&server.record)) {
        return None;
    }
    let forgot = known.is_some_and(|known| server.record.updated_at < known.record.updated_at);
    let is_lost = forgot || first_lost(confirmed, server) < confirmed.len();
    is_lost.then_some(Loss { forgot })
}

/// Tells whether the server has an older version than one that it confirmed to this device: it has lost the rest.
pub fn is_behind(confirmed: &[Confirmed<'_>], server: &Versioned) -> bool {
    is_own(confirmed, &server.etag) && first_lost(confirmed, server) < confirmed.len()
}

/// What follows for a record of which something is lost.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// The answer to what is in flight: a server that has it has everything before it.
    Wait,
    /// This confirmed change is sent, as it was sent then: a server that has it after all answers from its journal.
    Again {
        /// Its place among the confirmed ones.
        at: usize,
    },
    /// This one is sent on top of a version that it was not made on.
    OnTop {
        /// Its place among the confirmed ones.
        at: usize,
        /// The ETag of that version.
        if_match: String,
        /// What it is there; `None` where it is what it was.
        edit: Option<Edit>,
        /// Whether that version holds what others made and this device has not seen: then every version after it does.
        over_others: bool,
    },
    /// The usual rules: the change meets what the server has.
    Reconcile {
        /// The place of the confirmed change whose base is the common one; `None` where that of the pending change is.
        on: Option<usize>,
        /// The server's version; `None` where there is no trace of the record.
        server: Option<Versioned>,
    },
    /// The server has all of it again, and this version: what is left is for [`end()`].
    Over(Versioned),
}

/// A lost change as an update of another version.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The record as it is to be.
    pub record: Record,
    /// The properties that differ from that version.
    pub changed: Vec<String>,
}

/// How giving back begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Beginning {
    /// What follows.
    pub next: Next,
    /// Whether somebody may have changed the record since, as nobody knows the version that the server has: it is fetched
    /// when all is there again.
    pub fetch_later: bool,
}

/// Begins with the oldest of the lost changes; with the end, where there is none. `is_in_flight`: something was sent
/// before the loss was known, and not answered.
pub fn begin(
    set: &EntitySet,
    confirmed: &[Confirmed<'_>],
    is_in_flight: bool,
    server: Option<&Versioned>,
) -> Beginning {
    if is_in_flight {
        return Beginning { next: Next::Wait, fetch_later: true };
    }
    let located = server.filter(|server| is_own(confirmed, &server.etag));
    let first = match is_planted(Planted::A6bOnlyTheNewestGivenBack) {
        true => confirmed.len().saturating_sub(1),
        false => server.map_or(0, |server| first_lost(confirmed, server)),
    };
    let next = match (confirmed.get(first), server) {
        (Some(lost), _) => {
            step(set, confirmed, first, lost, located.map(|server| (server, is_seen(confirmed, &server.etag))))
        }
        (None, Some(server)) => Next::Over(server.clone()),
        (None, None) => Next::Reconcile { on: None, server: None },
    };
    Beginning { next, fetch_later: located.is_none() }
}

/// What a server answers to a change that was offered again.
#[derive(Clone, Copy, Debug)]
pub enum Reply<'r> {
    /// It has it, as this version.
    Has(&'r Versioned),
    /// It has another version of the record.
    Stale {
        /// That version.
        current: &'r Versioned,
        /// Whether the record's history on this device has it.
        in_history: bool,
    },
    /// It has no trace of the record.
    Absent,
}

/// Returns what follows the answer to the confirmed change at this place, which was sent with `if_match`; `None` where
/// there is none at it. `over_others`: it was sent on top of what others made and this device has not seen.
pub fn go_on(
    set: &EntitySet,
    confirmed: &[Confirmed<'_>],
    at: usize,
    if_match: Option<&str>,
    over_others: bool,
    reply: Reply<'_>,
) -> Option<Next> {
    let change = confirmed.get(at)?;
    Some(match reply {
        // A server that lost one change has none of this device's that came later.
        Reply::Has(server) if server.etag != change.etag => proceed(set, confirmed, at, server, Some(!over_others)),
        Reply::Has(server) => proceed(set, confirmed, at, server, None),
        // It was on top of that very version.
        Reply::Stale { current, .. } if if_match == Some(current.etag.as_str()) => {
            Next::Reconcile { on: Some(at), server: Some(current.clone()) }
        }
        Reply::Stale { current, in_history } => {
            let is_older = match is_own(confirmed, &current.etag) {
                true => is_seen(confirmed, &current.etag),
                false => in_history,
            };
            let is_older = is_older && !over_others;
            step(set, confirmed, at, change, Some((current, is_older)))
        }
        Reply::Absent if change.state == State::Delete => {
            let record = Record { is_tombstoned: true, ..change.record.clone() };
            let server = Versioned { record, etag: change.etag.to_owned() };
            proceed(set, confirmed, at, &server, None)
        }
        Reply::Absent => Next::Reconcile { on: Some(at), server: None },
    })
}

/// Goes on behind a change that the server has, with this version. `is_older`: it has none of those behind it, and whether
/// nobody else made anything of it since; `None` where it may have them.
fn proceed(
    set: &EntitySet,
    confirmed: &[Confirmed<'_>],
    at: usize,
    server: &Versioned,
    is_older: Option<bool>,
) -> Next {
    match confirmed.get(at + 1) {
        Some(next) => step(set, confirmed, at + 1, next, is_older.map(|is_older| (server, is_older))),
        None => Next::Over(server.clone()),
    }
}

/// One lost change: as it was sent, where the server may have it or is where it was made; else on top of the version that
/// the server is known to have. Beside that stands whether it is older than the change.
fn step(
    set: &EntitySet,
    confirmed: &[Confirmed<'_>],
    at: usize,
    lost: &Confirmed<'_>,
    server: Option<(&Versioned, bool)>,
) -> Next {
    let Some((server, is_older)) = server.filter(|(server, _)| lost.if_match != Some(server.etag.as_str())) else {
        return Next::Again { at };
    };
    let if_match = server.etag.clone();
    match on_top(set, lost, &server.record, is_older) {
        OnTop::Same => Next::OnTop { at, if_match, edit: None, over_others: !is_older },
        OnTop::Edit(edit) => Next::OnTop { at, if_match, edit: Some(edit), over_others: !is_older },
        OnTop::Nothing => proceed(set, confirmed, at, server, None),
        OnTop::Clash => Next::Reconcile { on: Some(at), server: Some(server.clone()) },
    }
}

/// Returns where the changes begin that come after the version which the server has; with the oldest, where nobody knows
/// that version.
fn first_lost(confirmed: &[Confirmed<'_>], server: &Versioned) -> usize {
    for (at, change) in confirmed.iter().enumerate().rev() {
        if change.etag == server.etag {
            return at + 1;
        }
        if change.base.is_some_and(|base| base.etag == server.etag) {
            return at;
        }
    }
    0
}

/// Tells whether a version is one that a confirmed change made, or was made on.
fn is_own(confirmed: &[Confirmed<'_>], etag: &str) -> bool {
    confirmed.iter().any(|change| change.names(etag))
}

/// Tells whether this device had seen all of such a version before it made what came after it.
fn is_seen(confirmed: &[Confirmed<'_>], etag: &str) -> bool {
    confirmed.iter().any(|change| !change.over_others && change.names(etag))
}

#[cfg(test)]
mod tests;
