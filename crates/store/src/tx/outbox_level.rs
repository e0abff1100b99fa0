//! Database and log at odds: what the two say to each other when a folder is opened, and before each transaction.
//!
//! Owns: who is right. *The log is ahead*: the database lost its write-ahead log, is an older copy, or the power went
//! between the two writes; the rest of the log is done again. *The log is behind or missing*: it is written anew from the
//! database. Refuses: telling the log (`outbox`), noticing damage inside the database (`health`). FAULTS D7, D10.

use crate::error::Result;
use crate::tables::account::{ACCOUNT, Account};
use crate::tables::catalog::{DOCUMENT, EPOCH};
use crate::tables::conflict;
use crate::tables::forget;
use crate::tables::history;
use crate::tables::incident::{self, Incident};
use crate::tables::local;
use crate::tables::pending::{self, Hold};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::setting;
use crate::tables::shape;
use crate::tables::table::Table;
use crate::tables::value::{from_optional_text, to_text};
use crate::tx::folder::LogFile;
use crate::tx::outbox::{begin, is_level, of_record, stored, table};
use crate::tx::outbox_log::{self as log, Contents, Entry};
use crate::tx::reshape;
use crate::tx::transaction::Tx;
use tidemark_model::{EntityModel, HistoryEvent, RecordId, changed_properties};

/// Brings database and log to the same state before a transaction looks at either. Tells whether that ended the account or
/// brought another model: what the transaction knows of the model is nothing any more then.
pub(crate) fn catch_up(tx: &Tx<'_>, at: &LogFile) -> Result<bool> {
    if is_level(tx.conn, at)? {
        return Ok(false);
    }
    let mut is_anew = false;
    let known = stored(tx.conn)?;
    let mut number = known.as_ref().map_or(0, |known| known.number);
    if let Some(contents) = log::read(at)?
        && let Some((owner, _, begins)) = contents.begin
    {
        match known.as_ref().filter(|known| known.log == owner) {
            Some(known) if contents.newest > known.number => {
                let is_older_copy = begins > known.number;
                let (here, there) = (whose(setting::get(tx.conn, ACCOUNT)?), whose(contents.account.clone()));
                match (here, there) {
                    // A log that begins signed out says nothing of this account: the database is a copy from before that
                    // was put back, and keeps what it has.
                    (Some(_), None) if is_older_copy => {}
                    // Signing out is whole or not at all.
                    (Some(_), None) if contents.account.is_none() && contents.account_number > known.number => {
                        is_anew = true;
                        forget::everything(tx)?;
                    }
                    // A copy from before another account came: what waits in the log is not for it.
                    (Some(here), Some(there)) if here != there => adopt(tx, at, &contents)?,
                    _ => {
                        is_anew = take_model(tx, &contents)?;
                        is_anew |= take_shapes(tx, &contents)?;
                        redo(tx, &contents, if is_older_copy { i64::MIN } else { known.number })?;
                    }
                }
            }
            Some(_) => {}
            None => adopt(tx, at, &contents)?,
        }
        number = number.max(contents.newest);
    }
    let log = known.map_or_else(|| tx.fresh_id(), |known| known.log);
    begin(tx, at, log, number + 1)?;
    Ok(is_anew)
}

/// Adopts the model that the log was written under, where the database is behind it: what waits may have no place in the
/// other one. Tells whether it did.
fn take_model(tx: &Tx<'_>, contents: &Contents) -> Result<bool> {
    let Some(document) = &contents.model else { return Ok(false) };
    let Ok(model) = EntityModel::parse(document) else { return Ok(false) };
    if setting::get(tx.conn, DOCUMENT)?.as_ref() == Some(document) {
        return Ok(false);
    }
    reshape::adopt(tx, model, document)?;
    Ok(true)
}

