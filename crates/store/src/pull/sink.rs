//! The hot path of a pull: the items of a page, one by one, into one set's table.
//!
//! Owns: that a record of an enumeration costs one prepared statement and no allocation unless something is pending for
//! it; and that news about a record that is here goes to its history. Refuses: deciding anything about a pending record
//! (`verdict`).

use crate::decide::tally::Tally;
use crate::decide::verdict;
use crate::error::{Result, StoreError};
use crate::pull::pull_tx::PullTx;
use crate::push::restored;
use crate::tables::conflict;
use crate::tables::history;
use crate::tables::local;
use crate::tables::pending;
use crate::tables::position;
use crate::tables::row;
use crate::tables::table::Table;
use crate::tables::value::{Bound, Key};
use crate::tx::notices::NAMED;
use rusqlite::{CachedStatement, params};
use std::sync::Arc;
use tidemark_model::{
    Incoming, IncomingRow, Planted, Record, RecordId, Removal, RowSink, State, Versioned, is_planted,
};

/// Takes the items of one set's pages.
pub struct SetSink<'t> {
    pull: &'t PullTx<'t>,
    table: Arc<Table>,
    properties: usize,
    /// Whether what arrives is news: changes of records that are here go to their history.
    is_news: bool,
    /// Whether the server may have lost changes: then no record is simply overwritten.
    is_restored: bool,
    generation: i64,
    upsert: CachedStatement<'t>,
    refresh: CachedStatement<'t>,
    remove_clean: CachedStatement<'t>,
    /// Records noted for the announcement; past [`NAMED`] they are only "many".
    noted: usize,
    taken: u64,
}

impl std::fmt::Debug for SetSink<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetSink").field("set", &self.table.set.name).finish_non_exhaustive()
    }
}

impl<'t> SetSink<'t> {
    pub(crate) fn new(pull: &'t PullTx<'t>, set: &str) -> Result<Self> {
        let tx = pull.tx;
        let table = Arc::clone(tx.catalog.table(set)?);
        let standing = position::standing(tx, &table)?;
        Ok(Self {
            pull,
            properties: table.declared().count(),
            is_news: standing.follows && table.set.is_work(),
            is_restored: standing.is_restored && table.set.is_work(),
            generation: standing.generation,
            upsert: tx.conn.prepare_cached(&table.upsert)?,
            refresh: tx.conn.prepare_cached(&table.refresh)?,
            remove_clean: tx.conn.prepare_cached(&table.remove_clean)?,
            table,
            noted: 0,
            taken: 0,
        })
    }

    /// Counts what happened; the choice of sets is no record that anybody works on.
    fn count(&self, tally: Tally) {
        if self.table.set.is_work() {
            self.pull.count(tally);
        }
    }

    fn row(&mut self, row: &IncomingRow<'_>) -> Result<()> {
        if row.cells.len() != self.properties {
            let problem = "the entity model changed during the pull; the next one reads it anew";
            return Err(StoreError::Internal(problem.to_owned()));
        }
        if row.is_tombstoned {
            let table = Arc::clone(&self.table);
            let mark = Mark { etag: row.etag, updated_at: Some(row.updated_at), updated_by: row.updated_by };
            return self.removed(row.id, Some((mark, || versioned(&table, row))));
        }
        if self.is_restored
            && let Some(tally) = restored::meet(self.pull.tx, &self.table, &versioned(&self.table, row)?)?
        {
            self.pull.tx.conn.prepare_cached(&self.table.touch)?.execute(params![Key(row.id), self.generation])?;
            self.count(tally);
            return Ok(());
        }
        if is_planted(Planted::H9EqualStampsAreOneVersion) && self.has_stamp(row)? {
            self.pull.tx.conn.prepare_cached(&self.table.touch)?.execute(params![Key(row.id), self.generation])?;
            return Ok(());
        }
        let before = self.clean_row(row.id)?;
        bind(&mut self.upsert, row, self.generation)?;
        if self.upsert.raw_execute()? > 0 {
            self.changed(row.id);
            if let Some(before) = before {
                history::observe(self.pull.tx, &self.table, &before, &versioned(&self.table, row)?)?;
            }
            return Ok(());
        }
        // This very version is here, often the echo of an own push; the server may say more about it.
        bind(&mut self.refresh, row, self.generation)?;
        if self.refresh.raw_execute()? > 0 {
            return Ok(());
        }
        self.pending(row)
    }

