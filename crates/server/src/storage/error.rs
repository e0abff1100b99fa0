//! Why the database did not do what it was asked, in sentences for people.
//!
//! Owns: the error type and the wire error that each becomes. Refuses: outcomes of the protocol (a record that is not
//! there, a condition that fails): those are values, not errors.

use tidemark_model::ports::NoRandomness;
use tidemark_odata::{Code, WireError};
use tidemark_sql::QueryError;

/// The answer of a database.
pub(crate) type Result<T> = std::result::Result<T, StorageError>;

/// An error of the database.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// The query has no answer.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The read took too long and was stopped.
    #[error("This query takes too long. Narrow it with a filter that names fewer records")]
    TooSlow,
    /// Another process holds the database.
    #[error("The database is busy with other work. Nothing was changed; try again")]
    Busy,
    /// The database does not answer.
    #[error("The database does not answer just now ({0}). Nothing was changed; try again")]
    Unreachable(String),
    /// The answer to a commit was lost.
    #[error(
        "The database went away before it said whether it kept this. Ask again: a request with a Repeatability-Request-ID is not applied twice"
    )]
    InDoubt,
    /// The user of the address may not do it.
    #[error("The database refuses its user: {0}")]
    NoRights(String),
    /// The disk is full.
    #[error("The disk of the database is full. Nothing was changed; make room and try again")]
    Full,
    /// The file is damaged.
    #[error(
        "The database {0} is damaged. Nothing was changed; keep the file and restore a backup with: tidemark-server restore FILE"
    )]
    Damaged(String),
    /// The file is something else.
    #[error("{0} is not a Tidemark server database. Nothing was changed; name another")]
    Foreign(String),
    /// There is no such file.
    #[error("There is no database {0}. Check --database")]
    Missing(String),
    /// The file cannot be opened.
    #[error("The database {database} cannot be opened: {problem}")]
    NotOpened {
        /// Which.
        database: String,
        /// What the system says.
        problem: String,
    },
    /// The file was written by a newer version.
    #[error(
        "The database {database} was written by a newer version of Tidemark (schema {found}; this one knows {known}). Nothing was changed; install the newer version"
    )]
    Newer {
        /// Which.
        database: String,
        /// Its schema's version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The model cannot be laid over the records there are.
    #[error("The model does not fit the records in the database: {0}")]
    ModelMisfit(String),
    /// The account is there already.
    #[error("There is already a user {0}")]
    UserExists(String),
    /// There is no such account.
    #[error("There is no user {0}. Add one with: tidemark-server user add NAME --workspace W")]
    NoSuchUser(String),
    /// A backup or restore could not be made.
    #[error("{0}")]
    Copy(String),
    /// There is no randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The database went away while the server stops.
    #[error("The server is stopping. Nothing was changed; try again")]
    Stopping,
    /// Anything else.
    #[error("The database failed: {0}. Nothing was changed")]
    Failed(String),
}

impl StorageError {
    /// Tells whether one request of several in a transaction may be why it failed: then each is worth trying alone. What
    /// stands in everybody's way is not; and a commit in doubt must not be made again.
    pub(crate) fn may_be_one_requests(&self) -> bool {
        !matches!(
            self,
            Self::Busy | Self::Unreachable(_) | Self::InDoubt | Self::NoRights(_) | Self::Full | Self::Stopping
        )
    }

    /// Returns the error as the wire says it. What only the operator can act on is logged and not told.
    pub(crate) fn to_wire(&self) -> WireError {
        let sentence = self.to_string();
        match self {
            Self::Query(error @ QueryError::Unsupported { .. }) => {
                WireError::new(501, Code::NotSupported, error.to_string())
            }
            Self::Query(error @ QueryError::TooCostly) => WireError::new(400, Code::QueryTooSlow, error.to_string()),
            Self::Query(error) => {
                let wire = WireError::bad_request(error.to_string());
                match error.property() {
                    Some(property) => wire.about(property),
                    None => wire,
                }
            }
            Self::TooSlow => WireError::new(400, Code::QueryTooSlow, sentence),
            Self::Busy | Self::Stopping => WireError::new(503, Code::Busy, sentence),
            Self::InDoubt => WireError::new(503, Code::Busy, sentence),
            Self::Full => WireError::new(507, Code::DiskFull, sentence),
            _ => {
                tracing::error!(error = %self, "the database failed");
                WireError::new(
                    503,
                    Code::DatabaseFailed,
                    "The server cannot reach its records just now. Nothing was changed; try again later",
                )
            }
        }
    }
}
