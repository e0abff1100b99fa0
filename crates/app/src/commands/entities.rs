//! Cached entities: which sets are kept offline, their figures, and who decides their conflicts.
//!
//! Owns: the commands of Offline Sync Settings. Refuses: fetching or dropping records (the worker and the store do).

use crate::app::App;
use crate::error::AppError;
use crate::events::AppEvent;
use crate::views::{EntityView, ModelView, ProgressView, PropertyView, SetView, UnsentChoice};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::PoisonError;
use tidemark_model::{EntitySet, Kind, Policy, Property};
use tidemark_store::{EntityFigures, Unsent};
use tidemark_sync::SyncError;

impl App {
    /// Returns the entity model, as screens need it.
    ///
    /// # Errors
    /// Nobody has signed in.
    pub async fn model(&self) -> Result<ModelView, AppError> {
        let model = self.entity_model()?;
        Ok(ModelView { sets: model.sets().filter(|set| set.is_work()).map(set_view).collect() })
    }

    /// Returns every entity set with its figures.
    ///
    /// # Errors
    /// Nobody has signed in, or the offline database cannot be read.
    pub async fn entities(&self) -> Result<Vec<EntityView>, AppError> {
        let model = self.entity_model()?;
        let figures = self.with_store(|store| Ok(store.entities()?)).await?;
        let worker = self.inner.background.as_ref().and_then(|background| background.worker());
        let server_counts = self.inner.server_counts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let view = |figures: EntityFigures| EntityView {
            label: model.set(&figures.name).map_or_else(|| figures.name.clone(), |set| set.label.clone()),
            offline: figures.offline,
            records: figures.records,
            bytes: figures.bytes,
            pending: figures.pending,
            policy: figures.policy.as_str().to_owned(),
            server_records: server_counts.get(&figures.name).copied(),
            first_sync: figures.first_sync.map(|first| ProgressView {
                phase: "pull".to_owned(),
                set: Some(figures.name.clone()),
                done: first.done,
                total: first.total,
            }),
            paused: worker.as_ref().is_some_and(|worker| worker.is_paused(&figures.name)),
            name: figures.name,
        };
        let is_work = |figures: &EntityFigures| model.set(&figures.name).is_none_or(EntitySet::is_work);
        Ok(figures.into_iter().filter(is_work).map(view).collect())
    }

    /// Asks the server how many records each set has there, for [`EntityView::server_records`].
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn refresh_server_counts(&self) -> Result<(), AppError> {
        let model = self.entity_model()?;
        let lease = self.with_store(|store| Ok(store.lease()?)).await?;
        let account = lease.account();
        if account.signed_out {
            return Err(SyncError::SignedOut.into());
        }
        let mut counts = HashMap::new();
        for set in model.sets().filter(|set| set.is_work()) {
            counts.insert(set.name.clone(), self.remote().count(account, &set.name).await?);
        }
        // The figures are the account's that asked, and nobody else's.
        lease.check()?;
        *self.inner.server_counts.lock().unwrap_or_else(PoisonError::into_inner) = counts;
        self.inner.events.send(AppEvent::EntitiesChanged);
        Ok(())
    }

    /// Keeps a set offline from now on; its records come with the next cycles.
    ///
    /// # Errors
    /// The set is unknown.
    pub async fn entity_on(&self, set: &str) -> Result<(), AppError> {
        let name = self.choosable(set)?;
        self.with_store(move |store| Ok(store.cache(&name)?)).await?;
        self.entities_changed();
        Ok(())
    }