    /// Reads a clean record that is about to change, where that is news. So many at once are no people's edits but
    /// somebody's import: the server's journal has them one by one.
    fn clean_row(&self, id: RecordId) -> Result<Option<Record>> {
        const AT_ONCE: u64 = 5_000;
        if !self.is_news || self.taken > AT_ONCE {
            return Ok(None);
        }
        let row = row::get(self.pull.tx.conn, &self.table, id)?;
        Ok(row.filter(|row| row.state == State::None).map(|row| row.record))
    }

    /// Tells whether a clean record here has the stamp of the one that comes.
    fn has_stamp(&self, row: &IncomingRow<'_>) -> Result<bool> {
        let here = row::get(self.pull.tx.conn, &self.table, row.id)?;
        Ok(here.is_some_and(|here| here.state == State::None && here.record.updated_at == row.updated_at))
    }

    /// A record with a pending change.
    fn pending(&mut self, row: &IncomingRow<'_>) -> Result<()> {
        let tx = self.pull.tx;
        let Some(local) = row::get(tx.conn, &self.table, row.id)? else { return Ok(()) };
        tx.conn.prepare_cached(&self.table.touch)?.execute(params![Key(row.id), self.generation])?;
        let change = pending::expect(tx.conn, &self.table.set.name, row.id)?;
        if is_planted(Planted::H2PullOverwritesPending) {
            return local::put_clean(tx, &self.table, &versioned(&self.table, row)?, true);
        }
        if self.pull.defer(&self.table, row.id, &change)? {
            return Ok(());
        }
        let before = local.record.clone();
        let server = versioned(&self.table, row)?;
        let tally = verdict::judge_change(tx, &self.table, local, change, Some(&server))?;
        self.count(tally);
        let after = row::get(tx.conn, &self.table, row.id)?;
        if after.is_none_or(|after| !after.record.same_content(&before)) {
            self.count(Tally { pulled: 1, ..Tally::default() });
        }
        Ok(())
    }

    /// A record that the server no longer has; `tombstone` makes what is known of its deletion, where it was one.
    fn removed(
        &mut self,
        id: RecordId,
        tombstone: Option<(Mark<'_>, impl FnOnce() -> Result<Versioned>)>,
    ) -> Result<()> {
        let before = if tombstone.is_some() { self.clean_row(id)? } else { None };
        if self.remove_clean.execute([Key(id)])? > 0 {
            self.changed(id);
            if let (Some(before), Some((mark, _))) = (before, &tombstone) {
                history::observe(self.pull.tx, &self.table, &before, &mark.on(&before))?;
            }
            return Ok(());
        }
        let tx = self.pull.tx;
        let set = &self.table.set.name;
        let Some(local) = row::get(tx.conn, &self.table, id)? else { return Ok(()) };
        let mut change = pending::expect(tx.conn, set, id)?;
        let Some((_, tombstone)) = tombstone else {
            // It left what this user sees; the push tells what becomes of the change.
            change.set_aside = true;
            return pending::put(tx, set, id, &change);
        };
        if self.pull.defer(&self.table, id, &change)? {
            return Ok(());
        }
        let server = tombstone()?;
        let tally = verdict::judge_change(tx, &self.table, local, change, Some(&server))?;
        self.count(tally);
        if row::get(tx.conn, &self.table, id)?.is_none() {
            self.count(Tally { pulled: 1, ..Tally::default() });
        }
        Ok(())
    }

    /// Only the mark of a deletion came: where it is asked about, or a policy has answered that the record comes back, what
    /// others had made of the record before belongs to it, and stays.
    fn fetch_content(&self, id: RecordId) -> Result<()> {
        let tx = self.pull.tx;
        let is_asked = conflict::of_record(tx.conn, &self.table, id)?.is_some();
        let comes_back =
            || Ok::<_, StoreError>(pending::get(tx.conn, &self.table.set.name, id)?.is_some_and(|it| it.is_restore()));
        match is_asked || comes_back()? {
            true => position::fetch_later(tx, &self.table, id),
            false => Ok(()),
        }
    }

    fn changed(&mut self, id: RecordId) {
        self.count(Tally { pulled: 1, ..Tally::default() });
        if self.noted <= NAMED {
            self.noted += 1;
            self.pull.tx.note(&self.table.set.name, id);
        }
    }
}

impl RowSink for SetSink<'_> {
    type Error = StoreError;

