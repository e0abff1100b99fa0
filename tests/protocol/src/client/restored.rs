//! A server that came back from an older backup. As `crates/store/src/push/restored.rs` and below it.

use super::{Change, Desk, Here, Hold, InFlight, Offer};
use crate::network::{Answer, Part};
use crate::rules::{self, Asked, AtEnd, Follows, Kind, Said, Sending, Sent, Stands};
use crate::values::{Act, Rec, Ver};

impl Desk<'_> {
    /// Lets a record of a restored server meet what is here; tells whether the server had lost something of it.
    pub(super) fn meet(&mut self, row: u8, server: Ver) -> bool {
        let slot = self.slot(row).clone();
        if slot.change.is_some_and(|change| change.offer.is_some()) {
            return false;
        }
        let is_deleted = slot.here.is_none() && slot.sent.last().is_some_and(|last| last.sending.act == Act::Delete);
        let (here, change) = match (slot.here, slot.sent.last()) {
            (Some(here), _) => (here, slot.change),
            (None, Some(last)) => from_confirmed(last),
            (None, None) => return false,
        };
        let known = match change {
            Some(change) => change.base,
            None => Some(here.versioned()),
        };
        let stands = if is_deleted { Stands::Deleted } else { Stands::Here(known) };
        match rules::loss(stands, &slot.sent, Some(server)) {
            Some(forgot) => {
                self.offer(row, here, change, Some(server), forgot);
                true
            }
            None => false,
        }
    }

    /// Offers what a restored server has no trace of.
    pub(super) fn unseen(&mut self) {
        for row in 0..self.scope.rows {
            let slot = self.slot(row).clone();
            let Some(here) = slot.here.filter(|here| !here.seen && !slot.sent.is_empty()) else { continue };
            if slot.change.is_some_and(|change| change.offer.is_some()) {
                continue;
            }
            if let Some(forgot) = rules::loss(Stands::Here(None), &slot.sent, None) {
                self.offer(row, here, slot.change, None, forgot);
            }
        }
    }

    fn offer(&mut self, row: u8, here: Here, change: Option<Change>, server: Option<Ver>, forgot: bool) {
        let mut change = change.unwrap_or_else(|| Change::new(Act::Update, Some(here.versioned())));
        self.slot(row).question = None;
        change.hold = Hold::Free;
        self.begin_offer(row, here, change, server, forgot);
    }

    pub(super) fn begin_offer(&mut self, row: u8, here: Here, mut change: Change, server: Option<Ver>, forgot: bool) {
        let sent = self.slot(row).sent.clone();
        let (next, fetch_later) = rules::begin(&sent, change.in_flight.is_some(), server);
        change.set_aside |= fetch_later;
        self.follow(row, here, change, forgot, next);
    }

    fn follow(&mut self, row: u8, here: Here, mut change: Change, forgot: bool, next: Follows) {
        let sent = self.slot(row).sent.clone();
        match next {
            Follows::Wait => {
                change.offer = Some(Offer { at: None, forgot, over_others: false });
                self.put_pending(row, here.rec, change);
            }
            Follows::Again(at) => {
                let offer = Offer { at: Some(at), forgot, over_others: false };
                self.send_again(row, here, change, offer, (sent[at].sending, sent[at].upto));
            }
            Follows::OnTop(at, if_match, edit, over_others) => {
                let mut sending = Sending { if_match: Some(if_match), ..sent[at].sending };
                if let Some((rec, changed)) = edit {
                    sending = Sending { act: Act::Update, restores: false, rec, changed, ..sending };
                }
                let offer = Offer { at: Some(at), forgot, over_others };
                self.send_again(row, here, change, offer, (sending, sent[at].upto));
            }
            Follows::Reconcile(on, server) => {
                if let Some(at) = on {
                    change.base = sent[at].base;
                }
                self.judge_change(row, here, change, server);
            }
            Follows::Over(server) => self.conclude(row, here, change, forgot, server),
        }
    }

    fn send_again(&mut self, row: u8, here: Here, mut change: Change, offer: Offer, lost: (Sending, u8)) {
        let (sending, upto) = lost;
        change.in_flight = Some(InFlight { request: rules::request(self.me, row, sending), sending, upto });
        change.offer = Some(offer);
        self.put_pending(row, here.rec, change);
    }

    fn conclude(&mut self, row: u8, here: Here, mut change: Change, forgot: bool, server: Ver) {
        if std::mem::take(&mut change.set_aside) {
            self.fetch_later(row);
        }
        match rules::end(change.act, change.base, here.rec, forgot, server) {
            AtEnd::Goes => self.remove(row),
            AtEnd::TakesServer => self.put_clean(row, server, true),
            AtEnd::Waits(act) => {
                (change.act, change.base) = (act, Some(server));
                self.put_pending(row, here.rec, change);
            }
            AtEnd::Asked(asked) => {
                (change.act, change.base) = (Act::Update, asked.base);
                let slot = self.slot(row);
                slot.here = Some(Here { act: Act::Update, ..here });
                slot.change = Some(change);
                self.ask(row, change, asked);
            }
            AtEnd::Reconcile => self.judge_change(row, here, change, Some(server)),
        }
    }

    /// Takes the answer to a change that was offered again.
    pub(super) fn offered(&mut self, row: u8, mut change: Change, offer: Offer, at: usize, part: (InFlight, Answer)) {
        let (flight, answer) = part;
        let Some(here) = self.slot(row).here else { return };
        let lost = self.slot(row).sent[at];
        let said = match answer {
            Answer::Done(etag, stamp) => {
                if etag != lost.etag {
                    let base = lost.base.map(|base| Ver { etag: flight.sending.if_match.unwrap_or(base.etag), ..base });
                    let slot = self.slot(row);
                    let over_others = offer.over_others;
                    slot.sent[at] = Sent { base, sending: flight.sending, etag, upto: flight.upto, over_others };
                    slot.history.remove(&lost.etag);
                    slot.history.insert(etag);
                }
                Said::Has(confirmed(flight.sending, etag, stamp))
            }
            Answer::Refused => {
                change.base = lost.base;
                return self.refused(row, change, flight);
            }
            Answer::Stale(current) => Said::Stale(current, self.slot(row).history.contains(&current.etag)),
            Answer::Absent => Said::Absent,
        };
        let sent = self.slot(row).sent.clone();
        let next = rules::go_on(&sent, at, flight.sending.if_match, offer.over_others, said);
        self.follow(row, here, change, offer.forgot, next);
    }

    /// Asks about what a restored server has not named, and about what is known from before it was un-ticked.
    pub(super) fn forgotten(&mut self) {
        for row in 0..self.scope.rows {
            let slot = self.slot(row).clone();
            let here = match (slot.here, slot.sent.last()) {
                (Some(here), _) if here.act == Act::None && !here.seen => here,
                (None, Some(last)) if last.sending.act != Act::Delete && self.client.phase != super::Phase::Idle => {
                    let rec = Rec { tomb: false, ..last.sending.rec };
                    // Its history may say that it was deleted since.
                    if slot.history.iter().any(|etag| etag.seq > last.etag.seq) {
                        continue;
                    }
                    Here { rec, act: Act::Update, etag: Some(last.etag), seen: true }
                }
                _ => continue,
            };
            let change = Change::new(Act::Update, Some(here.versioned()));
            self.slot(row).here = Some(Here { act: Act::Update, ..here });
            let kind = Kind::DeletedOnServer;
            let asked = Asked { kind, properties: 0, base: change.base, mine: here.rec, server: None };
            self.ask(row, change, asked);
        }
    }
}

/// Returns the version that a server made of a change.
pub(super) fn confirmed(sending: Sending, etag: crate::values::Etag, stamp: Option<i16>) -> Ver {
    let rec = Rec { tomb: sending.act == Act::Delete, stamp: stamp.unwrap_or(sending.rec.stamp), ..sending.rec };
    Ver { rec, etag }
}

fn from_confirmed(last: &Sent) -> (Here, Option<Change>) {
    let rec = last.sending.rec;
    if last.sending.act != Act::Delete {
        return (Here { rec, act: Act::None, etag: Some(last.etag), seen: true }, None);
    }
    let rec = Rec { tomb: false, ..rec };
    let here = Here { rec, act: Act::Delete, etag: None, seen: true };
    (here, Some(Change::new(Act::Delete, Some(Ver { rec: last.sending.rec, etag: last.etag }))))
}

/// Names what travels of an answer that is settled here; the request tells which.
pub(super) fn is_of(part: &Part, flight: &InFlight) -> bool {
    part.request == flight.request
}
