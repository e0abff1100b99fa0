//! Lists, enumerations and deltas: one snapshot, rows handed on while the database holds them.

use super::costs::Costs;
use super::counter::position;
use super::expand;
use super::living;
use super::overview::Behind;
use super::scope::{Around, scope};
use super::table::{MARK, OWNER, SEQUENCE, SetTable, Tables, WORKSPACE};
use super::tx::{Columns, Cursor, Fetch, Tx, binds};
use super::words::{self, Sought};
use crate::change::{Mark, Place};
use crate::limits::{LIST_PAGE, MAX_PAGE_BYTES};
use crate::storage::expand::Found;
use crate::storage::{
    FeedLoss, Position, Read, ReadOutcome, Render, Result, RowView, Rows, Selection, Snapshot, StorageError,
};
use tidemark_model::query::{Computed, Query};
use tidemark_model::{Cell, ID, IS_TOMBSTONED, Planted, UPDATED_AT, is_planted};
use tidemark_sql::{Dialect, Looked, QueryError, Select, Statement, Value, placeholders, quote, quoted};

/// What a delta calls the condition of its filter: no name of a client's.
const HOLDS: &str = "$holds";

/// Carries out a read, in a transaction that is one snapshot.
pub(super) fn read(tx: &dyn Tx, tables: &Tables, read: &Read, behind: &Behind, render: Render) -> Result<ReadOutcome> {
    let position = position(tx, read.place.workspace_no)?;
    if let Some(from) = read.from
        && let Some(loss) = loss(tx, read.place.workspace_no, position, from)?
    {
        return Ok(ReadOutcome::Lost(loss));
    }
    let dialect = tx.dialect();
    let found = match &read.selection {
        Selection::Matching { query, .. } => words::found(tx, tables, &read.place, query, behind)?,
        _ => Sought::All,
    };
    let costs = Costs::of(tx, tables, &read.place, behind);
    let (statement, made) = rows_statement(dialect, tables, read, &found, &costs)?;
    let total = match read.count {
        true => Some(total(tx, tables, read, &found, behind)?),
        false => None,
    };
    let snapshot = Snapshot { position, total, made };
    if !read.expand.is_empty() {
        let mut rows = whole_rows(tx, tables, read, &statement, &costs)?;
        return Ok(ReadOutcome::Page(render(&snapshot, &mut rows)?));
    }
    let (mut render, mut page) = (Some(render), None);
    tx.query(&statement.sql, &binds(&statement.values), Fetch::Piecewise, &mut |cursor| {
        if let Some(render) = render.take() {
            page = Some(render(&snapshot, &mut CursorRows(cursor))?);
        }
        Ok(())
    })?;
    page.map(ReadOutcome::Page).ok_or_else(|| StorageError::Failed("a read gave no page".into()))
}

/// Reads the rows of a page into memory, and what is wanted beside them.
fn whole_rows(
    tx: &dyn Tx,
    tables: &Tables,
    read: &Read,
    statement: &Statement,
    costs: &Costs<'_>,
) -> Result<WholeRows> {
    let mut rows = WholeRows::default();
    let mut bytes = 0;
    tx.query(&statement.sql, &binds(&statement.values), Fetch::Piecewise, &mut |cursor| {
        while let Some(row) = cursor.next()? {
            if bytes >= MAX_PAGE_BYTES {
                rows.is_cut = true;
                break;
            }
            let cells = row.all()?;
            bytes += cells.iter().map(expand::size).sum::<usize>();
            rows.rows.push(cells);
        }
        Ok(())
    })?;
    let set = tables.set(&read.place.set)?;
    let own: Vec<&[Cell<'static>]> = rows.rows.iter().map(|row| row.get(2..).unwrap_or_default()).collect();
    rows.found = expand::beside(tx, tables, set, &own, &read.expand, &mut expand::Load::of(costs))?;
    rows.cut_to(expand::MOST_BYTES)?;
    Ok(rows)
}

/// The rows of a page in memory: the version stands in front of each.
#[derive(Default)]
struct WholeRows {
    rows: Vec<Vec<Cell<'static>>>,
    found: Vec<Vec<Found>>,
    next: usize,
    is_cut: bool,
}

impl WholeRows {
    /// Ends the page before the row with which what stands beside the rows takes more than this.
    fn cut_to(&mut self, most: usize) -> Result<()> {
        let mut bytes = 0usize;
        let sizes = self.found.iter().map(|found| found.iter().fold(0usize, |sum, f| sum.saturating_add(f.size())));
        let fits = sizes.take_while(|size| {
            bytes = bytes.saturating_add(*size);
            bytes <= most
        });
        match fits.count() {
            all if all == self.rows.len() => {}
            0 => return Err(QueryError::TooMuch.into()),
            some => {
                self.rows.truncate(some);
                self.is_cut = true;
            }
        }
        Ok(())
    }
}

impl Rows for WholeRows {
    fn next(&mut self) -> Result<Option<RowView<'_>>> {
        let at = self.next;
        self.next += 1;
        let row = self.rows.get(at).map(|cells| RowView::new(cells as &dyn Columns));
        Ok(row.map(|row| row.with(self.found.get(at).map(Vec::as_slice).unwrap_or_default())))
    }

    fn is_cut(&self) -> bool {
        self.is_cut
    }
}

