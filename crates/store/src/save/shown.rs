//! Save and Delete on the version that was shown (DESIGN section 4, rule (e); FAULTS I14, L4).
//!
//! Owns: what happens where the record here is another one by now: what does not
//! clash is saved; what the server brought meanwhile is asked about, with what was shown as the base; what this
//! device itself changed meanwhile (another window, the command line) is refused, nothing saved. Refuses: which
//! properties clash (`tidemark_model::type_over`) and the question (`verdict`).

use crate::decide::verdict;
use crate::error::{Result, StoreError};
use crate::look::read;
use crate::look::record::{LocalRecord, Mark};
use crate::look::version;
use crate::save::edit;
use crate::tables::local;
use crate::tables::pending::{self, Change, Hold, InFlight};
use crate::tables::row::Row;
use crate::tables::sent::{self, Sent};
use crate::tables::table::Table;
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use serde_json::{Map, Value};
use std::sync::Arc;
use tidemark_model::{Planted, Record, RecordId, Shown, State, Versioned, is_planted, type_over};

impl Store {
    /// Changes some properties of a record that was shown as `shown`: the record as it went to the host, or its
    /// `@odata.etag` with the values of what is changed. With the version's name alone a question may be asked that the
    /// values would have answered.
    ///
    /// # Errors
    /// As [`Store::edit`]; [`StoreError::ChangedMeanwhile`] where this device changed the same property meanwhile.
    pub fn edit_shown(
        &self,
        set: &str,
        id: RecordId,
        changes: &Map<String, Value>,
        shown: &Map<String, Value>,
    ) -> Result<LocalRecord> {
        self.write(|tx| edit_shown(tx, set, id, changes, shown))
    }

    /// Deletes a record that was shown as `shown`; what changed since on the server is asked about first.
    ///
    /// # Errors
    /// As [`Store::delete`]; [`StoreError::ChangedMeanwhile`] where this device changed it meanwhile, or where the version
    /// is another one and what it was is not known.
    pub fn delete_shown(&self, set: &str, id: RecordId, shown: &Map<String, Value>) -> Result<()> {
        self.write(|tx| delete_shown(tx, set, id, shown))
    }
}

pub(crate) fn edit_shown(
    tx: &Tx<'_>,
    set: &str,
    id: RecordId,
    changes: &Map<String, Value>,
    shown: &Map<String, Value>,
) -> Result<LocalRecord> {
    let table = Arc::clone(tx.catalog.table(set)?);
    let row = edit::existing(tx, &table, id)?;
    let mut shown = Shown::read(&table.set, shown);
    let typed = edit::typed(&table, &row.record, changes)?;
    if is_here(&shown, &row) {
        return edit::change(tx, set, id, &typed);
    }
    let pending = pending::get(tx.conn, set, id)?;
    let sent = sent::of_record(tx.conn, set, id)?;
    if let Some(known) = known_version(pending.as_ref(), &sent, &shown) {
        shown.complete(known);
    }
    let outcome = type_over(&table.set, &shown, &row.record, &typed);
    if outcome.clashing.is_empty() {
        return edit::change(tx, set, id, &outcome.changes);
    }
    let is_known = outcome.clashing.iter().all(|name| shown.values.contains_key(name));
    // Without a base every property that differs counts as changed on both sides: what waits must keep its own.
    let is_askable = is_known || pending.is_none();
    let server = overwritten(&row, pending.as_ref(), &sent, &outcome.clashing, &shown).filter(|_| is_askable);
    let Some(server) = server else {
        return Err(StoreError::ChangedMeanwhile { set: set.to_owned(), id, properties: outcome.clashing });
    };
    let base = is_known.then(|| as_shown(&server, &shown, &outcome.clashing));
    let mut local = row.record.clone();
    local.properties.extend(outcome.changes);
    local.properties.extend(typed.into_iter().filter(|(name, _)| outcome.clashing.contains(name)));
    let asked = Change { base, ..pending.unwrap_or_else(|| Change::new(State::Update, None)) };
    ask(tx, &table, local, asked, &server)?;
    // What a policy gave up, in a set that is kept no longer, goes with it.
    let gone = LocalRecord { record: row.record, etag: String::new(), state: State::None, mark: Mark::None };
    Ok(read::visible(tx.conn, &table, id)?.unwrap_or(gone))
}

