//! What is sent, and what becomes of the answers. As `crates/store/src/push/{batch,settle,outcome,restamp}.rs`.

use super::restored::{confirmed, is_of};
use super::{Change, Desk, Hold, InFlight, Offer};
use crate::network::{Answer, Part};
use crate::rules::{self, Sending, Sent};
use crate::scope::SERVER_NOW;
use crate::values::{Act, Etag, Ver};
use crate::variants::Variant;

impl Desk<'_> {
    /// Tells whether something waits to be sent.
    pub fn has_unsent(&self) -> bool {
        let is_free = |change: &Change| change.hold == Hold::Free;
        self.client.slots.iter().filter_map(|slot| slot.change.as_ref()).any(is_free)
    }

    /// Gathers a batch, and remembers it in flight.
    pub fn next_batch(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        if self.client.restored {
            return parts;
        }
        for row in 0..self.scope.rows {
            let slot = self.slot(row).clone();
            let (Some(here), Some(change)) = (slot.here, slot.change) else { continue };
            if change.hold != Hold::Free {
                continue;
            }
            let upto = slot.edits;
            let flight = match change.in_flight {
                Some(flight) if !self.scope.is(Variant::TwoCyclesAtOnce) => flight,
                _ => {
                    let restores = change.act == Act::Update && change.base.is_some_and(|base| base.rec.tomb);
                    // The whole record is sent: first what it held is here.
                    if restores && slot.refetch && !self.scope.is(Variant::RestoreUnseen) {
                        continue;
                    }
                    let changed = match change.base {
                        Some(base) if change.act == Act::Update && !restores => rules::differing(&base.rec, &here.rec),
                        _ => 0,
                    };
                    let if_match = change.base.map(|base| base.etag);
                    let sending = Sending { act: change.act, rec: here.rec, if_match, changed, restores };
                    let mut request = rules::request(self.me, row, sending);
                    if self.scope.is(Variant::TwoCyclesAtOnce) && change.in_flight.is_some() {
                        request += 1;
                    }
                    InFlight { request, sending, upto }
                }
            };
            self.slot(row).change = Some(Change { in_flight: Some(flight), ..change });
            parts.push(Part { row, request: flight.request, sending: flight.sending, upto: flight.upto });
        }
        parts
    }

    /// Settles a batch's answers; tells whether one of them was to what is in flight.
    pub fn settle(&mut self, answers: &[(Part, Answer)]) -> bool {
        let is_success = |(_, answer): &(Part, Answer)| matches!(answer, Answer::Done(..));
        let all_done = self.scope.is(Variant::PartialBatchIsSuccess) && answers.iter().any(is_success);
        let is_clamped = answers.iter().any(|(part, answer)| match answer {
            Answer::Done(_, Some(stamp)) => self.flight(part).is_some() && part.sending.rec.stamp > *stamp,
            _ => false,
        });
        if is_clamped {
            self.bring_stamps_back();
        }
        let mut settled = false;
        for (part, answer) in answers {
            let answer = match answer {
                Answer::Stale(current) if all_done => Answer::Done(current.etag, None),
                other => *other,
            };
            settled |= self.settle_one(part, answer);
        }
        settled
    }

    fn flight(&self, part: &Part) -> Option<InFlight> {
        let flight = self.client.slot(part.row).change?.in_flight?;
        (is_of(part, &flight) || self.scope.is(Variant::AnyAnswerSettles)).then_some(flight)
    }

    fn settle_one(&mut self, part: &Part, answer: Answer) -> bool {
        let (row, Some(flight)) = (part.row, self.flight(part)) else { return false };
        let (Some(here), Some(mut change)) = (self.slot(row).here, self.slot(row).change) else { return false };
        change.in_flight = None;
        if let Some(offer) = change.offer.take() {
            if let Some(at) = offer.at {
                self.offered(row, change, offer, at, (flight, answer));
                return true;
            }
            let current = match answer {
                Answer::Stale(current) if !current.rec.tomb => Some(Some(current)),
                Answer::Absent if flight.sending.act != Act::Delete => Some(None),
                _ => None,
            };
            if let Some(current) = current {
                self.begin_offer(row, here, change, current, offer.forgot);
                return true;
            }
        }
        match answer {
            Answer::Done(etag, stamp) => self.done(row, change, flight, etag, stamp),
            Answer::Absent if flight.sending.act == Act::Delete && change.act == Act::Delete => self.remove(row),
            Answer::Absent => self.stale(row, change, None),
            Answer::Stale(current) => self.stale(row, change, Some(current)),
            Answer::Refused => self.refused(row, change, flight),
        }
        true
    }

    fn done(&mut self, row: u8, mut change: Change, flight: InFlight, etag: Etag, stamp: Option<i16>) {
        let Some(here) = self.slot(row).here else { return };
        let InFlight { sending, upto, .. } = flight;
        let slot = self.slot(row);
        slot.sent.push(Sent { base: change.base, sending, etag, upto, over_others: false });
        slot.history.insert(etag);
        if change.set_aside {
            self.fetch_later(row);
        }
        let version = confirmed(sending, etag, stamp);
        let is_same = here.rec.same(&sending.rec) || self.scope.is(Variant::AnswerSettlesLaterEdits);
        match (sending.act, change.act) {
            (Act::Delete, Act::Delete) => self.remove(row),
            (Act::Add | Act::Update, Act::Add | Act::Update) if is_same => self.put_clean(row, version, true),
            (_, act) => {
                change.act = if act == Act::Delete { Act::Delete } else { Act::Update };
                change.base = Some(version);
                change.set_aside = false;
                self.put_pending(row, here.rec, change);
            }
        }
    }

    fn stale(&mut self, row: u8, mut change: Change, current: Option<Ver>) {
        let Some(here) = self.slot(row).here else { return };
        if let Some(current) = current.filter(|current| rules::is_behind(&self.client.slot(row).sent, *current)) {
            change.offer = Some(Offer { at: None, forgot: true, over_others: false });
            return self.begin_offer(row, here, Change { offer: None, ..change }, Some(current), true);
        }
        change.set_aside = false;
        self.judge_change(row, here, change, current);
    }

    pub(super) fn refused(&mut self, row: u8, mut change: Change, flight: InFlight) {
        let Some(here) = self.slot(row).here else { return };
        if std::mem::take(&mut change.set_aside) {
            self.fetch_later(row);
        }
        let deletes = |act: Act| act == Act::Delete;
        if deletes(change.act) != deletes(flight.sending.act) || !here.rec.same(&flight.sending.rec) {
            return self.put_pending(row, here.rec, change);
        }
        change.hold = Hold::Parked;
        self.put_pending(row, here.rec, change);
    }

    /// The server clamped a stamp: none of this device's stays ahead of its clock.
    fn bring_stamps_back(&mut self) {
        self.client.stamp = self.client.stamp.min(SERVER_NOW);
        for row in 0..self.scope.rows {
            let slot = self.slot(row);
            let (Some(here), Some(change)) = (slot.here, slot.change) else { continue };
            let base = change.base.map_or(i16::MIN, |base| base.rec.stamp);
            let mut rec = here.rec;
            rec.stamp = rules::brought_back(rec.stamp, base.max(0), SERVER_NOW);
            if rec.stamp != here.rec.stamp {
                self.put_pending(row, rec, change);
            }
        }
    }
}
