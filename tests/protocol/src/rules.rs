//! The real decisions, asked with the model-checker's small values.
//!
//! Owns: putting a question to `tidemark_model` and reading the answer. Those functions are pure, so an answer is kept by
//! its question: a small world asks the same ones a million times. Refuses: deciding anything itself.

use crate::values::{Act, Etag, NULL, Rec, Ver, id, mask, names, set};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use tidemark_model::give_back::{self, Beginning, Confirmed, End, Ended, Here, Next, Reply};
use tidemark_model::{
    Arbitration, ChangeIdentity, Condition, Conflict, ConflictKind, Fold, LocalChange, Method, Pending, Policy,
    RecordId, Resolution, Resolved, Ruling, STATE, ServerSide, StampClock, UPDATED_AT, Verdict, Versioned, arbitrate,
    fold, know_better, next_stamp, plausible_stamp, reconcile, request_id, resolve,
};
use uuid::Uuid;

macro_rules! kept {
    ($key:expr, $of:ty => $to:ty, $answer:expr) => {{
        thread_local!(static KEPT: RefCell<HashMap<$of, $to>> = RefCell::default());
        let key: $of = $key;
        match KEPT.with_borrow(|kept| kept.get(&key).cloned()) {
            Some(known) => known,
            None => {
                let answer: $to = $answer;
                KEPT.with_borrow_mut(|kept| kept.insert(key, answer.clone()));
                answer
            }
        }
    }};
}

/// What a question is about; `ConflictKind` as something that has an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The same property was changed on both sides.
    BothEdited,
    /// Changed here, deleted there.
    DeletedOnServer,
    /// Deleted here, changed there.
    EditedOnServer,
}

impl Kind {
    fn of(kind: ConflictKind) -> Self {
        match kind {
            ConflictKind::BothEdited => Self::BothEdited,
            ConflictKind::DeletedOnServer => Self::DeletedOnServer,
            ConflictKind::EditedOnServer => Self::EditedOnServer,
        }
    }

    fn model(self) -> ConflictKind {
        match self {
            Self::BothEdited => ConflictKind::BothEdited,
            Self::DeletedOnServer => ConflictKind::DeletedOnServer,
            Self::EditedOnServer => ConflictKind::EditedOnServer,
        }
    }
}

/// A person's answer; *choose per property* is what [`Answer::Mine`] and [`Answer::Theirs`] do for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answer {
    /// Keep mine, restore, delete anyway.
    Mine,
    /// Take the server's, accept the deletion, keep the server's record.
    Theirs,
}

impl Answer {
    fn resolution(self, kind: Kind) -> Resolution {
        match (kind, self) {
            (Kind::BothEdited, Self::Mine) => Resolution::KeepMine,
            (Kind::BothEdited, Self::Theirs) => Resolution::TakeServer,
            (Kind::DeletedOnServer, Self::Mine) => Resolution::Restore,
            (Kind::DeletedOnServer, Self::Theirs) => Resolution::AcceptDelete,
            (Kind::EditedOnServer, Self::Mine) => Resolution::DeleteAnyway,
            (Kind::EditedOnServer, Self::Theirs) => Resolution::KeepServer,
        }
    }

    fn of(resolution: &Resolution) -> Self {
        match resolution {
            Resolution::KeepMine | Resolution::Restore | Resolution::DeleteAnyway => Self::Mine,
            _ => Self::Theirs,
        }
    }
}

/// A verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// As it is.
    Keep,
    /// Nothing is left to send.
    Settled,
    /// Pending on the server's version.
    Rebase(Act, Rec, bool),
    /// A person decides about these properties.
    Conflict(Kind, u8),
}