    fn take(&mut self, item: Incoming<'_>) -> Result<()> {
        self.taken += 1;
        match item {
            Incoming::Row(row) => {
                self.pull.saw(row.id);
                self.row(&row)
            }
            Incoming::Removed { id, reason: Removal::Changed, .. } => {
                self.pull.saw(id);
                self.removed(id, None::<(Mark<'_>, fn() -> Result<Versioned>)>)
            }
            Incoming::Removed { id, reason: Removal::Deleted, etag, updated_at, updated_by } => {
                self.pull.saw(id);
                let (tx, table) = (self.pull.tx, Arc::clone(&self.table));
                let mark = Mark { etag: etag.unwrap_or_default(), updated_at, updated_by };
                let tombstone = move || {
                    // Only the mark travels: the content is the last that this device knew.
                    let base = pending::expect(tx.conn, &table.set.name, id)?.base;
                    let known = match base {
                        Some(base) => base.record,
                        None => row::get(tx.conn, &table, id)?.map_or_else(|| Record::new(id, 0), |row| row.record),
                    };
                    Ok(mark.on(&known))
                };
                self.removed(id, Some((mark, tombstone)))?;
                self.fetch_content(id)
            }
        }
    }
}

/// What travels of a deletion.
#[derive(Clone, Copy)]
struct Mark<'i> {
    etag: &'i str,
    updated_at: Option<i64>,
    updated_by: Option<&'i str>,
}

impl Mark<'_> {
    /// Puts the mark on the content that is known of the record.
    fn on(&self, known: &Record) -> Versioned {
        let record = Record {
            is_tombstoned: true,
            updated_at: self.updated_at.unwrap_or(known.updated_at),
            updated_by: self.updated_by.map(str::to_owned),
            ..known.clone()
        };
        Versioned { record, etag: self.etag.to_owned() }
    }
}

impl Drop for SetSink<'_> {
    fn drop(&mut self) {
        self.pull.took(&self.table.set.name, self.taken);
    }
}

/// Binds a record to a statement whose parameters are the columns of `Table::columns`.
fn bind(statement: &mut CachedStatement<'_>, row: &IncomingRow<'_>, generation: i64) -> Result<()> {
    statement.raw_bind_parameter(1, Key(row.id))?;
    for (index, cell) in row.cells.iter().enumerate() {
        statement.raw_bind_parameter(index + 2, Bound(cell))?;
    }
    let next = row.cells.len() + 2;
    statement.raw_bind_parameter(next, row.updated_at)?;
    statement.raw_bind_parameter(next + 1, false)?;
    statement.raw_bind_parameter(next + 2, row.updated_by)?;
    statement.raw_bind_parameter(next + 3, 0)?;
    statement.raw_bind_parameter(next + 4, row.etag)?;
    statement.raw_bind_parameter(next + 5, row.extra)?;
    statement.raw_bind_parameter(next + 6, generation)?;
    Ok(())
}

fn versioned(table: &Table, row: &IncomingRow<'_>) -> Result<Versioned> {
    let mut record = Record::new(row.id, row.updated_at);
    for (property, cell) in table.declared().zip(row.cells) {
        record.properties.insert(property.name.clone(), cell.to_json(property));
    }
    if let Some(extra) = row.extra {
        record.properties.extend(serde_json::from_str::<serde_json::Map<_, _>>(extra)?);
    }
    record.is_tombstoned = row.is_tombstoned;
    record.updated_by = row.updated_by.map(str::to_owned);
    Ok(Versioned { record, etag: row.etag.to_owned() })
}
