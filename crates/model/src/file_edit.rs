//! What a row of an exported file comes to when it is put back (ADR 0011).
//!
//! Owns: which cells of the row a person edited: those that are not as the file was written. Refuses: finding the version
//! that the file was written from (the store keeps it), and deciding a clash (a person or a policy does).

use crate::entity::EntitySet;
use crate::merge::{merge, take};
use crate::record::{Record, changed_properties};
use serde_json::{Map, Value};

/// A row of a file beside the record that is here.
#[derive(Clone, Debug, PartialEq)]
pub struct FileEdit {
    /// The version that the edits were made on. Where it is not known, a cell that differs has a value here that neither
    /// side has, so that it counts as changed on both.
    pub base: Record,
    /// The record that is here with the file's edits, the clashing ones too.
    pub mine: Record,
    /// Properties changed in the file and meanwhile here, to different values.
    pub clashing: Vec<String>,
}

impl FileEdit {
    /// Returns what the file changes of the record that is here.
    pub fn changes(&self, here: &Record) -> Map<String, Value> {
        let names = changed_properties(here, &self.mine);
        names.into_iter().map(|name| (name.to_owned(), self.mine.get(name).clone())).collect()
    }
}

/// Lays a row of a file over the record that is here. `values` are canonical; `versions` are those that the file may have
/// been written from, none where that is not known. A cell is no edit only if all of them have it.
pub fn read_back(set: &EntitySet, values: &Map<String, Value>, versions: &[Record], here: &Record) -> FileEdit {
    let mut base = here.clone();
    for (name, value) in &mut base.properties {
        if let Some(agreed) = agreed(versions, name) {
            *value = agreed.clone();
        }
    }
    let mut file = base.clone();
    for (name, value) in values {
        let before = match agreed(versions, name) {
            Some(agreed) => agreed.clone(),
            None if value == here.get(name) => value.clone(),
            None => neither(value, here.get(name)),
        };
        base.properties.insert(name.clone(), before);
        file.properties.insert(name.clone(), value.clone());
    }
    // The file is put back now: its edits are the later ones.
    file.updated_at = here.updated_at.saturating_add(1);
    let outcome = merge(set, Some(&base), &file, here);
    let mut mine = outcome.merged;
    outcome.clashing.iter().for_each(|name| take(&mut mine, &file, name));
    FileEdit { base, mine, clashing: outcome.clashing }
}

/// Tells whether a row of a file is as the file was written, whichever of the versions that was.
pub fn is_as_written(values: &Map<String, Value>, versions: &[Record]) -> bool {
    !versions.is_empty() && values.iter().all(|(name, value)| versions.iter().all(|version| version.get(name) == value))
}

fn agreed<'v>(versions: &'v [Record], name: &str) -> Option<&'v Value> {
    let value = versions.first()?.get(name);
    versions.iter().all(|version| version.get(name) == value).then_some(value)
}

/// Stands for a value that is not known.
fn neither(a: &Value, b: &Value) -> Value {
    let other = [Value::Null, Value::from("?"), Value::from("")].into_iter().find(|value| value != a && value != b);
    other.unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntityModel;
    use proptest::prelude::*;
    use serde_json::json;

    fn record(values: &[u8]) -> Record {
        let mut record = Record::new("8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01".parse().unwrap(), 1);
        for (name, value) in ["Title", "Assignee", "Priority"].into_iter().zip(values) {
            let value = if *value == 0 { Value::Null } else { json!(value) };
            record.properties.insert(name.to_owned(), value);
        }
        record
    }

    proptest! {
        #[test]
        fn no_edit_of_the_file_is_lost_and_nothing_here_is_overwritten_unasked(
            versions in prop::collection::vec(prop::collection::vec(0_u8..3, 3), 0..3),
            here in prop::collection::vec(0_u8..3, 3),
            file in prop::collection::vec(0_u8..3, 3),
        ) {
            let model = EntityModel::parse(EntityModel::default_document()).unwrap();
            let set = model.set("TodoItems").unwrap();
            let versions: Vec<Record> = versions.iter().map(|values| record(values)).collect();
            let (here, values) = (record(&here), record(&file).properties);
            let edit = read_back(set, &values, &versions, &here);
            for (name, value) in &values {
                let changed = edit.changes(&here);
                prop_assert_eq!(changed.get(name), Some(edit.mine.get(name)).filter(|mine| *mine != here.get(name)));
                let were: Vec<&Value> = versions.iter().map(|version| version.get(name)).collect();
                let (now, clashes) = (here.get(name), edit.clashing.contains(name));
                // Whatever version it was: an edit is there or asked, a cell that nobody touched leaves the record alone.
                let is_edit = were.iter().any(|was| *was != value) || were.is_empty();
                let moved = were.iter().any(|was| *was != now) || were.is_empty();
                prop_assert_eq!(clashes, is_edit && moved && value != now, "{}", name);
                prop_assert_eq!(edit.mine.get(name), if is_edit { value } else { now }, "{}", name);
                if clashes && were.len() != 1 {
                    prop_assert!(edit.base.get(name) != value || were.iter().all(|was| *was == edit.base.get(name)));
                }
            }
            prop_assert_eq!(is_as_written(&values, &versions),
                !versions.is_empty() && versions.iter().all(|version| version.properties == values));
        }
    }
}
