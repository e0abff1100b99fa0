//! One cycle in its turn: look, push, pull, and what was set aside. As `crates/sync/src/cycle.rs`; timers are abstract: a
//! cycle may begin whenever none runs and there is something to do.

use super::{Desk, Phase};
use crate::network::{Answer, From, Item, Message, Page, Part, Position};
use crate::variants::Variant;

/// How often a cycle sends a record: again after a merge or an edit during the push, but not for ever.
const MOST_BATCHES: u8 = 4;

impl Desk<'_> {
    /// Begins a cycle: nothing is sent before the server was asked what changed.
    pub fn begin(&mut self) -> Option<Message> {
        self.client.flag = self.scope.is(Variant::GuardIsAFlag);
        let phase = if self.has_unsent() { Phase::Looking } else { Phase::Pulling };
        match self.stands() {
            Some(from) => {
                self.client.phase = phase;
                Some(Message::Pull(self.me, from))
            }
            None => self.push_or_pull(),
        }
    }

    /// Takes an answer of the server's; returns what the cycle asks next.
    pub fn receive(&mut self, message: &Message) -> Option<Message> {
        match message {
            Message::Pushed(_, answers, _) => self.pushed(answers),
            Message::Pulled(_, from, page) => self.pulled(*from, page),
            Message::Fetched(_, from, rows, items) => self.fetched(*from, *rows, items),
            Message::Push(..) | Message::Pull(..) | Message::Fetch(..) => None,
        }
    }

    fn pushed(&mut self, answers: &[(Part, Answer)]) -> Option<Message> {
        // An answer belongs to the request of a run that waits for it.
        if self.client.phase != Phase::Pushing && !self.scope.is(Variant::AnyAnswerSettles) {
            return None;
        }
        let settled = self.settle(answers);
        if !settled || self.client.phase != Phase::Pushing {
            return None;
        }
        let parts = if self.client.batches < MOST_BATCHES { self.next_batch() } else { Vec::new() };
        if parts.is_empty() {
            return self.pull();
        }
        self.client.batches += 1;
        Some(Message::Push(self.me, parts))
    }

    fn pulled(&mut self, from: From, page: &Page) -> Option<Message> {
        let (phase, is_asked) = (self.client.phase, self.stands() == Some(from));
        if !matches!(phase, Phase::Looking | Phase::Pulling) && !self.scope.is(Variant::AnyPageIsTaken) {
            return None;
        }
        self.take_page(from, page, phase == Phase::Looking);
        let more = matches!(page, Page::Items(_, _, true) | Page::Expired | Page::Lost);
        match phase {
            _ if !is_asked => None,
            Phase::Looking => self.push_or_pull(),
            Phase::Pulling if more => self.pull(),
            Phase::Pulling => self.fetch(),
            Phase::Idle | Phase::Pushing | Phase::Fetching => None,
        }
    }

    fn fetched(&mut self, from: From, rows: u8, items: &[Item]) -> Option<Message> {
        if self.client.phase != Phase::Fetching {
            return None;
        }
        self.take_single(from, rows, items);
        self.rest()
    }

    fn push_or_pull(&mut self) -> Option<Message> {
        let parts = self.next_batch();
        if parts.is_empty() {
            return match self.client.position {
                Some(Position::Start(_) | Position::Enumerating(..)) => self.pull(),
                _ => self.fetch(),
            };
        }
        self.client.phase = Phase::Pushing;
        self.client.batches = 1;
        Some(Message::Push(self.me, parts))
    }

    fn pull(&mut self) -> Option<Message> {
        let Some(from) = self.stands() else { return self.rest() };
        self.client.phase = Phase::Pulling;
        Some(Message::Pull(self.me, from))
    }

    fn fetch(&mut self) -> Option<Message> {
        let rows = (0..self.scope.rows).filter(|row| self.client.slot(*row).refetch).map(|row| 1 << row).sum();
        match self.stands() {
            Some(from) if rows != 0 => {
                self.client.phase = Phase::Fetching;
                Some(Message::Fetch(self.me, from, rows))
            }
            _ => self.rest(),
        }
    }

    fn rest(&mut self) -> Option<Message> {
        self.client.phase = Phase::Idle;
        self.client.batches = 0;
        self.client.flag = false;
        None
    }

    /// The cycle ends without its answer, or the process with it; what is in the database stays.
    pub fn give_up(&mut self, is_killed: bool) {
        self.client.phase = Phase::Idle;
        self.client.batches = 0;
        self.client.half.clear();
        if is_killed {
            self.client.screen = None;
        } else {
            self.client.flag = false;
        }
    }
}