/// Gives what waits in a set that nobody knows here the place that it had when its set left the model. Tells whether there
/// was any.
pub(crate) fn take_shapes(tx: &Tx<'_>, contents: &Contents) -> Result<bool> {
    let mut is_news = false;
    for (set, document) in &contents.shapes {
        let is_wanted = contents.waiting().iter().any(|entry| entry.set == *set) && table(tx, set)?.is_none();
        let shape = EntityModel::parse(document).ok().filter(|_| is_wanted);
        let Some(left) = shape.as_ref().and_then(|shape| shape.set(set)).map(Table::new) else { continue };
        if !shape::exists(tx.conn, &left.name)? {
            tx.conn.execute_batch(&left.create())?;
        }
        setting::set(tx.conn, &shape::key(set), document)?;
        is_news = true;
    }
    if is_news {
        setting::set(tx.conn, EPOCH, &(setting::number(tx.conn, EPOCH)? + 1).to_string())?;
    }
    Ok(is_news)
}

/// Does again what the log tells after a number; a log that begins later tells everything that waits.
fn redo(tx: &Tx<'_>, contents: &Contents, since: i64) -> Result<u64> {
    let mut restored = 0;
    for entry in contents.waiting() {
        let is_news = contents.records.get(&(entry.set.clone(), entry.id)).is_some_and(|last| last.number > since);
        if is_news {
            keep_replaced(tx, entry)?;
            restored += u64::from(put(tx, entry)?);
        }
    }
    let mut gone: Vec<(String, RecordId)> = contents
        .records
        .iter()
        .filter(|(_, last)| last.entry.is_none() && last.number > since)
        .map(|(key, _)| key.clone())
        .collect();
    if since == i64::MIN {
        let unnamed = pending::all(tx.conn)?.into_iter();
        gone.extend(unnamed.filter(|key| !contents.records.contains_key(key)));
    }
    for (set, id) in gone {
        settle(tx, &set, id, since)?;
    }
    if restored > 0 {
        incident::write(tx, &Incident::WorkRestored { records: restored })?;
    }
    Ok(restored)
}

/// What waits here and gives way to the log's last word stays in the record's history: what wrote that down went with the
/// transaction that the database lost, and nobody may have been told that it was saved.
fn keep_replaced(tx: &Tx<'_>, entry: &Entry) -> Result<()> {
    let Some(table) = table(tx, &entry.set)? else { return Ok(()) };
    let (Ok(Some(here)), Ok(Some(change))) =
        (row::get(tx.conn, &table, entry.id), pending::get(tx.conn, &entry.set, entry.id))
    else {
        return Ok(());
    };
    if changed_properties(&here.record, &shape::fitting(&table, &entry.record)).is_empty() {
        return Ok(());
    }
    history::given_up(tx, &table, entry.id, HistoryEvent::GaveWay, Some(&here.record), &change)
}

/// Returns the server and the user of an account; `None` where there is none, or it cannot be read.
fn whose(text: Option<String>) -> Option<(String, String)> {
    let account: Option<Account> = from_optional_text(text).unwrap_or_default();
    account.map(|account| (account.server_id, account.user))
}

/// A log of another database, or of another account: the one that was here is gone. What waits in it is this account's,
/// or stays in a file of its own.
fn adopt(tx: &Tx<'_>, at: &LogFile, contents: &Contents) -> Result<()> {
    let waiting = contents.waiting();
    if waiting.is_empty() {
        return Ok(());
    }
    let here = whose(setting::get(tx.conn, ACCOUNT)?);
    let there = whose(contents.account.clone());
    let fits = here.is_some() && here == there;
    if fits {
        take_shapes(tx, contents)?;
    }
    let mut restored = 0;
    for entry in waiting.iter().filter(|_| fits) {
        if pending::get(tx.conn, &entry.set, entry.id)?.is_none() && put(tx, entry)? {
            restored += 1;
        }
    }
    if restored > 0 {
        incident::write(tx, &Incident::WorkRestored { records: restored })?;
    }
    if restored < waiting.len() as u64
        && let Some(kept) = log::keep_aside(at, "kept", tx.now_ms)
    {
        let file = kept.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let records = waiting.len() as u64 - restored;
        incident::write(tx, &Incident::WorkKept { records, file })?;
    }
    Ok(())
}

