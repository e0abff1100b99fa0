//! Drawing a plan from a seed.
//!
//! Owns: how many laptops, records and events there are, how time passes between them, and the choices within each deed.
//! Refuses: knowing what becomes of it: a plan is drawn whole before anything happens.

use super::deed::{At, Deed, Event, Form, Left, LostFile, Office, Plan, User};
use super::fate::{Fate, Lasting};
use super::swarm::{Kind, Swarm};
use crate::SALT;
use tidemark_test_dice::Dice;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// What a batch has at most, and its edges.
const MANY: [usize; 5] = [199, 200, 201, 400, 1_000];

pub(super) struct Drawing {
    pub(super) dice: Dice,
    pub(super) laptops: usize,
    servers: usize,
    pub(super) records: usize,
    pub(super) made: usize,
    /// The sets of the records that were made.
    pub(super) sets: Vec<usize>,
    pub(super) background: bool,
    pub(super) swarm: Swarm,
    pub(super) events: Vec<Event>,
}

/// Draws the plan of a seed.
pub fn draw(seed: u64) -> Plan {
    let mut dice = Dice::new(seed, SALT);
    let swarm = Swarm::of(&mut dice);
    let laptops = [2, 2, 2, 3, 3, 1, 4, 5][dice.below(8)];
    let servers = [1, 1, 1, 2, 3][dice.below(5)];
    let background = dice.hits(8);
    let records = 2 + dice.below(11);
    let page = if swarm.has(Kind::Many) { 0 } else { dice.of(&[0, 0, 0, 1, 2, 3]) };
    let people: Vec<User> = (0..laptops)
        .map(|at| match at {
            0 => User::Ana,
            1 => User::Ben,
            _ if swarm.has(Kind::Accounts) && at == laptops - 1 && dice.hits(50) => User::Eve,
            _ if dice.hits(50) => User::Ana,
            _ => User::Ben,
        })
        .collect();
    let mut drawing =
        Drawing { dice, laptops, servers, records, made: 0, sets: Vec::new(), background, swarm, events: Vec::new() };
    // Everybody starts from one state and parts from there.
    for _ in 0..1 + drawing.dice.below(3) {
        drawing.deed(Kind::Add);
    }
    for laptop in 0..laptops {
        let at = At { laptop, process: 0 };
        drawing.put(Deed::Sync { at, waits: true });
    }
    let count = 20 + drawing.dice.below(45);
    let weights = drawing.swarm.weights.clone();
    for _ in 0..count {
        if let Some(kind) = drawing.dice.weighted(&weights) {
            drawing.deed(kind);
        }
    }
    let Drawing { swarm, events, .. } = drawing;
    Plan { seed, laptops: people, servers, background, page, events, swarm: swarm.chosen }
}

impl Drawing {
    fn gap(&mut self) -> u64 {
        let of = |dice: &mut Dice, unit: u64, most: usize| unit / 10 + dice.roll() % (unit * most as u64);
        match self.dice.below(100) {
            // In the midst of what goes on: a request takes 80 ms.
            0..30 => self.dice.roll() % 100,
            30..60 => of(&mut self.dice, SECOND, 20),
            _ if self.background => of(&mut self.dice, SECOND, 90),
            60..75 => of(&mut self.dice, MINUTE, 60),
            75..90 => of(&mut self.dice, HOUR, 24),
            90..98 => of(&mut self.dice, DAY, 3),
            _ => of(&mut self.dice, DAY, 40),
        }
    }

    pub(super) fn put(&mut self, deed: Deed) {
        // In the midst of a cycle, or it stops nothing.
        let after_ms = if matches!(deed, Deed::Standstill { .. }) { self.dice.roll() % 160 } else { self.gap() };
        self.events.push(Event { after_ms, deed });
    }

    fn at(&mut self) -> At {
        let laptop = self.laptop();
        let process = usize::from(self.swarm.has(Kind::Second) && self.dice.hits(25));
        At { laptop, process }
    }

    pub(super) fn laptop(&mut self) -> usize {
        self.dice.below(self.laptops)
    }

    fn record(&mut self) -> usize {
        // One is hot.
        if self.dice.hits(35) { 0 } else { self.dice.below(self.made.max(1)) }
    }

    pub(super) fn set(&mut self) -> usize {
        [0, 0, 1, 2][self.dice.below(4)]
    }

