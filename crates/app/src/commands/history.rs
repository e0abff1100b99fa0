//! A record's history, and bringing back what did not stand; what was decided, for Activity.
//!
//! Owns: asking the server's journal while it can be reached. Refuses: putting the two together (the store).

use super::conflicts::title;
use super::place::read_id;
use crate::app::App;
use crate::error::AppError;
use crate::views::{ChangeView, DecisionView, HistoryView, RecordView};
use std::time::Duration;
use tidemark_model::{EntitySet, RecordId};
use tidemark_store::{Decision, HistoryEntry, JournalLine, Lease, PropertyChange};
use tidemark_sync::within;

/// How long a history waits for the server's part of it.
const PATIENCE: Duration = Duration::from_secs(3);

impl App {
    /// Returns what happened to a record, newest first, with every side that did not stand: what this device saw, and
    /// the server's journal while it can be reached. Of a set that is kept here the journal is kept too.
    ///
    /// # Errors
    /// There is no such record, or the offline database cannot be read.
    pub async fn history(&self, set: &str, id: &str) -> Result<Vec<HistoryView>, AppError> {
        let entity_set = self.entity_set(set)?;
        let (name, record_id, text) = (set.to_owned(), read_id(id)?, id.to_owned());
        let told = self.journal(&entity_set, record_id).await?;
        self.with_store(move |store| {
            let user = store.account()?.map(|account| account.user);
            let entries = match &told {
                Some((lease, lines)) => lease.history_with(&name, record_id, lines)?,
                None => store.history(&name, record_id)?,
            };
            if entries.is_empty() && store.is_cached(&name)? && store.get(&name, record_id)?.is_none() {
                return Err(AppError::UnknownRecord { set: name, id: text });
            }
            Ok(entries.into_iter().map(|entry| history_view(user.as_deref(), entry)).collect())
        })
        .await
    }

    /// Asks the server's journal; what cannot be had now is left out. The lines count for the account that asked.
    async fn journal(&self, set: &EntitySet, id: RecordId) -> Result<Option<(Lease, Vec<JournalLine>)>, AppError> {
        if self.inner.background.as_ref().is_some_and(|background| background.is_offline()) {
            return Ok(None);
        }
        let lease = self.with_store(|store| Ok(store.lease()?)).await?;
        if lease.account().signed_out {
            return Ok(None);
        }
        match within(&*self.inner.timer, PATIENCE, self.remote().history(lease.account(), set, id)).await {
            Some(Ok(lines)) => Ok(lines.map(|lines| (lease, lines))),
            Some(Err(error)) => {
                tracing::debug!(%error, "the server's journal could not be read");
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// Makes what did not stand in an entry of a record's history a new change of this device. Returns the record as it
    /// is from now on, `None` where what did not stand was its deletion.
    ///
    /// # Errors
    /// There is no such entry, nothing of it was lost, or the set is not kept here.
    pub async fn bring_back(&self, set: &str, id: &str, entry: &str) -> Result<Option<RecordView>, AppError> {
        self.entity_set(set)?;
        let (name, record_id) = (set.to_owned(), read_id(id)?);
        let number: i64 = entry
            .parse()
            .map_err(|_| AppError::invalid(format!("{entry:?} is no entry of a history"), Some("entry")))?;
        let record = self.with_store(move |store| Ok(store.bring_back(&name, record_id, number)?)).await?;
        self.nudge();
        Ok(record.map(|local| local.to_json()))
    }

    /// Returns what policies and people decided on this device, newest first.
    ///
    /// # Errors
    /// The offline database cannot be read.
    pub async fn decisions(&self, limit: u32) -> Result<Vec<DecisionView>, AppError> {
        self.with_store(move |store| {
            let model = store.model();
            let view = |decision: Decision| {
                let set = model.as_deref().and_then(|model| model.set(&decision.set));
                let title = set.zip(decision.shown.as_ref()).and_then(|(set, record)| title(set, record));
                DecisionView {
                    entry: decision.entry.entry.to_string(),
                    at: decision.entry.at,
                    entity_set: decision.set,
                    record_id: decision.id.to_string(),
                    title: title.unwrap_or_default(),
                    event: decision.entry.event.into(),
                    by_policy: decision.entry.by_policy,
                    by: decision.entry.by,
                    can_bring_back: decision.entry.can_bring_back,
                }
            };
            Ok(store.decisions(limit)?.into_iter().map(view).collect())
        })
        .await
    }
}

fn history_view(user: Option<&str>, entry: HistoryEntry) -> HistoryView {
    let change = |change: PropertyChange| ChangeView {
        property: change.property,
        from: change.from,
        to: change.to,
        side: change.side.map(|side| side.as_str().to_owned()),
    };
    HistoryView {
        entry: entry.can_bring_back.then(|| entry.entry.to_string()),
        at: entry.at,
        event: entry.event.into(),
        by_policy: entry.by_policy,
        mine: entry.by.is_some() && entry.by.as_deref() == user,
        by: entry.by,
        device: entry.device,
        changes: entry.changes.into_iter().map(change).collect(),
        record: entry.record.map(|record| record.to_json()),
    }
}
