//! Stories of what comes back, goes twice, or is chosen: the rarer half of `stories`.
//!
//! Owns: their order. Refuses: when they are told (`stories`).

use super::deed::{At, Deed, Event, Office};
use super::draw::Drawing;
use super::fate::Fate;
use super::stories::{at, sync};

const HOUR_MS: u64 = 3_600_000;

impl Drawing {
    fn new_record(&mut self, set: usize) -> Option<usize> {
        let record = self.made;
        (record < self.records).then(|| {
            self.made += 1;
            self.sets.push(set);
            record
        })
    }

    /// One of two changes is not what the server has any more, and their answers change places.
    pub(super) fn swapped(&mut self, one: usize, other: usize) -> Vec<Deed> {
        let edit = |laptop, record| Deed::Edit { at: at(laptop), record, property: 0, looks: true };
        let last = 1 + self.dice.below(self.made.max(2) - 1);
        let stale = self.dice.of(&[0, last]);
        let fates = vec![Fate::Fair, Fate::Parts { cut: self.dice.hits(20) }];
        let mut deeds = vec![sync(one), sync(other), edit(other, stale), sync(other), edit(one, 0), edit(one, last)];
        deeds.extend([Deed::Fates { laptop: one, fates }, sync(one), sync(one)]);
        deeds
    }

    /// A set is read from its start, page by page, and others go on meanwhile.
    pub(super) fn enumerated(&mut self, one: usize, other: usize) -> Vec<Deed> {
        let set = self.set();
        let of_set: Vec<usize> = (0..self.made).filter(|record| self.sets.get(*record) == Some(&set)).collect();
        for deed in [sync(other), Deed::Untick { at: at(one), set, discards: false }, sync(one)] {
            self.put(deed);
        }
        // The choice is sent first, between two looks.
        let slow = std::iter::repeat_n(Fate::Slow(2_000), 9);
        let fates = std::iter::repeat_n(Fate::Fair, 1 + self.dice.below(3)).chain(slow).collect();
        let behind = [
            Deed::Tick { at: at(one), set },
            Deed::Fates { laptop: one, fates },
            Deed::Sync { at: at(one), waits: false },
        ];
        behind.into_iter().for_each(|deed| self.put(deed));
        for _ in 0..6 {
            let Some(&record) = self.dice.pick(&of_set) else { break };
            let how = self.dice.of(&[Office::Patch, Office::Patch, Office::Delete]);
            let after_ms = 1_000 + self.dice.roll() % 6_000;
            let property = self.property();
            self.events.push(Event { after_ms, deed: Deed::Office { record, property, how } });
        }
        vec![sync(one)]
    }

    /// An answer is taken back, before it was sent or while nobody knows whether it arrived, and given otherwise.
    pub(super) fn taken_back(&mut self, one: usize, other: usize, record: usize) -> Vec<Deed> {
        let edit = |laptop, property| Deed::Edit { at: at(laptop), record, property, looks: true };
        let mut deeds =
            vec![sync(one), sync(other), edit(one, 0), edit(other, 0), edit(other, 1), sync(other), sync(one)];
        let answer = |word| Deed::Answer { at: at(one), question: 0, word, sides: 0 };
        // More often than not this side is kept first, and the server's taken then.
        deeds.push(answer(self.dice.of(&[0, 0, 0, 1, 2])));
        if self.dice.hits(60) {
            deeds.push(Deed::Fates { laptop: one, fates: self.unanswered() });
            deeds.push(sync(one));
        }
        deeds.extend([
            Deed::TakeAnswerBack { laptop: one },
            answer(self.dice.of(&[1, 1, 1, 0, 2])),
            Deed::Fates { laptop: one, fates: Vec::new() },
            sync(one),
            sync(other),
            sync(one),
        ]);
        deeds
    }