    fn left(&mut self) -> Left {
        Left::EACH[self.dice.below(3)]
    }

    pub(super) fn property(&mut self) -> usize {
        [0, 0, 0, 1, 2][self.dice.below(5)]
    }

    fn fate(&mut self) -> Fate {
        let seconds = if self.background { [1, 30, 600] } else { [2, 3_600, 20 * 86_400] }[self.dice.below(3)];
        match self.dice.below(26) {
            // Only cycles that run by themselves have to wait when they are asked to.
            24 | 25 if self.background => Fate::Busy { seconds: 600, date: false },
            24 => Fate::Unreadable,
            25 => Fate::NoSuchSet,
            0 | 1 => Fate::Dropped,
            2 | 3 => Fate::ReplyLost,
            4 => Fate::Late(seconds),
            5 => Fate::Twice,
            6 => Fate::OldAnswer,
            7 => Fate::Slow([500, 5_000, 25_000][self.dice.below(3)]),
            8 | 9 => Fate::Broken,
            10 => Fate::TooLong([200, 600, 2_000][self.dice.below(3)]),
            11 => Fate::Busy { seconds: [1, 30, 600][self.dice.below(3)], date: self.dice.hits(50) },
            12 => Fate::Gateway { status: [500, 502, 504][self.dice.below(3)], done: self.dice.hits(50) },
            13 => Fate::PartRefused,
            14 => Fate::Unauthorized,
            15 => Fate::Portal,
            16 => Fate::Untrusted,
            17 => Fate::Silent,
            18 => Fate::Stripped,
            19 => Fate::Elsewhere,
            20 => Fate::Parts { cut: self.dice.hits(50) },
            21 if self.dice.hits(40) => Fate::Panic,
            _ => Fate::Fair,
        }
    }

