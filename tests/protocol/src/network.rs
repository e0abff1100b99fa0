//! What is on the way between devices and server.
//!
//! Owns: the shape of messages. The network is a set of them, so it has no order; losing and repeating is the world's.
//! Refuses: what they do.

use crate::rules::Sending;
use crate::values::{Etag, Ver};

/// Where a device's pull stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Position {
    /// To be enumerated; whether the server may have lost changes.
    Start(bool),
    /// Within an enumeration: the last row seen, and the change it began at.
    Enumerating(u8, Etag),
    /// Following the feed.
    Delta(Etag),
}

/// What a page is asked from, and taken onto.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct From {
    /// Which life of the position.
    pub incarnation: u8,
    /// Where it stands.
    pub position: Position,
}

/// One change within a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Part {
    /// The record.
    pub row: u8,
    /// The request's name.
    pub request: u128,
    /// The change.
    pub sending: Sending,
    /// How many of the person's edits it holds; only the judge looks at it.
    pub upto: u8,
}

/// What the server says to one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answer {
    /// Applied, now or before, as this version, with this stamp where it is another than was sent.
    Done(Etag, Option<i16>),
    /// There is no such record.
    Absent,
    /// Not applied: the current record.
    Stale(Ver),
    /// The name was used for something else.
    Refused,
}

/// One record of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Item {
    /// It is there.
    Live(u8, Ver),
    /// It is tombstoned; its content comes with it, as a request for single records gets it.
    Tomb(u8, Ver),
    /// It was deleted: only the mark.
    Removed(u8, Etag, i16),
}

/// What the server says to a request for a page.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Page {
    /// A page, what to ask from next, and whether more is there now.
    Items(Vec<Item>, Position, bool),
    /// 410: purged past it.
    Expired,
    /// 410: not of this history.
    Lost,
}

/// A message. Those without a device in front are the server's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    /// A batch.
    Push(u8, Vec<Part>),
    /// Its answers, and whether one of them is the journal's of a change applied before.
    Pushed(u8, Vec<(Part, Answer)>, bool),
    /// A question for a page.
    Pull(u8, From),
    /// The page.
    Pulled(u8, From, Page),
    /// A question for single records, as a mask.
    Fetch(u8, From, u8),
    /// The records.
    Fetched(u8, From, u8, Vec<Item>),
}

impl Message {
    /// Returns the device whose request, or whose answer, it is.
    pub fn device(&self) -> u8 {
        match self {
            Self::Push(device, _)
            | Self::Pushed(device, ..)
            | Self::Pull(device, _)
            | Self::Pulled(device, ..)
            | Self::Fetch(device, ..)
            | Self::Fetched(device, ..) => *device,
        }
    }

    /// Tells whether it goes to the server.
    pub fn is_request(&self) -> bool {
        matches!(self, Self::Push(..) | Self::Pull(..) | Self::Fetch(..))
    }
}
