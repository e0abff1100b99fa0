//! The world: one server, two devices, what is on the way between them, and everything that can happen next.
//!
//! Owns: the state, its actions, and telling the judge's book of what is seen from outside. Refuses: what the actions do
//! (`client`, `server`) and what must be true (`properties`).

use crate::client::{Client, Desk, Event, Here, Phase, Question, Slot};
use crate::network::{Answer as Said, Message, Part, Position};
use crate::oracle::{Oracle, token};
use crate::rules::{Answer, Asked};
use crate::scope::{CLIENTS, Scope};
use crate::server::{Early, Open, Server};
use crate::values::{Act, Etag};
use crate::variants::Variant;
use std::collections::BTreeSet;

/// All there is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The server.
    pub server: Server,
    /// The devices.
    pub clients: Vec<Client>,
    /// What is on the way.
    pub network: BTreeSet<Message>,
    /// How many faults may still strike.
    pub faults: u8,
    /// How many purges.
    pub purges: u8,
    /// How many restored backups.
    pub restores: u8,
    /// How many times a set may be un-ticked.
    pub unticks: u8,
    /// The judge's book.
    pub oracle: Oracle,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A person makes a record.
    Add(u8, u8),
    /// A person types over a property.
    Set(u8, u8, u8),
    /// A person deletes a record.
    Delete(u8, u8),
    /// A person takes a deletion back.
    Undo(u8, u8),
    /// A question is put on the screen.
    Show(u8, u8),
    /// A person answers the question that they see.
    Answer(u8, u8, Answer),
    /// A cycle begins.
    Cycle(u8),
    /// A message arrives.
    Deliver(Message),
    /// A message arrives and will arrive once more.
    DeliverTwice(Message),
    /// A message is lost.
    Lose(Message),
    /// A device waits no longer for what is lost.
    GiveUp(u8),
    /// A device's process is killed, whatever is on the way.
    Kill(u8),
    /// A device writes the other half of what it wrote half.
    Half(u8),
    /// A process of the server ends its transaction.
    Commit(u8),
    /// A process of the server is killed within its transaction.
    KillServer(u8),
    /// Tombstones are purged.
    Purge,
    /// The server comes back from the backup that was made after so many changes.
    Restore(usize),
    /// A set is kept offline no longer.
    Untick(u8),
    /// It is kept again.
    Tick(u8),
}

impl World {
    /// Returns the world at the beginning.
    pub fn new(scope: &Scope) -> Self {
        let server = Server::new(scope);
        let slot = |row| {
            let version = server.row(row, scope);
            let here = version.map(|v| Here { rec: v.rec, act: Act::None, etag: Some(v.etag), seen: true });
            Slot { here, ..Slot::default() }
        };
        let at = match scope.is(Variant::FeedByStamp) {
            true => Etag { seq: 1, history: 0 },
            false => server.newest(),
        };
        let client = |_| Client::new((0..scope.rows).map(slot).collect(), at);
        Self {
            clients: (0..CLIENTS).map(client).collect(),
            network: BTreeSet::new(),
            faults: scope.faults,
            purges: scope.purges,
            restores: scope.restores,
            unticks: scope.unticks,
            oracle: Oracle::default(),
            server,
        }
    }

    /// Returns which version of the server's a person sees, or saw deleted.
    fn stood(&self, me: u8, row: u8) -> u8 {
        let slot = self.clients[usize::from(me)].slot(row);
        let last = slot.sent.last().map(|sent| sent.etag);
        slot.here.map_or(last, |here| here.etag).map_or(0, |etag| etag.seq)
    }

    /// Lists what can happen.
    pub fn actions(&self, scope: &Scope, actions: &mut Vec<Action>) {
        for (me, client) in (0..).zip(&self.clients) {
            self.of_people(me, client, scope, actions);
            self.of_programs(me, client, scope, actions);
        }
        for message in &self.network {
            // A process that is within a transaction takes no other one; a read needs none.
            let is_write = matches!(message, Message::Push(..));
            if !(is_write && scope.processes && !self.may_begin(scope)) {
                actions.push(Action::Deliver(message.clone()));
                // A read that comes twice is two reads, of which the second one's answer is nobody's.
                if self.faults > 0 && scope.network.repeats && is_write {
                    actions.push(Action::DeliverTwice(message.clone()));
                }
            }
            if self.faults > 0 && scope.network.loses {
                actions.push(Action::Lose(message.clone()));
            }
        }
        for open in &self.server.open {
            actions.push(Action::Commit(open.process));
            if self.faults > 0 && scope.network.kills {
                actions.push(Action::KillServer(open.process));
            }
        }
        if self.purges > 0 {
            actions.push(Action::Purge);
        }
        if self.restores > 0 {
            let made = if scope.deeds.add { 0 } else { usize::from(scope.rows) };
            let lengths = (made..self.server.journal.len()).filter(|lines| self.is_noticed(*lines, scope));
            actions.extend(lengths.map(Action::Restore));
        }
    }