    /// What is on its way to the server is deleted or edited before its answer is here.
    pub(super) fn while_out(&mut self, one: usize, record: usize) -> Vec<Deed> {
        let set = self.set();
        let new = if self.dice.hits(60) { self.new_record(set) } else { None };
        let record = new.unwrap_or(record);
        let deletes = new.is_none() && self.dice.hits(40);
        let first = match new {
            Some(record) => Deed::Add { at: at(one), set, record, parent: None },
            None if deletes => Deed::Delete { at: at(one), record },
            None => Deed::Edit { at: at(one), record, property: 0, looks: true },
        };
        let is_lost = self.dice.hits(40);
        let fates = if is_lost { self.unanswered() } else { vec![Fate::Fair, Fate::Slow(5_000)] };
        let before = [first, Deed::Fates { laptop: one, fates }, Deed::Sync { at: at(one), waits: is_lost }];
        before.into_iter().for_each(|deed| self.put(deed));
        let next = match self.dice.below(2) {
            _ if deletes => Deed::UndoDelete { at: at(one), record },
            0 => Deed::Delete { at: at(one), record },
            _ => Deed::Edit { at: at(one), record, property: 0, looks: true },
        };
        let after_ms = 400 + self.dice.roll() % 4_000;
        self.events.push(Event { after_ms, deed: next });
        self.events.push(Event { after_ms: 20_000, deed: sync(one) });
        vec![sync(one)]
    }

    /// An addition to a set that is not kept offline is not answered, and made again.
    pub(super) fn made_again(&mut self, one: usize) -> Vec<Deed> {
        let set = self.set();
        // One more than the plan has otherwise: nobody else works on it.
        let record = self.made;
        self.made += 1;
        self.sets.push(set);
        // It is tried a few times before it counts as not answered; and within the day in which it is known for the same.
        let fate = self.dice.of(&[Fate::ReplyLost, Fate::Broken, Fate::Dropped]);
        let fates = std::iter::repeat_n(fate, 2 + self.dice.below(4)).collect();
        [sync(one), Deed::Untick { at: at(one), set, discards: false }].into_iter().for_each(|deed| self.put(deed));
        let at_once = [
            Deed::Fates { laptop: one, fates },
            Deed::Add { at: at(one), set, record, parent: None },
            Deed::Fates { laptop: one, fates: Vec::new() },
            Deed::Again { at: at(one) },
        ];
        for deed in at_once {
            let after_ms = self.dice.roll() % 20_000;
            self.events.push(Event { after_ms, deed });
        }
        vec![Deed::Tick { at: at(one), set }, sync(one)]
    }

    /// The newest wins by somebody's policy, hours lie between two edits, and the older one may come later.
    pub(super) fn newest(&mut self, one: usize, other: usize, record: usize) -> Vec<Deed> {
        let Some(&set) = self.sets.get(record) else { return Vec::new() };
        let edit = |laptop| Deed::Edit { at: at(laptop), record, property: 0, looks: true };
        let (first, second) = if self.dice.hits(50) { (one, other) } else { (other, one) };
        let before = [Deed::Policy { at: at(one), set, policy: 1 }, sync(one), sync(other), edit(first)];
        before.into_iter().for_each(|deed| self.put(deed));
        self.events.push(Event { after_ms: HOUR_MS + self.dice.roll() % (5 * HOUR_MS), deed: edit(second) });
        vec![sync(other), sync(one), sync(other)]
    }

    /// The server asks for ten minutes, long after anybody called for a cycle, and its user goes on.
    pub(super) fn asked_to_wait(&mut self, one: usize, record: usize) {
        let edit = |property| Deed::Edit { at: at(one), record, property, looks: true };
        let fates = vec![Fate::Busy { seconds: 600, date: false }];
        self.events.push(Event { after_ms: HOUR_MS / 3, deed: Deed::Fates { laptop: one, fates } });
        self.events.push(Event { after_ms: 0, deed: edit(0) });
        self.events.push(Event { after_ms: 2_000 + self.dice.roll() % 60_000, deed: edit(1) });
        self.events.push(Event { after_ms: 2_000, deed: Deed::Wait });
    }

    /// A list and what is in it are made together, offline.
    pub(super) fn with_its_parent(&mut self, one: usize) -> Vec<Deed> {
        let Some((parent, child)) = self.new_record(2).zip(self.new_record(0)) else { return Vec::new() };
        vec![
            Deed::Add { at: At { laptop: one, process: 0 }, set: 2, record: parent, parent: None },
            Deed::Add { at: at(one), set: 0, record: child, parent: Some(parent) },
            sync(one),
        ]
    }
}
