//! Devices on a disk that is memory, made once and used for many histories.

use crate::support::*;
use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tidemark_store::{Store, SystemDisk};

/// A signed-in device. Its file is made once: that takes longer than a whole week.
pub(super) fn new_device() -> Device {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let made = device();
        drop(made.store);
        std::fs::read(made.dir.path().join("tidemark.db")).unwrap()
    });
    let dir = memory();
    std::fs::write(dir.path().join("tidemark.db"), file).unwrap();
    reopen(dir, clock())
}

thread_local! {
    /// Devices of histories that went well.
    pub(super) static SPARE: RefCell<Vec<Device>> = const { RefCell::new(Vec::new()) };
}

/// A folder on a disk that is memory, where there is one.
fn memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn reopen(dir: tempfile::TempDir, clock: Arc<TestClock>) -> Device {
    // No two devices make the same ids, whichever history they come from.
    static SEED: AtomicU64 = AtomicU64::new(10);
    let seed = SEED.fetch_add(1, Ordering::Relaxed);
    Device { store: Store::open(dir.path(), Arc::new(SystemDisk), clock.clone(), ids(seed)).unwrap(), clock, dir }
}

impl Device {
    /// The same device as if nothing had ever happened on it.
    pub(super) fn wiped(self) -> Device {
        let database = rusqlite::Connection::open(self.dir.path().join("tidemark.db")).unwrap();
        let tables = ["records_TodoItems", "pending", "conflict", "refetch", "sent", "history", "answered", "attempt"];
        let mut wipe: String = tables.map(|table| format!("DELETE FROM {table};")).concat();
        wipe.push_str("DELETE FROM setting WHERE key = 'store.last_stamp';");
        // A short log is a crash that costs little.
        let shorten = "PRAGMA wal_checkpoint(TRUNCATE);";
        database.execute_batch(&format!("BEGIN IMMEDIATE; {wipe} COMMIT; {shorten}")).unwrap();
        self.clock.0.store(clock().0.load(Ordering::Relaxed), Ordering::Relaxed);
        self
    }

    /// A copy of the files as a crash would leave them.
    pub(super) fn crashed(&self) -> Device {
        let dir = memory();
        for name in ["tidemark.db", "tidemark.db-wal"] {
            let _ = std::fs::copy(self.dir.path().join(name), dir.path().join(name));
        }
        reopen(dir, self.clock.clone())
    }
}
