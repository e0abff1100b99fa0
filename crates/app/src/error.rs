//! Why a command failed, and the one place that turns it into a code for programs and a sentence for people.
//!
//! Owns: failures that are this crate's own, and the mapping of the store's and the worker's. Refuses: deciding
//! what to do about them; hosts branch on the code, never on the sentence.

use crate::views::ErrorView;
use tidemark_store::StoreError;
use tidemark_sync::SyncError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Nobody has signed in on this data dir, so there is no entity model yet.
    #[error("nobody has signed in on this device yet; sign in once while the server can be reached")]
    NotSignedIn,
    /// No host has a command of this name.
    #[error("there is no command {0}")]
    UnknownCommand(String),
    /// The entity model has no such set.
    #[error("there is no entity set {0}")]
    UnknownSet(String),
    /// The set has no such record.
    #[error("{set} has no record {id}")]
    UnknownRecord {
        /// The entity set.
        set: String,
        /// The id, as given.
        id: String,
    },
    /// No open conflict has this id.
    #[error("there is no open conflict {0}")]
    UnknownConflict(String),
    /// The beginning of an id fits several open conflicts.
    #[error("{0} is the beginning of several conflicts' ids; give more of it")]
    AmbiguousConflict(String),
    /// Something given does not fit; nothing was changed.
    #[error("{message}")]
    Invalid {
        /// The sentence.
        message: String,
        /// The property or argument at fault.
        property: Option<String>,
    },
    /// A set that is not kept offline was asked for while the server cannot be reached.
    #[error(
        "{set} is not kept offline on this device, and {reason}; it can be read and changed while the server can be \
         reached, or once it is kept offline"
    )]
    NotKeptOffline {
        /// The entity set.
        set: String,
        /// Why the server cannot be asked.
        reason: String,
    },
    /// A live change met a version that its user had not seen.
    #[error(
        "{what} was {} meanwhile{}; nothing was overwritten: look at it again, and repeat the change if it still holds",
        if *.deleted { "deleted" } else { "changed" },
        by_whom(.by.as_deref())
    )]
    ChangedMeanwhile {
        /// What people call the record, else its set and id.
        what: String,
        /// Who changed it, where known.
        by: Option<String>,
        /// Whether it was deleted.
        deleted: bool,
    },
    /// A live addition met a record with its `Id`, possibly a deleted one.
    #[error(
        "{set} {} {what}{} with this Id; nothing was {}",
        if *.deleted { "had" } else { "has already" },
        if *.deleted { format!(", deleted{},", by_whom(.by.as_deref())) } else { by_whom(.by.as_deref()) },
        if *.deleted { "brought back" } else { "overwritten" }
    )]
    TakenId {
        /// The entity set.
        set: String,
        /// What people call the record that has the `Id`.
        what: String,
        /// Who changed it last, where known.
        by: Option<String>,
        /// Whether it was deleted.
        deleted: bool,
    },
    /// A live change was sent and its answer never came.
    #[error(
        "the server's answer did not arrive ({reason}), so whether {set} was changed is not known; {}",
        if *.is_made_once {
            "do it again within a day: it is made once, however often you do"
        } else {
            "look whether it was before you do it again"
        }
    )]
    Unanswered {
        /// The entity set.
        set: String,
        /// What went wrong.
        reason: String,
        /// Whether the same again is the same request.
        is_made_once: bool,
    },
    /// A live change never left this device.
    #[error(
        "{set} is not kept offline on this device, and {reason}; nothing was sent, so nothing was changed: do it again \
         once the server can be reached, or keep {set} offline"
    )]
    NotSent {
        /// The entity set.
        set: String,
        /// Why the server cannot be asked.
        reason: String,
    },
    /// The command works on records kept here, and the set's are not.
    #[error("{set} is not kept offline on this device; {advice}")]
    NotCached {
        /// The entity set.
        set: String,
        /// What to do.
        advice: &'static str,
    },
    /// An entity set cannot be switched off before its changes are sent, as was asked, since they could not be.
    #[error("{set} stays offline on this device: its changes could not be sent ({reason})")]
    NotSentFirst {
        /// The entity set.
        set: String,
        /// What went wrong.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {problem}")]
    File {
        /// The path, as given.
        path: String,
        /// What went wrong.
        problem: String,
    },
    /// The offline database refused or failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The server could not be asked, or refused.
    #[error("{0}")]
    Sync(#[from] SyncError),
    /// A thread of this process ended early.
    #[error("something broke inside Tidemark ({0}); nothing was lost, try again")]
    Broken(String),
}

impl AppError {
    /// Makes an error about something given that names the property or argument at fault.
    pub(crate) fn invalid(message: impl Into<String>, property: Option<&str>) -> Self {
        Self::Invalid { message: message.into(), property: property.map(str::to_owned) }
    }

    /// Returns a stable word for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::UnknownCommand(_) => "unknown_command",
            Self::UnknownSet(_) => "unknown_set",
            Self::UnknownRecord { .. } => "not_found",
            Self::UnknownConflict(_) => "no_such_conflict",
            Self::AmbiguousConflict(_) | Self::Invalid { .. } => "invalid",
            Self::NotKeptOffline { .. } | Self::NotSent { .. } => "offline",
            Self::ChangedMeanwhile { .. } => "changed_meanwhile",
            Self::TakenId { .. } => "exists",
            Self::Unanswered { .. } => "unanswered",
            Self::NotCached { .. } => "not_cached",
            Self::NotSentFirst { .. } => "unsent_changes",
            Self::File { .. } => "file",
            Self::Store(error) => error.code(),
            Self::Sync(error) => error.code(),
            Self::Broken(_) => "broken",
        }
    }

    /// Returns the property or argument at fault, where there is one.
    pub fn property(&self) -> Option<&str> {
        match self {
            Self::Invalid { property, .. } => property.as_deref(),
            Self::Store(error) | Self::Sync(SyncError::Store(error)) => error.property(),
            Self::Sync(SyncError::Refused { target, .. }) => target.as_deref(),
            Self::Sync(error) => error.argument(),
            _ => None,
        }
    }

    /// Returns what a host shows.
    pub fn view(&self) -> ErrorView {
        ErrorView {
            code: self.code().to_owned(),
            message: self.to_string(),
            property: self.property().map(str::to_owned),
        }
    }
}

fn by_whom(user: Option<&str>) -> String {
    user.map_or_else(String::new, |user| format!(" by {user}"))
}

impl From<AppError> for ErrorView {
    fn from(error: AppError) -> Self {
        error.view()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_a_word_a_sentence_and_the_property() {
        let view = AppError::invalid("Title is required", Some("Title")).view();
        assert_eq!((view.code.as_str(), view.property.as_deref()), ("invalid", Some("Title")));
        let error = AppError::NotKeptOffline { set: "Sites".into(), reason: "the server cannot be reached: x".into() };
        assert_eq!(error.view().code, "offline");
        assert!(error.to_string().starts_with("Sites is not kept offline on this device, and the server cannot be"));
        assert_eq!(AppError::from(SyncError::WrongPassword).code(), "wrong_password");
        assert_eq!(AppError::UnknownSet("Nope".into()).to_string(), "there is no entity set Nope");
    }
}