    /// The lock of the workspace's counter keeps transactions apart; where that is done wrong, both processes begin.
    fn may_begin(&self, scope: &Scope) -> bool {
        let at_most = if scope.is(Variant::NumberAtBegin) || scope.is(Variant::PreflightApart) { 2 } else { 1 };
        self.server.open.len() < at_most
    }

    /// Tells whether each device can notice that the server was put back to so many lines: its position is beyond them, or
    /// it knows of nothing beyond them. The protocol as it is notices nothing else (docs/reliability.md, "Known limits").
    fn is_noticed(&self, lines: usize, scope: &Scope) -> bool {
        let is_within = |etag: Etag| usize::from(etag.seq) <= lines || etag == Etag::NONE;
        scope.is(Variant::RestoredBehindAnAnswer)
            || (0..).zip(&self.clients).all(|(me, client)| match client.position {
                Some(Position::Delta(token)) if is_within(token) => {
                    let is_answer =
                        |m: &Message| m.device() == me && matches!(m, Message::Pushed(..) | Message::Fetched(..));
                    !self.network.iter().any(is_answer)
                        && (0..).zip(&client.slots).all(|(row, slot)| {
                            let kept = self.server.journal[..lines].iter().rfind(|line| line.part.row == row);
                            let known = slot.here.and_then(|here| here.etag).into_iter();
                            let based = slot.change.and_then(|change| change.base).map(|base| base.etag);
                            let asked = slot.question.and_then(|question| question.server).map(|server| server.etag);
                            let known = known.chain(based).chain(asked).chain(slot.sent.iter().map(|sent| sent.etag));
                            let is_gone = kept.is_none_or(|line| line.rec.tomb);
                            (slot.here.is_some() || is_gone) && known.into_iter().all(is_within)
                        })
                }
                _ => true,
            })
    }

    fn of_people(&self, me: u8, client: &Client, scope: &Scope, actions: &mut Vec<Action>) {
        let edits: u8 = client.slots.iter().map(|slot| slot.edits).sum();
        for row in 0..scope.rows {
            let slot = client.slot(row);
            if edits < scope.edits[usize::from(me)] {
                let deeds = scope.deeds;
                match client.visible(row) {
                    Some(_) => {
                        let properties = (0..2).filter(|property| deeds.set & (1 << property) != 0);
                        actions.extend(properties.map(|property| Action::Set(me, row, property)));
                        if deeds.delete {
                            actions.push(Action::Delete(me, row));
                        }
                    }
                    None if deeds.undo => actions.push(Action::Undo(me, row)),
                    None => {}
                }
                if deeds.add && me == 0 && slot.here.is_none() && slot.edits == 0 {
                    actions.push(Action::Add(me, row));
                }
            }
            if let Some(question) = slot.question {
                let is_shown = client.screen == Some((row, question));
                if scope.screens && !is_shown {
                    actions.push(Action::Show(me, row));
                }
                if !scope.screens {
                    actions.extend([Answer::Mine, Answer::Theirs].map(|answer| Action::Answer(me, row, answer)));
                }
            }
        }
        if let Some((row, _)) = client.screen {
            actions.extend([Answer::Mine, Answer::Theirs].map(|answer| Action::Answer(me, row, answer)));
        }
    }

    fn of_programs(&self, me: u8, client: &Client, scope: &Scope, actions: &mut Vec<Action>) {
        if client.phase == Phase::Idle && self.has_to_do(me, scope) {
            actions.push(Action::Cycle(me));
        }
        let is_on_the_way = self.network.iter().any(|message| message.device() == me)
            || self.server.open.iter().any(|open| open.by == me);
        if client.phase != Phase::Idle && !is_on_the_way {
            actions.push(Action::GiveUp(me));
        }
        if client.phase != Phase::Idle && self.faults > 0 && scope.network.delays {
            actions.push(Action::Kill(me));
        }
        if !client.half.is_empty() {
            actions.push(Action::Half(me));
        }
        if self.unticks > 0 && client.position.is_some() {
            actions.push(Action::Untick(me));
        }
        if client.position.is_none() {
            actions.push(Action::Tick(me));
        }
    }

