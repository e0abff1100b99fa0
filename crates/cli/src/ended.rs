//! How a command ended.
//!
//! Owns: the word. Refuses: the exit status that goes with it (`main`).

/// How a command ended, when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// What was asked is done; open conflicts and parked records included.
    Done,
    /// It came to nothing, and the sentence has been given.
    Failed,
    /// `sync` could not reach the server.
    Offline,
}
