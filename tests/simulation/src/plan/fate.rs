//! What becomes of requests: one by one, or for good.
//!
//! Owns: the words, and the number of each kind in FAULTS section 2. Refuses: doing it (`world::network`, `world::lasting`).

use serde::{Deserialize, Serialize};

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
    /// Tells whether the server gets the request, and nobody its answer.
    pub(crate) fn loses_answer(self) -> bool {
        let lost = [Self::ReplyLost, Self::Broken, Self::Silent].contains(&self);
        lost || matches!(self, Self::Late(_) | Self::Gateway { done: true, .. })
    }

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
