//! Resolving a conflict: a person's answer, or a policy's, becomes a new local change on the version shown.
//!
//! Owns: what each answer does to each kind of conflict, and which event it is. Refuses: asking, storing and pushing. DESIGN section 4,
//! Resolutions.

use crate::cached_entities::Policy;
use crate::entity::{EntitySet, Property};
use crate::merge::{merge, take};
use crate::planted::{Planted, is_planted};
use crate::reconcile::ConflictKind;
use crate::record::{Record, State, Versioned};
use crate::words::HistoryEvent;
use std::collections::BTreeMap;

/// An open question with its three sides, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// What the question is.
    pub kind: ConflictKind,
    /// The properties in question.
    pub properties: Vec<String>,
    /// The version that this device's change was made on.
    pub base: Option<Versioned>,
    /// This device's record.
    pub mine: Record,
    /// The server's record, as shown; a tombstone in *deleted on server*; `None` where the server has no trace.
    pub server: Option<Versioned>,
}

/// One side of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// This device's value.
    Mine,
    /// The server's value.
    Server,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Both edited: this device's values stand where they clash.
    KeepMine,
    /// Both edited: the server's values stand where they clash.
    TakeServer,
    /// Both edited: a side per clashing property.
    Merge(BTreeMap<String, Side>),
    /// Deleted on server: the record lives again, with this device's changes.
    Restore,
    /// Deleted on server: it stays deleted.
    AcceptDelete,
    /// Edited on server: it is deleted all the same.
    DeleteAnyway,
    /// Edited on server: the server's record stays.
    KeepServer,
}

impl Resolution {
    /// Returns what happened by it, as the record's history tells it.
    pub fn event(&self) -> HistoryEvent {
        match self {
            Self::KeepMine => HistoryEvent::KeptMine,
            Self::TakeServer => HistoryEvent::TookServer,
            Self::Merge(_) => HistoryEvent::ChoseSides,
            Self::Restore => HistoryEvent::Restored,
            Self::AcceptDelete => HistoryEvent::AcceptedDelete,
            Self::DeleteAnyway => HistoryEvent::DeletedAnyway,
            Self::KeepServer => HistoryEvent::KeptServer,
        }
    }
}

/// Why an answer does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolutionError {
    /// The answer belongs to another kind of question.
    #[error("this conflict is {kind}; answer it with {answers}", kind = kind.as_str())]
    WrongKind {
        /// The kind of the conflict.
        kind: ConflictKind,
        /// The answers it takes.
        answers: &'static str,
    },
    /// A clashing property has no side.
    #[error("{0} was changed on both sides; choose {0}=mine or {0}=server")]
    Undecided(String),
    /// A side was given for a property that does not clash.
    #[error("{0} is not in question")]
    NotInQuestion(String),
}

/// What the answer makes of the record.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// Nothing is pending; the record is the server's, or goes where that is tombstoned or absent.
    TakeServer,
    /// `local` is pending with `state` on top of the version that was shown.
    Pending {
        /// Add, update or delete.
        state: State,
        /// The record as its user sees it from now on.
        local: Record,
    },
}

/// Applies an answer to exactly the version that was shown.
///
/// # Errors
/// The answer does not fit the kind, or leaves a clashing property undecided.
pub fn resolve(set: &EntitySet, conflict: &Conflict, answer: &Resolution) -> Result<Resolved, ResolutionError> {
    use ConflictKind::{BothEdited, DeletedOnServer, EditedOnServer};
    match (conflict.kind, answer) {
        (BothEdited, Resolution::KeepMine) => Ok(both_edited(set, conflict, |_| Side::Mine)),
        (BothEdited, Resolution::TakeServer) => Ok(both_edited(set, conflict, |_| Side::Server)),
        (BothEdited, Resolution::Merge(sides)) => {
            if let Some(name) = sides.keys().find(|name| !conflict.properties.contains(name)) {
                return Err(ResolutionError::NotInQuestion(name.clone()));
            }
            if let Some(name) = conflict.properties.iter().find(|name| !sides.contains_key(*name)) {
                return Err(ResolutionError::Undecided(name.clone()));
            }
            Ok(both_edited(set, conflict, |name| sides.get(name).copied().unwrap_or(Side::Server)))
        }
        (DeletedOnServer, Resolution::Restore) => Ok(restore(set, conflict)),
        (DeletedOnServer, Resolution::AcceptDelete) | (EditedOnServer, Resolution::KeepServer) => {
            Ok(Resolved::TakeServer)
        }
        (EditedOnServer, Resolution::DeleteAnyway) => {
            let local = conflict.server.as_ref().map_or_else(|| conflict.mine.clone(), |s| s.record.clone());
            Ok(Resolved::Pending { state: State::Delete, local })
        }
        (kind, _) => Err(ResolutionError::WrongKind { kind, answers: answers(kind) }),
    }
}

