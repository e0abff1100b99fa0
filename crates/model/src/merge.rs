//! The three-way merge of one record, property by property.
//!
//! Owns: which properties clash and what the merged record is. Refuses: how two values of one property come together
//! (`merge_rule`), deciding a clash (a person or a policy does) and anything about tombstones (`reconcile`). DESIGN
//! section 4, row *update*.

use crate::entity::EntitySet;
use crate::merge_rule::join;
use crate::planted::{Planted, is_planted};
use crate::record::{Record, changed_properties, same_value};
use serde_json::Value;

/// The outcome of a three-way merge.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    /// The server's record with this device's edits that do not clash.
    pub merged: Record,
    /// Properties changed on both sides to different values, in record order.
    pub clashing: Vec<String>,
    /// Properties that only this device changed.
    pub mine: Vec<String>,
    /// Properties changed on both sides whose edits came together by the property's own rule.
    pub joined: Vec<String>,
}

/// Merges what this device and the server did since `base`.
///
/// A property changed on both sides goes by its rule in the model first: multi-line text merges by line, and so on.
/// Without a base (both sides made the record) every property that differs was changed on both sides. Both sides
/// must be live; the merged record carries the later stamp. A property that the model lacks just now is nobody's question:
/// this device's value waits until the model has it again (FAULTS S3).
pub fn merge(set: &EntitySet, base: Option<&Record>, local: &Record, server: &Record) -> Merge {
    let mut merged = server.clone();
    let (mut clashing, mut mine, mut joined) = (Vec::new(), Vec::new(), Vec::new());
    let local_is_later = local.updated_at > server.updated_at;
    for name in changed_properties(local, server) {
        let before = base.map(|b| b.get(name));
        let (ours, theirs) = (local.get(name), server.get(name));
        let is_whole_row = is_planted(Planted::H13WholeRowOverTheirs);
        if before.is_some_and(|before| same_value(before, ours)) && !is_whole_row {
            continue;
        }
        if is_whole_row || before.is_some_and(|before| same_value(before, theirs)) {
            merged.properties.insert(name.to_owned(), ours.clone());
            mine.push(name.to_owned());
            continue;
        }
        let Some(property) = set.entity_type.property(name) else {
            // The model lacks it just now: what the server has of it cannot be seen, and nobody is asked about that.
            merged.properties.insert(name.to_owned(), ours.clone());
            mine.push(name.to_owned());
            continue;
        };
        match join(property, before, ours, theirs, local_is_later) {
            Some(value) => {
                merged.properties.insert(name.to_owned(), value);
                joined.push(name.to_owned());
            }
            None => clashing.push(name.to_owned()),
        }
    }
    if !mine.is_empty() || !joined.is_empty() {
        merged.updated_at = merged.updated_at.max(local.updated_at);
    }
    Merge { merged, clashing, mine, joined }
}

