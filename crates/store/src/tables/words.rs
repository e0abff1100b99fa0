//! In which records of a set which words may be, so that a search in very many need not read all of them (ADR 0020).
//!
//! Owns: the index of a set's table, which only sets have that are large and searched, and the list of rows that changed
//! since they were put there: triggers write it, whichever statement changes a row. What is on the list is looked at by
//! every search, so that an index that is behind costs time and no answer. Refuses: when it is made (`look::words`).

use crate::error::Result;
use crate::tables::table::Table;
use crate::tables::value::Count;
use rusqlite::{Connection, OptionalExtension as _};
use tidemark_model::Cell;
use tidemark_model::query::Query;
use tidemark_model::text::grams;
use tidemark_sql::{Asked, MOST_FOUND, create_fts5, drop_fts5, find_fts5, put_fts5, quote};

/// A search looks at so many rows that are not in the index; behind more it is to be brought forward.
const FAR: usize = 2_000;
/// A set of fewer records is read as quickly as an index is asked.
const LARGE: i64 = 20_000;
/// How many rows one transaction puts into the index, or how many bytes of their texts.
const PIECE: usize = 500;
const PIECE_BYTES: usize = 1024 * 1024;

/// The number by which SQLite knows a row. No property has an underscore in front, where one may be called `RowId`.
pub(crate) const ROW: &str = "_rowid_";

/// What a search is to look at.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    /// All rows: that is as quick.
    All,
    /// All rows, since the index is far behind or not there.
    Behind,
    /// These rows: every one in which something is found is among them.
    Among(Vec<Cell<'static>>),
}

fn index(table: &Table) -> String {
    format!("words_{}", table.set.name)
}

fn list(table: &Table) -> String {
    quote(&format!("unworded_{}", table.set.name))
}

fn trigger(table: &Table, act: &str) -> String {
    format!("words_{}_{act}", table.set.name)
}

fn texts(table: &Table) -> Vec<String> {
    table.set.entity_type.searched().map(|property| quote(&property.name)).collect()
}

/// Tells whether a set has an index that follows its table: the triggers go with the table. One that an older program left,
/// which has brought a property since, does not say so of that.
pub(crate) fn is_there(conn: &Connection, table: &Table) -> Result<bool> {
    let mut statement = conn.prepare_cached("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?1")?;
    let found: Option<String> = statement.query_row([trigger(table, "update")], |row| row.get(0)).optional()?;
    Ok(found.is_some_and(|found| triggers(table).contains(&found)))
}

fn triggers(table: &Table) -> [String; 3] {
    let (records, list, texts) = (quote(&table.name), list(table), texts(table));
    let differs: Vec<String> = texts.iter().map(|text| format!("old.{text} IS NOT new.{text}")).collect();
    let acts = [
        ("insert", "INSERT".to_owned(), String::new(), "new"),
        ("update", format!("UPDATE OF {}", texts.join(", ")), format!("WHEN {}", differs.join(" OR ")), "new"),
        ("delete", "DELETE".to_owned(), String::new(), "old"),
    ];
    // No OR IGNORE: the clause of the statement that fires the trigger would stand in its place.
    acts.map(|(act, event, when, row)| {
        format!(
            "CREATE TRIGGER {name} AFTER {event} ON {records} {when} BEGIN \
             INSERT INTO {list} SELECT {row}.{ROW} WHERE {row}.{ROW} NOT IN (SELECT row FROM {list}); END",
            name = quote(&trigger(table, act)),
        )
    })
}

/// Makes a set's index; every row is still to be put there.
pub(crate) fn create(conn: &Connection, table: &Table) -> Result<()> {
    forget(conn, &table.set.name)?;
    let (records, list) = (quote(&table.name), list(table));
    let made = format!("{}; CREATE TABLE {list} (row INTEGER PRIMARY KEY) STRICT", create_fts5(&index(table)));
    let filled = format!("INSERT INTO {list} SELECT {ROW} FROM {records}");
    let all: Vec<String> = std::iter::once(made).chain(triggers(table)).chain([filled]).collect();
    Ok(conn.execute_batch(&all.join(";"))?)
}

