//! Where a set's records are: here, or live on the server (DESIGN section 6, "On a set that is not cached").
//!
//! Owns: that decision, and the sentence for a set that is neither here nor within reach. Refuses: the reads and
//! writes themselves.

use crate::app::App;
use crate::error::AppError;
use tidemark_model::{EntitySet, RecordId, State, Versioned};
use tidemark_store::{Account, LocalRecord, Mark};
use tidemark_sync::{Outcome, SyncError};

/// Where to read and write a set's records.
pub(crate) enum Place {
    /// In the offline database.
    Here,
    /// On the server, under this account.
    Live(Box<Account>, Box<EntitySet>),
}

impl App {
    /// Decides where a set's records are.
    ///
    /// # Errors
    /// The model has no such set, or nobody has signed in.
    pub(crate) async fn place(&self, set: &str) -> Result<Place, AppError> {
        let entity_set = self.entity_set(set)?;
        let name = set.to_owned();
        self.with_store(move |store| {
            if store.is_cached(&name)? {
                return Ok(Place::Here);
            }
            let account = store.account()?.ok_or(AppError::NotSignedIn)?;
            if account.signed_out {
                return Err(not_reached(&name, SyncError::SignedOut));
            }
            Ok(Place::Live(Box::new(account), Box::new(entity_set)))
        })
        .await
    }

    /// As [`App::place`], for one record: a change of it that still waits here is worked on here, so that it is never
    /// overtaken by its own device.
    pub(crate) async fn place_of(&self, set: &str, id: RecordId) -> Result<Place, AppError> {
        let place = self.place(set).await?;
        if matches!(place, Place::Here) {
            return Ok(place);
        }
        let name = set.to_owned();
        let local = self.with_store(move |store| Ok(store.get(&name, id)?)).await?;
        Ok(if local.is_some_and(|local| local.state != State::None) { Place::Here } else { place })
    }
}

/// Reads a record's id.
pub(crate) fn read_id(text: &str) -> Result<RecordId, AppError> {
    text.parse().map_err(|error: tidemark_model::InvalidId| AppError::invalid(error.to_string(), Some("Id")))
}

/// Returns the error of a live command; where the server cannot be reached it says why the records are not here.
pub(crate) fn not_reached(set: &str, error: SyncError) -> AppError {
    match error.outcome() {
        Outcome::Offline | Outcome::SignedOut => {
            AppError::NotKeptOffline { set: set.to_owned(), reason: error.to_string() }
        }
        Outcome::Synced | Outcome::Failed => error.into(),
    }
}

/// Dresses a record read live as a record of this device: nothing of it waits here.
pub(crate) fn as_local(versioned: Versioned) -> LocalRecord {
    LocalRecord { record: versioned.record, state: State::None, mark: Mark::None }
}
