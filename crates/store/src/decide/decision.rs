//! What an answer leaves in the record's history: who decided, between which values, and the side that did not stand.
//!
//! Owns: which sides and values it names. The person who decided is the account that is signed in, also where its policy
//! did. Refuses: which event an answer is (`tidemark-model`), carrying it out (`verdict`).

use crate::error::Result;
use crate::tables::history::{self, Entry, Origin, PropertyChange};
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use serde_json::Value;
use tidemark_model::{Conflict, HistoryEvent, Record, Resolution, Side};

/// Writes an answer down. Where each side lost something there are two entries, this device's side last; the first
/// alone is listed as a decision.
pub(crate) fn write(
    tx: &Tx<'_>,
    table: &Table,
    conflict: &Conflict,
    answer: &Resolution,
    by_policy: bool,
) -> Result<()> {
    let mut decision = true;
    for (event, changes, record) in entries(conflict, answer) {
        let entry = Entry { by_policy, decision, changes, ..Entry::here(event, record) };
        history::write(tx, table, conflict.mine.id, &entry)?;
        decision = false;
    }
    Ok(())
}

type Written<'c> = (HistoryEvent, Vec<PropertyChange>, Option<&'c Record>);

fn entries<'c>(conflict: &'c Conflict, answer: &Resolution) -> Vec<Written<'c>> {
    let mine = Some(&conflict.mine);
    let theirs = conflict.server.as_ref().map(|server| &server.record);
    let base = conflict.base.as_ref().map(|base| &base.record);
    let event = answer.event();
    let clash = |side| changes(conflict.properties.iter(), side, theirs, mine);
    match answer {
        Resolution::KeepMine => vec![(event, clash(Origin::Mine), theirs)],
        Resolution::TakeServer => vec![(event, clash(Origin::Server), mine)],
        Resolution::Merge(sides) => {
            let of = |side: Side| conflict.properties.iter().filter(move |name| sides.get(*name) == Some(&side));
            let lost = [
                (event, changes(of(Side::Mine), Origin::Mine, theirs, mine), theirs),
                (event, changes(of(Side::Server), Origin::Server, theirs, mine), mine),
            ];
            lost.into_iter().filter(|(_, changes, _)| !changes.is_empty()).collect()
        }
        Resolution::Restore => {
            vec![(event, changes(conflict.properties.iter(), Origin::Mine, base, mine), None)]
        }
        Resolution::AcceptDelete => {
            // What was typed over what goes with the deletion: it is no part of what the tombstone holds.
            let known = base.or(theirs).map_or_else(Vec::new, |known| history::changes(mine, known));
            vec![(event, known, mine)]
        }
        Resolution::DeleteAnyway => {
            // What was typed before it was deleted goes with the deletion, and is no part of what the tombstone holds.
            let typed = mine.filter(|mine| base.is_some_and(|base| !base.same_content(mine)));
            let over = theirs.or(base).map_or_else(Vec::new, |known| history::changes(typed, known));
            let own = typed.map(|typed| (HistoryEvent::Deleted, over, Some(typed)));
            [(event, Vec::new(), theirs)].into_iter().chain(own).collect()
        }
        Resolution::KeepServer => {
            let mut kept: Vec<PropertyChange> = changes(conflict.properties.iter(), Origin::Mine, base, theirs);
            kept.iter_mut().for_each(|change| change.side = Some(Origin::Server));
            // What was typed before it was deleted, or since an answer that was taken back, goes with the deletion.
            let typed = mine.filter(|mine| base.is_some_and(|base| !base.same_content(mine)));
            vec![(event, kept, typed)]
        }
    }
}

/// Returns the values on both sides of some properties: from the one that does not stand to the one that does.
fn changes<'n>(
    names: impl Iterator<Item = &'n String>,
    stands: Origin,
    theirs: Option<&Record>,
    mine: Option<&Record>,
) -> Vec<PropertyChange> {
    let value = |record: Option<&Record>, name: &str| record.map_or(Value::Null, |record| record.get(name).clone());
    let change = |name: &String| {
        let (mine, theirs) = (value(mine, name), value(theirs, name));
        let (from, to) = if stands == Origin::Server { (mine, theirs) } else { (theirs, mine) };
        PropertyChange { property: name.clone(), from, to, side: Some(stands) }
    };
    names.map(change).collect()
}
