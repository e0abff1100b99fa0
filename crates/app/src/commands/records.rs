//! Records of any entity set: list, read, add, edit, remove, undo.
//!
//! Owns: the same commands for sets kept here and for sets read live. Refuses: a second set of rules; the store
//! validates what is kept here, the server what goes there live.

use super::place::{Place, as_local, not_reached, read_id, signed_in};
use crate::app::App;
use crate::error::AppError;
use crate::views::{ListRequest, ListView, RecordView};
use serde_json::{Map, Value};
use tidemark_model::query::Query;
use tidemark_model::{ETAG, EntitySet, RecordId};
use tidemark_store::{Account, Kept, Only, Store};
use tidemark_sync::{parse_filter, parse_order_by, parse_search};

impl App {
    /// Returns a window of a set's live records and how many there are in all.
    ///
    /// # Errors
    /// The filter or the order does not fit the model, or the set is not kept here and the server cannot be reached.
    pub async fn list(&self, request: ListRequest) -> Result<ListView, AppError> {
        let set = self.entity_set(&request.set)?;
        let order_by = match &request.order_by {
            Some(text) if !text.trim().is_empty() => text.clone(),
            _ => set.entity_type.title_property().to_owned(),
        };
        let request = ListRequest { order_by: Some(order_by), ..request };
        self.list_of(request, Only::All).await
    }

    /// As [`App::list`], limited further.
    pub(crate) async fn list_of(&self, request: ListRequest, only: Only) -> Result<ListView, AppError> {
        match self.place(&request.set).await? {
            // What waits here and what clashes here is known here alone.
            Place::Live(account, set) if only == Only::All => self.list_live(&account, &set, &request).await,
            Place::Live(..) | Place::Here => self.list_here(request, only).await,
        }
    }

    async fn list_here(&self, request: ListRequest, only: Only) -> Result<ListView, AppError> {
        let mut query = query_of(&request)?;
        query.at(self.inner.clock.now_ms().saturating_mul(1_000));
        self.with_store(move |store| {
            let records = store.list(&request.set, &query, only)?;
            let found = records.len() as u64;
            // A window that is not full ends the list, so there is nothing to count.
            let total = if found < request.limit && (found > 0 || request.offset == 0) {
                request.offset.saturating_add(found)
            } else {
                let everything = Query { top: None, skip: 0, order_by: Vec::new(), ..query };
                store.count(&request.set, &everything, only)?
            };
            let records = records.iter().map(tidemark_store::LocalRecord::to_json).collect();
            Ok(ListView { records, total, live: false })
        })
        .await
    }

    async fn list_live(&self, account: &Account, set: &EntitySet, request: &ListRequest) -> Result<ListView, AppError> {
        let words = request.search.as_deref().map(quoted_words);
        let filter = request.filter.as_deref();
        let order_by = request.order_by.as_deref();
        let limit = (request.limit <= i64::MAX as u64).then_some(request.limit);
        let page = self
            .remote()
            .list(account, set, filter, order_by, words.as_deref(), request.offset, limit)
            .await
            .map_err(|error| not_reached(&set.name, error))?;
        let total = page.total.unwrap_or(request.offset.saturating_add(page.records.len() as u64));
        let records = page.records.into_iter().map(|record| as_local(record).to_json()).collect();
        Ok(ListView { records, total, live: true })
    }

    /// Returns one record.
    ///
    /// # Errors
    /// There is none, or the set is not kept here and the server cannot be reached.
    pub async fn get(&self, set: &str, id: &str) -> Result<RecordView, AppError> {
        let found = match self.place_of(set, id_in(self, set, id)?).await? {
            Place::Here => {
                let (name, record_id) = (set.to_owned(), read_id(id)?);
                self.with_store(move |store| Ok(store.get(&name, record_id)?)).await?
            }
            Place::Live(account, entity_set) => self.get_live(&account, &entity_set, read_id(id)?).await?.map(as_local),
        };
        found.map(|local| local.to_json()).ok_or_else(|| unknown(set, id))
    }

    /// Adds a record; it gets an `Id` unless it brings one. Never waits for the network on a set that is kept here.
    ///
    /// # Errors
    /// The record does not fit the model; the error names the property and nothing was changed.
    pub async fn add(&self, set: &str, record: Map<String, Value>) -> Result<RecordView, AppError> {
        let entity_set = self.entity_set(set)?;
        let name = set.to_owned();
        let (added, record) = self.with_store(move |store| Ok((store.add_if_kept(&name, &record)?, record))).await?;
        match added {
            Kept::Here(added) => {
                self.nudge();
                Ok(added.to_json())
            }
            Kept::NotKept(account) => self.add_live(signed_in(&account, set)?, &entity_set, record).await,
        }
    }

    /// Changes the named properties of a record as it is when the command reads it. Never waits for the network on a set
    /// that is kept here.
    ///
    /// # Errors
    /// There is no such record, or a value does not fit; the error names the property and nothing was changed.
    pub async fn edit(&self, set: &str, id: &str, changes: Map<String, Value>) -> Result<RecordView, AppError> {
        self.edit_shown(set, id, changes, None).await
    }

