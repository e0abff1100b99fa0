//! A new database from what can be read of a damaged one and from the outbox log (FAULTS D7).
//!
//! Owns: making it in a folder of its own beside, carrying over who is signed in, settings, model, choice, everything that
//! waits, questions, history and the readable clean records; then exchanging the files, each step of which can be
//! done again. Every set starts anew at the server. The damaged file is kept. Refuses: making an empty database where
//! nothing can be read and the log does not say that nothing was there: then the file stays where it is.

mod copy;

use crate::error::{Result, StoreError};
use crate::open::folder;
use crate::open::logged;
use crate::tables::account::{self, ACCOUNT, Account};
use crate::tables::catalog::{DOCUMENT, EPOCH};
use crate::tables::incident::{self, Incident};
use crate::tables::pending;
use crate::tables::position;
use crate::tables::row;
use crate::tables::schema;
use crate::tables::setting;
use crate::tables::shape;
use crate::tx::folder::{FILE, Folder, LOG};
use crate::tx::follow;
use crate::tx::outbox;
use crate::tx::outbox_level;
use crate::tx::outbox_log::Contents;
use crate::tx::presence::{Presence, Word};
use crate::tx::reshape;
use crate::tx::store::Inner;
use crate::tx::transaction::Tx;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Arc;
use tidemark_model::ports::{Clock, Ids};
use tidemark_model::{CACHED_ENTITIES, EntityModel};
use tidemark_sqlite::Disk;

/// Where the new database is made.
const WORKSHOP: &str = "salvage";
/// Says that it is whole, and under which name the old one is kept.
const DONE: &str = "done";
const DAMAGED: &str = "damaged";

/// Tells whether a folder needs this before its database is opened: it was found damaged, an exchange was broken off,
/// or the database is gone while the log is there.
pub(crate) fn is_called_for(folder: &Folder, presence: &Presence) -> bool {
    let is_gone = || folder.disk.length(&folder.database()).unwrap_or(0) == 0;
    let is_broken_off = || folder.disk.is_there(&folder.below(WORKSHOP).join(DONE));
    presence.word() == Word::Damaged || is_broken_off() || is_gone() && logged::is_account_there(folder)
}

/// Makes the new database and puts it in the place of the damaged one. The caller is alone in the folder and has no
/// connection to either.
pub(crate) fn run(folder: &Folder, clock: &Arc<dyn Clock>, ids: &Arc<dyn Ids>, epoch: i64) -> Result<()> {
    let workshop = folder.below(WORKSHOP);
    if !folder.disk.is_there(&workshop.join(DONE)) {
        make(folder, &workshop, clock, ids, epoch).map_err(|error| error.located(&workshop.database()))?;
    }
    exchange(folder, &workshop).map_err(|error| StoreError::Io(error.to_string()))
}

