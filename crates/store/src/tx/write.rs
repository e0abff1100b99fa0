//! One write transaction: what it may use, and what happens around it.
//!
//! Owns: `BEGIN IMMEDIATE`, stamps, the sets' standing, what is announced after the commit. Refuses: a second
//! writing connection in this process; another process is waited for (`schema`, busy time-out).

use crate::error::{Result, StoreError};
use crate::open::salvage;
use crate::save::choice;
use crate::tables::catalog::Catalog;
use crate::tables::setting::{self, CLOCK_OFFSET, DEVICE_ID, LAST_STAMP};
use crate::tables::table::Table;
use crate::tx::notices::{Changed, Touched};
use crate::tx::outbox;
use crate::tx::store::{Access, Inner, Store};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use tidemark_model::ports::Ids;
use tidemark_model::{CACHED_ENTITIES, RecordId, StampClock, next_stamp};

/// The one connection that writes.
pub(crate) struct Writer {
    conn: Option<Connection>,
    seen_version: i64,
    outside: bool,
}

impl Writer {
    pub(crate) fn new(conn: Connection) -> Self {
        Self { conn: Some(conn), seen_version: 0, outside: false }
    }

    /// Lets go of the connection; the next transaction makes another.
    pub(crate) fn close(&mut self) {
        self.conn = None;
        self.seen_version = 0;
    }
}

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

/// A write transaction.
pub(crate) struct Tx<'c> {
    pub(crate) conn: &'c Connection,
    pub(crate) catalog: Arc<Catalog>,
    /// The machine's clock when it began.
    pub(crate) now_ms: i64,
    ids: &'c dyn Ids,
    touched: RefCell<Touched>,
    standings: RefCell<HashMap<String, Standing>>,
    stamps: Cell<Option<(StampClock, i64)>>,
    device: Cell<Option<RecordId>>,
}

impl Tx<'_> {
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

    /// Notes that a record changed, for the announcement; tells whether its set's list is still open.
    pub(crate) fn note(&self, set: &str, id: RecordId) -> bool {
        self.touched.borrow_mut().note(set, id)
    }

    /// Notes that many records of a set changed.
    pub(crate) fn note_many(&self, set: &str) {
        self.touched.borrow_mut().note_many(set);
    }

    /// Returns a set's standing, read once per transaction.
    pub(crate) fn standing(&self, table: &Table) -> Result<Standing> {
        let set = table.set.name.as_str();
        if let Some(standing) = self.standings.borrow().get(set) {
            return Ok(*standing);
        }
        let mut statement =
            self.conn.prepare_cached("SELECT generation, kind, restored FROM position WHERE entity_set = ?1")?;
        let position: Option<(i64, i64, bool)> =
            statement.query_row([set], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        let standing = Standing {
            is_cached: position.is_some(),
            generation: position.map_or(0, |(generation, ..)| generation),
            follows: position.is_some_and(|(_, kind, _)| kind == 2),
            is_restored: position.is_some_and(|(_, _, restored)| restored),
        };
        self.standings.borrow_mut().insert(set.to_owned(), standing);
        Ok(standing)
    }

    /// Forgets what was read of the sets' standing; to be called by whoever writes `position`.
    pub(crate) fn forget_standings(&self) {
        self.standings.borrow_mut().clear();
    }

    fn finish(&self) -> Result<()> {
        if self.touched.borrow().contains(CACHED_ENTITIES) {
            choice::follow(self, &self.catalog)?;
        }
        if let Some((_, last)) = self.stamps.get()
            && last != setting::number(self.conn, LAST_STAMP)?
        {
            setting::set(self.conn, LAST_STAMP, &last.to_string())?;
        }
        Ok(())
    }
}

impl Store {
    /// Runs `f` in one write transaction and announces what it changed once that is on the disk.
    pub(crate) fn write<T>(&self, f: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        let entered = self.inner.gate.enter();
        let outcome = self.inner.write(f);
        drop(entered);
        if self.inner.is_to_compact.swap(false, Ordering::Relaxed) {
            self.inner.compact();
        }
        let (value, changed) = outcome.map_err(|error| self.failed(error))?;
        self.inner.listeners.tell(&changed);
        Ok(value)
    }
}

impl Inner {
    fn write<T>(&self, f: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<(T, Vec<Changed>)> {
        if self.access != Access::Full {
            return Err(StoreError::ReadOnly(self.file.clone()));
        }
        // A panic in an earlier transaction rolled it back; the connection is as good as before.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut conn = match writer.conn.take() {
            Some(conn) => conn,
            None => self.connect_writer()?,
        };
        self.presence.begin_writing()?;
        let outcome = self.transact(&mut conn, &mut writer, f);
        if let Ok((_, _, true)) = outcome {
            self.shorten_outbox(&mut conn);
        }
        // What is behind a pull that its caller gave up is not known here: it may have been an I/O error.
        if !matches!(outcome, Err(StoreError::Io(_) | StoreError::GivenUp)) {
            writer.conn = Some(conn);
        }
        outcome.map(|(value, changed, _)| (value, changed))
    }