/// Puts this device's value of a property over a record.
pub(crate) fn take(record: &mut Record, from: &Record, property: &str) {
    let value = from.properties.get(property).cloned().unwrap_or(Value::Null);
    record.properties.insert(property.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntityModel;
    use crate::record::RecordId;
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    /// Properties that have no rule of their own.
    const NAMES: [&str; 4] = ["Title", "Assignee", "Priority", "SiteId"];

    fn record(values: &[u8]) -> Record {
        let mut record = Record::new(RecordId(Uuid::nil()), 1);
        for (name, value) in NAMES.into_iter().zip(values) {
            record.properties.insert(name.to_owned(), json!(value));
        }
        record
    }

    #[test]
    fn what_the_model_lacks_just_now_is_nobodys_question_and_stays_as_it_is_here() {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let with = |title: &str, hidden: Option<&str>| {
            let mut record = record(&[]);
            record.properties.insert("Title".into(), json!(title));
            record.properties.extend(hidden.map(|hidden| ("Gone".to_owned(), json!(hidden))));
            record
        };
        let (mine, theirs) = (with("a", Some("mine")), with("b", None));
        for base in [None, Some(with("c", None)), Some(with("c", Some("before")))] {
            let merge = merge(model.set("TodoItems").unwrap(), base.as_ref(), &mine, &theirs);
            assert_eq!((merge.clashing, merge.merged.get("Gone")), (vec!["Title".to_owned()], &json!("mine")));
        }
    }

    #[test]
    fn the_merged_record_has_the_later_stamp_where_something_of_this_device_is_in_it() {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let with = |title: &str, notes: &str, at: i64| {
            let mut record = Record::new(RecordId(Uuid::nil()), at);
            record.properties.extend([("Title".to_owned(), json!(title)), ("Notes".to_owned(), json!(notes))]);
            record
        };
        let base = with("a", "1\n2\n3", 1);
        let cases = [
            (with("mine", "1\n2\n3", 9), with("a", "1\n2\nthree", 5), 9, "Notes of theirs, Title of mine"),
            (with("mine", "1\n2\n3", 3), with("a", "1\n2\nthree", 5), 5, "the same, and theirs is later"),
            (with("a", "one\n2\n3", 9), with("a", "1\n2\nthree", 5), 9, "Notes of both"),
            (with("a", "1\n2\n3", 9), with("theirs", "1\n2\n3", 5), 5, "nothing of mine"),
        ];
        for (local, server, stamp, case) in cases {
            let merge = merge(model.set("TodoItems").unwrap(), Some(&base), &local, &server);
            assert_eq!((merge.merged.updated_at, merge.clashing.is_empty()), (stamp, true), "{case}");
        }
    }

    #[test]
    fn of_a_choice_the_later_one_stands_and_of_two_at_once_the_servers() {
        let model = EntityModel::to_serve(EntityModel::default_document()).unwrap();
        let choice = |policy: &str, at: i64| {
            let mut record = Record::new(RecordId(Uuid::nil()), at);
            record.properties.insert("Policy".to_owned(), json!(policy));
            record
        };
        for (mine_at, stands) in [(6, "mine"), (5, "theirs"), (4, "theirs")] {
            let set = model.set("CachedEntities").unwrap();
            let merge = merge(set, Some(&choice("ask", 1)), &choice("mine", mine_at), &choice("theirs", 5));
            assert_eq!(merge.merged.get("Policy"), &json!(stands), "{mine_at}");
        }
    }

    proptest! {
        #[test]
        fn every_edit_is_in_the_merge_or_clashes_and_nothing_else_changes(
            base in prop::collection::vec(0u8..3, 4),
            local in prop::collection::vec(0u8..3, 4),
            server in prop::collection::vec(0u8..3, 4),
        ) {
            let (base, local, server) = (record(&base), record(&local), record(&server));
            let model = EntityModel::parse(EntityModel::default_document()).unwrap();
            let set = model.set("TodoItems").unwrap();
            let merge = merge(set, Some(&base), &local, &server);
            for name in NAMES {
                let clash = merge.clashing.iter().any(|c| c == name);
                let ours = base.get(name) != local.get(name);
                let theirs = base.get(name) != server.get(name);
                prop_assert_eq!(clash, ours && theirs && local.get(name) != server.get(name));
                if !clash {
                    let expected = if ours { local.get(name) } else { server.get(name) };
                    prop_assert_eq!(merge.merged.get(name), expected);
                }
            }
            // Symmetric: the other device sees the same clashes and, without any, the same record.
            let other = super::merge(set, Some(&base), &server, &local);
            prop_assert_eq!(&other.clashing, &merge.clashing);
            if merge.clashing.is_empty() {
                prop_assert!(other.merged.same_content(&merge.merged));
            }
            // Idempotent: merging the result again changes nothing.
            let again = super::merge(set, Some(&server), &merge.merged, &server);
            prop_assert!(again.merged.same_content(&merge.merged) && again.clashing.is_empty());
        }
    }
}
