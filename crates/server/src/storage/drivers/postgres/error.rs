//! From PostgreSQL's errors to ours (SQLSTATE, appendix A of its manual).

use crate::storage::StorageError;
use tidemark_model::NoNumber;
use tidemark_sql::QueryError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// Returns our error for one of PostgreSQL's. `at_commit` says that it was the commit that failed: then nobody knows
/// whether it was kept.
pub(super) fn storage_error(error: &Error, at_commit: bool) -> StorageError {
    let Some(state) = error.code() else {
        // No answer of the server's: the connection broke.
        return if at_commit { StorageError::InDoubt } else { StorageError::Unreachable(sentence(error)) };
    };
    match *state {
        SqlState::QUERY_CANCELED => StorageError::TooSlow,
        SqlState::LOCK_NOT_AVAILABLE
        | SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::T_R_DEADLOCK_DETECTED
        | SqlState::TOO_MANY_CONNECTIONS
        | SqlState::CONFIGURATION_LIMIT_EXCEEDED => StorageError::Busy,
        SqlState::DISK_FULL => StorageError::Full,
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN if at_commit => StorageError::InDoubt,
        SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN
        | SqlState::CANNOT_CONNECT_NOW
        | SqlState::READ_ONLY_SQL_TRANSACTION
        | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => StorageError::Unreachable(sentence(error)),
        SqlState::STATEMENT_TOO_COMPLEX | SqlState::PROGRAM_LIMIT_EXCEEDED | SqlState::OUT_OF_MEMORY => {
            QueryError::TooComplex.into()
        }
        SqlState::INVALID_REGULAR_EXPRESSION => QueryError::TooComplex.into(),
        SqlState::DIVISION_BY_ZERO => QueryError::from(NoNumber::DividedByZero).into(),
        SqlState::SUBSTRING_ERROR => QueryError::from(NoNumber::NegativeLength).into(),
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE => QueryError::from(NoNumber::TooLarge).into(),
        SqlState::INSUFFICIENT_PRIVILEGE => StorageError::NoRights(sentence(error)),
        _ => StorageError::Failed(sentence(error)),
    }
}

/// Says why a connection could not be made, in a sentence for who runs the server.
pub(super) fn why_not_opened(error: &Error) -> String {
    let Some(state) = error.code() else {
        return format!("nothing answers there ({})", cause(error));
    };
    match *state {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "it refuses this user or password".to_owned()
        }
        SqlState::INVALID_CATALOG_NAME => "there is no such database; create it first (createdb)".to_owned(),
        SqlState::TOO_MANY_CONNECTIONS => "it has no connection left; raise max_connections or stop others".to_owned(),
        SqlState::CANNOT_CONNECT_NOW => "it is starting up or shutting down; try again in a moment".to_owned(),
        _ => sentence(error),
    }
}

fn sentence(error: &Error) -> String {
    error.as_db_error().map_or_else(|| cause(error), |error| error.message().to_owned())
}

fn cause(error: &Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
