//! The words of the error body's `code`: what programs decide by, each spelled once, for both ends.
//!
//! Owns: the list, and the headers of this service alone. Refuses: statuses and sentences; whoever makes an error says those. A server that wants a new word
//! adds it here, so that its client cannot look for another one (DESIGN section 4, rule (a)).

use uuid::Uuid;

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// A word of the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(#[$doc])+ $name,)+
        }

        impl Code {
            /// Every word.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Returns the word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }
        }
    };
}

codes! {
    /// The request cannot be read.
    BadRequest,
    /// A header of the request cannot be read.
    InvalidHeader,
    /// The URL cannot be read.
    InvalidUrl,
    /// A query option cannot be read or has no meaning here.
    InvalidQuery,
    /// The batch cannot be read.
    InvalidBatch,
    /// The record is not valid.
    InvalidRecord,
    /// The query would take too long.
    QueryTooSlow,
    /// The request's name was used before, for something else.
    RepeatabilityConflict,
    /// There is no valid token or password.
    SignInFirst,
    /// Name or password is wrong.
    WrongPassword,
    /// Another site's page makes a browser send this, with its user's password.
    CrossSite,
    /// There is nothing at this address. Says nothing about a record.
    NotFound,
    /// There is no such entity set in the server's model. Says nothing about a record.
    UnknownEntitySet,
    /// There is no such record, never or not any more: the only word that says so, with 404 and with 412.
    RecordNotFound,
    /// This method has no meaning for the resource.
    MethodNotAllowed,
    /// No offered format is acceptable.
    NotAcceptable,
    /// The request, or the rest of it, took too long.
    TooSlow,
    /// The delta link is older than the purge floor.
    DeltaExpired,
    /// The entity model is another one than when the link was given.
    ModelChanged,
    /// The server's history is another one than when the link was given.
    HistoryLost,
    /// The workspace has moved on since the link was given.
    Moved,
    /// The record is not the version that the condition names; `innererror.current` is the one it is.
    PreconditionFailed,
    /// The request is too large.
    TooLarge,
    /// The batch has too many requests.
    TooManyRequests,
    /// The URL is too long.
    UrlTooLong,
    /// The body's media type is not read here.
    UnsupportedMediaType,
    /// The body's coding is not read here.
    UnsupportedEncoding,
    /// A request that this one depends on failed.
    FailedDependency,
    /// Too many wrong passwords.
    TooManyGuesses,
    /// The server failed.
    InternalError,
    /// A part of OData that is not served here.
    NotSupported,
    /// The server has other work just now.
    Busy,
    /// The server cannot reach its records.
    DatabaseFailed,
    /// The server's disk is full.
    DiskFull,
    /// Made by the reader: the answer has no error body.
    Unreadable,
    /// Made by the reader: the answer has not the shape that was promised.
    MalformedAnswer,
}

/// The header by which the server says, beside the ETag of a change, which stamp it gave: only where that is another than
/// the request's, such as one that was ahead of the server's clock. In lower case.
pub const UPDATED_AT_HEADER: &str = "tidemark-updated-at";
/// The header by which every answer says whose token it answers, by [`token_name`]. In lower case.
pub const ANSWERS_HEADER: &str = "tidemark-answers";

/// Returns what names a token on the wire and does not tell it: a version 5 UUID of it, without dashes. A token is 32
/// random bytes, so nobody guesses it from its name.
pub fn token_name(token: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, token.as_bytes()).simple().to_string()
}
/// The header of an enumeration's first page that names the model in force, as delta links do.
pub const MODEL_HEADER: &str = "tidemark-model";

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Collects the sources of the crates that read or write errors of the wire.
    fn sources(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn no_word_of_the_wire_is_spelled_anywhere_else() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut files = Vec::new();
        for name in ["odata", "server", "sync", "app"] {
            sources(&crates.join(name).join("src"), &mut files);
        }
        assert!(files.len() > 50, "the sources are here");
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for code in Code::ALL {
                // As a literal of its own; an error body in a test's expected text is another matter.
                let literal = format!("\"{}\"", code.as_str());
                let spelled = text.match_indices(&literal).any(|(at, _)| !text[..at].ends_with("\"code\":"));
                assert!(!spelled, "{} spells {literal}; use Code", file.display());
            }
        }
    }
}
