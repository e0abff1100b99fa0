//! A write transaction: what whoever writes may use.
//!
//! Owns: fresh ids, stamps, the device's own id, what is remembered until the commit. Refuses: beginning and ending it
//! (`write`), and knowing who writes or why.

use crate::error::Result;
use crate::tables::account;
use crate::tables::catalog::Catalog;
use crate::tables::setting::{self, CLOCK_OFFSET, DEVICE_ID, DEVICE_NAME, LAST_STAMP};
use crate::tx::notices::{Changed, Noticed};
use crate::tx::touched::Touched;
use rusqlite::Connection;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use tidemark_model::ports::Ids;
use tidemark_model::{RecordId, StampClock, next_stamp};

/// Whether a set is kept offline, and which enumeration it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) is_cached: bool,
    pub(crate) generation: i64,
    /// Whether its pull follows a delta link: what arrives is news, not a first sight.
    pub(crate) follows: bool,
    /// Whether it is enumerated because the server may have lost changes.
    pub(crate) is_restored: bool,
}

/// Who writes: the account that is signed in, and this device's name.
#[derive(Debug)]
pub(crate) struct Me {
    pub(crate) user: Option<String>,
    pub(crate) device: Option<String>,
}

/// A write transaction.
pub(crate) struct Tx<'c> {
    pub(crate) conn: &'c Connection,
    pub(crate) catalog: Arc<Catalog>,
    /// The machine's clock when it began.
    pub(crate) now_ms: i64,
    ids: &'c dyn Ids,
    /// What it changed of what waits.
    pub(crate) touched: &'c Touched,
    changed: RefCell<Noticed>,
    standings: RefCell<HashMap<String, Standing>>,
    stamps: Cell<Option<(StampClock, i64)>>,
    device: Cell<Option<RecordId>>,
    me: RefCell<Option<Rc<Me>>>,
    /// The log's line of a pending change, by its place in the queue, where its writer had it whole.
    lines: RefCell<HashMap<i64, Vec<u8>>>,
}

impl<'c> Tx<'c> {
    /// Begins to speak of a transaction that is open on `conn`.
    pub(crate) fn new(
        conn: &'c Connection,
        catalog: Arc<Catalog>,
        now_ms: i64,
        ids: &'c dyn Ids,
        touched: &'c Touched,
    ) -> Self {
        Self {
            conn,
            catalog,
            now_ms,
            ids,
            touched,
            changed: RefCell::default(),
            standings: RefCell::default(),
            stamps: Cell::new(None),
            device: Cell::new(None),
            me: RefCell::default(),
            lines: RefCell::default(),
        }
    }

    /// Ends it: returns what it changed.
    pub(crate) fn into_changes(self) -> Vec<Changed> {
        self.changed.into_inner().into_changes()
    }

    /// Returns who writes here, as of the first time that this is asked in the transaction: signing in and out write
    /// nothing in anybody's name.
    pub(crate) fn me(&self) -> Result<Rc<Me>> {
        if let Some(me) = &*self.me.borrow() {
            return Ok(Rc::clone(me));
        }
        let me = Me { user: account::user(self.conn)?, device: setting::get(self.conn, DEVICE_NAME)? };
        Ok(Rc::clone(self.me.borrow_mut().insert(Rc::new(me))))
    }

    /// Returns a fresh id.
    pub(crate) fn fresh_id(&self) -> RecordId {
        self.ids.fresh()
    }

    /// Returns the id of this data folder, which it gets once.
    pub(crate) fn device_id(&self) -> Result<RecordId> {
        if let Some(id) = self.device.get() {
            return Ok(id);
        }
        let known = setting::get(self.conn, DEVICE_ID)?.and_then(|text| text.parse().ok());
        let id = match known {
            Some(id) => id,
            None => {
                let id = self.fresh_id();
                setting::set(self.conn, DEVICE_ID, &id.to_string())?;
                id
            }
        };
        self.device.set(Some(id));
        Ok(id)
    }

    /// Returns the stamp of a local change made on a version stamped `base_ms`.
    pub(crate) fn stamp(&self, base_ms: i64) -> Result<i64> {
        let (clock, last) = self.stamps()?;
        let stamp = next_stamp(self.now_ms, clock, base_ms, last);
        self.stamps.set(Some((clock, stamp)));
        Ok(stamp)
    }

    /// Has the next stamps count from `last_ms`, where they would count from a later one.
    pub(crate) fn stamp_from(&self, last_ms: i64) -> Result<()> {
        let (clock, last) = self.stamps()?;
        self.stamps.set(Some((clock, last.min(last_ms))));
        Ok(())
    }

    /// Returns the time as the server would tell it, as far as this device knows.
    pub(crate) fn server_now_ms(&self) -> Result<i64> {
        Ok(self.now_ms.saturating_add(self.stamps()?.0.offset_ms))
    }

    fn stamps(&self) -> Result<(StampClock, i64)> {
        if let Some(stamps) = self.stamps.get() {
            return Ok(stamps);
        }
        let clock = StampClock { offset_ms: setting::number(self.conn, CLOCK_OFFSET)? };
        let stamps = (clock, setting::number(self.conn, LAST_STAMP)?);
        self.stamps.set(Some(stamps));
        Ok(stamps)
    }

    /// Hands over the log's line of a pending change that was just written, so that nobody need read it to tell the log.
    pub(crate) fn hand_over(&self, order_no: i64, line: Vec<u8>) {
        self.lines.borrow_mut().insert(order_no, line);
    }

    /// Returns the line that was handed over of a place in the queue; it holds where nothing was written there since.
    pub(crate) fn handed_over(&self, order_no: i64) -> Option<Vec<u8>> {
        self.lines.borrow_mut().remove(&order_no)
    }

    /// Notes that a record changed, for the announcement; tells whether its set's list is still open.
    pub(crate) fn note(&self, set: &str, id: RecordId) -> bool {
        self.changed.borrow_mut().note(set, id)
    }

    /// Notes that many records of a set changed.
    pub(crate) fn note_many(&self, set: &str) {
        self.changed.borrow_mut().note_many(set);
    }

    /// Returns a set's standing, where it was read in this transaction.
    pub(crate) fn known_standing(&self, set: &str) -> Option<Standing> {
        self.standings.borrow().get(set).copied()
    }

    /// Keeps a set's standing for the rest of the transaction.
    pub(crate) fn keep_standing(&self, set: &str, standing: Standing) {
        self.standings.borrow_mut().insert(set.to_owned(), standing);
    }

    /// Forgets what was read of the sets' standing; to be called by whoever writes `position`.
    pub(crate) fn forget_standings(&self) {
        self.standings.borrow_mut().clear();
    }

    /// Tells whether the transaction touched a record of a set.
    pub(crate) fn has_touched(&self, set: &str) -> bool {
        self.changed.borrow().contains(set)
    }

    /// Keeps the last stamp that was given, for the next transaction.
    pub(crate) fn keep_stamp(&self) -> Result<()> {
        if let Some((_, last)) = self.stamps.get()
            && last != setting::number(self.conn, LAST_STAMP)?
        {
            setting::set(self.conn, LAST_STAMP, &last.to_string())?;
        }
        Ok(())
    }
}