impl Columns for Vec<Cell<'static>> {
    fn cell(&self, index: usize) -> Result<Cell<'_>> {
        let cell = self.get(index).ok_or_else(|| StorageError::Failed(format!("there is no column {index}")))?;
        Ok(match cell {
            Cell::Text(text) => Cell::Text(text.as_ref().into()),
            other => other.clone(),
        })
    }

    fn bytes(&self, index: usize) -> Result<&[u8]> {
        Err(StorageError::Failed(format!("column {index} has no bytes")))
    }

    fn width(&self) -> usize {
        self.len()
    }
}

/// Counts the records that a query lets through.
pub(super) fn count(tx: &dyn Tx, tables: &Tables, place: &Place, query: &Query, behind: &Behind) -> Result<u64> {
    let found = words::found(tx, tables, place, query, behind)?;
    matching(tx, tables, place, query, &found, behind)
}

/// Tells why the feed cannot go on from a place, if it cannot.
fn loss(tx: &dyn Tx, workspace_no: i64, position: Position, from: Mark) -> Result<Option<FeedLoss>> {
    if is_planted(Planted::X17RestoredUnnoticed) {
        return Ok(None);
    }
    if from.sequence > position.mark.sequence {
        return Ok(Some(FeedLoss::Unknown));
    }
    // Behind the floor the line that tells the mark may be gone.
    if from.sequence < position.floor {
        return Ok(Some(FeedLoss::Expired));
    }
    // Before the first change there is no line to know the mark by.
    if from.sequence > 0 && from != position.mark {
        let sql = "SELECT mark FROM journal WHERE workspace = ?1 AND sequence = ?2";
        let known = tx.one(sql, &[workspace_no.into(), from.sequence.into()], |row| row.mark(0))?;
        if known != Some(from.mark) {
            return Ok(Some(FeedLoss::Unknown));
        }
    }
    Ok(None)
}

/// Writes the statement for the rows: the version first, then the wanted properties, the values that the query makes, and the
/// ordering keys.
fn rows_statement(
    dialect: Dialect,
    tables: &Tables,
    read: &Read,
    found: &Sought,
    costs: &Costs<'_>,
) -> Result<(Statement, Vec<Value>)> {
    let (set, table) = (tables.set(&read.place.set)?, tables.table(&read.place.set)?);
    let columns: Vec<&str> = [SEQUENCE, MARK].into_iter().chain(read.properties.iter().map(String::as_str)).collect();
    match &read.selection {
        Selection::Matching { query, after } => {
            let scope = scope(&read.place, query);
            let mut select = Select::new(dialect, set, &table.name, &columns, query);
            select.scope = &scope;
            let around = Around { tables, place: &read.place };
            select.neighbours = Some(&around);
            select.among = found.among();
            select.after = after.as_deref();
            select.with_keys = true;
            let written = tidemark_sql::select_with_values(&select)?;
            costs.add(&select, found.looked(query.top.unwrap_or(LIST_PAGE.into())))?;
            Ok(written)
        }
        Selection::LiveAfter { id, limit, filter: Some(filter) } => {
            let query = Query { filter: Some(filter.as_ref().clone()), top: Some((*limit).into()), ..Query::default() };
            let scope = [place_scope(&read.place), vec![(IS_TOMBSTONED, Cell::Integer(0))]].concat();
            let mut select = Select::new(dialect, set, &table.name, &columns, &query);
            let after = id.map(|id| [Cell::Guid(id.0)]);
            select.scope = &scope;
            select.after = after.as_ref().map(|after| &after[..]);
            let written = tidemark_sql::select_with_values(&select)?;
            costs.add(&select, Looked::AsAsked { page: (*limit).into() })?;
            Ok(written)
        }
        Selection::ChangedAfter { limit, filter: Some(filter) } => {
            let holds = Computed { expr: filter.as_ref().clone(), name: HOLDS.to_owned() };
            let query = Query { compute: vec![holds], top: Some((*limit).into()), ..Query::default() };
            let scope = place_scope(&read.place);
            let behind = format!("t.{} > ?1", quoted(dialect, SEQUENCE));
            let behind = placeholders(dialect, &behind);
            let mut select = Select::new(dialect, set, &table.name, &columns, &query);
            select.scope = &scope;
            let from = [Cell::Integer(signed(read.from))];
            (select.extra_where, select.extra_values) = (Some(behind.as_ref()), &from);
            select.by = Some(SEQUENCE);
            Ok(tidemark_sql::select_with_values(&select)?)
        }
        Selection::LiveAfter { id, limit, filter: None } => {
            let mut values = place_values(&read.place);
            values.push(Cell::Integer(i64::from(*limit)));
            let behind = match id {
                Some(id) => {
                    values.push(Cell::Guid(id.0));
                    format!(" AND {} > ?4", quote(ID))
                }
                None => String::new(),
            };
            let (from, id) = (from_place(dialect, &columns, table), quote(ID));
            let sql = format!("{from} AND {} = 0{behind} ORDER BY {id} LIMIT ?3", quote(IS_TOMBSTONED));
            Ok((Statement { sql, values }, Vec::new()))
        }
        Selection::ChangedAfter { limit, filter: None } => {
            let mut values = place_values(&read.place);
            values.push(Cell::Integer(i64::from(*limit)));
            values.push(Cell::Integer(signed(read.from)));
            let (mut from, sequence) = (from_place(dialect, &columns, table), quote(SEQUENCE));
            if is_planted(Planted::H6FeedByStamp) {
                let newest = "SELECT coalesce(max(stamp), 0) FROM journal WHERE workspace = ?1 AND sequence <= ?4";
                from = format!("{from} AND {} >= ({newest})", quote(UPDATED_AT));
            }
            let sql = format!("{from} AND {sequence} > ?4 ORDER BY {sequence} LIMIT ?3");
            Ok((Statement { sql, values }, Vec::new()))
        }
    }
}