/// Asks `reconcile`.
pub fn judge(act: Act, base: Option<Ver>, in_flight: Option<Rec>, local: Rec, server: Option<Ver>) -> Judged {
    type Key = (Act, Option<Ver>, Option<Rec>, Rec, Option<Ver>);
    kept!((act, base, in_flight, local, server), Key => Judged, {
        let (base, local) = (base.map(|base| base.versioned(0)), local.record(0));
        let (in_flight, server) = (in_flight.map(|sent| sent.record(0)), server.map(|server| server.versioned(0)));
        let pending =
            Pending { state: act.state(), base: base.as_ref(), in_flight: in_flight.as_ref(), local: &local };
        let side = match &server {
            None => ServerSide::Absent,
            Some(server) if server.record.is_tombstoned => ServerSide::Tombstoned(server),
            Some(server) => ServerSide::Live(server),
        };
        match reconcile(set(), pending, side) {
            Verdict::Keep => Judged::Keep,
            Verdict::Settled => Judged::Settled,
            Verdict::Rebase { state, local, merged } => Judged::Rebase(Act::of(state), Rec::read(&local), merged),
            Verdict::Conflict { kind, properties } => {
                Judged::Conflict(Kind::of(kind), mask(properties.iter().map(String::as_str)))
            }
        }
    })
}

/// An open question with its sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// What it is.
    pub kind: Kind,
    /// The properties in question.
    pub properties: u8,
    /// What the change was made on.
    pub base: Option<Ver>,
    /// This device's record.
    pub mine: Rec,
    /// The server's.
    pub server: Option<Ver>,
}

impl Asked {
    fn model(&self) -> Conflict {
        Conflict {
            kind: self.kind.model(),
            properties: names(self.properties),
            base: self.base.map(|base| base.versioned(0)),
            mine: self.mine.record(0),
            server: self.server.map(|server| server.versioned(0)),
        }
    }
}

/// Asks `resolve`: `None` where the server's record stands.
pub fn answered(asked: Asked, answer: Answer) -> Option<(Act, Rec)> {
    kept!((asked, answer), (Asked, Answer) => Option<(Act, Rec)>, {
        match resolve(set(), &asked.model(), &answer.resolution(asked.kind)).expect("the answer fits") {
            Resolved::TakeServer => None,
            Resolved::Pending { state, local } => Some((Act::of(state), Rec::read(&local))),
        }
    })
}

/// Asks `Policy::answer`.
pub fn policy(policy: Policy, asked: Asked) -> Option<Answer> {
    policy.answer(&asked.model()).as_ref().map(Answer::of)
}

/// Asks `know_better`: what an update holds on all of its version, and what of it would replace something unseen.
pub fn known_better(known: Rec, local: Rec, server: Rec) -> Option<(Rec, u8)> {
    let better = know_better(set(), &known.record(0), &local.record(0), &server.record(0))?;
    Some((Rec::read(&better.local), mask(better.unseen.iter().map(String::as_str))))
}

/// Asks `fold`.
pub fn folded(exists: bool, act: Act, known_to_server: bool, change: LocalChange) -> Fold {
    fold(exists, act.state(), known_to_server, change)
}

/// Asks `next_stamp`.
pub fn stamp(now: i16, base: i16, last: i16) -> i16 {
    i16::try_from(next_stamp(now.into(), StampClock::default(), base.into(), last.into())).expect("a small stamp")
}

/// Asks `plausible_stamp`.
pub fn brought_back(stamp: i16, base: i16, now: i16) -> i16 {
    i16::try_from(plausible_stamp(stamp.into(), base.into(), now.into(), 0)).expect("a small stamp")
}

/// What is sent of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sending {
    /// What it does.
    pub act: Act,
    /// The record as it was when it was sent.
    pub rec: Rec,
    /// The version that it was made on.
    pub if_match: Option<Etag>,
    /// The properties in the body of an update.
    pub changed: u8,
    /// Whether an update restores a tombstone.
    pub restores: bool,
}

/// Asks `request_id`.
pub fn request(device: u8, row: u8, sending: Sending) -> u128 {
    kept!((device, row, sending), (u8, u8, Sending) => u128, {
        let record = sending.rec.record(row);
        let method = match (sending.act, sending.restores) {
            (Act::Delete, _) => "DELETE",
            (Act::Update, true) => "PUT",
            (Act::Update, false) => "PATCH",
            (Act::Add | Act::None, _) => "POST",
        };
        let whole = sending.changed == 0;
        let mut body: Map<String, Value> = record.properties.clone();
        body.retain(|name, _| whole || mask([name.as_str()]) & sending.changed != 0);
        body.insert(UPDATED_AT.to_owned(), record.updated_at.into());
        debug_assert!(!body.contains_key(STATE));
        let base = sending.if_match.map(Etag::text);
        let body = (sending.act != Act::Delete).then_some(&body);
        let device = RecordId(Uuid::from_u128(device.into()));
        let change = ChangeIdentity { device, set: "Contacts", id: id(row), method, base: base.as_deref(), body };
        request_id(&change).0.as_u128()
    })
}

