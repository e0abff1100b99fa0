//! The status line (promise 9).

use serde::Serialize;
use ts_rs::TS;

/// The status line (promise 9); `tidemark status --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct StatusView {
    /// What the line says.
    pub kind: StatusKind,
    /// The server's root.
    pub server: Option<String>,
    /// The account.
    pub user: Option<String>,
    /// Whether the last contact with the server worked.
    pub online: bool,
    /// Changes that exist only here: waiting, in flight.
    #[ts(type = "number")]
    pub pending: u64,
    /// Open conflicts.
    #[ts(type = "number")]
    pub conflicts: u64,
    /// Changes that the server refuses.
    #[ts(type = "number")]
    pub parked: u64,
    /// When the last complete cycle ended.
    #[ts(type = "number | null")]
    pub last_sync: Option<i64>,
    /// What the running cycle is doing.
    pub progress: Option<ProgressView>,
    /// The plain sentence of what went wrong last, while it is wrong.
    pub error: Option<String>,
    /// The sets that are kept offline and not here yet, whatever the line says.
    pub awaited: Vec<AwaitedView>,
}

/// A set that is kept offline and not here yet: to be fetched, being fetched, paused, or failing.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct AwaitedView {
    /// The entity set.
    pub set: String,
    /// Its name for people.
    pub label: String,
    /// Records fetched so far.
    #[ts(type = "number")]
    pub done: u64,
    /// Records in all, where known.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
    /// Whether its user paused it.
    pub paused: bool,
}

/// What the status line says, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StatusKind {
    /// No account yet.
    NotSetUp,
    /// Sign in to sync.
    SignIn,
    /// A cycle is running and has something to do.
    Syncing,
    /// No network, or no server at the other end.
    Offline,
    /// The last cycle failed for another reason.
    Failed,
    /// Conflicts are open.
    Conflicts,
    /// Changes could not be sent.
    Parked,
    /// Changes wait.
    Waiting,
    /// Sets that are kept offline are not here yet.
    NotFetched,
    /// Not synced for days.
    Stale,
    /// Everything is sent and received.
    UpToDate,
}

/// How far a cycle is.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ProgressView {
    /// `push` or `pull`.
    pub phase: String,
    /// The entity set, while pulling.
    pub set: Option<String>,
    /// Records done.
    #[ts(type = "number")]
    pub done: u64,
    /// Records in all, where known.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
}
