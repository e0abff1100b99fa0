//! Open conflicts and their answers.
//!
//! Owns: finding a conflict by its id or the beginning of it, and reading an answer's words. Refuses: what an answer
//! does (`tidemark-model`), keeping it (the store).

use crate::app::App;
use crate::error::AppError;
use crate::views::{ConflictView, PreviewView, ResolutionChoice, ResolvedView, Sides, SimilarView, UndoneView};
use serde::de::IntoDeserializer;
use serde::de::value::Error as NoSuchWord;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;
use tidemark_model::{ConflictKind, EntityModel, EntitySet, Record, RecordId, Resolution, Side};
use tidemark_store::OpenConflict;

impl App {
    /// Returns the open conflicts.
    ///
    /// # Errors
    /// The offline database cannot be read.
    pub async fn conflicts(&self) -> Result<Vec<ConflictView>, AppError> {
        self.with_store(|store| {
            let model = store.model();
            Ok(store.conflicts()?.into_iter().map(|open| conflict_view(model.as_deref(), open)).collect())
        })
        .await
    }

    /// Answers a conflict, named by its id or a beginning that no other open conflict has. Returns the record as it is
    /// from now on, and what takes the answer back.
    ///
    /// `sides` gives `mine` or `server` per clashing property for [`ResolutionChoice::Merge`].
    ///
    /// # Errors
    /// There is no such conflict, or the answer does not fit it; nothing was changed.
    pub async fn resolve(
        &self,
        conflict: &str,
        resolution: ResolutionChoice,
        sides: Option<Sides>,
    ) -> Result<ResolvedView, AppError> {
        let answer = read_resolution(resolution, sides)?;
        let wanted = conflict.to_owned();
        let answered = self
            .with_store(move |store| {
                let id = find(&store.conflicts()?, &wanted)?;
                Ok(store.resolve(id, &answer)?)
            })
            .await?;
        self.nudge();
        let record = answered.record.map(|local| local.to_json());
        Ok(ResolvedView { record, undo: answered.undo.to_string() })
    }

    /// Returns what an answer would make of the record. Nothing is stored.
    ///
    /// # Errors
    /// As [`App::resolve`].
    pub async fn preview_resolve(
        &self,
        conflict: &str,
        resolution: ResolutionChoice,
        sides: Option<Sides>,
    ) -> Result<PreviewView, AppError> {
        let answer = read_resolution(resolution, sides)?;
        let wanted = conflict.to_owned();
        self.with_store(move |store| {
            let id = find(&store.conflicts()?, &wanted)?;
            let record = store.preview_resolve(id, &answer)?;
            Ok(PreviewView { record: record.map(|record| record.to_json()) })
        })
        .await
    }

    /// Takes an answer back: while it has not been sent the question is open again as it was; afterwards the side that
    /// did not stand is a new change.
    ///
    /// # Errors
    /// The answer was taken back already, or is too old.
    pub async fn undo_resolve(&self, undo: &str) -> Result<UndoneView, AppError> {
        let id: RecordId =
            undo.parse().map_err(|_| AppError::invalid(format!("{undo:?} is no answer to take back"), Some("undo")))?;
        let undone = self.with_store(move |store| Ok(store.undo_resolve(id)?)).await?;
        self.nudge();
        Ok(UndoneView { reopened: undone.reopened, record: undone.record.map(|local| local.to_json()) })
    }

    /// Gives the same answer to every open conflict of the same entity set and kind as this one, all or none.
    ///
    /// # Errors
    /// As [`App::resolve`]; `merge` is an answer to one conflict alone.
    pub async fn resolve_similar(&self, conflict: &str, resolution: ResolutionChoice) -> Result<SimilarView, AppError> {
        if resolution == ResolutionChoice::Merge {
            let message =
                "merge chooses for one conflict's own properties; all similar ones take keep-mine or take-server";
            return Err(AppError::invalid(message, Some("resolution")));
        }
        let answer = read_resolution(resolution, None)?;
        let wanted = conflict.to_owned();
        let undo = self
            .with_store(move |store| {
                let id = find(&store.conflicts()?, &wanted)?;
                Ok(store.resolve_similar(id, &answer)?)
            })
            .await?;
        self.nudge();
        Ok(SimilarView { answered: undo.len() as u64, undo: undo.iter().map(ToString::to_string).collect() })
    }
}

fn find(open: &[OpenConflict], wanted: &str) -> Result<RecordId, AppError> {
    let wanted = wanted.trim().to_ascii_lowercase();
    let mut found = open.iter().map(|conflict| conflict.id).filter(|id| id.to_string().starts_with(&wanted));
    match (found.next(), found.next()) {
        (Some(id), None) if !wanted.is_empty() => Ok(id),
        (Some(_), Some(_)) if !wanted.is_empty() => Err(AppError::AmbiguousConflict(wanted)),
        _ => Err(AppError::UnknownConflict(wanted)),
    }
}

impl FromStr for ResolutionChoice {
    type Err = AppError;

    fn from_str(word: &str) -> Result<Self, AppError> {
        Self::deserialize(word.into_deserializer()).map_err(|_: NoSuchWord| {
            let message = format!(
                "{word:?} is no answer; answers are keep-mine, take-server, restore, accept-delete, delete-anyway, \
                 keep-server and merge"
            );
            AppError::invalid(message, Some("resolution"))
        })
    }
}

