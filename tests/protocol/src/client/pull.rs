//! Pages onto positions. As `crates/store/src/pull/{onto,sink,sweep}.rs`.

use super::{Desk, Here, Hold};
use crate::network::{From, Item, Page, Position};
use crate::values::{Act, Rec, Ver};
use crate::variants::Variant;

impl Desk<'_> {
    /// Returns where the pull stands.
    pub fn stands(&self) -> Option<From> {
        let position = self.client.position?;
        Some(From { incarnation: self.client.incarnation, position })
    }

    /// Takes a page onto the position it was asked from, or not at all. `before_push`: a push follows.
    pub fn take_page(&mut self, from: From, page: &Page, before_push: bool) {
        if self.stands() != Some(from) && !(self.scope.is(Variant::AnyPageIsTaken) && self.stands().is_some()) {
            return;
        }
        match page {
            Page::Expired => self.start_anew(false),
            Page::Lost => self.start_anew(true),
            Page::Items(items, next, _) => {
                if matches!(from.position, Position::Start(_)) {
                    self.client
                        .slots
                        .iter_mut()
                        .filter_map(|slot| slot.here.as_mut())
                        .for_each(|here| here.seen = false);
                }
                if self.scope.is(Variant::TokenBeforeRecords) {
                    self.client.half.clone_from(items);
                } else {
                    items.iter().for_each(|item| self.take(item, before_push));
                }
                let is_enumeration = !matches!(from.position, Position::Delta(_));
                let is_whole = matches!(next, Position::Delta(_)) || self.scope.is(Variant::PageCountsAsWhole);
                self.client.position = Some(*next);
                if is_enumeration && is_whole {
                    self.finish();
                }
            }
        }
    }

    fn start_anew(&mut self, lost: bool) {
        self.client.restored |= lost;
        self.client.position = Some(Position::Start(self.client.restored));
        self.client.incarnation += 1;
        if self.scope.is(Variant::ResyncDropsPending) {
            (0..self.scope.rows).for_each(|row| self.remove(row));
        }
    }

    fn take(&mut self, item: &Item, before_push: bool) {
        match *item {
            Item::Live(row, server) => self.take_live(row, server, before_push),
            Item::Tomb(row, server) => self.take_tombstone(row, server, before_push),
            Item::Removed(row, etag, stamp) => {
                let base = self.slot(row).change.and_then(|change| change.base).map(|base| base.rec);
                let known = base.or_else(|| self.slot(row).here.map(|here| here.rec));
                let Some(known) = known else { return };
                let tombstone = Ver { rec: Rec { tomb: true, stamp, ..known }, etag };
                self.take_tombstone(row, tombstone, before_push);
                let comes_back =
                    |change: super::Change| change.act == Act::Update && change.base.is_some_and(|b| b.rec.tomb);
                let slot = self.slot(row);
                if slot.question.is_some() || slot.change.is_some_and(comes_back) {
                    self.fetch_later(row);
                }
            }
        }
    }

    fn take_live(&mut self, row: u8, server: Ver, before_push: bool) {
        if self.client.restored && self.meet(row, server) {
            self.seen(row);
            return;
        }
        let follows = matches!(self.client.position, Some(Position::Delta(_)));
        let overwrites = self.scope.is(Variant::PullOverwritesPending);
        let slot = self.slot(row);
        match slot.here {
            None => slot.here = Some(Here { rec: server.rec, act: Act::None, etag: Some(server.etag), seen: true }),
            Some(here) if here.act == Act::None => {
                if here.etag != Some(server.etag) && follows {
                    slot.history.insert(server.etag);
                }
                slot.here = Some(Here { rec: server.rec, etag: Some(server.etag), seen: true, ..here });
            }
            Some(_) if overwrites => self.put_clean(row, server, true),
            Some(here) => {
                self.seen(row);
                let here = Here { seen: true, ..here };
                if let Some(change) = self.slot(row).change
                    && !self.defer(row, before_push)
                {
                    self.judge_change(row, here, change, Some(server));
                }
            }
        }
    }

    fn seen(&mut self, row: u8) {
        if let Some(here) = self.slot(row).here.as_mut() {
            here.seen = true;
        }
    }

    fn take_tombstone(&mut self, row: u8, server: Ver, before_push: bool) {
        let slot = self.slot(row);
        let Some(here) = slot.here else { return };
        if here.act == Act::None {
            slot.history.insert(server.etag);
            slot.here = None;
            return;
        }
        if self.scope.is(Variant::PullOverwritesPending) {
            return self.remove(row);
        }
        if let Some(change) = self.slot(row).change
            && !self.defer(row, before_push)
        {
            self.judge_change(row, here, change, Some(server));
        }
    }

    /// Sets a pulled version aside where the push that follows is to meet it first.
    fn defer(&mut self, row: u8, before_push: bool) -> bool {
        match self.slot(row).change.as_mut() {
            Some(change)
                if before_push && change.hold == Hold::Free && change.in_flight.is_none() && change.offer.is_none() =>
            {
                change.set_aside = true;
                true
            }
            _ => false,
        }
    }

    /// The end of an enumeration: records that the server did not name.
    fn finish(&mut self) {
        let restored = self.client.restored && !self.scope.is(Variant::RestoredAbsenceIsDeletion);
        if restored {
            self.unseen();
        }
        for row in 0..self.scope.rows {
            let slot = self.slot(row);
            if slot.question.is_some() && slot.here.is_some_and(|here| !here.seen) {
                self.judge(row, None);
            }
            let slot = self.slot(row);
            if let (Some(here), Some(change)) = (slot.here, slot.change.as_mut())
                && !here.seen
                && change.in_flight.is_some()
            {
                change.set_aside = true;
            }
        }
        if restored {
            self.forgotten();
        } else {
            for slot in &mut self.client.slots {
                if slot.here.is_some_and(|here| here.act == Act::None && !here.seen) {
                    slot.here = None;
                }
            }
        }
        self.client.restored = false;
    }

    /// Takes single records; what the whole answer does not bring, the server has no trace of.
    pub fn take_single(&mut self, from: From, rows: u8, items: &[Item]) {
        if self.stands() != Some(from) {
            return;
        }
        items.iter().for_each(|item| self.take(item, false));
        for row in (0..self.scope.rows).filter(|row| rows & (1 << row) != 0) {
            let is_named = items.iter().any(|item| match item {
                Item::Live(named, _) | Item::Tomb(named, _) | Item::Removed(named, ..) => *named == row,
            });
            if std::mem::take(&mut self.slot(row).refetch) && !is_named {
                match self.slot(row).here {
                    Some(here) if here.act == Act::None => self.remove(row),
                    Some(_) => self.judge(row, None),
                    None => {}
                }
            }
        }
    }

    /// Writes the records of a page whose position is written already, where that is done wrong.
    pub fn take_half(&mut self) {
        let items = std::mem::take(&mut self.client.half);
        items.iter().for_each(|item| self.take(item, false));
    }

    /// Keeps the set offline no longer: what is clean goes, what waits stays.
    pub fn untick(&mut self) {
        self.client.position = None;
        let drops = self.scope.is(Variant::UntickDropsPending);
        for slot in &mut self.client.slots {
            slot.refetch = false;
            if drops || slot.here.is_some_and(|here| here.act == Act::None) {
                (slot.here, slot.change, slot.question) = (None, None, None);
            }
        }
    }

    /// Keeps the set offline again.
    pub fn tick(&mut self) {
        self.client.position = Some(Position::Start(self.client.restored));
        self.client.incarnation += 1;
    }

    /// Tells whether a page says nothing that is not here: the cycle that asks for it is idle.
    pub fn knows(from: From, page: &Page) -> bool {
        matches!(page, Page::Items(items, next, false) if items.is_empty() && *next == from.position)
    }
}
