//! What can happen in a run, as an explicit list that can be written down, shortened and run again (FAULTS 3.4).
//!
//! Owns: the words of a plan. Refuses: drawing one (`draw`), and carrying it out (`run`). A deed that has no meaning in the
//! state it meets does nothing, so that any part of a plan is a plan.

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

/// What is wrong for good with a laptop's way to its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lasting {
    /// Something in between refuses whatever holds more than one change (N7).
    OneChange,
    /// The connection breaks within every answer with more than one record (N6).
    OneRecord,
    /// Every batch with this record in it fails (N9).
    Poisoned {
        /// The record.
        record: usize,
    },
    /// Every change of this record is answered so (N9, N10).
    Part {
        /// The record.
        record: usize,
        /// The status.
        status: u16,
    },
    /// What is read of this set is no answer.
    Set {
        /// The set.
        set: usize,
    },
    /// The links that the laptop has now lead nowhere.
    Links,
}

impl Lasting {
    /// Returns its name, for what was injected.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneChange => "one change",
            Self::OneRecord => "one record",
            Self::Poisoned { .. } => "poisoned",
            Self::Part { status: 500.., .. } => "part fails",
            Self::Part { .. } => "part refused",
            Self::Set { .. } => "set",
            Self::Links => "links",
        }
    }
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is answered.
    Fair,
    /// It never arrives (N1).
    Dropped,
    /// It is carried out, its answer is lost (N2).
    ReplyLost,
    /// As before, and the network delivers it once more after so many seconds (N3).
    Late(u32),
    /// It is delivered twice; the second answer arrives (N3).
    Twice,
    /// An older answer to the same question arrives (N4).
    OldAnswer,
    /// It takes so many milliseconds each way (N5, N15).
    Slow(u32),
    /// The connection breaks within the answer (N6).
    Broken,
    /// A proxy refuses what is longer than so many bytes (N7).
    TooLong(u32),
    /// 429 or 503 with `Retry-After`, as seconds or as a date (N8).
    Busy {
        /// The seconds.
        seconds: u32,
        /// As a date.
        date: bool,
    },
    /// A gateway answers, after or before the request was carried out (N9).
    Gateway {
        /// The status.
        status: u16,
        /// Whether it was carried out.
        done: bool,
    },
    /// A server answers the first write of a batch with 422 (N10).
    PartRefused,
    /// 401 (N11).
    Unauthorized,
    /// HTML of a captive portal (N12).
    Portal,
    /// The certificate is another's (N13).
    Untrusted,
    /// Nothing ever comes back; the transport's patience ends (N14).
    Silent,
    /// A proxy strips headers (N16).
    Stripped,
    /// It goes to another server (N17).
    Elsewhere,
    /// Parts of a batch answer are swapped or missing (I18).
    Parts {
        /// Whether the last is missing; else the first two are swapped.
        cut: bool,
    },
    /// The transport panics (P5).
    Panic,
    /// The version that a refused change met cannot be read: another model was served just then (S3).
    Unreadable,
    /// A server that has not the set, for a while, answers every change of a batch (S3).
    NoSuchSet,
}

impl Fate {
    /// Returns the number of the kind in FAULTS section 2, for what was injected and where.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Fair => "fair",
            Self::Dropped => "N1",
            Self::ReplyLost => "N2",
            Self::Late(_) | Self::Twice => "N3",
            Self::OldAnswer => "N4",
            Self::Slow(_) => "N5",
            Self::Broken | Self::Parts { .. } => "N6",
            Self::TooLong(_) => "N7",
            Self::Busy { .. } => "N8",
            Self::Gateway { .. } => "N9",
            Self::PartRefused => "N10",
            Self::Unauthorized => "N11",
            Self::Portal => "N12",
            Self::Untrusted => "N13",
            Self::Silent => "N14",
            Self::Stripped => "N16",
            Self::Elsewhere => "N17",
            Self::Panic => "P5",
            Self::Unreadable | Self::NoSuchSet => "S3",
        }
    }
}
