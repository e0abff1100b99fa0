//! What can go wrong with the offline database, in sentences for people.
//!
//! Owns: [`StoreError`] with its stable codes. Refuses: hiding what is safe: a sentence about a failed write says
//! that nothing was saved, because every write here is one transaction (FAULTS D1 to D9).

use std::path::{Path, PathBuf};
use tidemark_model::{ID, InvalidRecord, ModelError, RecordId, ResolutionError};
use tidemark_sql::QueryError;
use tidemark_sqlite::{ErrorClass, class, no_number};

/// What the store returns.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The record does not fit the model.
    #[error("{0}; nothing was saved")]
    Invalid(#[from] InvalidRecord),
    /// A member that cannot be changed was given another value.
    #[error("{property} {problem}; nothing was saved")]
    InvalidMember {
        /// The property.
        property: String,
        /// The rest of the sentence.
        problem: String,
    },
    /// The query does not fit the model.
    #[error("{0}")]
    Query(#[from] QueryError),
    /// A row of an import is at fault; the whole import was given up.
    #[error("row {row}: {problem}; nothing was imported")]
    Row {
        /// The row, counted from 1.
        row: u64,
        /// What is wrong with it.
        problem: String,
        /// The property at fault, where there is one.
        property: Option<String>,
    },
    /// Two rows of an import are the same record; the whole import was given up.
    #[error("row {row} is the record of row {first} again; nothing was imported")]
    SameRecord {
        /// The second row, counted from 1.
        row: u64,
        /// The first one.
        first: u64,
    },
    /// The entity set is not in the model.
    #[error("there is no entity set {0}")]
    UnknownSet(String),
    /// The record is not on this device.
    #[error("{set} has no record {id} on this device")]
    NotFound {
        /// The entity set.
        set: String,
        /// The record.
        id: RecordId,
    },
    /// The record is not the one that was shown, and what it is now would be overwritten.
    #[error(
        "{set} {id} was changed meanwhile ({}); nothing was overwritten and nothing saved: look at it again, and \
         repeat the change if it still holds",
        .properties.join(", ")
    )]
    ChangedMeanwhile {
        /// The entity set.
        set: String,
        /// The record.
        id: RecordId,
        /// What changed unseen.
        properties: Vec<String>,
    },
    /// A new record was given an id that is taken.
    #[error("{set} already has a record {id}; edit that one, or leave Id out; nothing was saved")]
    Exists {
        /// The entity set.
        set: String,
        /// The record.
        id: RecordId,
    },
    /// The set's pull stands elsewhere than where this answer was asked from.
    #[error("{set} was switched or started anew while it was being fetched; it is asked for again, nothing is lost")]
    Moved {
        /// The entity set.
        set: String,
    },
    /// The entity set is not kept offline.
    #[error("{0} is not kept on this device; switch it on in Offline Sync Settings; nothing was saved")]
    NotCached(String),
    /// The set of choices itself cannot be switched off.
    #[error("the choice of what is kept offline is always kept on this device")]
    AlwaysCached,
    /// There is no deletion to take back.
    #[error("{set} {id} was not deleted here, or too long ago to take it back")]
    NothingToUndo {
        /// The entity set.
        set: String,
        /// The record.
        id: RecordId,
    },
    /// The record is not parked.
    #[error("{set} {id} is not among the records that could not be sent")]
    NotParked {
        /// The entity set.
        set: String,
        /// The record.
        id: RecordId,
    },
    /// The server refused the record for another reason than a value that the model has no place for.
    #[error("every value of {set} {id} fits; edit the record, try it again, or discard the change")]
    NothingUnfit {
        /// The entity set.
        set: String,
        /// The record.
        id: RecordId,
    },
    /// The conflict is answered, or its question changed since it was shown.
    #[error("there is no open conflict {0}; it was answered, or the record changed again: look at the list once more")]
    NoSuchConflict(RecordId),
    /// The answer was taken back already, or is too old for it.
    #[error("the answer {0} cannot be taken back any more; what did not stand is in the record's history")]
    NoSuchAnswer(RecordId),
    /// The record's history has no such entry, or nothing of it was lost.
    #[error("the history of {set} {id} has nothing there that could be brought back")]
    NothingToBringBack {
        /// The entity set.
        set: String,
        /// The record.
        id: RecordId,
    },
    /// A question about the record is open.
    #[error(
        "a question about this record is open: answer it first, then bring the earlier version back; nothing was changed"
    )]
    StillAsked,
    /// The answer does not fit the conflict.
    #[error("{0}; nothing was changed")]
    WrongAnswer(#[from] ResolutionError),
    /// There are unsent changes, and the caller did not say what becomes of them.
    #[error("{n} unsent changes are on this device; send them first, or give them up explicitly")]
    Unsent {
        /// Records with an unsettled change.
        n: u64,
    },
    /// Nobody is signed in here yet.
    #[error("sign in first: this device does not know the server's entity sets yet")]
    NotSignedIn,
    /// Somebody signed out, or in under another account, since this was asked for.
    #[error(
        "the account on this device changed meanwhile; nothing of the one before was sent or kept under the new one"
    )]
    AccountChanged,
    /// Another process took the turn of a run that stood still.
    #[error("this sync stood still for too long and another one took over; nothing is lost")]
    Overtaken,
    /// The caller of a pull gave it up; its own error says why.
    #[error("the pull was given up; nothing of it was saved")]
    GivenUp,
    /// Another account's records are on this device.
    #[error(
        "this data folder holds the records of {user} on {server}; sign out there first, or use another data folder"
    )]
    OtherAccount {
        /// The account that is here.
        user: String,
        /// Its server.
        server: String,
    },
    /// Another server answers at the same address.
    #[error(
        "the server at {server} is not the one that this device's records came from; nothing was sent or changed: \
         sign out to start anew, or ask your administrator"
    )]
    OtherServer {
        /// The address.
        server: String,
    },
    /// The model that the server sent cannot be read.
    #[error("the server's entity model cannot be used: {0}; the records here are unchanged")]
    Model(#[from] ModelError),
    /// The folder or file can only be read.
    #[error("{} can only be read; nothing was saved: make the folder and its files writable", .0.display())]
    ReadOnly(PathBuf),
    /// The disk is full.
    #[error("the disk is full; nothing was saved, everything saved before is safe: free some space and save again")]
    DiskFull,
    /// Reading or writing the file failed.
    #[error(
        "the offline database could not be read or written ({0}); nothing was saved, everything saved before is safe: \
         check the disk and try again"
    )]
    Io(String),
    /// Another process has been writing for too long.
    #[error("another program has been writing to the offline database for half a minute; nothing was saved: try again")]
    Busy,
    /// The database was written by a newer Tidemark.
    #[error(
        "the offline database in {} was written by a newer Tidemark (schema {found}, this one knows {known}); \
         it was left untouched: install the newer version", .path.display()
    )]
    NewerDatabase {
        /// The file.
        path: PathBuf,
        /// Its `PRAGMA user_version`.
        found: i64,
        /// The newest one this program knows.
        known: i64,
    },
    /// The file is damaged or no database.
    #[error(
        "the offline database in {} is damaged ({problem}); nothing was saved and it was left untouched: close every \
         Tidemark window and try again, and keep a copy of it", .path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        problem: String,
    },
    /// The file was damaged, and has been replaced by what could be read of it.
    #[error(
        "the offline database was damaged and has just been repaired; what was saved before is safe, this was not saved: \
         try again (Activity says more)"
    )]
    Repaired,
    /// The data folder cannot be opened.
    #[error("the data folder {} cannot be opened: {problem}", .path.display())]
    Unavailable {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        problem: String,
    },
    /// Something that is a mistake of this program.
    #[error("the offline database refused an operation ({0}); nothing was saved, everything saved before is safe")]
    Internal(String),
}

