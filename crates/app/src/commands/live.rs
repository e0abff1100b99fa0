//! Changes of sets that are read live: on the version that was shown, or not at all (DESIGN section 4, rule (e)).
//!
//! Owns: which version a live change is made on, the sentence where that is no longer there, and that an addition made
//! again after no answer goes under the same `Id` (`tidemark_store::Addition`). Refuses: deciding what
//! clashes (`tidemark_model::type_over`), requests (`tidemark-sync`), and asking: a live change that clashes is refused,
//! and stays typed.

use super::conflicts::title;
use super::place::{as_local, not_changed, not_reached, read_id};
use super::records::unknown;
use crate::app::App;
use crate::error::AppError;
use crate::views::RecordView;
use serde_json::{Map, Value};
use tidemark_model::{EntitySet, ID, RecordId, STATE, Shown, Strictness, Versioned, read_changes, type_over};
use tidemark_store::{Account, Addition, MARK};
use tidemark_sync::SyncError;

/// How often an edit moves on to a newer version that it does not clash with.
const MOST_VERSIONS: u32 = 4;

impl App {
    pub(crate) async fn get_live(
        &self,
        account: &Account,
        set: &EntitySet,
        id: RecordId,
    ) -> Result<Option<Versioned>, AppError> {
        self.remote().get(account, set, id).await.map_err(|error| not_reached(&set.name, error))
    }

    pub(crate) async fn add_live(
        &self,
        account: &Account,
        set: &EntitySet,
        record: Map<String, Value>,
    ) -> Result<RecordView, AppError> {
        let given = given_id(&record)?;
        let body = without_marks(record);
        let addition = match given {
            // Whoever makes it again brings it again.
            Some(_) => None,
            None => {
                let (name, content) = (set.name.clone(), body.clone());
                Some(self.with_store(move |store| Ok(store.begin_addition(&name, &content))).await?)
            }
        };
        let id = given.or(addition.as_ref().map(Addition::id)).unwrap_or_else(|| self.inner.ids.fresh());
        let is_made_once = addition.as_ref().is_none_or(Addition::is_kept);
        let outcome = self.remote().add(account, set, id, &body).await;
        if let Some(addition) = addition {
            let is_answered = match &outcome {
                Ok(_) | Err(SyncError::Stale(_)) => true,
                Err(SyncError::Refused { status, .. }) => matches!(status, 400 | 422),
                Err(_) => false,
            };
            self.with_store(move |_| {
                addition.end(is_answered);
                Ok(())
            })
            .await?;
        }
        match outcome {
            Ok(added) => Ok(as_local(added).to_json()),
            Err(SyncError::Stale(current)) => {
                let (what, by, deleted) = known_of(set, id, current.as_deref());
                Err(AppError::TakenId { set: set.name.clone(), what, by, deleted })
            }
            Err(SyncError::Unanswered(reason)) => {
                Err(AppError::Unanswered { set: set.name.clone(), reason, is_made_once })
            }
            Err(error) => Err(not_changed(&set.name, error)),
        }
    }

    pub(crate) async fn edit_live(
        &self,
        account: &Account,
        set: &EntitySet,
        id: RecordId,
        changes: &Map<String, Value>,
        shown: &RecordView,
    ) -> Result<RecordView, AppError> {
        if given_id(changes)?.is_some_and(|given| given != id) {
            return Err(AppError::invalid("Id cannot be changed; nothing was changed", Some(ID)));
        }
        let mut shown = Shown::read(set, shown);
        let mut body = without_marks(changes.clone());
        let mut met = None;
        let mut etag = match &shown.etag {
            Some(etag) => on_server(etag),
            None => {
                let current = self.get_live(account, set, id).await?;
                let current = current.ok_or_else(|| unknown(&set.name, &id.to_string()))?;
                let etag = current.etag.clone();
                // Values without a version: they are compared with what is there. Neither: what is there was shown.
                if shown.values.is_empty() {
                    shown.complete(&current.record)
                } else {
                    met = Some(current)
                }
                etag
            }
        };
        for _ in 0..MOST_VERSIONS {
            if let Some(current) = met.take() {
                let clash = || changed(set, id, Some(&current));
                let typed = read_changes(set, changes, Strictness::KeepUnknown).map_err(|_| clash())?;
                let outcome = type_over(set, &shown, &current.record, &typed);
                if !outcome.clashing.is_empty() {
                    return Err(clash());
                }
                if outcome.changes.is_empty() {
                    return Ok(as_local(current).to_json());
                }
                (etag, body) = (current.etag, outcome.changes);
            }
            match self.remote().edit(account, set, id, &etag, &body).await {
                Ok(edited) => return Ok(as_local(edited).to_json()),
                Err(SyncError::Stale(Some(current))) if !current.record.is_tombstoned => met = Some(*current),
                Err(SyncError::Stale(current)) => return Err(changed(set, id, current.as_deref())),
                Err(error) => return Err(not_changed(&set.name, error)),
            }
        }
        Err(changed(set, id, met.as_ref()))
    }