/// Compares everything that waits with the log, whose lines carry checksums, and mends what a flipped byte made of it.
/// Returns how many records were mended. Where the log itself is not whole it is written anew.
pub(crate) fn compare(tx: &Tx<'_>, at: &LogFile) -> Result<u64> {
    let contents = log::read(at)?.unwrap_or_default();
    let Some(known) = stored(tx.conn)? else { return Ok(0) };
    // A line that cannot be read may have been the last word on a record.
    let is_same = contents.begin.is_some_and(|(owner, ..)| owner == known.log)
        && contents.newest == known.number
        && contents.unreadable == 0;
    let mut mended = 0;
    if is_same {
        for entry in contents.waiting() {
            mended += u64::from(put(tx, entry)?);
        }
        for (set, id) in pending::all(tx.conn)? {
            // A key that was flipped: nobody's change, and nothing could send it.
            let is_whole = table(tx, &set)?.is_some_and(|table| matches!(row::get(tx.conn, &table, id), Ok(Some(_))));
            if !is_whole && !contents.records.contains_key(&(set.clone(), id)) {
                pending::remove(tx, &set, id)?;
                mended += 1;
            }
        }
        if contents.account.is_some() && setting::get(tx.conn, ACCOUNT)? != contents.account {
            setting::set(tx.conn, ACCOUNT, contents.account.as_deref().unwrap_or_default())?;
            mended += 1;
        }
    }
    if mended > 0 {
        incident::write(tx, &Incident::WorkRestored { records: mended })?;
    }
    if mended > 0 || !is_same {
        begin(tx, at, known.log, known.number + 1)?;
    }
    Ok(mended)
}

/// Puts what waits for a record in its place; tells whether it was news. A set that nobody knows here has no place.
pub(crate) fn put(tx: &Tx<'_>, entry: &Entry) -> Result<bool> {
    let Some(table) = table(tx, &entry.set)? else { return Ok(false) };
    // What cannot be read says nothing.
    let etag = entry.change.base.as_ref().map(|base| base.etag.clone());
    let is_on_it = || matches!(row::get(tx.conn, &table, entry.id), Ok(Some(row)) if row.etag == etag);
    if matches!(of_record(tx, &table, entry.id), Ok(Some(here)) if says_the_same(&here, entry)) && is_on_it() {
        return Ok(false);
    }
    let record = shape::fitting(&table, &entry.record);
    let row = Row { record, state: entry.change.state, etag, generation: 0 };
    row::put(tx.conn, &table, &row, false)?;
    pending::put(tx, &entry.set, entry.id, &entry.change)?;
    match &entry.open {
        Some(open) => conflict::put(tx, open)?,
        None => conflict::close(tx, &table, entry.id)?,
    }
    tx.note(&entry.set, entry.id);
    Ok(true)
}

/// Compares what waits, but for its place in the queue.
fn says_the_same(here: &Entry, there: &Entry) -> bool {
    let in_text = |entry: &Entry| to_text(&(&entry.record, &entry.change, &entry.open)).ok();
    in_text(here) == in_text(there)
}

/// A record waits no longer. What it is now, the server says. What only a person's decision can have ended stays in its
/// history: the decision's own entry went with the transaction that the database lost.
fn settle(tx: &Tx<'_>, set: &str, id: RecordId, since: i64) -> Result<()> {
    if let Some(table) = table(tx, set)?
        && let Some(change) = pending::get(tx.conn, set, id)?
    {
        // What was out is sent again: the server knows it by its name, and it alone would have what was sent, which it may
        // lose as well (I28). An old copy of a database may name what the server remembers no more.
        if change.in_flight.is_some() && since != i64::MIN {
            return Ok(());
        }
        if change.hold != Hold::Free {
            let lost = row::get(tx.conn, &table, id)?.map(|row| row.record);
            history::discarded(tx, &table, id, lost.as_ref(), &change)?;
        }
        local::remove(tx, &table, id)?;
        position::fetch_later(tx, &table, id)?;
    }
    Ok(())
}

/// Writes the log anew, shorter. It says what it said before.
pub(crate) fn shorten(tx: &Tx<'_>, at: &LogFile) -> Result<()> {
    catch_up(tx, at)?;
    match stored(tx.conn)? {
        Some(known) => begin(tx, at, known.log, known.number),
        None => Ok(()),
    }
}
