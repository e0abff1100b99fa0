//! `reconcile`: what becomes of a pending change when the server's record is not the one it was made on.
//!
//! Owns: the table of DESIGN section 4, as one pure function, used for a 412 and for a pulled record that is
//! pending here. Refuses: effects (the store applies the verdict), the wire, policies (`resolve` takes those).

use crate::entity::EntitySet;
use crate::merge::merge;
use crate::planted::{Planted, is_planted};
use crate::record::{Record, State, Versioned, changed_properties};
use serde::{Deserialize, Serialize};

/// What this device has pending for one record.
#[derive(Clone, Copy, Debug)]
pub struct Pending<'r> {
    /// Add, update or delete.
    pub state: State,
    /// The server's version that the change was made on; `None` for an addition.
    pub base: Option<&'r Versioned>,
    /// The record as it was sent and not yet answered. While there is one, only its answer may settle the record:
    /// the server may have it already, under a version this device has not seen.
    pub in_flight: Option<&'r Record>,
    /// The record as its user sees it.
    pub local: &'r Record,
}

/// The server's side.
#[derive(Clone, Copy, Debug)]
pub enum ServerSide<'r> {
    /// A live record.
    Live(&'r Versioned),
    /// Tombstoned.
    Tombstoned(&'r Versioned),
    /// The server has no trace of it.
    Absent,
}

/// Why a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// The same property was changed on both sides to different values.
    BothEdited,
    /// Changed here, deleted there.
    DeletedOnServer,
    /// Deleted here, changed there.
    EditedOnServer,
}

impl ConflictKind {
    /// Returns the word for commands and IPC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BothEdited => "both_edited",
            Self::DeletedOnServer => "deleted_on_server",
            Self::EditedOnServer => "edited_on_server",
        }
    }
}

/// What becomes of the pending change.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Keep it as it is: the server's record is the base, or the answer to what was sent must come first.
    Keep,
    /// Nothing is left to send; the record becomes the server's (or goes, where that is tombstoned or absent).
    Settled,
    /// No clash: `local` is pending with `state` on top of the server's version.
    Rebase {
        /// Add, update or delete.
        state: State,
        /// The record as its user sees it from now on.
        local: Record,
        /// Whether edits of both sides came together (they count as `merged`).
        merged: bool,
    },
    /// A person decides.
    Conflict {
        /// What the question is.
        kind: ConflictKind,
        /// The properties in question: clashing ones, or those changed here or there.
        properties: Vec<String>,
    },
}

/// Decides what becomes of a pending change against the server's current record.
pub fn reconcile(set: &EntitySet, pending: Pending<'_>, server: ServerSide<'_>) -> Verdict {
    if pending.in_flight.is_some() {
        return Verdict::Keep;
    }
    match (pending.state, server) {
        (State::None, _) => Verdict::Settled,
        (_, ServerSide::Live(current) | ServerSide::Tombstoned(current))
            if pending.base.is_some_and(|base| base.etag == current.etag) =>
        {
            Verdict::Keep
        }
        (State::Add, ServerSide::Absent) => Verdict::Keep,
        (State::Add | State::Update, ServerSide::Live(current)) => both_live(set, pending, current),
        (State::Add, ServerSide::Tombstoned(_)) => deleted_on_server(pending),
        (State::Update, ServerSide::Tombstoned(_)) if is_planted(Planted::H12LosingUpdateIsCleanedUp) => {
            Verdict::Settled
        }
        (State::Update, ServerSide::Tombstoned(_) | ServerSide::Absent) => match pending.base {
            Some(base) if !base.record.is_tombstoned && base.record.same_content(pending.local) => Verdict::Settled,
            _ => deleted_on_server(pending),
        },
        (State::Delete, ServerSide::Live(current)) => deleted_here(pending, current),
        (State::Delete, ServerSide::Tombstoned(_) | ServerSide::Absent) => Verdict::Settled,
    }
}

fn both_live(set: &EntitySet, pending: Pending<'_>, current: &Versioned) -> Verdict {
    // A restore is made on a tombstone: its content counts as an addition, its properties as all edited.
    let base = pending.base.map(|b| &b.record).filter(|b| !b.is_tombstoned);
    let outcome = merge(set, base, pending.local, &current.record);
    if !outcome.clashing.is_empty() {
        return Verdict::Conflict { kind: ConflictKind::BothEdited, properties: outcome.clashing };
    }
    if outcome.merged.same_content(&current.record) {
        return Verdict::Settled;
    }
    let moved = base.is_none_or(|base| !changed_properties(base, &current.record).is_empty());
    let merged = !outcome.joined.is_empty() || (!outcome.mine.is_empty() && moved);
    Verdict::Rebase { state: State::Update, local: outcome.merged, merged }
}

fn deleted_on_server(pending: Pending<'_>) -> Verdict {
    let properties = match pending.base {
        Some(base) => changed_properties(&base.record, pending.local).into_iter().map(str::to_owned).collect(),
        None => pending.local.properties.iter().filter(|(_, v)| !v.is_null()).map(|(k, _)| k.clone()).collect(),
    };
    Verdict::Conflict { kind: ConflictKind::DeletedOnServer, properties }
}

fn deleted_here(pending: Pending<'_>, current: &Versioned) -> Verdict {
    let changed: Vec<String> = match pending.base {
        Some(base) => changed_properties(&base.record, &current.record).into_iter().map(str::to_owned).collect(),
        None => changed_properties(pending.local, &current.record).into_iter().map(str::to_owned).collect(),
    };
    if changed.is_empty() {
        // Only the stamp moved: nothing anybody wrote would be deleted unseen. What was typed before the deletion is there
        // again where that is undone.
        let mut local = current.record.clone();
        for name in changed_properties(&current.record, pending.local) {
            local.properties.insert(name.to_owned(), pending.local.get(name).clone());
        }
        return Verdict::Rebase { state: State::Delete, local, merged: false };
    }
    Verdict::Conflict { kind: ConflictKind::EditedOnServer, properties: changed }
}

#[cfg(test)]
mod tests;
