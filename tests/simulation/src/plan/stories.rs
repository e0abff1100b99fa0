//! Stories: what follows from one another often enough to matter, and too seldom to be drawn deed by deed.
//!
//! Owns: their order. Refuses: judging anything by it: a story is deeds like any others, and any part of it may be left out.

use super::deed::{At, Deed, Event, Office, User};
use super::draw::Drawing;
use super::fate::Fate;
use super::swarm::Kind;

pub(super) fn at(laptop: usize) -> At {
    At { laptop, process: 0 }
}

pub(super) fn sync(laptop: usize) -> Deed {
    Deed::Sync { at: at(laptop), waits: true }
}

impl Drawing {
    fn an_edit(&mut self, laptop: usize, record: usize) -> Deed {
        Deed::Edit { at: at(laptop), record, property: self.property(), looks: true }
    }

    /// A push whose answer is lost; more often than not the network is gone then, so that it is not sent again at once.
    pub(super) fn unanswered(&mut self) -> Vec<Fate> {
        let gone = if self.dice.hits(65) { 6 } else { 0 };
        [Fate::Fair, Fate::ReplyLost].into_iter().chain(std::iter::repeat_n(Fate::Dropped, gone)).collect()
    }

    /// Tells one of them.
    pub(super) fn story(&mut self, record: usize) {
        let (one, other) = (self.laptop(), self.laptop());
        if self.background && self.dice.hits(30) {
            return self.asked_to_wait(one, record);
        }
        let kind = if self.swarm.has(Kind::Accounts) && self.dice.hits(25) { 5 } else { self.dice.below(19) };
        let deeds = match kind {
            0 => self.live(one, other, record),
            1 => vec![
                sync(one),
                Deed::Delete { at: at(other), record },
                sync(other),
                Deed::Purge { days: 0 },
                sync(one),
                sync(other),
            ],
            2 => self.restored(one, other, record),
            3 => self.two_programs(one, record),
            4 => self.singly(one, other),
            5 if self.swarm.has(Kind::Accounts) => self.crossing(one, record),
            6 => self.copy(one, other, record),
            7 => self.disputed(one, other),
            8 => self.file(one, other, record),
            9 => self.late_answer(one, other, record),
            10 => {
                // A machine that ends its lines otherwise saves the same text.
                let edit = Deed::Edit { at: at(one), record, property: 2, looks: true };
                let theirs = Deed::Office { record, property: 2, how: Office::LineEnds };
                vec![edit.clone(), sync(one), theirs, edit, sync(one)]
            }
            11 => self.swapped(one, other),
            12 => self.enumerated(one, other),
            13 => self.taken_back(one, other, record),
            14 => self.while_out(one, record),
            15 => self.made_again(one),
            16 => self.newest(one, other, record),
            17 => self.with_its_parent(one),
            _ => self.in_doubt(one, record),
        };
        deeds.into_iter().for_each(|deed| self.put(deed));
    }

    /// Somebody works on a set that is not kept offline, from a screen that others overtake.
    fn live(&mut self, one: usize, other: usize, record: usize) -> Vec<Deed> {
        let Some(&set) = self.sets.get(record) else { return Vec::new() };
        let property = self.property();
        let theirs = match self.dice.below(3) {
            0 => Deed::Office { record, property, how: Office::Patch },
            _ => Deed::Edit { at: at(other), record, property, looks: true },
        };
        vec![
            sync(one),
            Deed::Untick { at: at(one), set, discards: false },
            Deed::Look { at: at(one), record },
            theirs,
            sync(other),
            Deed::Edit { at: at(one), record, property, looks: false },
            Deed::Tick { at: at(one), set },
            sync(one),
        ]
    }

    /// The server goes back to a backup that some changes of one record, and others', came after.
    fn restored(&mut self, one: usize, other: usize, record: usize) -> Vec<Deed> {
        let mut deeds = vec![sync(one), Deed::Backup];
        for _ in 0..1 + self.dice.below(3) {
            let by = if self.dice.hits(75) { one } else { other };
            deeds.extend([self.an_edit(by, record), sync(by)]);
        }
        if self.dice.hits(60) {
            deeds.push(self.an_edit(one, record));
        }
        deeds.extend([Deed::Restore, sync(one), sync(other)]);
        deeds
    }

    /// A window and a command line on one folder, both at it.
    fn two_programs(&mut self, laptop: usize, record: usize) -> Vec<Deed> {
        let [first, second] = [0, 1].map(|process| At { laptop, process });
        let slow = Fate::Slow(self.dice.of(&[500, 5_000]));
        let edit = |at, property| Deed::Edit { at, record, property, looks: true };
        if self.dice.hits(40) {
            return vec![
                Deed::Second { laptop, open: true },
                edit(second, self.property()),
                Deed::Sync { at: second, waits: false },
                Deed::Standstill { laptop },
                edit(first, self.property()),
                sync(laptop),
                Deed::Second { laptop, open: false },
            ];
        }
        vec![
            Deed::Second { laptop, open: true },
            edit(first, self.property()),
            Deed::Fates { laptop, fates: vec![slow, slow, slow] },
            Deed::Sync { at: first, waits: false },
            edit(second, self.property()),
            Deed::Sync { at: second, waits: true },
            Deed::Second { laptop, open: false },
        ]
    }

