//! A version that turns out to hold more than this device knew of it, under a change that was made on it.
//!
//! Owns: what the change is then, and which of its values would replace one that nobody here has seen. Refuses: another
//! version (`reconcile`), and asking (the store does). FAULTS I14; docs/sync.md, "Reconcile".

use crate::entity::EntitySet;
use crate::merge::{merge, take};
use crate::record::{Record, changed_properties};
use crate::resolve::has_content;

/// What a change is on the whole version.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownBetter {
    /// The record as its user sees it from now on.
    pub local: Record,
    /// Properties that this device changed and that hold another value than it knew: its change would replace that unseen.
    pub unseen: Vec<String>,
}

/// Puts an update onto all that the version holds which it was made on: `known` is what this device knew of it. `None` where
/// it says no more: of a deletion often only the mark is known, and after a purge nothing is left to know.
pub fn know_better(set: &EntitySet, known: &Record, local: &Record, server: &Record) -> Option<KnownBetter> {
    let is_purged = server.is_tombstoned && !has_content(set, server);
    if is_purged || changed_properties(known, server).is_empty() {
        return None;
    }
    let outcome = merge(set, Some(known), local, server);
    let mut better = Record { properties: outcome.merged.properties, ..local.clone() };
    for name in &outcome.clashing {
        take(&mut better, local, name);
    }
    Some(KnownBetter { local: better, unseen: outcome.clashing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::record;
    use crate::entity::EntityModel;
    use serde_json::json;

    fn known(known: serde_json::Value, local: serde_json::Value, server: serde_json::Value) -> Option<KnownBetter> {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        know_better(model.set("Contacts").unwrap(), &record(&known), &record(&local), &record(&server))
    }

    #[test]
    fn what_others_had_made_before_they_deleted_it_stays_and_a_clash_is_unseen() {
        let before = json!({"Name": "a", "Phone": "1", "_IsTombstoned": true});
        let mine = json!({"Name": "a", "Phone": "2"});
        let better =
            known(before.clone(), mine.clone(), json!({"Name": "b", "Phone": "1", "_IsTombstoned": true})).unwrap();
        assert_eq!((better.local.get("Name"), better.local.get("Phone")), (&json!("b"), &json!("2")));
        assert!(better.unseen.is_empty() && !better.local.is_tombstoned);
        let better =
            known(before.clone(), mine.clone(), json!({"Name": "b", "Phone": "3", "_IsTombstoned": true})).unwrap();
        assert_eq!((better.local.get("Phone"), better.unseen), (&json!("2"), vec!["Phone".to_owned()]));
        let purged = json!({"Name": null, "Phone": null, "_IsTombstoned": true});
        assert_eq!(known(before.clone(), mine.clone(), purged), None);
        assert_eq!(known(before.clone(), mine.clone(), before), None);
    }

    #[test]
    fn of_a_live_version_too_what_the_model_got_joins_and_what_was_changed_here_is_unseen() {
        let better = known(json!({"Name": "a"}), json!({"Name": "b"}), json!({"Name": "c", "Phone": "1"})).unwrap();
        assert_eq!((better.local.get("Name"), better.local.get("Phone")), (&json!("b"), &json!("1")));
        assert_eq!(better.unseen, ["Name"]);
    }
}
