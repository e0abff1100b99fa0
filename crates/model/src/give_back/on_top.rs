//! A lost change on top of a version that it was not made on.
//!
//! Owns: what it is there: a version that is older than the change gives way to it, into any other it is merged. Refuses:
//! clashes (`reconcile` has them asked).

use super::{Confirmed, Edit};
use crate::entity::EntitySet;
use crate::merge::merge;
use crate::record::{Record, State, changed_properties};

/// What a lost change is there.
pub(super) enum OnTop {
    /// What it was.
    Same,
    /// An update.
    Edit(Edit),
    /// The server has all of it.
    Nothing,
    /// Somebody else's change is in the way.
    Clash,
}

/// Puts a lost change on top of what the server has. `is_older`: this device knows that version, so that what was made
/// later supersedes it.
pub(super) fn on_top(set: &EntitySet, lost: &Confirmed<'_>, current: &Record, is_older: bool) -> OnTop {
    let base = lost.base.map(|base| &base.record).filter(|base| !base.is_tombstoned);
    match (lost.state, current.is_tombstoned) {
        (State::Delete, true) => OnTop::Nothing,
        (State::Delete, false) => {
            let moved = base.is_none_or(|base| !changed_properties(base, current).is_empty());
            if moved && !is_older { OnTop::Clash } else { OnTop::Same }
        }
        (_, true) if lost.restores && (is_older || is_made_on(lost, current)) => OnTop::Same,
        (_, true) => OnTop::Clash,
        (_, false) => match over(set, lost, base, current, is_older) {
            None => OnTop::Clash,
            Some(record) => edit(lost, current, record),
        },
    }
}

/// Tells whether a tombstone is the one that a restore was made on, under another version: the same person deleted the same.
/// What another deleted since, or wrote before it, is for a person to know.
fn is_made_on(lost: &Confirmed<'_>, tombstone: &Record) -> bool {
    let base = lost.base.map(|base| &base.record);
    base.is_some_and(|base| base.same_content(tombstone) && base.updated_by == tombstone.updated_by)
}

/// Returns the record that both come to; `None` where they clash.
fn over(
    set: &EntitySet,
    lost: &Confirmed<'_>,
    base: Option<&Record>,
    current: &Record,
    is_older: bool,
) -> Option<Record> {
    if !is_older {
        let outcome = merge(set, base, lost.record, current);
        return outcome.clashing.is_empty().then_some(outcome.merged);
    }
    let mut record = current.clone();
    let nothing = Record::new(current.id, 0);
    for name in changed_properties(base.unwrap_or(&nothing), lost.record) {
        record.properties.insert(name.to_owned(), lost.record.get(name).clone());
    }
    Some(record)
}

fn edit(lost: &Confirmed<'_>, current: &Record, record: Record) -> OnTop {
    let record = Record { updated_at: lost.record.updated_at, updated_by: None, ..record };
    let changed: Vec<String> = changed_properties(current, &record).into_iter().map(str::to_owned).collect();
    if changed.is_empty() { OnTop::Nothing } else { OnTop::Edit(Edit { record, changed }) }
}
