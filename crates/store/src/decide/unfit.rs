//! Values that the model has no place for any more: a property that left it, or became stricter.
//!
//! Owns: finding them in a pending change, and sending the rest without them. The values stay whole in the record's
//! history. Refuses: leaving out what a record cannot be without: that needs an edit.

use crate::error::{Result, StoreError};
use crate::tables::history::{self, Entry, PropertyChange};
use crate::tables::local;
use crate::tables::pending::{self, Change, Hold};
use crate::tables::row;
use crate::tables::table::Table;
use crate::tx::store::Store;
use serde_json::{Map, Value};
use std::sync::Arc;
use tidemark_model::{CellSeed, HistoryEvent, Record, RecordId, State, Strictness, read_changes, read_record};

/// A value of a pending change that the model as it is now does not allow.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfit {
    /// The property.
    pub property: String,
    /// The value.
    pub value: Value,
    /// Why it does not fit, in words.
    pub problem: String,
}

/// Returns the values of a pending change that do not fit the model.
pub(crate) fn of(table: &Table, local: &Record, change: &Change) -> Vec<Unfit> {
    if change.state == State::Delete {
        return Vec::new();
    }
    let base = change.base.as_ref().map(|base| &base.record);
    let was = |name: &str| base.map_or(&Value::Null, |base| base.get(name));
    let edited = local.properties.iter().filter(|(name, value)| base.is_none() || was(name) != *value);
    let unfit = edited.filter_map(|(name, value)| {
        let one = Map::from_iter([(name.clone(), value.clone())]);
        // What nobody declared is null unless somebody wrote it here.
        if value.is_null() && table.set.entity_type.property(name).is_none() {
            return None;
        }
        let problem = read_changes(&table.set, &one, Strictness::RefuseUnknown).err()?.to_string();
        Some(Unfit { property: name.clone(), value: value.clone(), problem })
    });
    unfit.collect()
}

impl Store {
    /// Sends a parked change without the values that the model has no place for; those stay in the record's history.
    /// Returns what was left out.
    ///
    /// # Errors
    /// The record is not parked, every value of it fits, or it cannot be without one of them.
    pub fn send_rest(&self, set: &str, id: RecordId) -> Result<Vec<Unfit>> {
        self.write(|tx| {
            let table = Arc::clone(tx.catalog.table(set)?);
            let parked = pending::get(tx.conn, set, id)?.filter(|change| change.hold == Hold::Parked);
            let mut change = parked.ok_or_else(|| StoreError::NotParked { set: set.to_owned(), id })?;
            let row = row::get(tx.conn, &table, id)?;
            let local = row.ok_or_else(|| StoreError::NotFound { set: set.to_owned(), id })?.record;
            let unfit = of(&table, &local, &change);
            if unfit.is_empty() {
                return Err(StoreError::NothingUnfit { set: set.to_owned(), id });
            }
            let mut rest = local.clone();
            for value in &unfit {
                put_back(&table, &mut rest, &change, &value.property);
            }
            // Whatever a record may not be without is asked for by name.
            let content = table.declared().map(|p| (p.name.clone(), rest.get(&p.name).clone())).collect();
            read_record(&table.set, Some(id), &content, Strictness::RefuseUnknown)?;
            let lost = |unfit: &Unfit| PropertyChange {
                property: unfit.property.clone(),
                from: unfit.value.clone(),
                to: rest.get(&unfit.property).clone(),
                side: None,
            };
            let changes = unfit.iter().map(lost).collect();
            let entry = Entry { decision: true, changes, ..Entry::here(HistoryEvent::Discarded, Some(&local)) };
            history::write(tx, &table, id, &entry)?;
            change.release();
            rest.updated_at = tx.stamp(local.updated_at)?;
            local::put_pending(tx, &table, rest, &change)?;
            Ok(unfit)
        })
    }
}

/// Gives a property back the value that it had, where that fits; else none.
fn put_back(table: &Table, rest: &mut Record, change: &Change, name: &str) {
    let base = change.base.as_ref().map(|base| &base.record).filter(|base| base.properties.contains_key(name));
    match (table.set.entity_type.property(name), base) {
        (None, None) => drop(rest.properties.shift_remove(name)),
        (None, Some(base)) => drop(rest.properties.insert(name.to_owned(), base.get(name).clone())),
        (Some(property), base) => {
            let was = base.map(|base| base.get(name)).filter(|was| CellSeed::written(property).read(was).is_ok());
            let value = was.cloned().or_else(|| property.default.clone()).unwrap_or(Value::Null);
            rest.properties.insert(name.to_owned(), value);
        }
    }
}
