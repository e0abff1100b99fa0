//! The rule for one change: called by a database inside its write transaction, with the stored row in hand.
//!
//! Owns: the record that comes of a change. `tidemark_model::arbitrate` says whether it is applied and with which
//! stamp; here its values are put together. Refuses: sequence numbers and the journal (the database's own).

use super::change::{Body, Change};
use super::row::Row;
use super::version::Mark;
use tidemark_model::{
    Arbitration, Cell, CellSeed, EntitySet, InvalidRecord, JournalKind, Method, Property, Ruling, arbitrate,
};

/// What a database is to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Decision {
    /// Store this version; its sequence number and mark are still to be given.
    Put {
        /// What that does to the record.
        what: JournalKind,
        /// The version.
        row: Row,
    },
    /// Nothing: the stored record is answered with success.
    StoredWins,
    /// Nothing: the change says nothing of the record, which is answered as if it had been changed.
    Unchanged,
    /// Nothing: there is no such record.
    NotFound,
    /// Nothing: the condition does not hold.
    ConditionFailed,
}

/// Decides one change.
///
/// # Errors
/// Required properties would be left without a value: each of them.
pub(crate) fn decide(
    set: &EntitySet,
    stored: Option<&Row>,
    change: &Change,
    user: &str,
    now_ms: i64,
) -> Result<Decision, Vec<InvalidRecord>> {
    if let Some((index, expected)) = &change.only_if
        && stored.is_none_or(|row| row.is_tombstoned || row.cells.get(*index) != Some(expected))
    {
        return Ok(Decision::NotFound);
    }
    let etag = stored.map(Row::etag);
    let ruling = arbitrate(&Arbitration {
        method: change.method,
        condition: &change.condition,
        stored: stored.zip(etag.as_deref()).map(|(row, etag)| (row.updated_at, row.is_tombstoned, etag)),
        stamp: change.body.stamp,
        now_ms,
    });
    if matches!(ruling, Ruling::Apply { .. }) && change.says_nothing() && stored.is_some_and(|row| !row.is_tombstoned) {
        return Ok(Decision::Unchanged);
    }
    let (updated_at, deletes) = match ruling {
        Ruling::StoredWins => return Ok(Decision::StoredWins),
        Ruling::NotFound => return Ok(Decision::NotFound),
        Ruling::ConditionFailed => return Ok(Decision::ConditionFailed),
        Ruling::Create { stamp } | Ruling::Apply { stamp, .. } => (stamp, false),
        Ruling::Tombstone { stamp } => (stamp, true),
    };
    let is_tombstoned = deletes || change.body.is_tombstoned.unwrap_or(false);
    // A delete and a PATCH keep what they do not name; a PUT, and a POST on a key that exists, reset it.
    let kept = stored.filter(|_| matches!(change.method, Method::Update | Method::Delete));
    let (mut cells, mut problems) = (Vec::with_capacity(change.body.cells.len()), Vec::new());
    for (index, property) in set.entity_type.declared().enumerate() {
        if set.per_user.as_ref() == Some(&property.name) {
            cells.push(Cell::Text(user.to_owned().into()));
            continue;
        }
        match value(property, index, &change.body, kept, is_tombstoned) {
            Ok(cell) => cells.push(cell),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let what = match (stored.map(|row| row.is_tombstoned), is_tombstoned) {
        (None, _) => JournalKind::Create,
        (Some(false), true) => JournalKind::Delete,
        (Some(true), false) => JournalKind::Restore,
        (Some(_), _) => JournalKind::Update,
    };
    let row = Row {
        id: change.id.0,
        cells,
        updated_at,
        is_tombstoned,
        updated_by: Some(user.to_owned()),
        version: Mark::default(),
    };
    Ok(Decision::Put { what, row })
}

fn value(
    property: &Property,
    index: usize,
    body: &Body,
    kept: Option<&Row>,
    is_tombstoned: bool,
) -> Result<Cell<'static>, InvalidRecord> {
    let given = body.cells.get(index).cloned().flatten();
    let stored = || kept.and_then(|row| row.cells.get(index)).cloned();
    match given.or_else(stored).unwrap_or(Cell::Null) {
        // Null where null cannot be: left out, or gone with a purge.
        Cell::Null if !property.nullable || (kept.is_none() && body.cells.get(index).is_none_or(Option::is_none)) => {
            default_of(property, is_tombstoned)
        }
        cell => Ok(cell),
    }
}

/// Returns the value of a property that nothing names; a tombstoned record may lack its content.
fn default_of(property: &Property, is_tombstoned: bool) -> Result<Cell<'static>, InvalidRecord> {
    match &property.default {
        Some(default) => Ok(CellSeed::written(property).read(default)?.into_owned()),
        None if property.nullable || is_tombstoned => Ok(Cell::Null),
        None => Err(InvalidRecord::Missing(property.name.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::read_body;
    use serde_json::{Value, json};
    use tidemark_model::{Condition, EntityModel, RecordId};
    use uuid::Uuid;

    fn model() -> EntityModel {
        EntityModel::parse(EntityModel::default_document()).unwrap().with_cached_entities().unwrap()
    }

    fn change(set: &EntitySet, method: Method, body: Value) -> Change {
        let (_, body) = read_body(set, body.to_string().as_bytes()).unwrap();
        let id = RecordId(Uuid::from_u128(7));
        Change {
            set: set.name.clone(),
            id,
            method,
            condition: Condition::None,
            body,
            repeat: None,
            asks_for: None,
            only_if: None,
        }
    }

    fn put(set: &EntitySet, stored: Option<&Row>, method: Method, body: Value) -> (JournalKind, Row) {
        match decide(set, stored, &change(set, method, body), "ann", 1_000).unwrap() {
            Decision::Put { what, row } => (what, row),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_put_resets_what_it_leaves_out_and_a_patch_keeps_it() {
        let model = model();
        let set = model.set("TodoItems").unwrap();
        let (what, made) =
            put(set, None, Method::Create, json!({"Title": "a", "Notes": "n", "Priority": 3, "_UpdatedAt": 10}));
        assert_eq!((what, made.updated_at, made.updated_by.as_deref()), (JournalKind::Create, 10, Some("ann")));
        let (_, patched) = put(set, Some(&made), Method::Update, json!({"Title": "b", "_UpdatedAt": 11}));
        let json = Value::Object(patched.to_record(set).to_json());
        assert_eq!((&json["Title"], &json["Notes"], &json["Priority"]), (&json!("b"), &json!("n"), &json!(3)));
        let (_, replaced) = put(set, Some(&made), Method::Replace, json!({"Title": "c", "_UpdatedAt": 11}));
        let json = Value::Object(replaced.to_record(set).to_json());
        assert_eq!((&json["Notes"], &json["Priority"], &json["IsDone"]), (&Value::Null, &json!(0), &json!(false)));
    }

    #[test]
    fn a_required_property_is_asked_for_unless_the_record_is_tombstoned() {
        let model = model();
        let set = model.set("TodoItems").unwrap();
        let missing = decide(set, None, &change(set, Method::Update, json!({"Notes": "n"})), "ann", 1).unwrap_err();
        assert_eq!(missing, [InvalidRecord::Missing("Title".into())]);
        let (what, row) = put(set, None, Method::Create, json!({"_IsTombstoned": true}));
        assert_eq!((what, row.is_tombstoned), (JournalKind::Create, true));
        // A purged stub has no title to keep.
        let restored = decide(set, Some(&row), &change(set, Method::Update, json!({"Notes": "n"})), "ann", 2_000);
        assert_eq!(restored.unwrap_err(), [InvalidRecord::Missing("Title".into())]);
    }

    #[test]
    fn a_patch_tombstones_and_one_that_wins_over_a_tombstone_restores() {
        let model = model();
        let set = model.set("TodoItems").unwrap();
        let (_, made) = put(set, None, Method::Create, json!({"Title": "a", "_UpdatedAt": 10}));
        let (what, dead) = put(set, Some(&made), Method::Update, json!({"_IsTombstoned": true, "_UpdatedAt": 20}));
        assert_eq!((what, dead.updated_at, dead.is_tombstoned), (JournalKind::Delete, 20, true));
        let (what, back) = put(set, Some(&dead), Method::Update, json!({"Notes": "n", "_UpdatedAt": 21}));
        assert_eq!((what, back.is_tombstoned, &back.cells[0]), (JournalKind::Restore, false, &Cell::Text("a".into())));
        let late = decide(set, Some(&dead), &change(set, Method::Update, json!({"_UpdatedAt": 20})), "ann", 99);
        assert_eq!(late.unwrap(), Decision::NotFound);
    }

    #[test]
    fn a_set_that_is_kept_per_user_is_stamped_with_the_caller() {
        let model = model();
        let set = model.set("CachedEntities").unwrap();
        let (_, row) = put(set, None, Method::Create, json!({"EntitySet": "Sites", "UserName": "mallory"}));
        assert_eq!(row.to_record(set).get("UserName"), &json!("ann"));
    }
}
