//! The fixed tables, how a connection is set up, and the version of both.
//!
//! Owns: `PRAGMA user_version` and the steps from one version to the next. Refuses: the tables of entity sets
//! (`table`), and a database of a newer version (FAULTS D9).

use crate::error::{Result, StoreError};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::Path;
use std::time::Duration;
use tidemark_model::{Planted, is_planted};
use tidemark_sqlite::{Disk, Opening};

/// The version that this program writes.
pub(crate) const VERSION: i64 = 4;

/// How long a statement waits for another process's write.
const BUSY: Duration = Duration::from_secs(30);

/// Memory for pages of the file: of the connection that writes, and of each that reads.
const WRITER_CACHE_KIB: i64 = 32 * 1024;
const READER_CACHE_KIB: i64 = 8 * 1024;

/// A large pull grows the write-ahead log; it is cut back to this afterwards.
const WRITE_AHEAD_BYTES: i64 = 16 << 20;

/// How many pages the write-ahead log holds before they are written back into the file.
const CHECKPOINT_PAGES: i64 = WRITE_AHEAD_BYTES / 4096;

/// Statements that a connection keeps prepared; a dozen entity sets with eight statements each fit.
const PREPARED: usize = 160;

/// Version 1. `pending` holds one row per unsettled record; `hold` says why it is not sent: 0 it is, 1 conflict,
/// 2 parked. JSON columns are whole `tidemark-model` values, read back only by this crate.
const VERSION_1: &str = "
CREATE TABLE setting (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE pending (
  order_no INTEGER PRIMARY KEY,
  entity_set TEXT NOT NULL,
  id BLOB NOT NULL,
  state INTEGER NOT NULL,
  base TEXT,
  in_flight TEXT,
  set_aside INTEGER NOT NULL,
  hold INTEGER NOT NULL,
  reason TEXT,
  attempts INTEGER NOT NULL,
  sending INTEGER GENERATED ALWAYS AS (in_flight IS NOT NULL) VIRTUAL,
  deletes INTEGER GENERATED ALWAYS AS (state = 3) VIRTUAL,
  UNIQUE (entity_set, id)
) STRICT;
CREATE INDEX pending_next ON pending (entity_set, hold, sending, deletes, order_no);
CREATE TABLE conflict (
  id BLOB NOT NULL PRIMARY KEY,
  entity_set TEXT NOT NULL,
  record_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  properties TEXT NOT NULL,
  server TEXT,
  detected_at INTEGER NOT NULL,
  UNIQUE (entity_set, record_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE position (
  entity_set TEXT NOT NULL PRIMARY KEY,
  kind INTEGER NOT NULL,
  link TEXT,
  restored INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  done INTEGER NOT NULL,
  total INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE refetch (
  entity_set TEXT NOT NULL, id BLOB NOT NULL, PRIMARY KEY (entity_set, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE sent (
  order_no INTEGER PRIMARY KEY,
  entity_set TEXT NOT NULL,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  etag TEXT NOT NULL,
  base TEXT,
  sent TEXT NOT NULL
) STRICT;
CREATE INDEX sent_of_record ON sent (entity_set, id, order_no);
CREATE INDEX sent_by_age ON sent (at);
CREATE TABLE history (
  order_no INTEGER PRIMARY KEY,
  entity_set TEXT NOT NULL,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  by TEXT,
  record TEXT
) STRICT;
CREATE INDEX history_of_record ON history (entity_set, id, order_no);
CREATE INDEX history_by_age ON history (at);
CREATE TABLE cycle (order_no INTEGER PRIMARY KEY, entry TEXT NOT NULL) STRICT;
";

/// Version 2: the history knows every change, not only the sides that did not stand. A version of the server is named
/// by its ETag, so that what this device saw and what the server's journal tells of it are one entry; `seen` is 0
/// where only the journal told. `decision` marks what Activity lists. `answered` holds what an answer replaced,
/// `attempt` what the server answered other than yes.
const VERSION_2: &str = r#"
ALTER TABLE history ADD COLUMN by_policy INTEGER NOT NULL DEFAULT 0;
ALTER TABLE history ADD COLUMN decision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE history ADD COLUMN seen INTEGER NOT NULL DEFAULT 1;
ALTER TABLE history ADD COLUMN device TEXT;
ALTER TABLE history ADD COLUMN etag TEXT;
ALTER TABLE history ADD COLUMN changes TEXT;
ALTER TABLE history ADD COLUMN kept_at INTEGER NOT NULL DEFAULT 0;
UPDATE history SET kept_at = at, by_policy = instr(event, '_by_policy') > 0, event = replace(event, '_by_policy', '');
UPDATE history SET decision = event NOT IN ('deleted', 'merged', 'model_changed');
DROP INDEX history_by_age;
DROP INDEX history_of_record;
CREATE INDEX history_of_record ON history (entity_set, id, etag);
CREATE INDEX history_decisions ON history (order_no) WHERE decision = 1;
CREATE TABLE answered (
  id BLOB NOT NULL PRIMARY KEY, entity_set TEXT NOT NULL, record_id BLOB NOT NULL, at INTEGER NOT NULL,
  before TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE attempt (
  order_no INTEGER PRIMARY KEY,
  entity_set TEXT NOT NULL,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  message TEXT
) STRICT;
CREATE INDEX attempt_of_record ON attempt (entity_set, id, order_no);
CREATE INDEX cycle_synced ON cycle (order_no) WHERE json_extract(entry, '$.outcome') = 'synced';
"#;

/// Version 3: the versions of records that went into files, so that a file put back is an edit of them (ADR 0011).
const VERSION_3_EXPORTED: &str = "
CREATE TABLE exported (
  order_no INTEGER PRIMARY KEY,
  entity_set TEXT NOT NULL,
  id BLOB NOT NULL,
  updated_at INTEGER NOT NULL,
  content TEXT NOT NULL,
  UNIQUE (entity_set, id, updated_at, content)
) STRICT;
";

/// Version 3, positions: each has an incarnation, so that an answer is taken only onto the position it was asked from.
const VERSION_3_POSITION: &str = "
ALTER TABLE position ADD COLUMN incarnation BLOB NOT NULL DEFAULT x'';
UPDATE position SET incarnation = randomblob(16);
";

/// Version 3: of a record whose confirmed changes a restored server has lost, which of them is offered now (`restored`).
const VERSION_3_OFFER: &str = "ALTER TABLE pending ADD COLUMN offer TEXT;";

/// Version 3: what is kept for a while is dropped in the order in which it came (`retention`), and no longer by a time.
const VERSION_3_RETENTION: &str = "
DROP INDEX IF EXISTS sent_by_age;
ALTER TABLE answered ADD COLUMN order_no INTEGER NOT NULL DEFAULT 0;
UPDATE answered SET order_no = (SELECT count(*) FROM answered o WHERE (o.at, o.id) <= (answered.at, answered.id));
CREATE INDEX answered_in_order ON answered (order_no);
";

/// Version 3: what went wrong with the disk is told (`incident`). The version also keeps programs out that would write
/// pending work past `outbox.log`.
const VERSION_3_DISK: &str = "
CREATE TABLE incident (order_no INTEGER PRIMARY KEY, at INTEGER NOT NULL, entry TEXT NOT NULL,
  told INTEGER NOT NULL DEFAULT 0) STRICT;
";

/// Version 4: what was refused when it was sent again is known again where the server has it all the same.
const VERSION_4: &str = "ALTER TABLE pending ADD COLUMN doubts TEXT;";

/// From one version to the next, in order.
const STEPS: [(i64, &str); 8] = [
    (1, VERSION_1),
    (2, VERSION_2),
    (3, VERSION_3_EXPORTED),
    (3, VERSION_3_POSITION),
    (3, VERSION_3_OFFER),
    (3, VERSION_3_RETENTION),
    (3, VERSION_3_DISK),
    (4, VERSION_4),
];

/// The tables that belong to an account: signing out empties them.
pub(crate) const ACCOUNT_TABLES: [&str; 11] = [
    "pending", "conflict", "position", "refetch", "sent", "history", "answered", "attempt", "cycle", "exported",
    "incident",
];

/// Opens a file of the offline database, which exists.
pub(crate) fn open(disk: &dyn Disk, file: &Path, flags: OpenFlags) -> Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opening = Opening { flags, vfs: disk.vfs(), busy_timeout: BUSY, prepared_statements: PREPARED };
    Ok(tidemark_sqlite::open(file, opening)?)
}

/// Sets up a connection that may write.
pub(crate) fn set_up_writer(conn: &Connection) -> Result<()> {
    set_up(conn, WRITER_CACHE_KIB)?;
    write_ahead(conn)?;
    // FULL: a commit is on the disk before Save says so (promise 1).
    let synchronous = if is_planted(Planted::F4NothingIsFlushed) { "OFF" } else { "FULL" };
    conn.pragma_update(None, "synchronous", synchronous)?;
    // macOS keeps what was synced in the drive's own memory otherwise.
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "journal_size_limit", WRITE_AHEAD_BYTES)?;
    // A page that is written again and again in a push goes into the file once: a quarter of the default's trips.
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    Ok(())
}

/// Turns the write-ahead log on, once in a file's life. Where several processes make the same file, SQLite gives all
/// but one of them "busy" at once, whatever the time-out says.
fn write_ahead(conn: &Connection) -> Result<()> {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut attempts = BUSY.as_millis() / PAUSE.as_millis();
    loop {
        match conn.pragma_update(None, "journal_mode", "WAL").map_err(StoreError::from) {
            Err(StoreError::Busy) if attempts > 0 => attempts -= 1,
            other => return other,
        }
        hold_up(PAUSE);
    }
}

/// Waits between two attempts, as SQLite's own busy handler does in its C code, where no port reaches.
#[expect(clippy::disallowed_methods, reason = "what is waited for is another process's lock, in the machine's time")]
fn hold_up(duration: Duration) {
    std::thread::sleep(duration);
}

/// Has everything that is seen of a file on the disk, before anything is built on it (FAULTS D5).
pub(crate) fn settle(conn: &Connection) -> Result<()> {
    Ok(tidemark_sqlite::settle(conn, BUSY)?)
}

/// Sets up a connection that only reads.
pub(crate) fn set_up_reader(conn: &Connection) -> Result<()> {
    set_up(conn, READER_CACHE_KIB)
}

fn set_up(conn: &Connection, cache_kib: i64) -> Result<()> {
    Ok(conn.pragma_update(None, "cache_size", -cache_kib)?)
}

/// Refuses a database that a newer program wrote; reads nothing else.
pub(crate) fn check_version(conn: &Connection, file: &Path) -> Result<i64> {
    let found: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > VERSION {
        return Err(StoreError::NewerDatabase { path: file.to_owned(), found, known: VERSION });
    }
    Ok(found)
}

/// Brings the fixed tables to [`VERSION`], in one transaction.
pub(crate) fn migrate(conn: &mut Connection, file: &Path) -> Result<()> {
    if check_version(conn, file)? == VERSION {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it while this one waited.
    let found = check_version(&tx, file)?;
    for (version, step) in STEPS {
        if found < version {
            tx.execute_batch(step)?;
        }
    }
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()?;
    Ok(())
}
