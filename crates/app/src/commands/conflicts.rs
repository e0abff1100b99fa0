//! Open conflicts and their answers.
//!
//! Owns: finding a conflict by its id or the beginning of it, and reading an answer's words. Refuses: what an answer
//! does (`tidemark-model`), keeping it (the store).

use crate::app::App;
use crate::error::AppError;
use crate::views::{ConflictView, RecordView};
use std::collections::BTreeMap;
use tidemark_model::{RecordId, Resolution, Side};
use tidemark_store::OpenConflict;

impl App {
    /// Returns the open conflicts.
    ///
    /// # Errors
    /// The offline database cannot be read.
    pub async fn conflicts(&self) -> Result<Vec<ConflictView>, AppError> {
        self.with_store(|store| Ok(store.conflicts()?.into_iter().map(conflict_view).collect())).await
    }

    /// Answers a conflict, named by its id or a beginning that no other open conflict has. Returns the record as it is
    /// from now on, or `None` where it is gone.
    ///
    /// `resolution` is `keep-mine`, `take-server`, `restore`, `accept-delete`, `delete-anyway`, `keep-server` or
    /// `merge`; `sides` gives `mine` or `server` per clashing property for `merge`.
    ///
    /// # Errors
    /// There is no such conflict, or the answer does not fit it; nothing was changed.
    pub async fn resolve(
        &self,
        conflict: &str,
        resolution: &str,
        sides: BTreeMap<String, String>,
    ) -> Result<Option<RecordView>, AppError> {
        let answer = read_resolution(resolution, sides)?;
        let wanted = conflict.to_owned();
        let resolved = self
            .with_store(move |store| {
                let id = find(&store.conflicts()?, &wanted)?;
                Ok(store.resolve(id, &answer)?)
            })
            .await?;
        self.nudge();
        Ok(resolved.map(|local| local.to_json()))
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

fn read_resolution(word: &str, sides: BTreeMap<String, String>) -> Result<Resolution, AppError> {
    let resolution = match word {
        "merge" => {
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
        "keep-mine" => Resolution::KeepMine,
        "take-server" => Resolution::TakeServer,
        "restore" => Resolution::Restore,
        "accept-delete" => Resolution::AcceptDelete,
        "delete-anyway" => Resolution::DeleteAnyway,
        "keep-server" => Resolution::KeepServer,
        other => {
            let message = format!(
                "{other:?} is no answer; answers are keep-mine, take-server, restore, accept-delete, delete-anyway, \
                 keep-server and merge"
            );
            return Err(AppError::invalid(message, Some("resolution")));
        }
    };
    if let Some(property) = sides.keys().next() {
        let message = format!("a side for {property} goes with merge, not with {word}");
        return Err(AppError::invalid(message, Some(property)));
    }
    Ok(resolution)
}

fn conflict_view(conflict: OpenConflict) -> ConflictView {
    ConflictView {
        id: conflict.id.to_string(),
        entity_set: conflict.set,
        record_id: conflict.record_id.to_string(),
        kind: conflict.kind.as_str().to_owned(),
        properties: conflict.properties,
        base: conflict.base.map(|base| base.record.to_json()),
        mine: conflict.mine.to_json(),
        server_user: conflict.server.as_ref().and_then(|server| server.record.updated_by.clone()),
        server: conflict.server.map(|server| server.record.to_json()),
        detected_at: conflict.detected_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::{ConflictKind, Record};

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
        let sides = |pairs: &[(&str, &str)]| pairs.iter().map(|(p, s)| ((*p).into(), (*s).into())).collect();
        assert_eq!(read_resolution("keep-mine", sides(&[])).unwrap(), Resolution::KeepMine);
        let merge = read_resolution("merge", sides(&[("Name", "mine"), ("Notes", "server")])).unwrap();
        let Resolution::Merge(chosen) = merge else { panic!("{merge:?}") };
        assert_eq!(chosen["Name"], Side::Mine);
        assert_eq!(chosen["Notes"], Side::Server);
        for (word, sides) in [("keep_mine", sides(&[])), ("merge", sides(&[("Name", "ours")]))] {
            assert_eq!(read_resolution(word, sides).unwrap_err().code(), "invalid");
        }
        let error = read_resolution("restore", sides(&[("Name", "mine")])).unwrap_err();
        assert_eq!(error.property(), Some("Name"));
    }
}
