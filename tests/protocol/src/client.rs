//! A device: what its database holds, and what it does with that.
//!
//! Owns: the shape of the database, and the rooms by act as in `crates/store`: `tables` (a record with its change), `save`,
//! `decide`, `restored`, `push`, `pull`, `cycle`. Each of their acts is one transaction. Refuses: every decision, which is
//! `tidemark_model`'s (`rules`).

mod cycle;
mod decide;
mod pull;
mod push;
mod restored;
mod save;
mod tables;

use crate::network::Position;
use crate::rules::{Answer, Asked, Kind, Sending, Sent};
use crate::scope::Scope;
use crate::values::{Act, Etag, Rec, Ver};
use std::collections::BTreeSet;

/// A record as its user has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Here {
    /// The content.
    pub rec: Rec,
    /// `_State`.
    pub act: Act,
    /// The version of the server's it is, or was made on.
    pub etag: Option<Etag>,
    /// Whether the enumeration under way, or the last one, has named it.
    pub seen: bool,
}

/// A change as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InFlight {
    /// The request's name.
    pub request: u128,
    /// The change.
    pub sending: Sending,
    /// How many of the person's edits it holds.
    pub upto: u8,
}

/// Why a change is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hold {
    /// It is.
    Free,
    /// It is asked about.
    Conflict,
    /// It was refused.
    Parked,
}

/// A confirmed change that is offered again to a restored server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Offer {
    /// Its place among the confirmed ones; `None` while what was in flight anyway comes first.
    pub at: Option<usize>,
    /// Whether the server forgot what others had made.
    pub forgot: bool,
    /// Whether it was sent on top of what others made and nobody here has seen.
    pub over_others: bool,
}

/// A pending change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Change {
    /// What it is.
    pub act: Act,
    /// What it was made on.
    pub base: Option<Ver>,
    /// The copy that was sent.
    pub in_flight: Option<InFlight>,
    /// Whether the server's record moved meanwhile.
    pub set_aside: bool,
    /// Why it is not sent.
    pub hold: Hold,
    /// What is offered again.
    pub offer: Option<Offer>,
}

/// An open question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// Its own id: another one when its content is another.
    pub id: u8,
    /// What it is.
    pub kind: Kind,
    /// The properties in question.
    pub properties: u8,
    /// The server's side.
    pub server: Option<Ver>,
}

/// All that the database has of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Slot {
    /// The record.
    pub here: Option<Here>,
    /// What is pending for it.
    pub change: Option<Change>,
    /// What is asked about it.
    pub question: Option<Question>,
    /// What the server confirmed.
    pub sent: Vec<Sent>,
    /// The versions its history has.
    pub history: BTreeSet<Etag>,
    /// Whether it is to be fetched singly.
    pub refetch: bool,
    /// How many edits the person has made.
    pub edits: u8,
}

/// What a cycle waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing: no cycle runs.
    Idle,
    /// The page before the push.
    Looking,
    /// The answers to a batch.
    Pushing,
    /// A page.
    Pulling,
    /// Single records.
    Fetching,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    /// Its records.
    pub slots: Vec<Slot>,
    /// Where its pull stands; `None` while the set is not kept offline.
    pub position: Option<Position>,
    /// Which life of the position that is.
    pub incarnation: u8,
    /// Whether the server may have lost changes.
    pub restored: bool,
    /// The last stamp given.
    pub stamp: i16,
    /// What the cycle waits for.
    pub phase: Phase,
    /// How many batches the cycle has sent.
    pub batches: u8,
    /// The last id of a question.
    pub questions: u8,
    /// What stands on the screen: a record and its question.
    pub screen: Option<(u8, Question)>,
    /// Records of a page whose position is written already, where that is done wrong.
    pub half: Vec<crate::network::Item>,
    /// A cycle's mark in the database, where that is done wrong.
    pub flag: bool,
}

impl Client {
    /// Returns a device that has what the server had at the beginning.
    pub fn new(slots: Vec<Slot>, at: Etag) -> Self {
        Self {
            slots,
            position: Some(Position::Delta(at)),
            incarnation: 0,
            restored: false,
            stamp: 1,
            phase: Phase::Idle,
            batches: 0,
            questions: 0,
            screen: None,
            half: Vec::new(),
            flag: false,
        }
    }

    /// Returns a record's slot.
    pub fn slot(&self, row: u8) -> &Slot {
        &self.slots[usize::from(row)]
    }

    /// Returns what a person sees of a record.
    pub fn visible(&self, row: u8) -> Option<Rec> {
        let here = self.slot(row).here?;
        (here.act != Act::Delete && !here.rec.tomb).then_some(here.rec)
    }
}

/// What somebody outside may notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A question is put, or another one in its place.
    Put(u8, Asked),
    /// A policy answered instead of a person.
    ByPolicy(u8, Asked, Answer),
}

/// One transaction of a device.
#[derive(Debug)]
pub struct Desk<'a> {
    /// The device.
    pub client: &'a mut Client,
    /// Its number.
    pub me: u8,
    /// The world.
    pub scope: &'a Scope,
    /// What was noticed.
    pub events: Vec<Event>,
}

impl<'a> Desk<'a> {
    /// Begins a transaction.
    pub fn new(client: &'a mut Client, me: u8, scope: &'a Scope) -> Self {
        Self { client, me, scope, events: Vec::new() }
    }

    fn slot(&mut self, row: u8) -> &mut Slot {
        &mut self.client.slots[usize::from(row)]
    }

    fn now(&self) -> i16 {
        self.scope.clocks[usize::from(self.me)]
    }
}

impl Change {
    fn new(act: Act, base: Option<Ver>) -> Self {
        Self { act, base, in_flight: None, set_aside: false, hold: Hold::Free, offer: None }
    }

    fn is_known_to_server(&self) -> bool {
        self.base.is_some() || self.in_flight.is_some()
    }

    fn release(&mut self) {
        if self.hold == Hold::Parked {
            self.hold = Hold::Free;
        }
    }
}

impl Here {
    fn versioned(&self) -> Ver {
        Ver { rec: self.rec, etag: self.etag.unwrap_or(Etag::NONE) }
    }
}
