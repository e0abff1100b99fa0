//! Taking a person's answer back: whether the question opens again as it was, or what lost becomes a new change.
//!
//! Owns: when the server has seen nothing of an answer, and what is asked about then: edits made since the answer join
//! this device's side. Refuses: remembering answers and opening questions (the store does), and what a policy answered:
//! that is brought back from the history. DESIGN section 4, Resolutions.

use crate::entity::EntitySet;
use crate::planted::{Planted, is_planted};
use crate::record::{Record, State, changed_properties};

/// An answer, as it was given.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// The ETag of the server's version that was shown; `None` where the server had no trace of the record.
    pub shown: Option<&'a str>,
    /// This device's side as it was asked about.
    pub mine: &'a Record,
    /// The record right after the answer; `None` where it went.
    pub after: Option<(State, &'a Record)>,
    /// Whether the answer was that the record stays deleted: then nothing is sent.
    pub accepts_delete: bool,
    /// Whether what did not stand was a deletion.
    pub lost_a_deletion: bool,
}

/// The record as it is on this device now.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'s> {
    /// What this device did to it.
    pub state: State,
    /// Its content.
    pub record: &'s Record,
    /// The ETag of the server's version that it stands on.
    pub etag: Option<&'s str>,
    /// Whether a change of it was sent and not answered.
    pub in_flight: bool,
    /// Whether a question about it is open.
    pub is_asked: bool,
}

/// What taking an answer back comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum TakenBack {
    /// The server moved on and it is asked again: there is nothing of the answer left to take back.
    AskedAgain,
    /// The question opens again, with this as this device's side.
    Reopened {
        /// What it was, and the edits since.
        mine: Record,
    },
    /// The answer was sent, and a deletion did not stand: the record is deleted.
    Deleted,
    /// The answer was sent: the side that did not stand is brought back.
    BroughtBack,
}

/// Returns what taking an answer back comes to for a record that is here as `now`, or is not.
pub fn take_back(set: &EntitySet, answered: Answered<'_>, now: Option<Standing<'_>>) -> TakenBack {
    if now.is_some_and(|now| now.is_asked) {
        return TakenBack::AskedAgain;
    }
    match unsent(set, answered, now) {
        Some(mine) => TakenBack::Reopened { mine },
        None if answered.lost_a_deletion => TakenBack::Deleted,
        None => TakenBack::BroughtBack,
    }
}

/// Returns this device's side as it is to be asked about again, if the server has seen nothing of the answer and has
/// still the version that was shown.
fn unsent(set: &EntitySet, answered: Answered<'_>, now: Option<Standing<'_>>) -> Option<Record> {
    let mut mine = answered.mine.clone();
    match (now, answered.after) {
        (None, None) => answered.accepts_delete.then_some(mine),
        (Some(now), Some((state, after))) => {
            let is_out = now.in_flight && !is_planted(Planted::X25UndoOfASentAnswer);
            let is_unsent = !is_out && now.etag == answered.shown;
            if !is_unsent || (now.state == State::Delete) != (state == State::Delete) {
                return None;
            }
            for name in changed_properties(after, now.record) {
                // What the model lacks just now is not gone because it is not here; what is here was typed.
                if set.entity_type.property(name).is_some() || now.record.properties.contains_key(name) {
                    mine.properties.insert(name.to_owned(), now.record.get(name).clone());
                }
            }
            Some(mine)
        }
        // It went or came since.
        (None, Some(_)) | (Some(_), None) => None,
    }
}

#[cfg(test)]
mod tests;
