//! Lists, enumerations and deltas: one snapshot, rows handed on while SQLite holds them.

use super::convert::{bind, cell, mark, signed, unsigned};
use super::counter::position;
use super::table::{MARK, OWNER, SEQUENCE, SetTable, Tables, WORKSPACE};
use crate::change::{Mark, Place};
use crate::storage::{FeedLoss, Position, Read, ReadOutcome, Render, Result, RowView, Rows, Selection, Snapshot};
use rusqlite::{Connection, OptionalExtension as _};
use tidemark_model::query::Query;
use tidemark_model::{Cell, EntitySet, ID, IS_TOMBSTONED};
use tidemark_sql::{Dialect, Select, Statement, quote};

/// Carries out a read.
pub(super) fn read(connection: &Connection, tables: &Tables, read: &Read, render: Render) -> Result<ReadOutcome> {
    // A deferred transaction: everything in it sees the same moment.
    let snapshot = connection.unchecked_transaction()?;
    let position = position(&snapshot, read.place.workspace_no)?;
    if let Some(from) = read.from
        && let Some(loss) = loss(&snapshot, read.place.workspace_no, position, from)?
    {
        return Ok(ReadOutcome::Lost(loss));
    }
    let (set, table) = (tables.set(&read.place.set)?, tables.table(&read.place.set)?);
    let total = match read.count {
        true => Some(run_count(&snapshot, &total_statement(set, table, read)?)?),
        false => None,
    };
    let statement = rows_statement(set, table, read)?;
    let mut prepared = snapshot.prepare_cached(&statement.sql)?;
    bind(&mut prepared, 1, &statement.values)?;
    let mut rows = SqliteRows(prepared.raw_query());
    let page = render(&Snapshot { position, total }, &mut rows)?;
    Ok(ReadOutcome::Page(page))
}

/// Counts the records that a query lets through.
pub(super) fn count(connection: &Connection, tables: &Tables, place: &Place, query: &Query) -> Result<u64> {
    let (set, table) = (tables.set(&place.set)?, tables.table(&place.set)?);
    run_count(connection, &matching_count(set, table, place, query)?)
}

/// Tells why the feed cannot go on from a place, if it cannot.
fn loss(connection: &Connection, workspace_no: i64, position: Position, from: Mark) -> Result<Option<FeedLoss>> {
    if from.sequence > position.mark.sequence {
        return Ok(Some(FeedLoss::Unknown));
    }
    // Before the first change there is no line to know the mark by.
    if from.sequence > 0 && from != position.mark {
        let sql = "SELECT mark FROM journal WHERE workspace = ?1 AND sequence = ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let known: Option<i64> =
            statement.query_row((workspace_no, signed(from.sequence)), |row| row.get(0)).optional()?;
        if known.map(mark) != Some(from.mark) {
            return Ok(Some(FeedLoss::Unknown));
        }
    }
    Ok((from.sequence < position.floor).then_some(FeedLoss::Expired))
}

/// Writes the statement for the rows: the version first, then the wanted properties, then the ordering keys.
fn rows_statement(set: &EntitySet, table: &SetTable, read: &Read) -> Result<Statement> {
    let columns: Vec<&str> = [SEQUENCE, MARK].into_iter().chain(read.properties.iter().map(String::as_str)).collect();
    match &read.selection {
        Selection::Matching { query, after } => {
            let scope = scope(&read.place, query);
            let mut select = Select::new(Dialect::Sqlite, set, &table.name, &columns, query);
            select.scope = &scope;
            select.after = after.as_deref();
            select.with_keys = true;
            Ok(tidemark_sql::select(&select)?)
        }
        Selection::LiveAfter { id, limit } => {
            let mut values = place_values(&read.place);
            values.push(Cell::Integer(i64::from(*limit)));
            let behind = match id {
                Some(id) => {
                    values.push(Cell::Guid(id.0));
                    format!(" AND {} > ?4", quote(ID))
                }
                None => String::new(),
            };
            let (from, id) = (from_place(&columns, table), quote(ID));
            let sql = format!("{from} AND {} = 0{behind} ORDER BY {id} LIMIT ?3", quote(IS_TOMBSTONED));
            Ok(Statement { sql, values })
        }
        Selection::ChangedAfter { limit } => {
            let mut values = place_values(&read.place);
            values.push(Cell::Integer(i64::from(*limit)));
            values.push(Cell::Integer(signed(read.from.unwrap_or_default().sequence)));
            let (from, sequence) = (from_place(&columns, table), quote(SEQUENCE));
            Ok(Statement { sql: format!("{from} AND {sequence} > ?4 ORDER BY {sequence} LIMIT ?3"), values })
        }
    }
}