fn answers(kind: ConflictKind) -> &'static str {
    match kind {
        ConflictKind::BothEdited => "keep-mine, take-server or merge",
        ConflictKind::DeletedOnServer => "restore or accept-delete",
        ConflictKind::EditedOnServer => "delete-anyway or keep-server",
    }
}

fn both_edited(set: &EntitySet, conflict: &Conflict, side: impl Fn(&str) -> Side) -> Resolved {
    let Some(server) = &conflict.server else { return restore(set, conflict) };
    let base = conflict.base.as_ref().map(|b| &b.record).filter(|b| !b.is_tombstoned);
    let outcome = merge(set, base, &conflict.mine, &server.record);
    let mut local = outcome.merged;
    for name in &outcome.clashing {
        if side(name) == Side::Mine {
            take(&mut local, &conflict.mine, name);
        }
    }
    if local.same_content(&server.record) {
        return Resolved::TakeServer;
    }
    Resolved::Pending { state: State::Update, local }
}

/// The record lives again with this device's changes, on what others had made of it before it was deleted: the tombstone
/// still has that, unless it was purged.
fn restore(set: &EntitySet, conflict: &Conflict) -> Resolved {
    let mut local = conflict.mine.clone();
    let base = conflict.base.as_ref().map(|base| &base.record).filter(|base| !base.is_tombstoned);
    let tombstone = conflict.server.as_ref().map(|server| &server.record).filter(|record| has_content(set, record));
    if let (Some(base), Some(tombstone)) = (base, tombstone) {
        let outcome = merge(set, Some(base), &conflict.mine, tombstone);
        local.properties = outcome.merged.properties;
        for name in &outcome.clashing {
            take(&mut local, &conflict.mine, name);
        }
    }
    local.is_tombstoned = false;
    let state = if conflict.server.is_some() { State::Update } else { State::Add };
    Resolved::Pending { state, local }
}

/// Tells whether a tombstone still has its content: after a purge what a record must have is not there, and what is there
/// are defaults.
pub(crate) fn has_content(set: &EntitySet, record: &Record) -> bool {
    let has_value = |property: &&Property| !record.get(&property.name).is_null();
    let without_default = || set.entity_type.declared().filter(|property| property.default.is_none());
    match without_default().any(|property| !property.nullable) {
        true => without_default().all(|property| property.nullable || has_value(&property)),
        false => without_default().any(|property| has_value(&property)),
    }
}

