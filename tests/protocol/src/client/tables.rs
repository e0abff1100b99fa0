//! A record and its pending change, written together. As `crates/store/src/tables/local.rs`.

use super::{Change, Desk, Here, Hold};
use crate::rules;
use crate::values::{Act, Rec, Ver};

impl Desk<'_> {
    pub(super) fn put_pending(&mut self, row: u8, rec: Rec, change: Change) {
        if change.in_flight.is_none() && change.hold != Hold::Conflict {
            let back_to = match (change.act, change.base) {
                (Act::None | Act::Delete, None) | (Act::None, Some(_)) => Some(None),
                (Act::Delete, Some(base)) if base.rec.tomb => Some(None),
                (Act::Update, Some(base)) if !base.rec.tomb && base.rec.same(&rec) => Some(Some(base)),
                _ => None,
            };
            if let Some(back_to) = back_to {
                if change.set_aside {
                    self.fetch_later(row);
                }
                return match back_to {
                    Some(base) => self.put_clean(row, base, false),
                    None => self.remove(row),
                };
            }
        }
        let seen = self.slot(row).here.is_none_or(|here| here.seen);
        let slot = self.slot(row);
        slot.here = Some(Here { rec, act: change.act, etag: change.base.map(|base| base.etag), seen });
        slot.change = Some(change);
    }

    pub(super) fn put_clean(&mut self, row: u8, server: Ver, confirmed: bool) {
        if server.rec.tomb || self.client.position.is_none() {
            return self.remove(row);
        }
        let mut seen = true;
        if let (false, Some(here)) = (confirmed, self.slot(row).here) {
            if !here.seen {
                self.fetch_later(row);
            }
            seen = here.seen;
        }
        let slot = self.slot(row);
        (slot.change, slot.question) = (None, None);
        slot.here = Some(Here { rec: server.rec, act: Act::None, etag: Some(server.etag), seen });
    }

    pub(super) fn remove(&mut self, row: u8) {
        let slot = self.slot(row);
        (slot.change, slot.question, slot.here) = (None, None, None);
    }

    pub(super) fn fetch_later(&mut self, row: u8) {
        if self.client.position.is_some() {
            self.slot(row).refetch = true;
        }
    }

    /// Gives a stamp.
    pub(super) fn stamp(&mut self, base: i16) -> i16 {
        let stamp = rules::stamp(self.now(), base, self.client.stamp);
        self.client.stamp = stamp;
        stamp
    }
}
