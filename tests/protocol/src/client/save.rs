//! What a person does to a record. As `crates/store/src/save/edit.rs`.

use super::{Change, Desk, Here, Hold};
use crate::rules::{self, Answer, Kind};
use crate::values::{Act, Rec, Token, Ver};
use crate::variants::Variant;
use tidemark_model::{Fold, LocalChange};

impl Desk<'_> {
    /// Makes a record; tells whether that was accepted.
    pub fn add(&mut self, row: u8, values: [Token; 2]) -> bool {
        let exists = self.slot(row).here.is_some();
        if self.client.position.is_none() || rules::folded(exists, Act::None, false, LocalChange::Add) == Fold::Refuse {
            return false;
        }
        let stamp = self.stamp(0);
        self.slot(row).edits += 1;
        self.put_pending(row, Rec { values, stamp, tomb: false }, Change::new(Act::Add, None));
        true
    }

    /// Types over a property.
    pub fn set(&mut self, row: u8, property: usize, token: Token) -> bool {
        let Some((here, mut change)) = self.existing(row, Act::Update) else { return false };
        match rules::folded(true, here.act, change.is_known_to_server(), LocalChange::Edit) {
            Fold::Pending(state) => change.act = Act::of(state),
            _ => return false,
        }
        change.release();
        let mut rec = here.rec;
        rec.values[property] = token;
        rec.stamp = self.stamp(here.rec.stamp);
        self.slot(row).edits += 1;
        self.put_pending(row, rec, change);
        if change.hold == Hold::Conflict {
            self.reconsider(row);
        }
        true
    }

    /// Deletes a record.
    pub fn delete(&mut self, row: u8) -> bool {
        let Some((here, mut change)) = self.existing(row, Act::Delete) else { return false };
        let question = self.slot(row).question;
        if question.is_some_and(|question| question.kind == Kind::DeletedOnServer) {
            self.slot(row).edits += 1;
            self.answer(row, Answer::Theirs);
            return true;
        }
        let mut known = change.is_known_to_server() || question.is_some_and(|question| question.server.is_some());
        if self.scope.is(Variant::DeletedAdditionIsForgotten) {
            known = change.base.is_some();
        }
        match rules::folded(true, here.act, known, LocalChange::Delete) {
            Fold::Pending(state) => change.act = Act::of(state),
            Fold::Forget => {
                if change.set_aside {
                    self.fetch_later(row);
                }
                self.slot(row).edits += 1;
                self.remove(row);
                return true;
            }
            Fold::Revert | Fold::Refuse => return false,
        }
        change.release();
        let mut rec = here.rec;
        rec.stamp = self.stamp(here.rec.stamp);
        self.slot(row).edits += 1;
        self.put_pending(row, rec, change);
        if change.hold == Hold::Conflict {
            self.reconsider(row);
        }
        true
    }

    /// Takes a deletion back, also one that was sent.
    pub fn undo(&mut self, row: u8) -> bool {
        let Some(here) = self.slot(row).here else { return self.restore_deleted(row) };
        let Some(mut change) = self.slot(row).change else { return false };
        if rules::folded(true, here.act, change.is_known_to_server(), LocalChange::Undo) != Fold::Revert {
            return false;
        }
        change.act = if change.base.is_some() { Act::Update } else { Act::Add };
        if self.scope.is(Variant::DeletionStaysFolded) {
            change.act = Act::Delete;
        }
        change.release();
        if self.scope.is(Variant::UndoForgetsWhatIsInFlight) {
            change.in_flight = None;
        }
        let mut rec = here.rec;
        rec.stamp = self.stamp(here.rec.stamp);
        self.slot(row).edits += 1;
        self.put_pending(row, rec, change);
        if change.hold == Hold::Conflict {
            self.reconsider(row);
        }
        true
    }

    /// Restores a record whose deletion was confirmed.
    fn restore_deleted(&mut self, row: u8) -> bool {
        let Some(last) = self.slot(row).sent.last().copied().filter(|sent| sent.sending.act == Act::Delete) else {
            return false;
        };
        let tombstone = Ver { rec: Rec { tomb: true, ..last.sending.rec }, etag: last.etag };
        let mut rec = Rec { tomb: false, ..last.sending.rec };
        rec.stamp = self.stamp(rec.stamp);
        self.slot(row).edits += 1;
        self.put_pending(row, rec, Change::new(Act::Update, Some(tombstone)));
        true
    }

    /// Returns a record that its person sees, with the change that an edit of it joins.
    fn existing(&mut self, row: u8, begins: Act) -> Option<(Here, Change)> {
        let slot = self.slot(row);
        let here = slot.here.filter(|here| here.act != Act::Delete && !here.rec.tomb)?;
        match here.act {
            Act::None => Some((here, Change::new(begins, Some(here.versioned())))),
            _ => Some((here, slot.change?)),
        }
    }
}