impl Policy {
    /// Returns the answer that this policy gives to a conflict, or `None` where a person is asked.
    pub fn answer(self, conflict: &Conflict) -> Option<Resolution> {
        let server_stamp = conflict.server.as_ref().map_or(i64::MIN, |s| s.record.updated_at);
        let mine = match self {
            Self::Ask => return None,
            Self::Mine => true,
            Self::Server => false,
            Self::Newest if is_planted(Planted::X15NewestBackwards) => conflict.mine.updated_at < server_stamp,
            // A tie goes to the stored record (DESIGN section 4, Server).
            Self::Newest => conflict.mine.updated_at > server_stamp,
        };
        Some(match (conflict.kind, mine) {
            (ConflictKind::BothEdited, true) => Resolution::KeepMine,
            (ConflictKind::BothEdited, false) => Resolution::TakeServer,
            (ConflictKind::DeletedOnServer, true) => Resolution::Restore,
            (ConflictKind::DeletedOnServer, false) => Resolution::AcceptDelete,
            (ConflictKind::EditedOnServer, true) => Resolution::DeleteAnyway,
            (ConflictKind::EditedOnServer, false) => Resolution::KeepServer,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntityModel;
    use crate::record::RecordId;
    use serde_json::json;

    fn record(title: &str, notes: &str) -> Record {
        let mut record = Record::new(RecordId(uuid::Uuid::nil()), 5);
        record.properties.insert("Title".into(), json!(title));
        record.properties.insert("Notes".into(), json!(notes));
        record
    }

    fn both_edited() -> Conflict {
        Conflict {
            kind: ConflictKind::BothEdited,
            properties: vec!["Title".into()],
            base: Some(Versioned { record: record("a", "n"), etag: "1".into() }),
            mine: record("b", "mine"),
            server: Some(Versioned { record: record("c", "n"), etag: "2".into() }),
        }
    }

    #[test]
    fn edits_that_do_not_clash_merge_whatever_the_answer() {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let set = model.set("TodoItems").unwrap();
        for (answer, title) in [(Resolution::KeepMine, "b"), (Resolution::TakeServer, "c")] {
            let Resolved::Pending { state, local } = resolve(set, &both_edited(), &answer).unwrap() else {
                panic!("{answer:?}")
            };
            assert_eq!(state, State::Update);
            assert_eq!(local.properties, record(title, "mine").properties);
        }
    }

    #[test]
    fn a_restored_record_keeps_what_others_made_of_it_before_it_was_deleted() {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let set = model.set("TodoItems").unwrap();
        let id = RecordId(uuid::Uuid::nil());
        for (tombstone, title, notes) in [
            (record("a", "theirs"), "mine", "theirs"),
            (record("theirs", "theirs"), "mine", "theirs"),
            // Purged: nothing is known of it any more.
            (Record::new(id, 9), "mine", "n"),
        ] {
            let conflict = Conflict {
                kind: ConflictKind::DeletedOnServer,
                mine: record("mine", "n"),
                server: Some(Versioned { record: Record { is_tombstoned: true, ..tombstone }, etag: "2".into() }),
                ..both_edited()
            };
            let Resolved::Pending { state, local } = resolve(set, &conflict, &Resolution::Restore).unwrap() else {
                panic!("it is to be sent")
            };
            assert_eq!((state, local.is_tombstoned), (State::Update, false));
            assert_eq!(local.properties, record(title, notes).properties);
        }
    }

    #[test]
    fn an_answer_to_another_question_is_refused() {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let set = model.set("TodoItems").unwrap();
        let error = resolve(set, &both_edited(), &Resolution::Restore).unwrap_err();
        assert_eq!(error.to_string(), "this conflict is both_edited; answer it with keep-mine, take-server or merge");
        let error = resolve(set, &both_edited(), &Resolution::Merge(BTreeMap::new())).unwrap_err();
        assert_eq!(error, ResolutionError::Undecided("Title".into()));
        let sides = BTreeMap::from([("Title".to_owned(), Side::Mine), ("Notes".to_owned(), Side::Mine)]);
        let error = resolve(set, &both_edited(), &Resolution::Merge(sides)).unwrap_err();
        assert_eq!(error, ResolutionError::NotInQuestion("Notes".into()));
        for (side, title) in [(Side::Mine, "b"), (Side::Server, "c")] {
            let sides = BTreeMap::from([("Title".to_owned(), side)]);
            let Ok(Resolved::Pending { local, .. }) = resolve(set, &both_edited(), &Resolution::Merge(sides)) else {
                panic!("a merge that decides all is taken")
            };
            assert_eq!(local.properties, record(title, "mine").properties);
        }
    }

    #[test]
    fn a_tombstone_has_its_content_until_it_is_purged_also_where_nothing_is_required() {
        let optional = "{ \"$Nullable\": true, \"$MaxLength\"";
        let all_optional = EntityModel::default_document().replace("{ \"$MaxLength\"", optional);
        for document in [EntityModel::default_document(), all_optional.as_str()] {
            let model = EntityModel::parse(document).unwrap();
            for set in model.sets() {
                let mut tombstone = Record::new(RecordId(uuid::Uuid::nil()), 9);
                let defaults = set.entity_type.declared().filter_map(|p| Some((p.name.clone(), p.default.clone()?)));
                tombstone.properties.extend(defaults);
                assert!(!has_content(set, &tombstone), "{} with defaults alone", set.name);
                for property in set.entity_type.declared().filter(|property| property.default.is_none()) {
                    tombstone.properties.insert(property.name.clone(), json!("x"));
                }
                assert!(has_content(set, &tombstone), "{}", set.name);
            }
        }
    }

    #[test]
    fn a_deletion_loses_to_the_answers_that_keep_the_record() {
        let answers = [
            (Resolution::KeepMine, false),
            (Resolution::TakeServer, false),
            (Resolution::Merge(BTreeMap::new()), false),
            (Resolution::Restore, true),
            (Resolution::AcceptDelete, false),
            (Resolution::DeleteAnyway, false),
            (Resolution::KeepServer, true),
        ];
        for (answer, loses) in answers {
            assert_eq!(answer.event().lost_a_deletion(), loses, "{answer:?}");
        }
    }

    #[test]
    fn newest_wins_goes_by_stamp_and_a_tie_goes_to_the_server() {
        let mut conflict = both_edited();
        assert_eq!(Policy::Newest.answer(&conflict), Some(Resolution::TakeServer));
        conflict.mine.updated_at = 6;
        assert_eq!(Policy::Newest.answer(&conflict), Some(Resolution::KeepMine));
        assert_eq!(Policy::Ask.answer(&conflict), None);
    }
}