fn make(folder: &Folder, workshop: &Folder, clock: &Arc<dyn Clock>, ids: &Arc<dyn Ids>, epoch: i64) -> Result<()> {
    let (disk, file) = (&*folder.disk, folder.database());
    let io = |error: std::io::Error| StoreError::Io(error.to_string());
    if disk.is_there(&workshop.dir) {
        disk.remove_folder(&workshop.dir).map_err(io)?;
    }
    let old = Old::open(disk, &file);
    let contents = logged::contents(folder).unwrap_or_default();
    let account = old.setting(ACCOUNT).filter(|text| serde_json::from_str::<Account>(text).is_ok());
    let account = contents.account.clone().or(account);
    if account.is_none() && !is_nobodys(&contents) {
        return Err(StoreError::Corrupt { path: file, problem: "nothing of it can be read".to_owned() });
    }
    let readable = |text: &String| EntityModel::parse(text).is_ok();
    let model = contents.model.clone().filter(readable).or_else(|| old.setting(DOCUMENT).filter(readable));
    if model.is_none() && (old.has_pending() || !contents.waiting().is_empty()) {
        // Without it nothing that waits has a place in the new one.
        return Err(StoreError::Corrupt { path: file, problem: "its entity model cannot be read".to_owned() });
    }
    let fresh = open_fresh(workshop, clock, ids)?;
    fresh.write(|tx| {
        for (key, value) in old.settings() {
            if ![DOCUMENT, outbox::STORED].contains(&key.as_str()) {
                setting::set(tx.conn, &key, &value)?;
            }
        }
        let epoch = epoch.max(setting::number(tx.conn, EPOCH)?);
        setting::set(tx.conn, EPOCH, &epoch.to_string())?;
        account.iter().try_for_each(|account| setting::set(tx.conn, ACCOUNT, account))
    })?;
    if let Some(model) = &model {
        fresh.write(|tx| reshape::adopt(tx, EntityModel::parse(model)?, model))?;
    }
    let kept_at = clock.now_ms();
    let suffix = format!("{DAMAGED}-{kept_at}");
    fresh.write(|tx| {
        let unreadable = old.carry_over(tx)?;
        positions(tx)?;
        outbox_level::take_shapes(tx, &contents)?;
        // The log has the last word on what waits: its lines carry checksums, and it is ahead of a lost database. A line
        // that cannot be read may have been the last word, so what the database still knows stands then.
        for entry in contents.waiting() {
            if contents.unreadable == 0 || pending::get(tx.conn, &entry.set, entry.id)?.is_none() {
                outbox_level::put(tx, entry)?;
            }
        }
        let kept = if disk.is_there(&file) { format!("{FILE}.{suffix}") } else { String::new() };
        let pending = pending::all(tx.conn)?.len() as u64;
        let is_certain = contents.begin.is_some() && contents.unreadable == 0;
        incident::write(tx, &Incident::Salvaged { kept, pending, unreadable, is_certain })
    })?;
    drop(fresh);
    disk.put(&workshop.join(DONE), suffix.as_bytes()).map_err(io)?;
    disk.sync_folder(&workshop.dir);
    Ok(())
}

/// Tells whether a log that is whole says that nobody is signed in and nothing waits: it is told of both before the database
/// is, so that there was nothing in that to lose.
fn is_nobodys(contents: &Contents) -> bool {
    contents.begin.is_some() && contents.unreadable == 0 && contents.account.is_none() && contents.waiting().is_empty()
}

/// Makes an empty database; nobody else has its folder.
fn open_fresh(workshop: &Folder, clock: &Arc<dyn Clock>, ids: &Arc<dyn Ids>) -> Result<Inner> {
    folder::make_folder(workshop)?;
    let presence = Presence::enter(workshop);
    let connected = folder::connect_checked(workshop, &presence)?;
    let fresh = folder::opened(workshop, connected, presence, Arc::clone(clock), Arc::clone(ids))?;
    fresh.write(|tx| tx.device_id())?;
    Ok(fresh)
}

/// Has every set that is kept read again from its start; what is here is shown until then.
fn positions(tx: &Tx<'_>) -> Result<()> {
    for table in tx.catalog.tables() {
        position::restart(tx, &table.set.name)?;
        position::count_from(tx, &table.set.name, row::newest_generation(tx.conn, table)?)?;
    }
    if !position::is_kept(tx.conn, CACHED_ENTITIES)? && account::user(tx.conn)?.is_some() {
        follow::follow(tx, &tx.catalog)?;
    }
    Ok(())
}

/// The damaged database.
struct Old(Option<Connection>);

