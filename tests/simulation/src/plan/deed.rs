//! What can happen in a run, as an explicit list that can be written down, shortened and run again (FAULTS 3.4).
//!
//! Owns: the words of a plan. Refuses: drawing one (`draw`), and carrying it out (`run`). A deed that has no meaning in the
//! state it meets does nothing, so that any part of a plan is a plan.

use super::fate::{Fate, Lasting};
use serde::{Deserialize, Serialize};

/// A run, written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What ids, jitter and marks are drawn from.
    pub seed: u64,
    /// Who sits at each laptop.
    pub laptops: Vec<User>,
    /// How many server processes there are.
    pub servers: usize,
    /// Whether cycles run by themselves, as in a window.
    pub background: bool,
    /// How many records the server's pages have at most; as many as are asked for where that is 0.
    #[serde(default)]
    pub page: u32,
    /// What happens.
    pub events: Vec<Event>,
    /// What was chosen to go wrong, for whoever reads it.
    #[serde(default)]
    pub swarm: Vec<String>,
}

/// Something happens so long after what happened before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Milliseconds since the event before.
    pub after_ms: u64,
    /// What.
    pub deed: Deed,
}

/// An account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum User {
    /// In the workspace `field`.
    Ana,
    /// In the workspace `field` too, also at a desk.
    Ben,
    /// In the workspace `other`.
    Eve,
}

impl User {
    /// Returns the account's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ana => "ana",
            Self::Ben => "ben",
            Self::Eve => "eve",
        }
    }

    /// Returns the workspace's name.
    pub fn workspace(self) -> &'static str {
        if self == Self::Eve { "other" } else { "field" }
    }
}

/// A program on a laptop: the window is number 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct At {
    /// The laptop.
    pub laptop: usize,
    /// The process on it.
    pub process: usize,
}

/// What of the unsynced is on the disk after the power went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// Nothing of it.
    Synced,
    /// Some sectors.
    Some,
    /// All of it: the process was killed, the machine goes on.
    All,
}

impl Left {
    /// Each of them.
    pub const EACH: [Self; 3] = [Self::Synced, Self::Some, Self::All];
}

/// How a file of new records is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// JSON, an object a line.
    #[default]
    Lines,
    /// The same, and the first record is there again at the end, otherwise.
    Twice,
    /// CSV as this program writes it.
    Csv,
    /// CSV whose lines end as they did on old machines.
    CsvCr,
}

impl Form {
    /// Each of them.
    pub const EACH: [Self; 4] = [Self::Lines, Self::Twice, Self::Csv, Self::CsvCr];
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the sentences; what each does is in `run`")]
pub enum Deed {
    // People at a laptop. `record` is the number of a record of this run.
    Add {
        at: At,
        set: usize,
        record: usize,
        parent: Option<usize>,
    },
    /// An addition that nobody answered is made again.
    Again {
        at: At,
    },
    AddMany {
        at: At,
        set: usize,
        count: usize,
    },
    Look {
        at: At,
        record: usize,
    },
    Edit {
        at: At,
        record: usize,
        property: usize,
        looks: bool,
    },
    EditMany {
        at: At,
        set: usize,
        count: usize,
    },
    Delete {
        at: At,
        record: usize,
    },
    UndoDelete {
        at: At,
        record: usize,
    },
    Answer {
        at: At,
        question: usize,
        word: usize,
        sides: u64,
    },
    AnswerSimilar {
        at: At,
        question: usize,
        word: usize,
    },
    /// Somebody looks at the questions, and thinks them over.
    Ask {
        at: At,
    },
    /// Somebody answers what they looked at then.
    AnswerShown {
        at: At,
        question: usize,
        word: usize,
    },
    TakeAnswerBack {
        laptop: usize,
    },
    BringBack {
        at: At,
        record: usize,
        entry: usize,
    },
    Import {
        at: At,
        set: usize,
        rows: usize,
        #[serde(default)]
        form: Form,
    },
    PutBack {
        at: At,
        set: usize,
    },
    Untick {
        at: At,
        set: usize,
        discards: bool,
    },
    Tick {
        at: At,
        set: usize,
    },
    Pause {
        at: At,
        set: usize,
        on: bool,
    },
    Policy {
        at: At,
        set: usize,
        policy: usize,
    },
    Parked {
        at: At,
        nth: usize,
        choice: usize,
    },
    SignOut {
        laptop: usize,
        user: User,
    },
    /// The server is called by another of its names.
    Address {
        laptop: usize,
        name: usize,
    },
    // The worker.
    Sync {
        at: At,
        waits: bool,
    },
    Audit {
        at: At,
    },
    // The network of a laptop.
    Fates {
        laptop: usize,
        fates: Vec<Fate>,
    },
    Down {
        laptop: usize,
        down: bool,
    },
    Lasting {
        laptop: usize,
        what: Lasting,
    },
    // Processes and disks of a laptop.
    Second {
        laptop: usize,
        open: bool,
    },
    /// The second program stands still, as a stopped process does.
    Standstill {
        laptop: usize,
    },
    Close {
        laptop: usize,
    },
    Kill {
        at: At,
    },
    PowerLoss {
        laptop: usize,
        left: Left,
    },
    StopAfter {
        laptop: usize,
        operations: u64,
        left: Left,
    },
    Full {
        laptop: usize,
        full: bool,
    },
    IoError {
        laptop: usize,
        after: u64,
        lasts: bool,
    },
    SyncError {
        laptop: usize,
        after: u64,
    },
    Flip {
        laptop: usize,
        log: bool,
        at: u64,
    },
    LoseFile {
        laptop: usize,
        which: LostFile,
    },
    /// A record is another on the disk, and no checksum tells.
    Alter {
        laptop: usize,
    },
    ReadOnly {
        laptop: usize,
    },
    Future {
        laptop: usize,
    },
    Image {
        laptop: usize,
    },
    PutImage {
        laptop: usize,
    },
    Clone {
        from: usize,
        to: usize,
    },
    // Clocks.
    Clock {
        laptop: usize,
        ahead_ms: i64,
    },
    StopClock {
        laptop: usize,
        stopped: bool,
    },
    ServerClock {
        ahead_ms: i64,
    },
    // The server.
    ServerKill {
        process: usize,
        left: Left,
    },
    ServerStopAfter {
        operations: u64,
        left: Left,
    },
    ServerFull {
        full: bool,
    },
    ServerIoError {
        after: u64,
    },
    ServerLocked {
        locked: bool,
    },
    Backup,
    Restore,
    Purge {
        days: u32,
    },
    Model {
        model: usize,
    },
    Revoke {
        laptop: usize,
    },
    // The office, over plain OData.
    Office {
        record: usize,
        property: usize,
        how: Office,
    },
    Wait,
}

/// A file that somebody takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the files")]
pub enum LostFile {
    WriteAheadLog,
    OutboxLog,
    Database,
}

/// What the office does to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Office {
    /// A PATCH without a condition: the newest wins (seed).
    Patch,
    /// A PATCH on the ETag that it read.
    Conditional,
    /// A PUT of the whole record, as it was read.
    Put,
    /// A DELETE.
    Delete,
    /// A PATCH that names an old stamp: an edit of two weeks ago that arrives today (hazard H6).
    Old,
    /// A PATCH that names a stamp far ahead: a program whose clock is wrong (hazard H1).
    Ahead,
    /// A PATCH of the same text with the line ends of another machine.
    LineEnds,
}
