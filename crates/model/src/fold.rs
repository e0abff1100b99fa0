//! Folding: several local changes to one record become one pending change (DESIGN section 4, Local change).
//!
//! Owns: the table of state and change. Refuses: writing anything; the store does what the fold says.

use crate::record::State;

/// What a person does to a record on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalChange {
    /// Makes it.
    Add,
    /// Changes some of its properties.
    Edit,
    /// Deletes it.
    Delete,
    /// Takes a deletion back.
    Undo,
}

/// What becomes of the pending change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// The record is pending with this state.
    Pending(State),
    /// Nothing is pending and the record is gone: it was made and deleted here.
    Forget,
    /// The record goes back to what it was before it was deleted: pending if its content differs from the base.
    Revert,
    /// The change makes no sense on this record: it exists already, or there is nothing to undo.
    Refuse,
}

/// Returns what a local change does to a record in `state`.
///
/// `known_to_server` tells whether the record has a base, was sent and not yet answered, or stands in an open question
/// beside a record of the server's: such an addition cannot simply be forgotten, the server has it or may have it.
pub fn fold(exists: bool, state: State, known_to_server: bool, change: LocalChange) -> Fold {
    match (change, state) {
        (LocalChange::Add, _) if exists => Fold::Refuse,
        (LocalChange::Add, _) => Fold::Pending(State::Add),
        _ if !exists => Fold::Refuse,
        (LocalChange::Edit, State::Add) => Fold::Pending(State::Add),
        (LocalChange::Edit, State::None | State::Update) => Fold::Pending(State::Update),
        (LocalChange::Edit, State::Delete) => Fold::Refuse,
        (LocalChange::Delete, State::Add) if !known_to_server => Fold::Forget,
        (LocalChange::Delete, _) => Fold::Pending(State::Delete),
        (LocalChange::Undo, State::Delete) => Fold::Revert,
        (LocalChange::Undo, _) => Fold::Refuse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_design() {
        use Fold::{Forget, Pending, Refuse, Revert};
        let table = [
            (true, State::Add, false, LocalChange::Edit, Pending(State::Add)),
            (true, State::Add, false, LocalChange::Delete, Forget),
            (true, State::Add, true, LocalChange::Delete, Pending(State::Delete)),
            (true, State::Update, true, LocalChange::Delete, Pending(State::Delete)),
            (true, State::Delete, true, LocalChange::Undo, Revert),
            (true, State::None, true, LocalChange::Edit, Pending(State::Update)),
            (true, State::None, true, LocalChange::Undo, Refuse),
            (true, State::Delete, true, LocalChange::Edit, Refuse),
            (true, State::None, true, LocalChange::Add, Refuse),
            (false, State::None, false, LocalChange::Add, Pending(State::Add)),
            (false, State::None, false, LocalChange::Edit, Refuse),
        ];
        for (exists, state, known, change, expected) in table {
            assert_eq!(fold(exists, state, known, change), expected, "{state:?} {change:?} {known}");
        }
    }
}
