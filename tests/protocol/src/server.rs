//! The server: a change journal, which the records follow from, and its feed.
//!
//! Owns: one transaction per change (look up the request, check, write, journal line, number), the feed, the purge and
//! the restored backup. Refuses: whether a change is applied (`tidemark_model::arbitrate`, called here as
//! `crates/server/src/change/decide.rs` calls it). docs/sync.md, "Push" and "Pull".

use crate::network::{Answer, From, Item, Page, Part, Position};
use crate::rules::{self, Sending};
use crate::scope::{OFFICE, SERVER_NOW, Scope};
use crate::values::{Act, Etag, Rec, Ver};
use crate::variants::Variant;
use tidemark_model::Ruling;

/// What a change did to its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// Made it.
    Create,
    /// Changed it.
    Update,
    /// Tombstoned it.
    Delete,
    /// Took its tombstone away.
    Restore,
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The version it made.
    pub etag: Etag,
    /// The device that it came from.
    pub by: u8,
    /// The change as it came.
    pub part: Part,
    /// What it did.
    pub what: What,
    /// The record before it.
    pub before: Option<Rec>,
    /// The record since.
    pub rec: Rec,
}

/// A transaction that a process has begun.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Open {
    /// The process.
    pub process: u8,
    /// Whose.
    pub by: u8,
    /// What is to be written.
    pub parts: Vec<Part>,
    /// What was looked up and taken beforehand, where that is done wrong: one for each change.
    pub early: Vec<Early>,
}

/// What a transaction has before it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Early {
    /// The record that the change is checked against.
    Stored(Option<Ver>),
    /// The sequence number.
    Number(u8),
}

/// The server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Server {
    /// The journal.
    pub journal: Vec<Line>,
    /// The last number given.
    pub numbers: u8,
    /// How often it was restored.
    pub history: u8,
    /// Up to here tombstones have been purged.
    pub floor: u8,
    /// Transactions under way.
    pub open: Vec<Open>,
}

impl Server {
    /// Returns the server at the beginning: the office made every record, or nobody has any.
    pub fn new(scope: &Scope) -> Self {
        let mut server = Self { journal: Vec::new(), numbers: 0, history: 0, floor: 0, open: Vec::new() };
        if !scope.deeds.add {
            for row in 0..scope.rows {
                let rec = Rec { values: [0; 2], stamp: 1, tomb: false };
                let sending = Sending { act: Act::Add, rec, if_match: None, changed: 0, restores: false };
                let part = Part { row, request: row.into(), sending, upto: 0 };
                server.write(OFFICE, part, What::Create, None, rec, None);
            }
        }
        server
    }

    fn write(&mut self, by: u8, part: Part, what: What, before: Option<Rec>, rec: Rec, number: Option<u8>) -> Etag {
        let seq = number.unwrap_or(self.numbers + 1);
        self.numbers = self.numbers.max(seq);
        let etag = Etag { seq, history: self.history };
        self.journal.push(Line { etag, by, part, what, before, rec });
        self.journal.sort_by_key(|line| line.etag.seq);
        etag
    }

    /// Returns the newest version of a record, a tombstone included.
    pub fn row(&self, row: u8, scope: &Scope) -> Option<Ver> {
        let line = self.journal.iter().rev().find(|line| line.part.row == row)?;
        let is_purged = line.rec.tomb && line.etag.seq <= self.floor;
        if is_purged && scope.is(Variant::PurgeForgetsIds) {
            return None;
        }
        let rec = if is_purged { rules::purged(line.rec) } else { line.rec };
        Some(Ver { rec, etag: line.etag })
    }

    /// Returns where the workspace stands.
    pub fn newest(&self) -> Etag {
        self.journal.last().map_or(Etag { seq: 0, history: 0 }, |line| line.etag)
    }

    /// Carries out one change, in one transaction; tells whether the journal answered it.
    pub fn change(&mut self, by: u8, part: Part, early: Option<Early>, scope: &Scope) -> (Answer, bool) {
        let earlier = self.journal.iter().find(|line| line.by == by && line.part.request == part.request);
        if let Some(line) = earlier.filter(|_| !scope.is(Variant::NoLedger)) {
            let same = line.part.sending == part.sending && line.part.row == part.row;
            let answer = if same { done(line.etag, line.rec, part) } else { Answer::Refused };
            return (answer, true);
        }
        let looked_up = self.row(part.row, scope);
        let (stored, number) = match early {
            None => (looked_up, None),
            Some(Early::Stored(stored)) => (stored, None),
            Some(Early::Number(number)) => (looked_up, Some(number)),
        };
        let upserts = scope.is(Variant::PurgeForgetsIds) && stored.is_none();
        let (what, rec) = match rules::ruled(part.sending, !upserts, stored, SERVER_NOW) {
            Ruling::ConditionFailed if scope.is(Variant::ServerWinsSilently) && stored.is_some_and(|s| !s.rec.tomb) => {
                return (stored.map_or(Answer::Absent, |stored| Answer::Done(stored.etag, None)), false);
            }
            Ruling::ConditionFailed | Ruling::StoredWins => {
                return (stored.map_or(Answer::Absent, Answer::Stale), false);
            }
            Ruling::NotFound => return (Answer::Absent, false),
            Ruling::Create { stamp } => (What::Create, Rec { stamp: small(stamp), tomb: false, ..part.sending.rec }),
            Ruling::Apply { stamp, restores } => {
                let values = if part.sending.changed == 0 {
                    part.sending.rec.values
                } else {
                    let mut values = stored.map_or([0; 2], |stored| stored.rec.values);
                    for (at, value) in values.iter_mut().enumerate() {
                        if part.sending.changed & (1 << at) != 0 {
                            *value = part.sending.rec.values[at];
                        }
                    }
                    values
                };
                (if restores { What::Restore } else { What::Update }, Rec { values, stamp: small(stamp), tomb: false })
            }
            Ruling::Tombstone { stamp } => {
                let kept = stored.map_or(part.sending.rec, |stored| stored.rec);
                (What::Delete, Rec { stamp: small(stamp), tomb: true, ..kept })
            }
        };
        let before = looked_up.map(|stored| stored.rec);
        let etag = self.write(by, part, what, before, rec, number);
        (done(etag, rec, part), false)
    }