/// Removes a set's index, where it has one: its rows may get other numbers, or other texts be searched.
pub(crate) fn forget(conn: &Connection, set: &str) -> Result<()> {
    let mut sql = String::new();
    for act in ["insert", "update", "delete"] {
        sql += &format!("DROP TRIGGER IF EXISTS {};", quote(&format!("words_{set}_{act}")));
    }
    let (list, index) = (quote(&format!("unworded_{set}")), quote(&format!("words_{set}")));
    Ok(conn.execute_batch(&format!("{sql} DROP TABLE IF EXISTS {list}; DROP TABLE IF EXISTS {index}"))?)
}

/// Returns the sets that have an index, those that left the model included.
pub(crate) fn sets(conn: &Connection) -> Result<Vec<String>> {
    let mut statement = conn.prepare(
        "SELECT substr(name, length('unworded_') + 1) FROM sqlite_schema WHERE type = 'table' AND name GLOB 'unworded_*'",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// Finds the rows among which are all in which a query's search finds what it looks for.
pub(crate) fn found(conn: &Connection, table: &Table, query: &Query) -> Result<Found> {
    let Some(asked) = Asked::of(&query.search).filter(|_| !texts(table).is_empty()) else { return Ok(Found::All) };
    if !is_there(conn, table)? {
        let newest = format!("SELECT coalesce(max({ROW}), 0) FROM {}", quote(&table.name));
        let newest: i64 = conn.prepare_cached(&newest)?.query_row([], |row| row.get(0))?;
        return Ok(if newest > LARGE { Found::Behind } else { Found::All });
    }
    let mut statement = conn.prepare_cached(&format!("SELECT row FROM {} LIMIT ?1", list(table)))?;
    let mut found = statement.query_map([FAR as i64 + 1], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    if found.len() > FAR {
        return Ok(Found::Behind);
    }
    let mut statement = conn.prepare_cached(&find_fts5(&index(table)))?;
    let values = (asked.to_fts5(), i64::MIN, i64::MAX, MOST_FOUND as i64 + 1);
    let indexed = statement.query_map(values, |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    found.extend(indexed);
    match found.len() {
        0..=MOST_FOUND => Ok(Found::Among(found.into_iter().map(Cell::Integer).collect())),
        _ => Ok(Found::All),
    }
}

/// Puts the next rows of the list into the index; tells whether that was the last.
pub(crate) fn put(conn: &Connection, table: &Table) -> Result<bool> {
    let (index, list) = (index(table), list(table));
    let columns: Vec<String> = texts(table).iter().map(|text| format!("r.{text}")).collect();
    let sql = format!(
        "SELECT u.row, r.{ROW} IS NOT NULL, {} FROM {list} u LEFT JOIN {} r ON r.{ROW} = u.row ORDER BY u.row LIMIT {PIECE}",
        columns.join(", "),
        quote(&table.name)
    );
    let mut rows = Vec::new();
    let mut statement = conn.prepare_cached(&sql)?;
    let mut read = statement.query([])?;
    let mut bytes = 0;
    while bytes < PIECE_BYTES
        && let Some(row) = read.next()?
    {
        let (number, is_there): (i64, bool) = (row.get(0)?, row.get(1)?);
        let mut texts = Vec::with_capacity(columns.len());
        for column in 2..2 + columns.len() {
            texts.extend(row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?);
        }
        bytes += texts.iter().map(|text| text.len()).sum::<usize>();
        rows.push((number, is_there.then(|| grams(texts))));
    }
    drop(read);
    let (mut drop_old, mut put_new) =
        (conn.prepare_cached(&drop_fts5(&index))?, conn.prepare_cached(&put_fts5(&index))?);
    for (row, grams) in &rows {
        drop_old.execute([row])?;
        if let Some(grams) = grams {
            put_new.execute((row, grams))?;
        }
    }
    let Some((last, _)) = rows.last() else { return Ok(true) };
    conn.prepare_cached(&format!("DELETE FROM {list} WHERE row <= ?1"))?.execute([last])?;
    let left = format!("SELECT count(*) FROM (SELECT 1 FROM {list} LIMIT 1)");
    Ok(conn.prepare_cached(&left)?.query_row([], |row| row.get(0).map(|Count(n)| n))? == 0)
}