/// Asks `arbitrate`.
pub fn ruled(sending: Sending, conditional: bool, stored: Option<Ver>, now: i16) -> Ruling {
    let condition = match sending.if_match {
        _ if !conditional => Condition::None,
        Some(etag) => Condition::Match(vec![etag.text()]),
        None => Condition::NoneMatchAny,
    };
    let method = match (sending.act, sending.restores) {
        (Act::Delete, _) => Method::Delete,
        (Act::Update, true) => Method::Replace,
        (Act::Update, false) => Method::Update,
        (Act::Add | Act::None, _) => Method::Create,
    };
    let etag = stored.map(|stored| stored.etag.text()).unwrap_or_default();
    let stored = stored.map(|stored| (stored.rec.stamp.into(), stored.rec.tomb, etag.as_str()));
    let stamp = (sending.act != Act::Delete).then_some(sending.rec.stamp.into());
    arbitrate(&Arbitration { method, condition: &condition, stored, stamp, now_ms: now.into() })
}

/// A change that a server confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sent {
    /// What it was made on.
    pub base: Option<Ver>,
    /// As it was sent.
    pub sending: Sending,
    /// The version that came of it.
    pub etag: Etag,
    /// What it held of the person's edits; no rule sees it.
    pub upto: u8,
    /// Whether that version holds what others made and this device had not seen.
    pub over_others: bool,
}

/// What this device has of a record.
#[derive(Clone, Copy, Debug)]
pub enum Stands {
    /// The last thing confirmed is its deletion.
    Deleted,
    /// It is here, as this version of the server's.
    Here(Option<Ver>),
}