    /// Returns a page of the feed.
    pub fn page(&self, from: From, scope: &Scope) -> Page {
        let limit = if scope.paged { 1 } else { usize::from(scope.rows) };
        match from.position {
            Position::Start(_) => self.enumerate(None, self.newest(), limit, scope),
            Position::Enumerating(after, began) => self.enumerate(Some(after), began, limit, scope),
            Position::Delta(_) if scope.is(Variant::FeedByStamp) => self.by_stamp(from),
            Position::Delta(token) => {
                let is_known = token.seq == 0 || self.journal.iter().any(|line| line.etag == token);
                if !is_known && !scope.is(Variant::RestoreIsNotNoticed) {
                    return Page::Lost;
                }
                if token.seq < self.floor && !scope.is(Variant::PurgeWithoutFloor) {
                    return Page::Expired;
                }
                let mut changed: Vec<(u8, Ver)> =
                    (0..scope.rows).filter_map(|row| Some((row, self.row(row, scope)?))).collect();
                changed.retain(|(_, ver)| ver.etag.seq > token.seq);
                changed.retain(|(_, ver)| !(ver.rec.tomb && ver.etag.seq <= self.floor));
                changed.sort_by_key(|(_, ver)| ver.etag.seq);
                let more = changed.len() > limit;
                changed.truncate(limit);
                let next = if more { changed[limit - 1].1.etag } else { self.newest() };
                let item = |(row, ver): &(u8, Ver)| match ver.rec.tomb {
                    true => Item::Removed(*row, ver.etag, ver.rec.stamp),
                    false => Item::Live(*row, *ver),
                };
                Page::Items(changed.iter().map(item).collect(), Position::Delta(next), more)
            }
        }
    }

    fn enumerate(&self, after: Option<u8>, began: Etag, limit: usize, scope: &Scope) -> Page {
        let rows = (0..scope.rows).filter(|row| after.is_none_or(|after| *row > after));
        let mut live: Vec<(u8, Ver)> = rows.filter_map(|row| Some((row, self.row(row, scope)?))).collect();
        live.retain(|(_, ver)| !ver.rec.tomb);
        let more = live.len() > limit;
        live.truncate(limit);
        let next = if more { Position::Enumerating(live[limit - 1].0, began) } else { Position::Delta(began) };
        Page::Items(live.iter().map(|(row, ver)| Item::Live(*row, *ver)).collect(), next, more)
    }

    /// What is done wrong: the token is a stamp, and the feed what is stamped later.
    fn by_stamp(&self, from: From) -> Page {
        let Position::Delta(token) = from.position else { return Page::Expired };
        let mut newest: Vec<&Line> = Vec::new();
        for line in self.journal.iter().rev() {
            if !newest.iter().any(|newer| newer.part.row == line.part.row) {
                newest.push(line);
            }
        }
        newest.retain(|line| line.rec.stamp > i16::from(token.seq));
        let last = newest.iter().map(|line| line.rec.stamp).max().unwrap_or_default().max(token.seq.into());
        let item = |line: &&Line| match line.rec.tomb {
            true => Item::Removed(line.part.row, line.etag, line.rec.stamp),
            false => Item::Live(line.part.row, Ver { rec: line.rec, etag: line.etag }),
        };
        let next = Etag { seq: u8::try_from(last).expect("a small stamp"), history: self.history };
        Page::Items(newest.iter().map(item).collect(), Position::Delta(next), false)
    }

    /// Returns single records, tombstoned ones too.
    pub fn single(&self, rows: u8, scope: &Scope) -> Vec<Item> {
        let asked = (0..scope.rows).filter(|row| rows & (1 << row) != 0);
        let found = asked.filter_map(|row| Some((row, self.row(row, scope)?)));
        found.map(|(row, ver)| if ver.rec.tomb { Item::Tomb(row, ver) } else { Item::Live(row, ver) }).collect()
    }

    /// Drops the content of every tombstone and moves the floor; tells whether there was one.
    pub fn purge(&mut self, scope: &Scope) -> bool {
        let tombs = (0..scope.rows).filter_map(|row| self.row(row, scope)).filter(|ver| ver.rec.tomb);
        match tombs.map(|ver| ver.etag.seq).max() {
            Some(seq) if seq > self.floor => {
                self.floor = seq;
                true
            }
            _ => false,
        }
    }

    /// Puts the backup back that was made when the journal had so many lines.
    pub fn restore(&mut self, lines: usize) {
        self.journal.truncate(lines);
        self.numbers = u8::try_from(lines).expect("a short journal");
        self.history += 1;
        self.floor = 0;
        self.open.clear();
    }
}

fn done(etag: Etag, rec: Rec, part: Part) -> Answer {
    Answer::Done(etag, (rec.stamp != part.sending.rec.stamp).then_some(rec.stamp))
}

fn small(stamp: i64) -> i16 {
    i16::try_from(stamp).expect("a small stamp")
}