    /// As [`App::edit`], on the version that was `shown`: the record as it went to the host, or its `@odata.etag` with
    /// the values of what is changed; an `@odata.etag` among the changes counts as one. What changed meanwhile is not
    /// overwritten: edits that do not clash come together, others are asked (kept here) or refused (read live).
    ///
    /// # Errors
    /// As [`App::edit`]; `changed_meanwhile`, where nothing was saved and a look at the record is needed.
    pub async fn edit_shown(
        &self,
        set: &str,
        id: &str,
        changes: Map<String, Value>,
        shown: Option<RecordView>,
    ) -> Result<RecordView, AppError> {
        let record_id = id_in(self, set, id)?;
        let version = || changes.get(ETAG).map(|etag| Map::from_iter([(ETAG.to_owned(), etag.clone())]));
        let shown = shown.or_else(version).unwrap_or_default();
        let entity_set = self.entity_set(set)?;
        let name = set.to_owned();
        let save = move |store: &Store| Ok((store.edit_if_kept(&name, record_id, &changes, &shown)?, changes, shown));
        match self.with_store(save).await? {
            (Kept::Here(edited), ..) => {
                self.nudge();
                Ok(edited.to_json())
            }
            (Kept::NotKept(account), changes, shown) => {
                self.edit_live(signed_in(&account, set)?, &entity_set, record_id, &changes, &shown).await
            }
        }
    }

    /// Deletes a record as it is when the command reads it. Never waits for the network on a set that is kept here.
    ///
    /// # Errors
    /// There is no such record.
    pub async fn remove(&self, set: &str, id: &str) -> Result<(), AppError> {
        self.remove_shown(set, id, None).await
    }

    /// As [`App::remove`], of the version that was `shown`; see [`App::edit_shown`].
    ///
    /// # Errors
    /// As [`App::remove`]; `changed_meanwhile`, where nothing was deleted.
    pub async fn remove_shown(&self, set: &str, id: &str, shown: Option<RecordView>) -> Result<(), AppError> {
        let record_id = id_in(self, set, id)?;
        let shown = shown.unwrap_or_default();
        let entity_set = self.entity_set(set)?;
        let name = set.to_owned();
        let save = move |store: &Store| Ok((store.delete_if_kept(&name, record_id, &shown)?, shown));
        match self.with_store(save).await? {
            (Kept::Here(()), _) => {
                self.nudge();
                Ok(())
            }
            (Kept::NotKept(account), shown) => {
                self.remove_live(signed_in(&account, set)?, &entity_set, record_id, &shown).await
            }
        }
    }

    /// Takes back a deletion that was made on this device, whether or not it has been sent.
    ///
    /// # Errors
    /// Nothing is left to bring back, or the set is not kept here.
    pub async fn undo_remove(&self, set: &str, id: &str) -> Result<RecordView, AppError> {
        let record_id = id_in(self, set, id)?;
        let Place::Here = self.place_of(set, record_id).await? else {
            let advice = "a record deleted on the server itself cannot be brought back from here";
            return Err(AppError::NotCached { set: set.to_owned(), advice });
        };
        let name = set.to_owned();
        let restored = self.with_store(move |store| Ok(store.undo_delete(&name, record_id)?)).await?;
        self.nudge();
        Ok(restored.to_json())
    }
}

/// Reads a record's id, after the set was found: of two mistakes the first one is named.
fn id_in(app: &App, set: &str, id: &str) -> Result<RecordId, AppError> {
    app.entity_set(set)?;
    read_id(id)
}

pub(crate) fn unknown(set: &str, id: &str) -> AppError {
    AppError::UnknownRecord { set: set.to_owned(), id: id.to_owned() }
}

/// Turns a request's text into a query of the offline database.
pub(crate) fn query_of(request: &ListRequest) -> Result<Query, AppError> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let filter = given(&request.filter)
        .map(|text| parse_filter(&text).map_err(|problem| AppError::invalid(problem, Some("$filter"))))
        .transpose()?;
    let order_by = given(&request.order_by)
        .map(|text| parse_order_by(&text).map_err(|problem| AppError::invalid(problem, Some("$orderby"))))
        .transpose()?;
    Ok(Query {
        filter,
        order_by: order_by.unwrap_or_default(),
        top: (request.limit <= i64::MAX as u64).then_some(request.limit),
        skip: request.offset,
        search: request.search.as_deref().map(parse_search).unwrap_or_default(),
        ..Query::default()
    })
}

/// Writes what a person typed as an OData `$search` of phrases, so that `AND`, `NOT` and brackets are just words.
fn quoted_words(text: &str) -> String {
    let phrase = |word: &str| format!("\"{}\"", word.replace(['"', '\\'], ""));
    text.split_whitespace().map(phrase).filter(|phrase| phrase.len() > 2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_for_the_server_is_words_and_never_operators() {
        assert_eq!(quoted_words("  pump NOT \"3\" "), r#""pump" "NOT" "3""#);
        assert_eq!(quoted_words("\" \\"), "");
    }
}