    /// Several records have to be read singly, since they moved while their answers were out.
    fn singly(&mut self, one: usize, other: usize) -> Vec<Deed> {
        let mut deeds = Vec::new();
        let records: Vec<usize> = (0..self.made.min(4)).collect();
        for by in [one, other] {
            deeds.extend(records.iter().map(|record| self.an_edit(by, *record)));
        }
        let in_part = vec![Fate::Fair, Fate::Parts { cut: false }];
        let fates = if self.dice.hits(50) { self.unanswered() } else { in_part };
        deeds.extend([Deed::Fates { laptop: one, fates }, sync(one), sync(other), sync(one), sync(one)]);
        deeds
    }

    /// The laptop goes into other hands while a cycle is under way, which has something to bring.
    fn crossing(&mut self, one: usize, record: usize) -> Vec<Deed> {
        let laptop = self.laptops - 1;
        let fair = self.dice.below(2);
        let slow = Fate::Slow(self.dice.of(&[5_000, 20_000]));
        // The server does not hear of the signing out, behind three questions: what is under way still has its token.
        let signing_over = [slow, Fate::Fair, Fate::Fair, Fate::Fair, Fate::Dropped];
        let fates = std::iter::repeat_n(Fate::Fair, fair).chain(signing_over).collect();
        let then = self.dice.of(&[User::Eve, User::Ben]);
        let new = self.made;
        self.made += 1;
        self.sets.push(0);
        for deed in [sync(laptop), self.an_edit(one, record), sync(one), self.an_edit(laptop, record)] {
            self.put(deed);
        }
        let meanwhile = [
            Deed::Fates { laptop, fates },
            Deed::Sync { at: at(laptop), waits: false },
            Deed::SignOut { laptop, user: then },
            Deed::Add { at: at(laptop), set: 0, record: new, parent: None },
        ];
        for deed in meanwhile {
            let after_ms = self.dice.roll() % 600;
            self.events.push(Event { after_ms, deed });
        }
        // Nobody else takes the turn until what is under way has its answer, and goes on.
        self.put(sync(laptop));
        self.events.last_mut().expect("just put").after_ms += 60_000;
        vec![Deed::SignOut { laptop, user: User::Ana }, sync(laptop)]
    }

    /// A disk is put back to an image that was taken before what waited on it was sent.
    fn copy(&mut self, one: usize, other: usize, record: usize) -> Vec<Deed> {
        let property = self.property();
        let edit = |laptop| Deed::Edit { at: at(laptop), record, property, looks: true };
        vec![
            sync(one),
            edit(one),
            Deed::Image { laptop: one },
            sync(one),
            sync(other),
            edit(other),
            sync(other),
            Deed::PutImage { laptop: one },
            sync(one),
        ]
    }

    /// Somebody thinks a question over, and the other side of it moves on meanwhile.
    fn late_answer(&mut self, one: usize, other: usize, record: usize) -> Vec<Deed> {
        let (property, word) = (self.property(), self.dice.below(6));
        let edit = |laptop| Deed::Edit { at: at(laptop), record, property, looks: true };
        let mut deeds = vec![sync(one), sync(other), edit(one), edit(other), sync(other), sync(one)];
        deeds.extend([Deed::Ask { at: at(one) }, edit(other), sync(other), sync(one)]);
        deeds.extend([Deed::AnswerShown { at: at(one), question: 0, word }, sync(one)]);
        deeds
    }

    /// A file is written, others work on, and it is put back with some cells edited.
    fn file(&mut self, one: usize, other: usize, record: usize) -> Vec<Deed> {
        let Some(&set) = self.sets.get(record) else { return Vec::new() };
        let mut deeds = vec![sync(one), Deed::PutBack { at: at(one), set }];
        for _ in 0..1 + self.dice.below(2) {
            deeds.extend([self.an_edit(other, record), sync(other)]);
        }
        deeds.extend([sync(one), Deed::PutBack { at: at(one), set }, sync(one)]);
        deeds
    }

    /// An addition whose answer is lost is refused when it is sent again, and others have changed the record meanwhile.
    fn disputed(&mut self, one: usize, other: usize) -> Vec<Deed> {
        let (record, set) = (self.made, self.set());
        if record >= self.records {
            return Vec::new();
        }
        self.made += 1;
        self.sets.push(set);
        let property = self.property();
        let edit = |laptop| Deed::Edit { at: at(laptop), record, property, looks: true };
        let last = match self.dice.below(3) {
            0 => Deed::Answer { at: at(one), question: 0, word: self.dice.below(6), sides: self.dice.roll() },
            _ => Deed::Delete { at: at(one), record },
        };
        vec![
            Deed::Add { at: at(one), set, record, parent: None },
            Deed::Fates { laptop: one, fates: self.unanswered() },
            sync(one),
            sync(other),
            edit(other),
            sync(other),
            edit(one),
            Deed::Fates { laptop: one, fates: vec![Fate::Fair, Fate::PartRefused] },
            sync(one),
            last,
            sync(one),
        ]
    }

    /// An answer is lost, the repeat refused, and its user goes on meanwhile.
    fn in_doubt(&mut self, one: usize, record: usize) -> Vec<Deed> {
        let fates = self.unanswered();
        let next = match self.dice.below(4) {
            0 => Deed::Delete { at: at(one), record },
            1 => Deed::UndoDelete { at: at(one), record },
            _ => self.an_edit(one, record),
        };
        let refusal = self.dice.of(&[Fate::PartRefused, Fate::Unreadable, Fate::NoSuchSet, Fate::TooLong(200)]);
        vec![
            self.an_edit(one, record),
            Deed::Fates { laptop: one, fates },
            sync(one),
            next,
            Deed::Fates { laptop: one, fates: vec![Fate::Fair, refusal] },
            sync(one),
            sync(one),
        ]
    }
}
