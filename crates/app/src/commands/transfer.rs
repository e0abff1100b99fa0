//! Import from and export to a file, CSV or JSON Lines by its name's ending.
//!
//! Owns: the two commands. Refuses: the formats (`crate::transfer`) and rules about records (the store's).

use super::place::{Place, as_local, not_reached};
use crate::app::App;
use crate::error::AppError;
use crate::transfer::{Sheet, import_rows};
use crate::unblocked::unblocked;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use tidemark_model::query::{Compare, Expr, Literal, OrderBy, Query};
use tidemark_model::{EntitySet, ID, RecordId};
use tidemark_store::{Account, Only, Store};

/// How many records are in memory at once while a set is exported.
const AT_ONCE: u64 = 1_000;

impl App {
    /// Imports a file, all or nothing, and returns how many rows it had. A row whose `Id` is there already is an edit.
    ///
    /// # Errors
    /// A row does not fit; the error names its line and nothing was imported.
    pub async fn import_file(&self, set: &str, path: &Path) -> Result<u64, AppError> {
        if !matches!(self.place(set).await?, Place::Here) {
            let advice = "switch it on first: an import is kept here whole and sent with the next cycles";
            return Err(AppError::NotCached { set: set.to_owned(), advice });
        }
        let (entity_set, path) = (self.entity_set(set)?, path.to_owned());
        let imported = self.with_store(move |store| import_rows(store, &entity_set, &path)).await?;
        self.nudge();
        Ok(imported)
    }

    /// Exports a set's live records and returns how many there are. The file appears whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written, or the set is not kept here and the server cannot be reached.
    pub async fn export_file(&self, set: &str, path: &Path) -> Result<u64, AppError> {
        let (name, file) = (set.to_owned(), path.to_owned());
        let left = self.with_store(move |store| Ok(store.set_that_left(&name)?)).await?;
        if let Some(left) = left {
            // The server has no such set any more: what is still here is exported.
            return self.with_store(move |store| export_here(store, &left, file)).await;
        }
        let place = self.place(set).await?;
        let (entity_set, path) = (self.entity_set(set)?, path.to_owned());
        match place {
            Place::Here => self.with_store(move |store| export_here(store, &entity_set, path)).await,
            Place::Live(account, _) => self.export_live(&account, entity_set, path).await,
        }
    }

    async fn export_live(&self, account: &Account, set: EntitySet, path: PathBuf) -> Result<u64, AppError> {
        let sheet_set = set.clone();
        let mut sheet = unblocked(move || Sheet::create(&sheet_set, &path)).await?;
        loop {
            let (done, limit) = (sheet.written(), Some(AT_ONCE));
            let page = self.remote().list(account, &set, None, Some(ID), None, done, limit).await;
            let page = page.map_err(|error| not_reached(&set.name, error))?;
            let is_last = (page.records.len() as u64) < AT_ONCE;
            let records: Vec<Map<String, Value>> =
                page.records.into_iter().map(|record| as_local(record).to_json()).collect();
            sheet = unblocked(move || {
                records.iter().try_for_each(|record| sheet.write(record))?;
                Ok(sheet)
            })
            .await?;
            if is_last {
                return unblocked(move || sheet.finish()).await;
            }
        }
    }
}

/// Reads by key, so that a set of any size is exported in little memory.
fn export_here(store: &Store, set: &EntitySet, path: PathBuf) -> Result<u64, AppError> {
    let mut sheet = Sheet::create(set, &path)?;
    let mut last: Option<RecordId> = None;
    loop {
        let id = || Expr::Property(ID.to_owned());
        let behind = |last: RecordId| Expr::Compare {
            op: Compare::Gt,
            left: Box::new(id()),
            right: Box::new(Expr::Literal(Literal::Guid(last.0))),
        };
        let query = Query {
            filter: last.map(behind),
            order_by: vec![OrderBy { expr: id(), descending: false }],
            top: Some(AT_ONCE),
            ..Query::default()
        };
        let records = store.list(&set.name, &query, Only::All)?;
        if let Err(error) = store.remember_exported(&set.name, &records) {
            // From a folder that can only be read, or off a full disk, there is still an export. Its rows are asked about
            // where they differ from what is here by then.
            tracing::warn!(%error, set = set.name, "the versions that go into the file could not be noted");
        }
        records.iter().try_for_each(|local| sheet.write(&local.to_json()))?;
        match records.last() {
            Some(local) if records.len() as u64 == AT_ONCE => last = Some(local.record.id),
            _ => return sheet.finish(),
        }
    }
}