    /// Tells whether a cycle would do anything; an idle one is left out, since it would not.
    pub fn has_to_do(&self, me: u8, scope: &Scope) -> bool {
        let mut client = self.clients[usize::from(me)].clone();
        if client.flag || !client.half.is_empty() {
            return false;
        }
        let desk = Desk::new(&mut client, me, scope);
        let is_news = |from| !Desk::knows(from, &self.server.page(from, scope));
        desk.has_unsent() || desk.client.slots.iter().any(|slot| slot.refetch) || desk.stands().is_some_and(is_news)
    }

    /// Returns the world after something happened; `None` where it could not.
    pub fn after(&self, action: Action, scope: &Scope) -> Option<Self> {
        let mut world = self.clone();
        match action {
            Action::Add(me, row) => {
                let typed = token(me, world.typed(me));
                world.act(me, scope, |desk| desk.add(row, [typed; 2]))?;
                (0..2).for_each(|property| world.oracle.typed(me, row, property, typed, None));
            }
            Action::Set(me, row, property) => {
                let (typed, before) = (token(me, world.typed(me)), self.clients[usize::from(me)].visible(row));
                world.act(me, scope, |desk| desk.set(row, usize::from(property), typed))?;
                world.oracle.typed(me, row, property, typed, before);
            }
            Action::Delete(me, row) => {
                let (before, stood) = (self.clients[usize::from(me)].visible(row)?, self.stood(me, row));
                world.act(me, scope, |desk| desk.delete(row))?;
                world.oracle.deleted(me, row, before, stood);
            }
            Action::Undo(me, row) => {
                world.act(me, scope, |desk| desk.undo(row))?;
                let after = world.clients[usize::from(me)].visible(row);
                world.oracle.undone(me, row, after, self.stood(me, row));
            }
            Action::Show(me, row) => {
                let client = &mut world.clients[usize::from(me)];
                client.screen = client.slot(row).question.map(|question| (row, question));
            }
            Action::Answer(me, row, answer) => world.answer(me, row, answer, scope)?,
            Action::Cycle(me) => world.step(me, scope, |desk| desk.begin()),
            Action::Deliver(message) => {
                world.network.remove(&message);
                world.deliver(&message, scope);
            }
            Action::DeliverTwice(message) => {
                world.faults -= 1;
                world.deliver(&message, scope);
            }
            Action::Lose(message) => {
                world.faults -= 1;
                world.network.remove(&message);
            }
            Action::GiveUp(me) => world.step(me, scope, |desk| {
                desk.give_up(false);
                None
            }),
            Action::Kill(me) => {
                world.faults -= 1;
                world.step(me, scope, |desk| {
                    desk.give_up(true);
                    None
                });
                // Answers come to the run that asked, and to nobody where that has ended; a write may arrive yet.
                if !scope.is(Variant::AnyAnswerSettles) && !scope.is(Variant::AnyPageIsTaken) {
                    let is_left = |message: &Message| message.device() != me || matches!(message, Message::Push(..));
                    world.network.retain(is_left);
                }
            }
            Action::Half(me) => world.step(me, scope, |desk| {
                desk.take_half();
                None
            }),
            Action::Commit(process) => world.commit(process, scope)?,
            Action::KillServer(process) => {
                world.faults -= 1;
                world.server.open.retain(|open| open.process != process);
            }
            Action::Purge => {
                world.purges -= 1;
                world.server.purge(scope).then_some(())?;
            }
            Action::Restore(lines) => {
                world.restores -= 1;
                world.server.restore(lines);
            }
            Action::Untick(me) => {
                world.unticks -= 1;
                world.step(me, scope, |desk| {
                    desk.untick();
                    None
                });
            }
            Action::Tick(me) => world.step(me, scope, |desk| {
                desk.tick();
                None
            }),
        }
        Some(world)
    }

    fn typed(&self, me: u8) -> u8 {
        self.clients[usize::from(me)].slots.iter().map(|slot| slot.edits).sum()
    }

