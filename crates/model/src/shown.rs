//! What was shown is what is answered (DESIGN section 4, rule (e)): an edit or a deletion that was decided on one version
//! of a record and meets another one.
//!
//! Owns: which of the typed values stand on what is here now, which would overwrite what nobody has seen, and what a
//! deletion would take with it unseen. Refuses: asking (the store puts the question, a live edit is refused) and how
//! two edits of one property come together (`merge`).

use crate::cell::CellSeed;
use crate::entity::EntitySet;
use crate::merge::merge;
use crate::record::{Record, is_sync_property};
use serde_json::{Map, Value};

/// The member that names a record's version wherever a record goes to a host; OData JSON Format 4.01 section 4.5.5.
pub const ETAG: &str = "@odata.etag";

/// A version of a record as it stood on a screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// Its name, as the record carried it; `None` where the caller has none.
    pub etag: Option<String>,
    /// The values that stood there, canonical. Not necessarily all: an edit needs those of what it changes.
    pub values: Map<String, Value>,
}

impl Shown {
    /// Reads a record as it went to a host, or a part of one. A value that does not fit the model is left out: what
    /// it was is not known then.
    pub fn read(set: &EntitySet, json: &Map<String, Value>) -> Self {
        let mut values = Map::new();
        for (name, value) in json {
            if name == crate::ID || name.contains('@') || is_sync_property(name) {
                continue;
            }
            match set.entity_type.property(name) {
                Some(property) => {
                    if let Ok(cell) = CellSeed::held(property).read(value) {
                        values.insert(name.clone(), cell.to_json(property));
                    } else if value.is_null() {
                        values.insert(name.clone(), Value::Null);
                    }
                }
                // What a host is told beside a record, such as its mark, begins so.
                None if name.starts_with('_') => {}
                None => {
                    values.insert(name.clone(), value.clone());
                }
            }
        }
        let etag = json.get(ETAG).and_then(Value::as_str).filter(|etag| !etag.is_empty()).map(str::to_owned);
        Self { etag, values }
    }

    /// Puts the values of a version that is known to be the one that was shown beside those that the caller sent.
    pub fn complete(&mut self, version: &Record) {
        for (name, value) in &version.properties {
            self.values.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }

    /// Returns the properties that are no longer what was shown.
    pub fn unseen(&self, here: &Record) -> Vec<String> {
        self.values.iter().filter(|(name, value)| here.get(name) != *value).map(|(name, _)| name.clone()).collect()
    }
}

/// What becomes of an edit on the version that is here now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypedOver {
    /// What it changes there: nobody else touched it since, or both edits came together.
    pub changes: Map<String, Value>,
    /// Properties whose value here was not on the screen, and would be overwritten.
    pub clashing: Vec<String>,
}