    fn deed(&mut self, kind: Kind) {
        let at = self.at();
        let laptop = at.laptop;
        let record = self.record();
        let deed = match kind {
            Kind::Clash => return self.clash(record),
            Kind::Race => return self.race(at, record),
            Kind::Story => return self.story(record),
            Kind::Lasting => self.lasting(laptop, record),
            Kind::Add if self.made >= self.records => {
                let property = self.property();
                Deed::Edit { at, record, property, looks: true }
            }
            Kind::Add => {
                let (set, made) = (self.set(), self.made);
                self.made += 1;
                self.sets.push(set);
                let parent = self.dice.hits(50).then(|| self.dice.below(made.max(1)));
                Deed::Add { at, set, record: made, parent }
            }
            Kind::Look => Deed::Look { at, record },
            Kind::Edit => Deed::Edit { at, record, property: self.property(), looks: true },
            Kind::StaleEdit => Deed::Edit { at, record, property: self.property(), looks: false },
            Kind::Delete => Deed::Delete { at, record },
            Kind::UndoDelete => Deed::UndoDelete { at, record },
            Kind::Sync => Deed::Sync { at, waits: true },
            Kind::SyncBehind => Deed::Sync { at, waits: false },
            Kind::Answer => {
                Deed::Answer { at, question: self.dice.below(4), word: self.dice.below(6), sides: self.dice.roll() }
            }
            Kind::AnswerSimilar => Deed::AnswerSimilar { at, question: self.dice.below(4), word: self.dice.below(2) },
            Kind::TakeAnswerBack => Deed::TakeAnswerBack { laptop },
            Kind::BringBack => Deed::BringBack { at, record, entry: self.dice.below(4) },
            Kind::Office => {
                let how = [
                    Office::Patch,
                    Office::Patch,
                    Office::Conditional,
                    Office::Put,
                    Office::Delete,
                    Office::Old,
                    Office::Ahead,
                    Office::LineEnds,
                ];
                Deed::Office { record, property: self.property(), how: self.dice.of(&how) }
            }
            Kind::Weather => {
                let count = 1 + self.dice.below(4);
                // The first request of a cycle looks, the second sends.
                let first = self.dice.hits(55).then_some(Fate::Fair);
                let fates = first.into_iter().chain((0..count).map(|_| self.fate())).collect();
                self.put(Deed::Fates { laptop, fates });
                Deed::Sync { at, waits: self.dice.hits(60) }
            }
            Kind::Partition => Deed::Down { laptop, down: self.dice.hits(60) },
            Kind::Kill => Deed::Kill { at },
            Kind::PowerLoss => Deed::PowerLoss { laptop, left: self.left() },
            Kind::Stop => {
                let operations = [0, 1, 2, 3, 5, 9, 20, 60][self.dice.below(8)];
                let left = self.left();
                self.put(Deed::StopAfter { laptop, operations, left });
                if self.dice.hits(50) {
                    Deed::Sync { at, waits: true }
                } else {
                    Deed::Edit { at, record, property: self.property(), looks: true }
                }
            }
            Kind::Second => Deed::Second { laptop, open: self.dice.hits(65) },
            Kind::Close => Deed::Close { laptop },
            Kind::Tick => {
                let set = self.set();
                if self.dice.hits(50) {
                    Deed::Untick { at, set, discards: self.dice.hits(20) }
                } else {
                    Deed::Tick { at, set }
                }
            }
            Kind::Pause => Deed::Pause { at, set: self.set(), on: self.dice.hits(50) },
            Kind::Accounts => {
                let user = [User::Ana, User::Ben, User::Eve][self.dice.below(3)];
                Deed::SignOut { laptop: self.laptops - 1, user }
            }
            Kind::Address => Deed::Address { laptop, name: self.dice.below(3) },
            Kind::Policy => Deed::Policy { at, set: self.set(), policy: self.dice.below(4) },
            Kind::Parked => Deed::Parked { at, nth: self.dice.below(3), choice: self.dice.below(6) },
            Kind::Files => {
                let set = self.set();
                if self.dice.hits(40) {
                    Deed::Import { at, set, rows: 1 + self.dice.below(6), form: self.dice.of(&Form::EACH) }
                } else {
                    Deed::PutBack { at, set }
                }
            }
            Kind::Disk => self.disk(laptop),
            Kind::Damage => self.damage(laptop),
            Kind::Image if self.dice.hits(50) => Deed::Image { laptop },
            Kind::Image => Deed::PutImage { laptop },
            Kind::Clone => Deed::Clone { from: laptop, to: self.laptop() },
            Kind::Clock => self.clock(laptop),
            Kind::ServerClock => {
                let days = [-40, -1, 0, 1][self.dice.below(4)];
                Deed::ServerClock { ahead_ms: days * DAY as i64 }
            }
            Kind::ServerKill => Deed::ServerKill { process: self.dice.below(self.servers), left: self.left() },
            Kind::ServerStop => {
                let (operations, left) = (self.dice.below(30) as u64, self.left());
                self.put(Deed::ServerStopAfter { operations, left });
                Deed::Sync { at, waits: true }
            }
            Kind::ServerDisk if self.dice.hits(50) => Deed::ServerFull { full: self.dice.hits(50) },
            Kind::ServerDisk => Deed::ServerIoError { after: self.dice.below(12) as u64 },
            Kind::ServerLock => Deed::ServerLocked { locked: self.dice.hits(50) },
            Kind::Backup if self.dice.hits(55) => Deed::Backup,
            Kind::Backup => Deed::Restore,
            Kind::Purge => Deed::Purge { days: [0, 0, 30][self.dice.below(3)] },
            Kind::Model => Deed::Model { model: self.dice.below(6) },
            Kind::Revoke => Deed::Revoke { laptop },
            Kind::Many => {
                let (set, count) = (self.dice.below(2), MANY[self.dice.below(MANY.len())]);
                if self.dice.hits(50) {
                    Deed::Import { at, set, rows: count, form: Form::Lines }
                } else {
                    Deed::AddMany { at, set, count: 201 }
                }
            }
            Kind::Wait => Deed::Wait,
        };
        self.put(deed);
    }

    /// Two laptops meet over one record: one writes or deletes and sends, the other has done so before it heard of it.
    fn clash(&mut self, record: usize) {
        let (one, other) = (self.laptop(), self.laptop());
        let at = |laptop| At { laptop, process: 0 };
        for laptop in [one, other] {
            let deed = match self.dice.below(4) {
                0 => Deed::Delete { at: at(laptop), record },
                _ => Deed::Edit { at: at(laptop), record, property: self.property(), looks: true },
            };
            self.put(deed);
        }
        self.put(Deed::Sync { at: at(one), waits: true });
        if self.dice.hits(40) {
            let first = Fate::Fair;
            let next = [Fate::ReplyLost, Fate::Twice, Fate::Late(2), Fate::Broken, Fate::Unreadable, Fate::NoSuchSet];
            let fates = vec![first, self.dice.of(&next)];
            self.put(Deed::Fates { laptop: other, fates });
        }
        self.put(Deed::Sync { at: at(other), waits: true });
        if self.dice.hits(50) {
            let (word, sides) = (self.dice.below(6), self.dice.roll());
            self.put(Deed::Answer { at: at(other), question: 0, word, sides });
        }
    }