    /// One transaction of a device; the judge looks at what comes of it.
    fn step(&mut self, me: u8, scope: &Scope, act: impl FnOnce(&mut Desk<'_>) -> Option<Message>) {
        let before = self.clients[usize::from(me)].clone();
        let mut desk = Desk::new(&mut self.clients[usize::from(me)], me, scope);
        let sends = act(&mut desk);
        let events = std::mem::take(&mut desk.events);
        self.network.extend(sends);
        self.look_at(me, &before, &events);
    }

    fn act(&mut self, me: u8, scope: &Scope, act: impl FnOnce(&mut Desk<'_>) -> bool) -> Option<()> {
        let mut accepted = false;
        self.step(me, scope, |desk| {
            accepted = act(desk);
            None
        });
        accepted.then_some(())
    }

    fn look_at(&mut self, me: u8, before: &Client, events: &[Event]) {
        self.oracle.noticed(me, events, &self.server);
        self.oracle.moved(before, &self.clients[usize::from(me)]);
        for event in events {
            if let Event::ByPolicy(row, asked, answer) = event {
                let after = self.clients[usize::from(me)].visible(*row);
                self.oracle.answered(me, *row, *asked, *answer, after);
            }
        }
    }

    /// A person answers what they see. Where the question is another one by now the answer finds nothing.
    fn answer(&mut self, me: u8, row: u8, answer: Answer, scope: &Scope) -> Option<()> {
        let client = &self.clients[usize::from(me)];
        let mut copy = client.clone();
        let open = Desk::new(&mut copy, me, scope).asked(row);
        let question = client.slot(row).question;
        let screen = client.screen.filter(|(shown, _)| *shown == row).map(|(_, question)| question);
        let shown: Question = if scope.screens { screen? } else { question? };
        let is_the_same = question.is_some_and(|question| question.id == shown.id);
        let Some(open) = open.filter(|_| is_the_same || scope.is(Variant::AnswerWithoutVersion)) else {
            self.clients[usize::from(me)].screen = None;
            return Some(());
        };
        self.clients[usize::from(me)].screen = None;
        if open.kind != shown.kind {
            // The answer does not fit.
            return Some(());
        }
        self.step(me, scope, |desk| {
            desk.answer(row, answer);
            None
        });
        let after = self.clients[usize::from(me)].visible(row);
        self.oracle.answered(me, row, Asked { server: shown.server, ..open }, answer, after);
        Some(())
    }

    fn deliver(&mut self, message: &Message, scope: &Scope) {
        match message {
            Message::Push(by, parts) if scope.processes => {
                let process = if self.server.open.iter().any(|open| open.process == 0) { 1 } else { 0 };
                let mut early = Vec::new();
                for part in parts {
                    if scope.is(Variant::NumberAtBegin) {
                        self.server.numbers += 1;
                        early.push(Early::Number(self.server.numbers));
                    } else if scope.is(Variant::PreflightApart) {
                        early.push(Early::Stored(self.server.row(part.row, scope)));
                    }
                }
                self.server.open.push(Open { process, by: *by, parts: parts.clone(), early });
            }
            Message::Push(by, parts) => self.push(*by, parts, &[], scope),
            Message::Pull(by, from) => {
                let page = self.server.page(*from, scope);
                self.network.insert(Message::Pulled(*by, *from, page));
            }
            Message::Fetch(by, from, rows) => {
                let items = self.server.single(*rows, scope);
                self.network.insert(Message::Fetched(*by, *from, *rows, items));
            }
            reply => self.step(reply.device(), scope, |desk| desk.receive(reply)),
        }
    }

    fn commit(&mut self, process: u8, scope: &Scope) -> Option<()> {
        let at = self.server.open.iter().position(|open| open.process == process)?;
        let open = self.server.open.remove(at);
        self.push(open.by, &open.parts, &open.early, scope);
        Some(())
    }

    fn push(&mut self, by: u8, parts: &[Part], early: &[Early], scope: &Scope) {
        let mut repeated = false;
        let mut answers: Vec<(Part, Said)> = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let (answer, was_known) = self.server.change(by, *part, early.get(at).copied(), scope);
            repeated |= was_known;
            answers.push((*part, answer));
        }
        self.network.insert(Message::Pushed(by, answers, repeated));
    }
}
