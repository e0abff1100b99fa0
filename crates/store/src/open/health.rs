//! Looking after the database: is it whole, and what is done where it is not (FAULTS D7).
//!
//! Owns: when it is checked (after somebody did not leave properly, and once a week), exchanging it under a running
//! process, and that every transaction which meets damage has it mended. Refuses: making the other one (`salvage`), and
//! how a transaction is run (`tx`). A check only reads: no Save waits for it.

use crate::error::{Result, StoreError};
use crate::open::salvage;
use crate::pull::audit;
use crate::tables::retention::DAY_MS;
use crate::tables::setting;
use crate::tx::connect::{Access, connect_reader};
use crate::tx::notices::Changed;
use crate::tx::outbox_level;
use crate::tx::presence::Word;
use crate::tx::store::{Reading, Store};
use crate::tx::transaction::Tx;
use rusqlite::Connection;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// When the database was last checked, Unix milliseconds UTC.
const CHECKED_AT: &str = "device.checked_at";
/// How long after one check the next is due.
const AGAIN_AFTER_MS: i64 = 7 * DAY_MS;

impl Store {
    /// Runs `f` in one read transaction.
    pub(crate) fn read<T>(&self, f: impl FnOnce(&Reading<'_>) -> Result<T>) -> Result<T> {
        let entered = self.inner.gate.enter();
        let outcome = self.inner.read(f);
        drop(entered);
        outcome.map_err(|error| self.failed(error))
    }

    /// Runs `f` in one write transaction and announces what it changed once that is on the disk.
    pub(crate) fn write<T>(&self, f: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        let entered = self.inner.gate.enter();
        let outcome = self.inner.write(f);
        drop(entered);
        if self.inner.is_to_compact.swap(false, Ordering::Relaxed) {
            self.compact();
        }
        let (value, changed) = outcome.map_err(|error| self.failed(error))?;
        self.inner.listeners.tell(&changed);
        Ok(value)
    }

    /// Gives deleted content back to the disk, so that a signed-out account leaves nothing readable behind.
    pub(crate) fn compact(&self) {
        let _entered = self.inner.gate.enter();
        salvage::forget_damaged(&self.inner.folder);
        self.inner.compact();
    }

    /// Checks the database where that is due, and repairs it where it must; tells whether it was checked. It takes a
    /// while on a large one: call it where that is in nobody's way.
    ///
    /// # Errors
    /// The database is damaged and cannot be repaired while another program has it open, or cannot be read.
    pub fn look_after(&self) -> Result<bool> {
        if self.is_read_only() || self.inner.looking.swap(true, Ordering::AcqRel) {
            return Ok(false);
        }
        let looked = self.look();
        self.inner.looking.store(false, Ordering::Release);
        looked
    }

    fn look(&self) -> Result<bool> {
        let word = self.inner.presence.word();
        if word == Word::Damaged {
            return self.repair();
        }
        let checked_at = self.read(|reading| setting::number(reading.conn, CHECKED_AT))?;
        let now_ms = self.inner.clock.now_ms();
        let is_recent = (0..AGAIN_AFTER_MS).contains(&now_ms.saturating_sub(checked_at));
        if word != Word::Unchecked && is_recent {
            return Ok(false);
        }
        let is_whole = {
            let _entered = self.inner.gate.enter();
            connect_reader(&*self.inner.folder.disk, &self.inner.file, Access::Full).and_then(|conn| is_whole(&conn))
        };
        match is_whole {
            Ok(true) => {}
            Ok(false) | Err(StoreError::Corrupt { .. }) => {
                self.inner.presence.looked_at(true);
                return self.repair();
            }
            Err(error) => return Err(error),
        }
        let compared = self.write(|tx| {
            // A table whose columns are others than the model's was not made by this program.
            for table in tx.catalog.tables() {
                tx.conn.prepare(&table.put)?;
                tx.conn.prepare(&table.get)?;
            }
            outbox_level::compare(tx, &self.inner.outbox)?;
            if word == Word::Unchecked {
                // Whatever a check of the structure cannot see is found by comparing with the server.
                audit::call_for(tx)?;
            }
            setting::set(tx.conn, CHECKED_AT, &now_ms.to_string())
        });
        match compared {
            Ok(()) => {}
            Err(StoreError::Repaired) => return Ok(true),
            Err(error) if error.is_damage() => {
                self.inner.presence.looked_at(true);
                return self.repair();
            }
            Err(error) => return Err(error),
        }
        self.inner.presence.looked_at(false);
        Ok(true)
    }

    /// Puts what can be read of a damaged database in its place. `Ok(true)` where that was done.
    fn repair(&self) -> Result<bool> {
        let inner = &self.inner;
        let busy = || StoreError::Corrupt { path: inner.file.clone(), problem: "it is in use".to_owned() };
        let repaired = {
            let _closed = inner.gate.close().ok_or_else(busy)?;
            let mut writer = inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let floor = inner.loaded.newest().epoch();
            inner.presence.alone(|| {
                writer.close();
                inner.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
                salvage::run(&inner.folder, &inner.clock, &inner.ids, floor)
            })
        };
        repaired.ok_or_else(busy)??;
        inner.presence.looked_at(false);
        if let Some(model) = self.model() {
            let sets = model.sets().map(|set| Changed { set: set.name.clone(), ids: None });
            inner.listeners.tell(&sets.collect::<Vec<_>>());
        }
        Ok(true)
    }

    /// Names the file in an error; where it says that the database is damaged, repairs it at once if nobody else has it
    /// open.
    pub(crate) fn failed(&self, error: StoreError) -> StoreError {
        let error = error.located(&self.inner.file);
        match &error {
            StoreError::Corrupt { .. } if !self.is_read_only() => {}
            // After somebody did not leave properly, what makes no sense may be damage that the structure does not show.
            StoreError::Internal(_) if self.inner.presence.word() == Word::Unchecked => {
                return match self.look_after() {
                    Ok(true) => StoreError::Repaired,
                    Ok(false) | Err(_) => error,
                };
            }
            _ => return error,
        }
        self.inner.presence.looked_at(true);
        match self.repair() {
            Ok(_) => StoreError::Repaired,
            Err(cause) => {
                tracing::warn!(%cause, "the damaged database could not be repaired yet");
                error
            }
        }
    }
}

/// Tells whether SQLite finds the file well formed.
fn is_whole(conn: &Connection) -> Result<bool> {
    let found: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(found == "ok")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicU64;
    use tidemark_model::ports::{Clock, Ids};
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
        let store = Store::open(dir.path(), Arc::new(tidemark_sqlite::SystemDisk), fixed.clone(), fixed).unwrap();
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