    pub(crate) async fn remove_live(
        &self,
        account: &Account,
        set: &EntitySet,
        id: RecordId,
        shown: &RecordView,
    ) -> Result<(), AppError> {
        let shown = Shown::read(set, shown);
        let mut etag = match &shown.etag {
            Some(etag) => on_server(etag),
            None => {
                let current = self.get_live(account, set, id).await?;
                let current = current.ok_or_else(|| unknown(&set.name, &id.to_string()))?;
                if !shown.unseen(&current.record).is_empty() {
                    return Err(changed(set, id, Some(&current)));
                }
                current.etag
            }
        };
        for _ in 0..MOST_VERSIONS {
            match self.remote().delete(account, set, id, &etag).await {
                Ok(()) => return Ok(()),
                Err(SyncError::Stale(None)) => return Err(unknown(&set.name, &id.to_string())),
                // It is deleted, as was asked.
                Err(SyncError::Stale(Some(current))) if current.record.is_tombstoned => return Ok(()),
                Err(SyncError::Stale(Some(current))) => {
                    let is_same = !shown.values.is_empty() && shown.unseen(&current.record).is_empty();
                    if !is_same {
                        return Err(changed(set, id, Some(&current)));
                    }
                    etag = current.etag;
                }
                Err(SyncError::Refused { status: 404, .. }) => return Err(unknown(&set.name, &id.to_string())),
                Err(error) => return Err(not_changed(&set.name, error)),
            }
        }
        Err(changed(set, id, None))
    }
}

/// Reads the `Id` that a record brings; null counts as none.
fn given_id(record: &Map<String, Value>) -> Result<Option<RecordId>, AppError> {
    match record.get(ID) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => read_id(text).map(Some),
        Some(other) => read_id(&other.to_string()).map(Some),
    }
}

fn changed(set: &EntitySet, id: RecordId, current: Option<&Versioned>) -> AppError {
    let (what, by, deleted) = known_of(set, id, current);
    AppError::ChangedMeanwhile { what, by, deleted }
}

/// Returns what people call a record, who changed it last, and whether it is deleted; without a trace it is.
fn known_of(set: &EntitySet, id: RecordId, current: Option<&Versioned>) -> (String, Option<String>, bool) {
    let record = current.map(|current| &current.record);
    let what = record.and_then(|record| title(set, record)).map(|title| format!("{title:?}"));
    let by = record.and_then(|record| record.updated_by.clone());
    (what.unwrap_or_else(|| format!("{} {id}", set.name)), by, record.is_none_or(|record| record.is_tombstoned))
}

/// Returns the server's ETag in the name of a version; a change that waited here when it was shown added to it.
fn on_server(version: &str) -> String {
    version.rfind("\"+").map_or(version, |end| &version[..=end]).to_owned()
}

/// Leaves out what a record carries for this device alone.
fn without_marks(mut record: Map<String, Value>) -> Map<String, Value> {
    record.retain(|name, _| !name.contains('@') && !matches!(name.as_str(), STATE | MARK | ID));
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_this_device_stands_on_one_of_the_servers() {
        assert_eq!(on_server("W/\"1a.ff\"+1700000000000"), "W/\"1a.ff\"");
        assert_eq!(on_server("W/\"1a.ff\""), "W/\"1a.ff\"");
        assert_eq!(on_server("+17"), "+17");
    }
}
