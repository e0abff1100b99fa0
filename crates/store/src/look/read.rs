//! Reading records as their user sees them.
//!
//! Owns: which rows are visible, and the mark beside each. Refuses: turning a query into SQL (`tidemark-sql`).

use crate::error::Result;
use crate::look::record::{LocalRecord, Mark, Only};
use crate::look::version;
use crate::look::words;
use crate::tables::conflict;
use crate::tables::pending::{self, Hold};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::table::Table;
use crate::tables::value::{Bound, Count};
use crate::tables::words::ROW;
use crate::tx::store::{Reading, Store};
use rusqlite::{Connection, params_from_iter};
use std::borrow::Cow;
use tidemark_model::query::Query;
use tidemark_model::{Cell, IS_TOMBSTONED, RecordId, STATE, State};
use tidemark_sql::{Dialect, Neighbour, Neighbours, Select, Statement};

/// Deleted records are hidden while the deletion waits to be sent.
const LIVE: &str = "t._State <> 3 AND t._IsTombstoned = 0";

impl Store {
    /// Returns a record as its user sees it; a deleted one is not there.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn get(&self, set: &str, id: RecordId) -> Result<Option<LocalRecord>> {
        self.read(|reading| visible(reading.conn, reading.catalog.table(set)?, id))
    }

    /// Returns the records that a query asks for.
    ///
    /// # Errors
    /// The set is unknown, or the query does not fit it.
    pub fn list(&self, set: &str, query: &Query, only: Only) -> Result<Vec<LocalRecord>> {
        self.read(|reading| {
            let table = reading.catalog.table_here(set)?;
            let among = words::among(&self.inner, reading, table, query);
            let statement = statement(reading, table, query, only, among.as_deref(), tidemark_sql::select)?;
            let mut prepared = reading.conn.prepare_cached(&statement.sql)?;
            let mut rows = prepared.query(params_from_iter(statement.values.iter().map(Bound)))?;
            let mut records = Vec::new();
            while let Some(row) = rows.next()? {
                records.push(local_record(reading.conn, table, row::read(table, row)?)?);
            }
            Ok(records)
        })
    }

    /// Counts the records that a query asks for, whatever its `$top` and `$skip`.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub fn count(&self, set: &str, query: &Query, only: Only) -> Result<u64> {
        self.read(|reading| {
            let table = reading.catalog.table(set)?;
            if only == Only::All && query.filter.is_none() && query.search.is_empty() {
                return live(reading, table);
            }
            let among = words::among(&self.inner, reading, table, query);
            let statement = statement(reading, table, query, only, among.as_deref(), tidemark_sql::count)?;
            let mut prepared = reading.conn.prepare_cached(&statement.sql)?;
            Ok(prepared
                .query_row(params_from_iter(statement.values.iter().map(Bound)), |row| row.get(0).map(|Count(n)| n))?)
        })
    }
}

type Writing = fn(&Select<'_>) -> std::result::Result<Statement, tidemark_sql::QueryError>;

fn statement(
    reading: &Reading<'_>,
    table: &Table,
    query: &Query,
    only: Only,
    among: Option<&[Cell<'static>]>,
    writing: Writing,
) -> Result<Statement> {
    let columns: Vec<&str> = table.columns.iter().map(String::as_str).collect();
    let set_name = [Cell::Text(Cow::Owned(table.set.name.clone()))];
    let mut select = Select::new(Dialect::Sqlite, &table.set, &table.name, &columns, query);
    let only_these = match only {
        Only::All => LIVE.to_owned(),
        Only::Pending => format!("t.\"Id\" IN ({})", pending::OF_SET),
        Only::Conflicting => format!("t.\"Id\" IN ({})", conflict::OF_SET),
    };
    select.extra_where = Some(&only_these);
    if only != Only::All {
        select.extra_values = &set_name;
    }
    select.among = among.map(|rows| (ROW, rows));
    let around = Around(reading);
    select.neighbours = Some(&around);
    Ok(writing(&select)?)
}

/// The records of other sets, as far as they are kept here: what is not must not be taken for what is not related.
struct Around<'a>(&'a Reading<'a>);

impl Neighbours for Around<'_> {
    fn neighbour(&self, set: &str) -> Option<Neighbour<'_>> {
        let table = self.0.catalog.table(set).ok()?;
        let is_kept = position::is_kept(self.0.conn, set).unwrap_or(false);
        let deleted = State::Delete as i64;
        is_kept.then(|| Neighbour {
            set: &table.set,
            table: &table.name,
            scope: vec![(IS_TOMBSTONED, Cell::Integer(0))],
            apart_from: vec![(STATE, Cell::Integer(deleted))],
        })
    }
}

/// Counts a set's live records without reading them.
pub(crate) fn live(reading: &Reading<'_>, table: &Table) -> Result<u64> {
    let all = row::count(reading.conn, table)?;
    Ok(all.saturating_sub(pending::count_deletions(reading.conn, &table.set.name)?))
}

/// Reads a record as its user sees it.
pub(crate) fn visible(conn: &Connection, table: &Table, id: RecordId) -> Result<Option<LocalRecord>> {
    let row = row::get(conn, table, id)?;
    let row = row.filter(|row| row.state != State::Delete && !row.record.is_tombstoned);
    row.map(|row| local_record(conn, table, row)).transpose()
}

/// Puts the mark beside a row.
pub(crate) fn local_record(conn: &Connection, table: &Table, row: Row) -> Result<LocalRecord> {
    let mark = match row.state {
        State::None => Mark::None,
        _ => match pending::hold_and_sending(conn, &table.set.name, row.record.id)? {
            None => Mark::None,
            Some((Hold::Conflict, _)) => Mark::Conflict,
            Some((Hold::Parked, _)) => Mark::Refused,
            Some((Hold::Free, true)) => Mark::Sending,
            Some((Hold::Free, false)) => Mark::Waiting,
        },
    };
    let etag = version::name(&row);
    Ok(LocalRecord { record: row.record, etag, state: row.state, mark })
}