    /// A cycle is under way, and in the midst of it something happens to what it works on.
    fn race(&mut self, at: At, record: usize) {
        let set = self.set();
        if self.dice.hits(70) {
            let deed = match self.dice.below(4) {
                0 => Deed::Delete { at, record },
                _ => Deed::Edit { at, record, property: self.property(), looks: true },
            };
            self.put(deed);
        }
        if self.dice.hits(40) {
            let slow = Fate::Slow(self.dice.of(&[500, 5_000]));
            let fair = self.dice.of(&[0, 1, 3]);
            let fates = std::iter::repeat_n(Fate::Fair, fair).chain([slow]).collect();
            self.put(Deed::Fates { laptop: at.laptop, fates });
        }
        self.put(Deed::Sync { at, waits: false });
        let meanwhile = match self.dice.below(9) {
            0 => vec![Deed::Office { record, property: 0, how: Office::Delete }],
            1 => vec![Deed::Office { record, property: self.property(), how: Office::Patch }],
            2 => vec![Deed::Untick { at, set, discards: false }, Deed::Tick { at, set }],
            3 => vec![Deed::Edit { at, record, property: self.property(), looks: true }],
            4 => vec![Deed::Delete { at, record }],
            5 => vec![Deed::Delete { at, record }, Deed::UndoDelete { at, record }],
            6 => vec![Deed::Answer { at, question: 0, word: self.dice.below(6), sides: self.dice.roll() }],
            7 => vec![Deed::Kill { at }],
            _ if self.swarm.has(Kind::Accounts) => {
                let laptop = at.laptop;
                [User::Eve, User::Ana].map(|user| Deed::SignOut { laptop, user }).to_vec()
            }
            _ => vec![Deed::TakeAnswerBack { laptop: at.laptop }],
        };
        for deed in meanwhile {
            // A request takes 80 ms.
            let after_ms = self.dice.roll() % 200;
            self.events.push(Event { after_ms, deed });
        }
    }

    fn lasting(&mut self, laptop: usize, record: usize) -> Deed {
        let what = match self.dice.below(7) {
            0 => Lasting::OneChange,
            1 => Lasting::OneRecord,
            2 => Lasting::Poisoned { record },
            3 => Lasting::Part { record, status: 500 },
            4 => Lasting::Part { record, status: 422 },
            5 => Lasting::Set { set: self.set() },
            _ => Lasting::Links,
        };
        Deed::Lasting { laptop, what }
    }

    fn disk(&mut self, laptop: usize) -> Deed {
        let after = self.dice.below(12) as u64;
        match self.dice.below(7) {
            0 => Deed::Full { laptop, full: true },
            1 => Deed::Full { laptop, full: false },
            2 => Deed::IoError { laptop, after, lasts: false },
            3 => Deed::IoError { laptop, after, lasts: true },
            4 => Deed::SyncError { laptop, after },
            5 => Deed::ReadOnly { laptop },
            _ => Deed::Future { laptop },
        }
    }

    fn damage(&mut self, laptop: usize) -> Deed {
        if self.dice.hits(25) {
            return Deed::Alter { laptop };
        }
        if self.dice.hits(60) {
            return Deed::Flip { laptop, log: self.dice.hits(30), at: self.dice.roll() };
        }
        let which = [LostFile::WriteAheadLog, LostFile::OutboxLog, LostFile::Database][self.dice.below(3)];
        Deed::LoseFile { laptop, which }
    }

    fn clock(&mut self, laptop: usize) -> Deed {
        if self.dice.hits(20) {
            return Deed::StopClock { laptop, stopped: self.dice.hits(60) };
        }
        const YEAR: i64 = 365;
        let days = [-54 * YEAR, -10 * YEAR, -40, -1, 0, 0, 1, 40, 10 * YEAR, 7_975 * YEAR][self.dice.below(10)];
        Deed::Clock { laptop, ahead_ms: days * DAY as i64 }
    }
}