fn with_confirmed<T: Clone>(sent: &[Sent], ask: impl FnOnce(&[Confirmed<'_>]) -> T) -> T {
    let texts: Vec<_> = sent
        .iter()
        .map(|sent| {
            let base = sent.base.map(|base| base.versioned(0));
            (base, sent.sending.rec.record(0), sent.sending.if_match.map(Etag::text), sent.etag.text())
        })
        .collect();
    let confirmed: Vec<Confirmed<'_>> = sent
        .iter()
        .zip(&texts)
        .map(|(sent, (base, record, if_match, etag))| Confirmed {
            state: sent.sending.act.state(),
            restores: sent.sending.restores,
            record,
            if_match: if_match.as_deref(),
            base: base.as_ref(),
            etag,
            over_others: sent.over_others,
        })
        .collect();
    ask(&confirmed)
}

fn model(server: Option<Ver>) -> Option<Versioned> {
    server.map(|server| server.versioned(0))
}

/// Asks `give_back::loss`: whether the server forgot others' work, where it lost anything.
pub fn loss(stands: Stands, sent: &[Sent], server: Option<Ver>) -> Option<bool> {
    let known = match stands {
        Stands::Here(known) => model(known),
        Stands::Deleted => None,
    };
    let here = match stands {
        Stands::Deleted => Here::Deleted,
        Stands::Here(_) => Here::Stands(known.as_ref()),
    };
    let server = model(server);
    with_confirmed(sent, |confirmed| give_back::loss(here, confirmed, server.as_ref()).map(|loss| loss.forgot))
}

/// Asks `give_back::is_behind`.
pub fn is_behind(sent: &[Sent], server: Ver) -> bool {
    if sent.is_empty() {
        return false;
    }
    kept!((sent.to_vec(), server), (Vec<Sent>, Ver) => bool, {
        with_confirmed(sent, |confirmed| give_back::is_behind(confirmed, &server.versioned(0)))
    })
}

/// What follows for a record that a restored server lost something of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// The answer to what is in flight.
    Wait,
    /// A confirmed change as it was sent.
    Again(usize),
    /// It, on top of another version; what it is there, where that is another; whether it goes beside others' work.
    OnTop(usize, Etag, Option<(Rec, u8)>, bool),
    /// The usual rules.
    Reconcile(Option<usize>, Option<Ver>),
    /// The server has all of it.
    Over(Ver),
}

fn follows(next: &Next) -> Follows {
    match next {
        Next::Wait => Follows::Wait,
        Next::Again { at } => Follows::Again(*at),
        Next::OnTop { at, if_match, edit, over_others } => {
            let edit =
                edit.as_ref().map(|edit| (Rec::read(&edit.record), mask(edit.changed.iter().map(String::as_str))));
            Follows::OnTop(*at, Etag::read(if_match), edit, *over_others)
        }
        Next::Reconcile { on, server } => Follows::Reconcile(*on, server.as_ref().map(Ver::read)),
        Next::Over(server) => Follows::Over(Ver::read(server)),
    }
}

/// Asks `give_back::begin`: what follows, and whether the record is fetched later.
pub fn begin(sent: &[Sent], is_in_flight: bool, server: Option<Ver>) -> (Follows, bool) {
    let server = model(server);
    with_confirmed(sent, |confirmed| {
        let Beginning { next, fetch_later } = give_back::begin(set(), confirmed, is_in_flight, server.as_ref());
        (follows(&next), fetch_later)
    })
}

/// What a server said to a change that was offered again.
#[derive(Clone, Copy, Debug)]
pub enum Said {
    /// It has it, as this version.
    Has(Ver),
    /// It has another one; whether this device's history has that.
    Stale(Ver, bool),
    /// It has no trace.
    Absent,
}

/// Asks `give_back::go_on`.
pub fn go_on(sent: &[Sent], at: usize, if_match: Option<Etag>, over_others: bool, said: Said) -> Follows {
    let version = match said {
        Said::Has(version) | Said::Stale(version, _) => Some(version.versioned(0)),
        Said::Absent => None,
    };
    let reply = match (said, &version) {
        (Said::Has(_), Some(version)) => Reply::Has(version),
        (Said::Stale(_, in_history), Some(current)) => Reply::Stale { current, in_history },
        _ => Reply::Absent,
    };
    let if_match = if_match.map(Etag::text);
    with_confirmed(sent, |confirmed| {
        let next = give_back::go_on(set(), confirmed, at, if_match.as_deref(), over_others, reply);
        follows(&next.expect("it was one of the confirmed"))
    })
}

/// What becomes of a record once the server has all of it again.
#[derive(Clone, Copy, Debug)]
pub enum AtEnd {
    /// It goes.
    Goes,
    /// It becomes the server's.
    TakesServer,
    /// It is pending on the server's version.
    Waits(Act),
    /// It is asked about.
    Asked(Asked),
    /// The usual rules.
    Reconcile,
}

/// Asks `give_back::end`.
pub fn end(act: Act, known: Option<Ver>, mine: Rec, forgot: bool, server: Ver) -> AtEnd {
    let (known, mine) = (model(known), mine.record(0));
    let ended = Ended { state: act.state(), known: known.as_ref(), mine: &mine, forgot };
    match give_back::end(ended, &server.versioned(0)) {
        End::Goes => AtEnd::Goes,
        End::TakesServer => AtEnd::TakesServer,
        End::Waits(state) => AtEnd::Waits(Act::of(state)),
        End::Asked(conflict) => AtEnd::Asked(Asked {
            kind: Kind::of(conflict.kind),
            properties: mask(conflict.properties.iter().map(String::as_str)),
            base: conflict.base.as_ref().map(Ver::read),
            mine: Rec::read(&conflict.mine),
            server: conflict.server.as_ref().map(Ver::read),
        }),
        End::Reconcile => AtEnd::Reconcile,
    }
}

/// Returns the properties of two records that differ, as a mask; null is a value like any.
pub fn differing(a: &Rec, b: &Rec) -> u8 {
    (0..a.values.len()).filter(|at| a.values[*at] != b.values[*at]).map(|at| 1 << at).sum()
}

/// A tombstone's content after a purge.
pub fn purged(rec: Rec) -> Rec {
    Rec { values: [NULL; 2], ..rec }
}

/// Tells two questions apart that nobody would: kept so that the key of a question is one place.
pub fn same_question(a: (Kind, Option<Rec>), b: (Kind, Option<Rec>)) -> bool {
    a.0 == b.0
        && match (a.1, b.1) {
            (Some(a), Some(b)) => a.same(&b),
            (None, None) => true,
            _ => false,
        }
}