/// Writes the statement that counts all rows of the selection.
fn total_statement(set: &EntitySet, table: &SetTable, read: &Read) -> Result<Statement> {
    match &read.selection {
        Selection::Matching { query, .. } => matching_count(set, table, &read.place, query),
        Selection::LiveAfter { .. } => matching_count(set, table, &read.place, &Query::default()),
        Selection::ChangedAfter { .. } => {
            let mut values = place_values(&read.place);
            values.push(Cell::Integer(signed(read.from.unwrap_or_default().sequence)));
            let (table, sequence) = (quote(&table.name), quote(SEQUENCE));
            let (workspace, owner) = (quote(WORKSPACE), quote(OWNER));
            let sql =
                format!("SELECT count(*) FROM {table} WHERE {workspace} = ?1 AND {owner} = ?2 AND {sequence} > ?3");
            Ok(Statement { sql, values })
        }
    }
}

fn matching_count(set: &EntitySet, table: &SetTable, place: &Place, query: &Query) -> Result<Statement> {
    let scope = scope(place, query);
    let mut select = Select::new(Dialect::Sqlite, set, &table.name, &[], query);
    select.scope = &scope;
    Ok(tidemark_sql::count(&select)?)
}

/// Whose records, and without tombstones unless the filter asks about them (DESIGN section 5, Tombstones).
fn scope(place: &Place, query: &Query) -> Vec<(&'static str, Cell<'static>)> {
    let mut scope = vec![(WORKSPACE, Cell::Integer(place.workspace_no)), (OWNER, Cell::Integer(place.owner_no))];
    if !query.filter.as_ref().is_some_and(|filter| filter.names(IS_TOMBSTONED)) {
        scope.push((IS_TOMBSTONED, Cell::Integer(0)));
    }
    scope
}

fn place_values(place: &Place) -> Vec<Cell<'static>> {
    vec![Cell::Integer(place.workspace_no), Cell::Integer(place.owner_no)]
}

fn from_place(columns: &[&str], table: &SetTable) -> String {
    let list = columns.iter().map(|column| quote(column)).collect::<Vec<_>>().join(", ");
    format!("SELECT {list} FROM {} WHERE {} = ?1 AND {} = ?2", quote(&table.name), quote(WORKSPACE), quote(OWNER))
}

fn run_count(connection: &Connection, statement: &Statement) -> Result<u64> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    bind(&mut prepared, 1, &statement.values)?;
    let mut rows = prepared.raw_query();
    match rows.next()? {
        Some(row) => Ok(unsigned(row.get(0)?)),
        None => Ok(0),
    }
}

struct SqliteRows<'s>(rusqlite::Rows<'s>);

impl Rows for SqliteRows<'_> {
    fn next(&mut self) -> Result<Option<&dyn RowView>> {
        Ok(self.0.next()?.map(|row| row as &dyn RowView))
    }
}

impl RowView for rusqlite::Row<'_> {
    fn cell(&self, index: usize) -> Result<Cell<'_>> {
        cell(self.get_ref(index + 2)?)
    }

    fn version(&self) -> Result<Mark> {
        Ok(Mark { sequence: unsigned(self.get(0)?), mark: mark(self.get(1)?) })
    }
}