/// Counts all rows of the selection.
fn total(tx: &dyn Tx, tables: &Tables, read: &Read, found: &Sought, behind: &Behind) -> Result<u64> {
    match &read.selection {
        Selection::Matching { query, .. } => matching(tx, tables, &read.place, query, found, behind),
        Selection::LiveAfter { filter, .. } => {
            let query = Query { filter: filter.as_deref().cloned(), ..Query::default() };
            matching(tx, tables, &read.place, &query, &Sought::All, behind)
        }
        Selection::ChangedAfter { .. } => {
            let table = tables.table(&read.place.set)?;
            let mut values = place_values(&read.place);
            values.push(Cell::Integer(signed(read.from)));
            let (table, sequence) = (quote(&table.name), quote(SEQUENCE));
            let (workspace, owner) = (quote(WORKSPACE), quote(OWNER));
            let sql =
                format!("SELECT count(*) FROM {table} WHERE {workspace} = ?1 AND {owner} = ?2 AND {sequence} > ?3");
            run_count(tx, &Statement { sql, values })
        }
    }
}

fn matching(
    tx: &dyn Tx,
    tables: &Tables,
    place: &Place,
    query: &Query,
    found: &Sought,
    behind: &Behind,
) -> Result<u64> {
    if let Some(living) = living::living(tx, place, query, behind)? {
        return Ok(living);
    }
    let (set, table) = (tables.set(&place.set)?, tables.table(&place.set)?);
    let scope = scope(place, query);
    let around = Around { tables, place };
    let mut select = Select::new(tx.dialect(), set, &table.name, &[], query);
    select.scope = &scope;
    select.among = found.among();
    select.neighbours = Some(&around);
    let statement = tidemark_sql::count(&select)?;
    // Nothing is put in order or shown.
    let asked = Query { order_by: Vec::new(), skip: 0, ..query.clone() };
    select.query = &asked;
    // Beside a page of them it is a read of its own.
    Costs::of(tx, tables, place, behind).add(&select, found.looked(0))?;
    run_count(tx, &statement)
}

/// Where a delta begins, as a value.
fn signed(from: Option<Mark>) -> i64 {
    i64::try_from(from.unwrap_or_default().sequence).unwrap_or(i64::MAX)
}

fn place_scope(place: &Place) -> Vec<(&'static str, Cell<'static>)> {
    vec![(WORKSPACE, Cell::Integer(place.workspace_no)), (OWNER, Cell::Integer(place.owner_no))]
}

fn place_values(place: &Place) -> Vec<Cell<'static>> {
    vec![Cell::Integer(place.workspace_no), Cell::Integer(place.owner_no)]
}

fn from_place(dialect: Dialect, columns: &[&str], table: &SetTable) -> String {
    let list = columns.iter().map(|column| quoted(dialect, column)).collect::<Vec<_>>().join(", ");
    format!("SELECT {list} FROM {} WHERE {} = ?1 AND {} = ?2", quote(&table.name), quote(WORKSPACE), quote(OWNER))
}

fn run_count(tx: &dyn Tx, statement: &Statement) -> Result<u64> {
    Ok(tx.one(&statement.sql, &binds(&statement.values), |row| row.unsigned(0))?.unwrap_or_default())
}

/// The rows of [`rows_statement`]: the version stands in front.
struct CursorRows<'c>(&'c mut dyn Cursor);

impl Rows for CursorRows<'_> {
    fn next(&mut self) -> Result<Option<RowView<'_>>> {
        Ok(self.0.next()?.map(RowView::new))
    }
}
