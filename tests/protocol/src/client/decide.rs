//! The server's record meets what is pending. As `crates/store/src/decide/{verdict,question,answer}.rs`.

use super::{Change, Desk, Event, Here, Hold, Question};
use crate::rules::{self, Answer, Asked, Judged, Kind};
use crate::values::{Act, Etag, Rec, Ver};
use crate::variants::Variant;

impl Desk<'_> {
    /// Lets the server's record, or that there is no trace of it, meet a pending change.
    pub(super) fn judge(&mut self, row: u8, server: Option<Ver>) {
        let slot = self.slot(row);
        if let (Some(here), Some(change)) = (slot.here, slot.change) {
            self.judge_change(row, here, change, server);
        }
    }

    pub(super) fn judge_change(&mut self, row: u8, here: Here, mut change: Change, server: Option<Ver>) {
        if change.in_flight.is_some() && !self.scope.is(Variant::InFlightIsJudged) {
            if !change.set_aside {
                change.set_aside = true;
                self.slot(row).change = Some(change);
            }
            return;
        }
        if self.scope.is(Variant::InFlightIsJudged) {
            change.in_flight = None;
        }
        let is_deleted_there = |question: Question| question.kind == Kind::DeletedOnServer;
        if server.is_none() && change.hold == Hold::Conflict && self.slot(row).question.is_some_and(is_deleted_there) {
            return;
        }
        if let Some(server) = server.filter(|server| change.base.is_some_and(|base| base.etag != server.etag)) {
            self.slot(row).history.insert(server.etag);
        }
        if self.wrongly(row, here, change, server) {
            return;
        }
        match rules::judge(change.act, change.base, change.in_flight.map(|sent| sent.sending.rec), here.rec, server) {
            Judged::Keep => self.keep(row, here.rec, change, server),
            Judged::Settled => match server.filter(|server| !server.rec.tomb) {
                Some(server) => self.put_clean(row, server, true),
                None => self.remove(row),
            },
            Judged::Rebase(act, rec, merged) => {
                self.close(row, &mut change);
                (change.act, change.base) = (act, server);
                let rec = if self.scope.is(Variant::WholeRecordIsSent) { here.rec } else { rec };
                self.put_pending(row, Rec { stamp: rec.stamp + i16::from(merged), ..rec }, change);
            }
            Judged::Conflict(kind, properties) => {
                let asked = Asked { kind, properties, base: change.base, mine: here.rec, server };
                self.ask(row, change, asked);
            }
        }
    }

    /// What is done wrong in place of the verdict.
    fn wrongly(&mut self, row: u8, here: Here, mut change: Change, server: Option<Ver>) -> bool {
        let live = server.filter(|server| !server.rec.tomb);
        if self.scope.is(Variant::GoneIsCleanedUp) && live.is_none() {
            self.remove(row);
            return true;
        }
        if let Some(server) = live.filter(|_| change.act == Act::Update) {
            if self.scope.is(Variant::ClientClockDecides) && here.rec.stamp > server.rec.stamp {
                change.base = Some(server);
                self.put_pending(row, here.rec, change);
                return true;
            }
            if self.scope.is(Variant::EqualStampsAreEqual) && here.rec.stamp == server.rec.stamp {
                self.put_clean(row, server, true);
                return true;
            }
        }
        false
    }

    fn close(&mut self, row: u8, change: &mut Change) {
        self.slot(row).question = None;
        if change.hold == Hold::Conflict {
            change.hold = Hold::Free;
        }
    }

    fn keep(&mut self, row: u8, mut rec: Rec, mut change: Change, server: Option<Ver>) {
        let known = change.base.zip(server).filter(|(base, server)| base.etag == server.etag);
        if let Some((base, server)) = known
            && change.hold != Hold::Conflict
            && base.rec.same(&server.rec)
        {
            change.base = Some(server);
            self.slot(row).change = Some(change);
            return;
        }
        self.close(row, &mut change);
        if let Some((base, server)) = known {
            change.base = Some(server);
            let better = rules::known_better(base.rec, rec, server.rec);
            // What this device deleted itself it has seen.
            let is_own = server.rec.tomb && self.slot(row).sent.iter().any(|sent| sent.etag == server.etag);
            if let Some((better, unseen)) = better.filter(|_| change.act == Act::Update && !is_own) {
                rec = better;
                if unseen != 0 && !self.scope.is(Variant::RestoreUnseen) {
                    let base = Ver { rec: Rec { tomb: false, ..server.rec }, etag: Etag::NONE };
                    (change.base, change.hold) = (Some(base), Hold::Conflict);
                    self.put_pending(row, rec, change);
                    let kind = Kind::DeletedOnServer;
                    let asked = Asked { kind, properties: unseen, base: change.base, mine: rec, server: Some(server) };
                    return self.ask(row, change, asked);
                }
            }
        }
        self.put_pending(row, rec, change);
    }

    /// Puts a question to the policy, and to a person where that leaves it open.
    pub(super) fn ask(&mut self, row: u8, mut change: Change, asked: Asked) {
        if let Some(answer) = rules::policy(self.scope.policy, asked) {
            self.events.push(Event::ByPolicy(row, asked, answer));
            return self.carry_out(row, change, asked, answer);
        }
        let before = self.slot(row).question;
        let sides = |question: &Question| (question.kind, question.server.map(|server| server.rec));
        let now = (asked.kind, asked.server.map(|server| server.rec));
        let same = before.filter(|before| rules::same_question(sides(before), now));
        let id = same.map_or(self.client.questions + 1, |same| same.id);
        self.client.questions = self.client.questions.max(id);
        let Asked { kind, properties, server, .. } = asked;
        change.hold = Hold::Conflict;
        let slot = self.slot(row);
        slot.question = Some(Question { id, kind, properties, server });
        slot.change = Some(change);
        if same.is_none() {
            self.events.push(Event::Put(row, asked));
        }
    }

    fn carry_out(&mut self, row: u8, change: Change, asked: Asked, answer: Answer) {
        let resolved = rules::answered(asked, answer);
        if change.set_aside {
            self.fetch_later(row);
        }
        self.slot(row).question = None;
        match (resolved, asked.server) {
            (None, Some(server)) => self.put_clean(row, server, true),
            (None, None) => self.remove(row),
            (Some((act, mut rec)), server) => {
                let before = asked.mine.stamp.max(server.map_or(0, |server| server.rec.stamp));
                rec.stamp = self.stamp(before);
                rec.tomb = false;
                self.put_pending(row, rec, Change::new(act, server));
            }
        }
    }

    /// Returns an open question with its sides.
    pub fn asked(&self, row: u8) -> Option<Asked> {
        let slot = self.client.slot(row);
        let (question, here, change) = (slot.question?, slot.here?, slot.change?);
        let Question { kind, properties, server, .. } = question;
        Some(Asked { kind, properties, base: change.base, mine: here.rec, server })
    }

    /// Carries out a person's answer to the question that is open.
    pub fn answer(&mut self, row: u8, answer: Answer) {
        if let (Some(asked), Some(change)) = (self.asked(row), self.client.slot(row).change) {
            self.carry_out(row, change, asked, answer);
        }
    }

    /// Looks at a question again after this side was edited.
    pub(super) fn reconsider(&mut self, row: u8) {
        let Some(question) = self.slot(row).question else { return };
        if question.kind != Kind::DeletedOnServer {
            return self.judge(row, question.server);
        }
        let base = self.slot(row).change.and_then(|change| change.base);
        let mine = self.slot(row).here;
        if let (Some(base), Some(mine)) = (base, mine) {
            let properties = rules::differing(&base.rec, &mine.rec);
            self.slot(row).question = Some(Question { properties, ..question });
        }
    }
}