/// Puts an edit that was typed over `shown` onto the version that is `here`. A property whose shown value is not known
/// clashes unless its value here is the typed one.
pub fn type_over(set: &EntitySet, shown: &Shown, here: &Record, typed: &Map<String, Value>) -> TypedOver {
    let (mut base, mut local) = (here.clone(), here.clone());
    let mut clashing = Vec::new();
    for (name, value) in typed {
        match shown.values.get(name) {
            Some(before) => {
                base.properties.insert(name.clone(), before.clone());
                local.properties.insert(name.clone(), value.clone());
            }
            None if here.get(name) != value => clashing.push(name.clone()),
            None => {}
        }
    }
    // It is being typed now.
    local.updated_at = here.updated_at.saturating_add(1);
    let outcome = merge(set, Some(&base), &local, here);
    let stands = |name: &&String| outcome.merged.get(name) != here.get(name) && !outcome.clashing.contains(name);
    let changes = typed.keys().filter(stands).map(|name| (name.clone(), outcome.merged.get(name).clone())).collect();
    clashing.extend(outcome.clashing);
    TypedOver { changes, clashing }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordId;
    use crate::{EntityModel, UPDATED_AT};
    use serde_json::json;

    fn map(json: Value) -> Map<String, Value> {
        json.as_object().unwrap().clone()
    }

    fn record(json: Value) -> Record {
        Record { properties: map(json), ..Record::new(RecordId(uuid::Uuid::nil()), 5) }
    }

    #[test]
    fn what_the_caller_left_out_is_as_the_version_shown_had_it() {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let mut shown = Shown::read(model.set("TodoItems").unwrap(), &map(json!({ "Title": "a" })));
        shown.complete(&record(json!({ "Title": "b", "Notes": "n" })));
        assert_eq!(shown.unseen(&record(json!({ "Title": "a", "Notes": "n" }))), Vec::<String>::new());
        assert_eq!(shown.unseen(&record(json!({ "Title": "b", "Notes": "m" }))), ["Title", "Notes"]);
    }

    #[test]
    fn an_edit_never_overwrites_what_was_not_on_the_screen() {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let set = model.set("TodoItems").unwrap();
        // (what was shown, what is here, what was typed, what changes here, what clashes)
        let table = [
            (json!({"Title": "a"}), json!({"Title": "a"}), json!({"Title": "x"}), json!({"Title": "x"}), vec![]),
            (json!({"Title": "a"}), json!({"Title": "b"}), json!({"Title": "x"}), json!({}), vec!["Title"]),
            (json!({"Title": "a"}), json!({"Title": "x"}), json!({"Title": "x"}), json!({}), vec![]),
            (json!({"Title": "a"}), json!({"Title": "b"}), json!({"Title": "a"}), json!({}), vec![]),
            (json!({}), json!({"Title": "b"}), json!({"Title": "x"}), json!({}), vec!["Title"]),
            (json!({}), json!({"Title": "x"}), json!({"Title": "x"}), json!({}), vec![]),
            (
                json!({"Title": "a", "Priority": 1}),
                json!({"Title": "a", "Priority": 2}),
                json!({"Title": "x"}),
                json!({"Title": "x"}),
                vec![],
            ),
            (
                json!({"Title": "a", "Priority": 1}),
                json!({"Title": "a", "Priority": 2}),
                json!({"Title": "x", "Priority": 3}),
                json!({"Title": "x"}),
                vec!["Priority"],
            ),
            (
                json!({"Notes": "one\ntwo\nthree\n"}),
                json!({"Notes": "one\ntwo\nthree\nfour\n"}),
                json!({"Notes": "zero\none\ntwo\nthree\n"}),
                json!({"Notes": "zero\none\ntwo\nthree\nfour\n"}),
                vec![],
            ),
            (json!({"Notes": null}), json!({"Notes": "b"}), json!({"Notes": "x"}), json!({}), vec!["Notes"]),
        ];
        for (shown, here, typed, changes, clashing) in table {
            let said = format!("{shown} {here} {typed}");
            let shown = Shown { etag: None, values: map(shown) };
            let outcome = type_over(set, &shown, &record(here), &map(typed));
            assert_eq!(Value::Object(outcome.changes), changes, "{said}");
            assert_eq!(outcome.clashing, clashing, "{said}");
        }
    }

    #[test]
    fn what_was_shown_is_read_as_it_went_out() {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let set = model.set("TodoItems").unwrap();
        let mut here = record(json!({"Title": "a", "Priority": 1, "Colour": "red"}));
        let mut json = here.to_json();
        json.insert(ETAG.into(), json!("W/\"1\""));
        json.extend(map(json!({ "_State": "none", "_Mark": "none" })));
        let shown = Shown::read(set, &json);
        assert_eq!((shown.etag.as_deref(), &shown.values), (Some("W/\"1\""), &here.properties));
        assert!(shown.unseen(&here).is_empty());
        here.updated_at += 1;
        assert!(shown.unseen(&here).is_empty(), "a stamp alone is nothing that anybody wrote");
        here.properties.insert("Priority".into(), json!(2));
        assert_eq!(shown.unseen(&here), ["Priority"]);
        let part = Shown::read(set, &map(json!({ UPDATED_AT: 7, "Priority": "high", "Title": "a", ETAG: "" })));
        assert_eq!((part.etag, Value::Object(part.values)), (None, json!({"Title": "a"})));
    }
}
