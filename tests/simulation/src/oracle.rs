//! The oracle: what must hold, decided from outside (FAULTS section 1 and 3.4). It shares no code with the engine: it
//! knows what people did and were shown, reads tables as text, and asks the server for its journal.
//!
//! Owns: the laws. Refuses: what happens (`run`).

pub(crate) mod always;
pub(crate) mod at_rest;
pub(crate) mod eyes;
pub(crate) mod ledger;
pub(crate) mod questions;
pub(crate) mod remembered;

/// A law that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Violation {
    /// Its number in FAULTS section 1, or what else it is called.
    pub law: String,
    /// What was seen.
    pub words: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.law, self.words)
    }
}

pub(crate) type Judged<T = ()> = Result<T, Violation>;

/// Returns a violation.
pub(crate) fn broken<T>(law: &str, words: impl Into<String>) -> Judged<T> {
    Err(Violation { law: law.to_owned(), words: words.into() })
}