impl Old {
    fn open(disk: &dyn Disk, file: &Path) -> Self {
        let conn = schema::open(disk, file, OpenFlags::SQLITE_OPEN_READ_ONLY);
        Self(conn.ok().filter(|conn| conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).is_ok()))
    }

    fn setting(&self, key: &str) -> Option<String> {
        setting::get(self.0.as_ref()?, key).ok()?
    }

    fn has_pending(&self) -> bool {
        self.0.as_ref().is_some_and(|old| pending::is_any(old).unwrap_or(false))
    }

    fn settings(&self) -> Vec<(String, String)> {
        let Some(conn) = &self.0 else { return Vec::new() };
        setting::readable(conn)
    }

    /// Carries over what can be read; returns in how many places something could not.
    fn carry_over(&self, tx: &Tx<'_>) -> Result<u64> {
        let Some(old) = &self.0 else { return Ok(1) };
        let mut unreadable = 0;
        let fixed = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'records_*' \
                     AND name NOT GLOB 'sqlite_*' AND name <> 'setting'";
        for name in names(tx.conn, fixed)? {
            unreadable += copy::table(old, tx.conn, &name)?;
        }
        for table in tx.catalog.tables() {
            if shape::exists(old, &table.name).unwrap_or(false) {
                unreadable += copy::table(old, tx.conn, &table.name)?;
            }
        }
        for table in names(old, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'records_*'")
            .unwrap_or_default()
        {
            // A set that left the model with something pending.
            if !shape::exists(tx.conn, &table)?
                && let Ok(sql) = old
                    .query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [&table], |row| row.get::<_, String>(0))
            {
                tx.conn.execute_batch(&sql)?;
                unreadable += copy::table(old, tx.conn, &table)?;
            }
        }
        unreadable += copy::drop_unreadable(tx)?;
        Ok(unreadable)
    }
}

fn names(conn: &Connection, sql: &str) -> Result<Vec<String>> {
    let mut statement = conn.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// Exchanges the files. Whatever was done before is not done again.
fn exchange(dir: &Folder, workshop: &Folder) -> std::io::Result<()> {
    let disk = &*dir.disk;
    let suffix = String::from_utf8_lossy(&disk.read(&workshop.join(DONE))?).into_owned();
    let kept = |name: &str| format!("{FILE}.{suffix}{name}");
    let fresh = workshop.join(FILE);
    if disk.is_there(&fresh) {
        // Without its log the old file would be another one, so that goes first.
        move_if_there(disk, &dir.join(format!("{FILE}-wal")), &dir.join(kept("-wal")))?;
        remove_if_there(disk, &dir.join(format!("{FILE}-shm")))?;
        move_if_there(disk, &dir.join(FILE), &dir.join(kept("")))?;
        move_if_there(disk, &workshop.join(format!("{FILE}-wal")), &dir.join(format!("{FILE}-wal")))?;
        disk.rename(&fresh, &dir.join(FILE))?;
    }
    let fresh = workshop.join(LOG);
    if disk.is_there(&fresh) {
        move_if_there(disk, &dir.join(LOG), &dir.join(format!("{}.{suffix}", LOG)))?;
        disk.rename(&fresh, &dir.join(LOG))?;
    }
    disk.sync_folder(&dir.dir);
    disk.remove_folder(&workshop.dir)
}

fn move_if_there(disk: &dyn Disk, from: &Path, to: &Path) -> std::io::Result<()> {
    if disk.is_there(from) { disk.rename(from, to) } else { Ok(()) }
}

fn remove_if_there(disk: &dyn Disk, path: &Path) -> std::io::Result<()> {
    if disk.is_there(path) { disk.remove(path) } else { Ok(()) }
}

/// Removes damaged files that were kept: their account has left this device.
pub(crate) fn forget_damaged(folder: &Folder) {
    let Ok(names) = folder.disk.names_in(&folder.dir) else { return };
    for name in names {
        let is_kept = [FILE, LOG].iter().any(|file| name.starts_with(&format!("{file}.{DAMAGED}-")));
        if is_kept && let Err(error) = folder.disk.remove(&folder.join(&name)) {
            tracing::warn!(%error, name, "a damaged file of an account that left could not be removed");
        }
    }
}