impl fmt::Display for ResolutionChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

fn read_resolution(choice: ResolutionChoice, sides: Option<Sides>) -> Result<Resolution, AppError> {
    let Sides(sides) = sides.unwrap_or_default();
    let resolution = match choice {
        ResolutionChoice::Merge => {
            let side = |(property, side): (String, String)| match side.as_str() {
                "mine" => Ok((property, Side::Mine)),
                "server" => Ok((property, Side::Server)),
                _ => {
                    let message =
                        format!("{property}={side} is not a choice; write {property}=mine or {property}=server");
                    Err(AppError::invalid(message, Some(&property)))
                }
            };
            return Ok(Resolution::Merge(sides.into_iter().map(side).collect::<Result<_, _>>()?));
        }
        ResolutionChoice::KeepMine => Resolution::KeepMine,
        ResolutionChoice::TakeServer => Resolution::TakeServer,
        ResolutionChoice::Restore => Resolution::Restore,
        ResolutionChoice::AcceptDelete => Resolution::AcceptDelete,
        ResolutionChoice::DeleteAnyway => Resolution::DeleteAnyway,
        ResolutionChoice::KeepServer => Resolution::KeepServer,
    };
    if let Some(property) = sides.keys().next() {
        let message = format!("a side for {property} goes with merge, not with {choice}");
        return Err(AppError::invalid(message, Some(property)));
    }
    Ok(resolution)
}

/// Dresses an open conflict for people.
pub(crate) fn conflict_view(model: Option<&EntityModel>, conflict: OpenConflict) -> ConflictView {
    let set = model.and_then(|model| model.set(&conflict.set));
    let (base, server) = (conflict.base.as_ref(), conflict.server.as_ref());
    let sides = [Some(&conflict.mine), server.map(|server| &server.record), base.map(|base| &base.record)];
    let title = set.and_then(|set| sides.into_iter().flatten().find_map(|record| title(set, record)));
    ConflictView {
        id: conflict.id.to_string(),
        record_id: conflict.record_id.to_string(),
        kind: conflict.kind.as_str().to_owned(),
        title: title.unwrap_or_default(),
        set_label: set.map_or_else(|| conflict.set.clone(), |set| set.label.clone()),
        mine_at: conflict.mine.updated_at,
        server_at: server.map(|server| server.record.updated_at),
        server_deleted: conflict.kind == ConflictKind::DeletedOnServer,
        server_user: server.and_then(|server| server.record.updated_by.clone()),
        entity_set: conflict.set,
        properties: conflict.properties,
        base: conflict.base.map(|base| base.record.to_json()),
        mine: conflict.mine.to_json(),
        server: conflict.server.map(|server| server.record.to_json()),
        detected_at: conflict.detected_at,
    }
}

/// Returns what people call a record, where it has a title.
pub(crate) fn title(set: &EntitySet, record: &Record) -> Option<String> {
    match record.get(set.entity_type.title_property()) {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(id: &str) -> OpenConflict {
        let id: RecordId = id.parse().unwrap();
        OpenConflict {
            id,
            set: "Things".into(),
            record_id: id,
            kind: ConflictKind::BothEdited,
            properties: vec!["Name".into()],
            base: None,
            mine: Record::new(id, 1),
            server: None,
            detected_at: 1,
        }
    }

    #[test]
    fn a_conflict_is_found_by_a_beginning_that_is_its_own() {
        let both = [open("0192aaaa-0000-7000-8000-000000000001"), open("0192bbbb-0000-7000-8000-000000000002")];
        assert_eq!(find(&both, "0192AA").unwrap(), both[0].id);
        assert_eq!(find(&both, &both[1].id.to_string()).unwrap(), both[1].id);
        assert!(matches!(find(&both, "0192"), Err(AppError::AmbiguousConflict(_))));
        assert!(matches!(find(&both, "7"), Err(AppError::UnknownConflict(_))));
        assert!(matches!(find(&both[..1], ""), Err(AppError::UnknownConflict(_))));
    }

    #[test]
    fn an_answer_is_read_from_its_words() {
        let read = |word: &str, pairs: &[(&str, &str)]| {
            let sides = pairs.iter().map(|(property, side)| ((*property).into(), (*side).into())).collect();
            read_resolution(word.parse()?, Some(Sides(sides)))
        };
        assert_eq!(read("keep-mine", &[]).unwrap(), Resolution::KeepMine);
        let merge = read("merge", &[("Name", "mine"), ("Notes", "server")]).unwrap();
        let Resolution::Merge(chosen) = merge else { panic!("{merge:?}") };
        assert_eq!(chosen["Name"], Side::Mine);
        assert_eq!(chosen["Notes"], Side::Server);
        assert_eq!(read("keep_mine", &[]).unwrap_err().property(), Some("resolution"));
        for (word, sides) in [("merge", [("Name", "ours")]), ("restore", [("Name", "mine")])] {
            let error = read(word, &sides).unwrap_err();
            assert_eq!((error.code(), error.property()), ("invalid", Some("Name")));
            assert!(word == "merge" || error.to_string().ends_with("goes with merge, not with restore"), "{error}");
        }
    }
}