    /// Begins to speak of a transaction.
    pub(crate) fn tx<'c>(&'c self, conn: &'c Connection) -> Result<Tx<'c>> {
        Ok(Tx {
            conn,
            catalog: self.loaded.current(conn)?,
            now_ms: self.clock.now_ms(),
            ids: &*self.ids,
            touched: RefCell::default(),
            standings: RefCell::default(),
            stamps: Cell::new(None),
            device: Cell::new(None),
        })
    }

    /// Runs a transaction; tells too whether the outbox log is worth writing anew.
    fn transact<T>(
        &self,
        conn: &mut Connection,
        writer: &mut Writer,
        f: impl FnOnce(&Tx<'_>) -> Result<T>,
    ) -> Result<(T, Vec<Changed>, bool)> {
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        writer.look(&transaction)?;
        let tx = self.tx(&transaction)?;
        if outbox::catch_up(&tx, &self.outbox)? {
            // What another process began and did not end; what follows begins on a database without an account.
            let gone = tx.touched.into_inner().into_changes();
            transaction.commit()?;
            self.is_to_compact.store(true, Ordering::Relaxed);
            let (value, mut changed, is_long) = self.transact(conn, writer, f)?;
            changed.splice(0..0, gone);
            return Ok((value, changed, is_long));
        }
        let value = f(&tx)?;
        tx.finish()?;
        // On the disk before the database commits: whichever of the two is lost, the other one has it.
        let told = outbox::append(&tx, &self.outbox)?;
        let changed = tx.touched.into_inner().into_changes();
        transaction.commit()?;
        Ok((value, changed, told.is_some_and(outbox::Appended::committed)))
    }

    pub(crate) fn outside_changes(&self) -> Result<bool> {
        let _entered = self.gate.enter();
        let Ok(mut writer) = self.writer.try_lock() else { return Ok(false) };
        if let Some(conn) = writer.conn.take() {
            let looked = writer.look(&conn);
            writer.conn = Some(conn);
            looked?;
        }
        Ok(std::mem::take(&mut writer.outside))
    }
}

impl Writer {
    fn look(&mut self, conn: &Connection) -> Result<()> {
        let version: i64 = conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        self.outside |= self.seen_version != 0 && version != self.seen_version;
        self.seen_version = version;
        Ok(())
    }
}

impl Inner {
    /// Gives deleted content back to the disk, so that a signed-out account leaves nothing readable behind.
    pub(crate) fn compact(&self) {
        let _entered = self.gate.enter();
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(conn) = &mut writer.conn {
            self.shorten_outbox(conn);
        }
        salvage::forget_damaged(&self.dir);
        if let Some(conn) = &writer.conn
            && let Err(error) = conn.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        {
            tracing::warn!(%error, "the offline database could not be compacted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;
    use tidemark_model::ports::Clock;
    use tidemark_model::query::Query;
    use tidemark_model::{EntityModel, RecordId};

    struct Fixed(AtomicU64);

    impl Clock for Fixed {
        fn now_ms(&self) -> i64 {
            1
        }
        fn monotonic_ms(&self) -> u64 {
            0
        }
    }

    impl Ids for Fixed {
        fn fresh(&self) -> RecordId {
            RecordId(uuid::Uuid::from_u64_pair(1, self.0.fetch_add(1, Ordering::Relaxed)))
        }
    }

    #[test]
    fn on_a_full_disk_nothing_is_saved_and_reading_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let fixed = Arc::new(Fixed(AtomicU64::new(1)));
        let store = Store::open(dir.path(), fixed.clone(), fixed).unwrap();
        let account = serde_json::json!({
            "server": "s", "user": "u", "workspace": "w", "token": "t", "server_id": "i", "signed_out": false
        });
        store.sign_in(&serde_json::from_value(account).unwrap()).unwrap();
        let model = EntityModel::parse(EntityModel::default_document()).unwrap().with_cached_entities().unwrap();
        store.lease().unwrap().adopt_model(&model.document().to_string()).unwrap();
        store.cache("TodoItems").unwrap();
        let limit = |pages: i64| {
            let writer = store.inner.writer.lock().unwrap();
            writer.conn.as_ref().unwrap().pragma_update(None, "max_page_count", pages).unwrap();
        };
        limit(1);
        let item = |notes: usize| {
            let json = serde_json::json!({ "Title": "t", "Notes": "x".repeat(notes) });
            store.add("TodoItems", json.as_object().unwrap())
        };
        let error = item(100_000).unwrap_err();
        assert_eq!(error.code(), "disk_full");
        assert!(error.to_string().contains("nothing was saved"), "{error}");
        assert_eq!(store.count("TodoItems", &Query::default(), Default::default()).unwrap(), 0);
        assert_eq!(store.counts().unwrap().pending, 0);
        limit(1 << 30);
        item(100_000).unwrap();
    }
}
