//! What an error of SQLite means to whoever asked.
//!
//! Owns: the kinds that are told apart (result codes of SQLite). Refuses: sentences; each end has its own.

use rusqlite::{Error, ErrorCode};
use tidemark_model::NoNumber;

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Another connection has the lock; it may be tried again.
    Busy,
    /// The disk is full.
    Full,
    /// The disk failed.
    Io,
    /// The file is damaged.
    Damaged,
    /// The file is no database.
    NotADatabase,
    /// The file cannot be opened, or its folder not be written to.
    CannotOpen,
    /// The file may only be read.
    ReadOnly,
    /// The statement was stopped.
    Interrupted,
    /// A value grew past the limit of the connection.
    TooBig,
    /// Anything else: a mistake of ours.
    Other,
}

/// Returns the kind of an error.
pub fn class(error: &Error) -> ErrorClass {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ErrorClass::Busy,
        Some(ErrorCode::DiskFull) => ErrorClass::Full,
        Some(ErrorCode::SystemIoFailure) => ErrorClass::Io,
        Some(ErrorCode::DatabaseCorrupt) => ErrorClass::Damaged,
        Some(ErrorCode::NotADatabase) => ErrorClass::NotADatabase,
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
            ErrorClass::CannotOpen
        }
        Some(ErrorCode::ReadOnly) => ErrorClass::ReadOnly,
        Some(ErrorCode::OperationInterrupted) => ErrorClass::Interrupted,
        Some(ErrorCode::TooBig) => ErrorClass::TooBig,
        _ => ErrorClass::Other,
    }
}

/// Returns why a calculation has no result, where that is why a statement failed: SQLite hands a function's error on as a
/// sentence.
pub fn no_number(error: &Error) -> Option<NoNumber> {
    let Error::SqliteFailure(_, Some(sentence)) = error else { return None };
    let known = [NoNumber::DividedByZero, NoNumber::NegativeLength, NoNumber::TooLarge];
    known.into_iter().find(|known| known.to_string() == *sentence)
}