pub(crate) fn delete_shown(tx: &Tx<'_>, set: &str, id: RecordId, shown: &Map<String, Value>) -> Result<()> {
    let table = Arc::clone(tx.catalog.table(set)?);
    let row = edit::existing(tx, &table, id)?;
    let mut shown = Shown::read(&table.set, shown);
    if is_here(&shown, &row) {
        return edit::delete(tx, set, id);
    }
    let changed = |properties| StoreError::ChangedMeanwhile { set: set.to_owned(), id, properties };
    let pending = pending::get(tx.conn, set, id)?;
    let sent = sent::of_record(tx.conn, set, id)?;
    match known_version(pending.as_ref(), &sent, &shown) {
        Some(known) => shown.complete(known),
        None if shown.values.is_empty() => return Err(changed(vec!["another version".to_owned()])),
        None => {}
    }
    let unseen = shown.unseen(&row.record);
    if unseen.is_empty() {
        return edit::delete(tx, set, id);
    }
    let Some(server) = overwritten(&row, pending.as_ref(), &sent, &unseen, &shown) else {
        return Err(changed(unseen));
    };
    let base = Some(as_shown(&server, &shown, &unseen));
    let mut local = row.record.clone();
    copy(&mut local, &shown, &unseen);
    let asked = pending.unwrap_or_else(|| Change::new(State::Delete, None));
    ask(tx, &table, local, Change { state: State::Delete, base, ..asked }, &server)
}

/// Tells whether the row is the version that was shown; nothing said of a version means what is here now.
fn is_here(shown: &Shown, row: &Row) -> bool {
    if is_planted(Planted::A7bSaveOverUnseen) {
        return true;
    }
    match &shown.etag {
        Some(etag) => *etag == version::name(row),
        None => shown.values.is_empty(),
    }
}

/// Returns the content of the version that was shown, where this device happens to remember it: its own changes and
/// what they were made on.
fn known_version<'k>(pending: Option<&'k Change>, sent: &'k [Sent], shown: &Shown) -> Option<&'k Record> {
    let (etag, stamp) = version::read(shown.etag.as_deref()?);
    let mut own = sent.iter().map(|sent| &sent.change);
    let Some(stamp) = stamp else {
        let base = pending.and_then(|change| change.base.as_ref());
        let mut bases = sent.iter().filter_map(|sent| sent.base.as_ref()).chain(base);
        let made = sent.iter().find(|sent| sent.etag == etag).map(|sent| &sent.change.record);
        return made.or_else(|| bases.find(|base| base.etag == etag).map(|base| &base.record));
    };
    let in_flight = pending.and_then(|change| change.in_flight.as_ref());
    let is_it = |sent: &&InFlight| sent.record.updated_at == stamp;
    own.find(is_it).or_else(|| in_flight.filter(is_it)).map(|sent| &sent.record)
}

/// Returns the server's version that a clash would overwrite; `None` where it would be this device's own, newer edit,
/// sent or not (nobody is asked about a conflict with themselves), or where the record waits for an answer already.
fn overwritten(
    row: &Row,
    pending: Option<&Change>,
    sent: &[Sent],
    clashing: &[String],
    shown: &Shown,
) -> Option<Versioned> {
    let server = match pending {
        None => row.versioned(),
        Some(change) => {
            let is_free = change.in_flight.is_none() && change.hold != Hold::Conflict;
            change.base.clone().filter(|base| is_free && !base.record.is_tombstoned)?
        }
    };
    let is_another = shown.etag.as_deref().map(version::read).is_none_or(|(etag, _)| etag != server.etag);
    let is_sent = |name: &String| {
        let named = |change: &InFlight| change.changed.is_empty() || change.changed.contains(name);
        sent.iter().any(|sent| named(&sent.change) && sent.change.record.get(name) == row.record.get(name))
    };
    let is_the_servers = |name: &String| server.record.get(name) == row.record.get(name) && !is_sent(name);
    (is_another && clashing.iter().all(is_the_servers)).then_some(server)
}

/// Returns the server's version as it was when the record was shown, as far as that is known.
fn as_shown(server: &Versioned, shown: &Shown, names: &[String]) -> Versioned {
    let etag = shown.etag.as_deref().map_or("", |name| version::read(name).0).to_owned();
    let mut record = server.record.clone();
    copy(&mut record, shown, names);
    Versioned { record, etag }
}

fn copy(record: &mut Record, shown: &Shown, names: &[String]) {
    let known = names.iter().filter_map(|name| Some((name.clone(), shown.values.get(name)?.clone())));
    record.properties.extend(known);
}

/// Makes the change as if on the version that was shown, and lets it meet the one that is here.
fn ask(tx: &Tx<'_>, table: &Table, mut local: Record, mut change: Change, server: &Versioned) -> Result<()> {
    change.release();
    let before = local.updated_at;
    edit::stamp(tx, &mut local, before)?;
    let id = local.id;
    local::put_pending(tx, table, local, &change)?;
    verdict::judge(tx, table, id, Some(server)).map(drop)
}
