//! Where a set's records are: here, or live on the server (DESIGN section 6, "On a set that is not cached").
//!
//! Owns: that decision, and the sentence for a set that is neither here nor within reach. Refuses: the reads and
//! writes themselves.

use crate::app::App;
use crate::error::AppError;
use tidemark_model::{EntitySet, RecordId, State, Versioned};
use tidemark_store::{Account, LocalRecord, Mark};
use tidemark_sync::{Outcome, SyncError, TransportError};

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
            signed_in(&account, &name)?;
            Ok(Place::Live(Box::new(account), Box::new(entity_set)))
        })
        .await
    }

    /// As [`App::place`], for one record: a change of it that still waits here, its deletion too, is worked on here, so
    /// that it is never overtaken by its own device.
    pub(crate) async fn place_of(&self, set: &str, id: RecordId) -> Result<Place, AppError> {
        let place = self.place(set).await?;
        if matches!(place, Place::Here) {
            return Ok(place);
        }
        let name = set.to_owned();
        let waits = self.with_store(move |store| Ok(store.waits(&name, id)?)).await?;
        Ok(if waits { Place::Here } else { place })
    }
}

/// Returns the account, where the server takes its token.
///
/// # Errors
/// The server asked to sign in again.
pub(crate) fn signed_in<'a>(account: &'a Account, set: &str) -> Result<&'a Account, AppError> {
    if account.signed_out { Err(not_reached(set, SyncError::SignedOut)) } else { Ok(account) }
}

/// Reads a record's id.
pub(crate) fn read_id(text: &str) -> Result<RecordId, AppError> {
    text.parse().map_err(|error: tidemark_model::InvalidId| AppError::invalid(error.to_string(), Some("Id")))
}

/// Returns the error of a live command in the words that the same command has on records kept here; where the server
/// cannot be reached it says why the records are not here.
pub(crate) fn not_reached(set: &str, error: SyncError) -> AppError {
    match error {
        SyncError::Unanswered(reason) => AppError::Unanswered { set: set.to_owned(), reason, is_made_once: true },
        SyncError::Refused { status: 400 | 422, message, target, .. } => {
            AppError::Invalid { message: format!("{message}; nothing was changed"), property: target }
        }
        error => match error.outcome() {
            Outcome::Offline => AppError::NotKeptOffline { set: set.to_owned(), reason: error.to_string() },
            Outcome::SignedOut => {
                let reason = "the server asks you to sign in again".to_owned();
                AppError::NotKeptOffline { set: set.to_owned(), reason }
            }
            Outcome::Synced | Outcome::Failed | Outcome::Void => error.into(),
        },
    }
}

/// As [`not_reached`], for a change: a connection that never came about carried nothing.
pub(crate) fn not_changed(set: &str, error: SyncError) -> AppError {
    match error {
        SyncError::Transport(TransportError::Unreachable(_) | TransportError::Untrusted(_)) => {
            AppError::NotSent { set: set.to_owned(), reason: error.to_string() }
        }
        error => not_reached(set, error),
    }
}

/// Dresses a record read live as a record of this device: nothing of it waits here.
pub(crate) fn as_local(versioned: Versioned) -> LocalRecord {
    LocalRecord { record: versioned.record, etag: versioned.etag, state: State::None, mark: Mark::None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_command_fails_in_the_words_of_a_local_one() {
        let refused = |status, target: Option<&str>| SyncError::Refused {
            status,
            code: "Some".into(),
            message: "Name is required".into(),
            target: target.map(str::to_owned),
        };
        let error = not_reached("Sites", refused(400, Some("Name")));
        assert_eq!((error.code(), error.property()), ("invalid", Some("Name")));
        assert_eq!(error.to_string(), "Name is required; nothing was changed");
        assert_eq!(not_reached("Sites", SyncError::Unanswered("cut".into())).code(), "unanswered");
        let refused_connection = || SyncError::from(TransportError::Unreachable("connection refused".into()));
        let error = not_changed("Sites", refused_connection());
        assert!(error.code() == "offline" && error.to_string().contains("nothing was sent"), "{error}");
        assert!(!not_reached("Sites", refused_connection()).to_string().contains("sent"), "it was a question");
        assert_eq!(not_changed("Sites", SyncError::Unanswered("cut".into())).code(), "unanswered");
        assert_eq!(not_reached("Sites", refused(500, None)).code(), "Some");
        assert_eq!(not_reached("Sites", SyncError::NotTidemark).code(), "offline");
        assert_eq!(not_reached("Sites", SyncError::AnotherServer).code(), "another_server");
    }
}