impl StoreError {
    /// Returns the stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_)
            | Self::InvalidMember { .. }
            | Self::Query(_)
            | Self::Row { .. }
            | Self::SameRecord { .. } => "invalid",
            Self::UnknownSet(_) => "unknown_set",
            Self::NotFound { .. } => "not_found",
            Self::Exists { .. } => "exists",
            Self::Moved { .. } => "moved",
            Self::ChangedMeanwhile { .. } => "changed_meanwhile",
            Self::NotCached(_) => "not_cached",
            Self::AlwaysCached => "always_cached",
            Self::NothingToUndo { .. } => "nothing_to_undo",
            Self::NotParked { .. } => "not_parked",
            Self::NothingUnfit { .. } => "nothing_unfit",
            Self::NoSuchConflict(_) => "no_such_conflict",
            Self::NoSuchAnswer(_) => "nothing_to_undo",
            Self::NothingToBringBack { .. } => "nothing_to_bring_back",
            Self::StillAsked => "still_asked",
            Self::WrongAnswer(_) => "wrong_answer",
            Self::Unsent { .. } => "unsent_changes",
            Self::NotSignedIn => "not_signed_in",
            Self::AccountChanged => "account_changed",
            Self::Overtaken => "overtaken",
            Self::GivenUp => "given_up",
            Self::OtherAccount { .. } => "other_account",
            Self::OtherServer { .. } => "other_server",
            Self::Model(_) => "model",
            Self::ReadOnly(_) => "read_only",
            Self::DiskFull => "disk_full",
            Self::Io(_) => "io",
            Self::Busy => "busy",
            Self::NewerDatabase { .. } => "newer_database",
            Self::Corrupt { .. } => "corrupt",
            Self::Repaired => "repaired",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// Returns the property at fault, where there is one.
    pub fn property(&self) -> Option<&str> {
        match self {
            Self::Invalid(error) => error.property(),
            Self::InvalidMember { property, .. } => Some(property),
            Self::Query(error) => error.property(),
            Self::Row { property, .. } => property.as_deref(),
            Self::SameRecord { .. } => Some(ID),
            Self::WrongAnswer(ResolutionError::Undecided(property) | ResolutionError::NotInQuestion(property)) => {
                Some(property)
            }
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if let Some(reason) = no_number(&error) {
            return Self::Query(reason.into());
        }
        let problem = error.to_string();
        let nowhere = PathBuf::new;
        match class(&error) {
            ErrorClass::Full => Self::DiskFull,
            ErrorClass::Io => Self::Io(problem),
            ErrorClass::ReadOnly => Self::ReadOnly(nowhere()),
            ErrorClass::Busy => Self::Busy,
            ErrorClass::Damaged | ErrorClass::NotADatabase => Self::Corrupt { path: nowhere(), problem },
            ErrorClass::CannotOpen => Self::Unavailable { path: nowhere(), problem },
            _ => Self::Internal(problem),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl StoreError {
    /// Tells whether the error says that the database is damaged, and not that it cannot be used just now.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::Internal(_))
    }

    /// Names the file in an error that came from below.
    pub(crate) fn located(mut self, file: &Path) -> Self {
        match &mut self {
            Self::ReadOnly(path) | Self::Corrupt { path, .. } | Self::Unavailable { path, .. }
                if path.as_os_str().is_empty() =>
            {
                *path = file.to_owned();
            }
            _ => {}
        }
        self
    }
}