    /// Keeps a set offline no more. What becomes of changes that were not sent is the caller's choice.
    ///
    /// # Errors
    /// With [`UnsentChoice::Refuse`] while there are any (code `unsent_changes`); with [`UnsentChoice::SendFirst`]
    /// where they could not be sent. Nothing was changed then.
    pub async fn entity_off(&self, set: &str, unsent: UnsentChoice) -> Result<(), AppError> {
        let name = self.choosable(set)?;
        if unsent == UnsentChoice::SendFirst {
            let cycle = self.sync_now().await?;
            if let Some(reason) = cycle.error {
                return Err(AppError::NotSentFirst { set: name, reason });
            }
        }
        let unsent = match unsent {
            UnsentChoice::Refuse | UnsentChoice::SendFirst => Unsent::Refuse,
            UnsentChoice::Keep => Unsent::KeepUntilSent,
            UnsentChoice::Discard => Unsent::Discard,
        };
        self.with_store(move |store| Ok(store.uncache(&name, unsent)?)).await?;
        self.entities_changed();
        Ok(())
    }

    /// Chooses who decides a set's conflicts: `ask`, `newest`, `server` or `mine`.
    ///
    /// # Errors
    /// The set or the word is unknown.
    pub async fn set_policy(&self, set: &str, policy: &str) -> Result<(), AppError> {
        let name = self.choosable(set)?;
        let policy = Policy::from_word(policy).ok_or_else(|| {
            let message = format!("{policy:?} is no policy; policies are ask, newest, server and mine");
            AppError::invalid(message, Some("policy"))
        })?;
        self.with_store(move |store| Ok(store.set_policy(&name, policy)?)).await?;
        self.entities_changed();
        Ok(())
    }

    /// Pauses a set's first enumeration; what has arrived stays.
    ///
    /// # Errors
    /// The set is unknown.
    pub async fn pause(&self, set: &str) -> Result<(), AppError> {
        let name = self.choosable(set)?;
        if let Some(worker) = self.inner.background.as_ref().and_then(|background| background.worker()) {
            worker.pause(&name);
        }
        self.inner.events.send(AppEvent::EntitiesChanged);
        Ok(())
    }

    /// Goes on with a set's first enumeration.
    ///
    /// # Errors
    /// The set is unknown.
    pub async fn resume(&self, set: &str) -> Result<(), AppError> {
        let name = self.choosable(set)?;
        if let Some(worker) = self.inner.background.as_ref().and_then(|background| background.worker()) {
            worker.resume(&name);
        }
        self.inner.events.send(AppEvent::EntitiesChanged);
        Ok(())
    }

    /// Finds a set that a person may choose: the choices themselves are none.
    fn choosable(&self, set: &str) -> Result<String, AppError> {
        let found = self.entity_set(set)?;
        if found.is_work() { Ok(found.name) } else { Err(AppError::UnknownSet(found.name)) }
    }

    fn entities_changed(&self) {
        self.inner.events.send(AppEvent::EntitiesChanged);
        self.inner.events.stir();
        self.nudge();
    }
}

/// Returns a set as screens need it.
pub(crate) fn set_view(set: &EntitySet) -> SetView {
    let references = |property: &Property| {
        let navigation = set.entity_type.navigation.iter().find(|navigation| navigation.property == property.name);
        navigation.map(|navigation| navigation.target_set.clone())
    };
    SetView {
        name: set.name.clone(),
        label: set.label.clone(),
        record_label: set.entity_type.label.clone(),
        title_property: set.entity_type.title_property().to_owned(),
        properties: set.entity_type.declared().map(|property| property_view(property, references(property))).collect(),
    }
}

fn property_view(property: &Property, references: Option<String>) -> PropertyView {
    let max_length = match property.kind {
        Kind::String { max_length } => max_length,
        _ => None,
    };
    let (precision, scale) = match property.kind {
        Kind::Decimal { precision, scale } => (Some(precision), Some(scale)),
        _ => (None, None),
    };
    PropertyView {
        name: property.name.clone(),
        label: property.label.clone(),
        kind: property.kind.edm_name().to_owned(),
        nullable: property.nullable,
        default: property.default.clone().unwrap_or(Value::Null),
        max_length,
        precision,
        scale,
        multi_line: property.multi_line,
        references,
    }
}
