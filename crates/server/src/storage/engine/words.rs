//! In which records which words may be, so that a search need not read all of them.
//!
//! Owns: what stands in the index of each set's table: a live record's grams, under the sequence number of its version. A
//! version that another followed is found no more, since no record has its number, and is taken out by the purge. Refuses:
//! what a word is (`tidemark_model::text`), and whether a record has it, which the search asks of each that is found.

use super::overview::{self, Behind, FAR, Overview, What};
use super::table::{OWNER, SEQUENCE, Tables, WORKSPACE, table_name};
use super::tx::{Fetch, Tx};
use crate::change::Place;
use crate::storage::Result;
use tidemark_model::query::Query;
use tidemark_model::text::grams;
use tidemark_model::{Cell, EntitySet, IS_TOMBSTONED};
use tidemark_sql::{
    Asked, Dialect, Looked, MOST_FOUND, create_fts5, drop_fts5, find_fts5, put_fts5, quote, quoted, word_index,
};

/// A piece takes so many records into the index, or so many bytes of their texts.
const PIECE: usize = 500;
const PIECE_BYTES: usize = 1024 * 1024;

/// In SQLite a row of the index has one number: the workspace's in front of so many bits of the sequence number.
const SEQUENCE_BITS: u32 = 40;
/// A `tsquery` that everything matches.
const EVERYTHING: &str = "!'-'";

/// Creates the index of a table, and puts the database's own wall around it.
pub(super) fn create(tx: &dyn Tx, table: &str) -> Result<()> {
    let index = word_index(tx.dialect(), table);
    if tx.dialect() == Dialect::Sqlite {
        return tx.batch(&create_fts5(&index));
    }
    let (name, by_gram) = (quote(&index), quoted(tx.dialect(), &format!("{index}$by_gram")));
    // Without a list of what is still to be put in order, which every search would have to read.
    tx.batch(&format!(
        "CREATE TABLE {name} (workspace BIGINT NOT NULL, sequence BIGINT NOT NULL, grams TSVECTOR NOT NULL, \
         PRIMARY KEY (workspace, sequence)); \
         CREATE INDEX {by_gram} ON {name} USING gin (grams) WITH (fastupdate = off)"
    ))?;
    tx.wall_in_words(&index)
}

/// Where a search looks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Sought {
    /// In all records.
    #[default]
    All,
    /// In all, of which more than are looked up one by one may have what is asked for.
    Common,
    /// In those with these sequence numbers: all in which something is found are among them.
    Among(Vec<Cell<'static>>),
}

impl Sought {
    /// Returns the choice for a statement.
    pub(super) fn among(&self) -> Option<(&'static str, &[Cell<'static>])> {
        if let Self::Among(sequences) = self { Some((SEQUENCE, sequences)) } else { None }
    }

    /// Tells at how many records a read looks that returns a page of them.
    pub(super) fn looked(&self, page: u64) -> Looked {
        match self {
            Self::All => Looked::AsAsked { page },
            Self::Common => Looked::Common { page, least: MOST_FOUND as u64 },
            Self::Among(sequences) => Looked::At(sequences.len() as u64),
        }
    }
}

/// Finds where a query's search is to look.
pub(super) fn found(tx: &dyn Tx, tables: &Tables, place: &Place, query: &Query, behind: &Behind) -> Result<Sought> {
    // `$apply` comes first: what it makes of other records is not what it makes of all. And no tombstone is in the index.
    let is_served = query.apply.is_empty() && place.owner_no == 0 && !query.asks_about(IS_TOMBSTONED);
    let Some(asked) = Asked::of(&query.search).filter(|_| is_served) else { return Ok(Sought::All) };
    let properties = texts(tables.set(&place.set)?);
    if properties.is_empty() {
        return Ok(Sought::All);
    }
    let (table, known) = (&tables.table(&place.set)?.name, overview::find(tx, place, "")?);
    // What stands in other properties is not there to be found.
    let worded = if known.texts == properties { known.worded } else { 0 };
    let mut found = later(tx, table, place, worded)?;
    if found.len() > FAR {
        behind.note(place, What::Words);
        return Ok(Sought::All);
    }
    if worded > 0 {
        found.extend(find(tx, table, place, &asked)?);
    }
    Ok(match found.len() {
        0..=MOST_FOUND => Sought::Among(found.into_iter().map(Cell::Integer).collect()),
        _ => Sought::Common,
    })
}

/// Returns the numbers of records that are not in the index yet, and of one more than are few.
fn later(tx: &dyn Tx, table: &str, place: &Place, worded: u64) -> Result<Vec<i64>> {
    let most = FAR as u64 + 1;
    let values = [place.workspace_no.into(), place.owner_no.into(), worded.into(), most.into()];
    tx.all(&behind(table, &quote(SEQUENCE)), &values, |row| row.integer(0))
}

/// Writes the statement for the records of a place behind a sequence number, in that order.
fn behind(table: &str, columns: &str) -> String {
    format!(
        "SELECT {columns} FROM {} WHERE {} = ?1 AND {} = ?2 AND {sequence} > ?3 ORDER BY {sequence} LIMIT ?4",
        quote(table),
        quote(WORKSPACE),
        quote(OWNER),
        sequence = quote(SEQUENCE),
    )
}

fn find(tx: &dyn Tx, table: &str, place: &Place, asked: &Asked) -> Result<Vec<i64>> {
    let (index, most) = (word_index(tx.dialect(), table), MOST_FOUND as u64 + 1);
    match tx.dialect() {
        Dialect::Sqlite => {
            let (asked, first) = (asked.to_fts5(), number(place.workspace_no, 0));
            let values = [(&asked).into(), first.into(), number(place.workspace_no + 1, 0).into(), most.into()];
            tx.all(&find_fts5(&index), &values, |row| Ok(row.integer(0)? - first))
        }
        Dialect::Postgres => {
            tx.look_for_words(Some(&asked.to_tsquery(&prefix(place.workspace_no))))?;
            let sql = format!("SELECT sequence FROM {} WHERE workspace = ?1 LIMIT ?2", quote(&index));
            let found = tx.all(&sql, &[place.workspace_no.into(), most.into()], |row| row.integer(0))?;
            tx.look_for_words(None)?;
            Ok(found)
        }
    }
}

/// Writes which properties of a set are searched, in order.
pub(super) fn texts(set: &EntitySet) -> String {
    set.entity_type.searched().map(|property| property.name.as_str()).collect::<Vec<_>>().join(",")
}

/// Brings the index one piece forward; tells whether that was the last. An index of other properties, or of what was not
/// filled in yet, is emptied first by who may take it; others leave it.
pub(super) fn further(
    tx: &dyn Tx,
    tables: &Tables,
    place: &Place,
    known: &mut Overview,
    may_take: bool,
) -> Result<bool> {
    let texts = texts(tables.set(&place.set)?);
    if texts.is_empty() {
        return Ok(true);
    }
    if known.texts == texts {
        let reached = put(tx, tables, place, known.worded)?;
        known.worded = reached.unwrap_or(known.worded);
        return Ok(reached.is_none());
    }
    if !known.texts.is_empty() && !may_take {
        return Ok(true);
    }
    // While it says so, nobody takes it for anything.
    (known.texts, known.worded) = (String::new(), 0);
    let index = word_index(tx.dialect(), &tables.table(&place.set)?.name);
    let there = listed(tx, &index, place.workspace_no, 0)?;
    drop_all(tx, &index, place.workspace_no, &there)?;
    if there.is_empty() {
        known.texts = texts;
    }
    Ok(false)
}

/// Takes the next records into the index; returns how far it reaches now, and nothing where there are no more.
fn put(tx: &dyn Tx, tables: &Tables, place: &Place, worded: u64) -> Result<Option<u64>> {
    let table = &tables.table(&place.set)?.name;
    let texts = tables.set(&place.set)?.entity_type.searched().map(|property| quoted(tx.dialect(), &property.name));
    let columns: Vec<String> = [SEQUENCE, IS_TOMBSTONED].map(quote).into_iter().chain(texts).collect();
    let piece = PIECE as u64;
    let values = [place.workspace_no.into(), place.owner_no.into(), worded.into(), piece.into()];
    let (mut rows, mut bytes, mut reached) = (Vec::new(), 0, None);
    tx.query(&behind(table, &columns.join(", ")), &values, Fetch::Piecewise, &mut |cursor| {
        while bytes < PIECE_BYTES
            && let Some(row) = cursor.next()?
        {
            let sequence = row.unsigned(0)?;
            reached = Some(sequence);
            if row.integer(1)? != 0 {
                continue;
            }
            let mut texts = Vec::new();
            for index in 2..row.width() {
                if let Cell::Text(text) = row.cell(index)? {
                    texts.push(text);
                }
            }
            bytes += texts.iter().map(|text| text.len()).sum::<usize>();
            rows.push((sequence, grams(texts.iter().map(AsRef::as_ref))));
        }
        Ok(())
    })?;
    let index = word_index(tx.dialect(), table);
    let put = match tx.dialect() {
        Dialect::Sqlite => put_fts5(&index),
        Dialect::Postgres => format!(
            "INSERT INTO {} (workspace, sequence, grams)
             VALUES (?1, ?2, array_to_tsvector(string_to_array(?3, ' ')))",
            quote(&index)
        ),
    };
    let prefix = prefix(place.workspace_no);
    for (sequence, grams) in rows {
        match tx.dialect() {
            Dialect::Sqlite => tx.send(&put, &[number(place.workspace_no, sequence).into(), (&grams).into()])?,
            Dialect::Postgres => {
                let grams = grams.split(' ').filter(|gram| !gram.is_empty());
                let grams = grams.map(|gram| format!("{prefix}{gram}")).collect::<Vec<_>>().join(" ");
                tx.send(&put, &[place.workspace_no.into(), sequence.into(), (&grams).into()])?;
            }
        }
    }
    Ok(reached)
}

/// Where the purge goes on with the index of a set.
#[derive(Clone, Debug)]
pub(super) struct Sweep {
    pub(super) workspace_no: i64,
    pub(super) set: String,
    pub(super) behind: u64,
}

/// Returns the sets of a workspace that have anything in their index.
pub(super) fn sweeps(tx: &dyn Tx, workspace_no: i64) -> Result<Vec<Sweep>> {
    let sql = "SELECT entity_set FROM overview WHERE workspace = ?1 ORDER BY entity_set";
    tx.all(sql, &[workspace_no.into()], |row| Ok(Sweep { workspace_no, set: row.text(0)?, behind: 0 }))
}

/// Takes versions out of a set's index that no record has any more, a piece at a time: what a record that was purged said
/// must not be told by it. Returns where to go on.
pub(super) fn sweep(tx: &dyn Tx, sweep: &Sweep) -> Result<Option<Sweep>> {
    let workspace_no = sweep.workspace_no;
    // Nobody else takes anything out meanwhile.
    let lock = format!("SELECT worded FROM overview WHERE workspace = ?1 AND entity_set = ?2{}", tx.for_update());
    tx.all(&lock, &[workspace_no.into(), (&sweep.set).into()], |row| row.unsigned(0))?;
    let table = table_name(tx.dialect(), &sweep.set);
    let (index, sequence) = (word_index(tx.dialect(), &table), quote(SEQUENCE));
    let mut there = listed(tx, &index, workspace_no, sweep.behind)?;
    let Some(last) = there.last().copied() else { return Ok(None) };
    let sql = format!(
        "SELECT {sequence} FROM {} WHERE {} = ?1 AND {} = 0 AND {sequence} > ?2 AND {sequence} <= ?3",
        quote(&table),
        quote(WORKSPACE),
        quote(OWNER),
    );
    let values = [workspace_no.into(), sweep.behind.into(), last.into()];
    let mut current = tx.all(&sql, &values, |row| row.unsigned(0))?;
    current.sort_unstable();
    there.retain(|sequence| current.binary_search(sequence).is_err());
    drop_all(tx, &index, workspace_no, &there)?;
    Ok(Some(Sweep { behind: last, ..sweep.clone() }))
}

/// Returns the next numbers of a workspace that are in an index, in order.
fn listed(tx: &dyn Tx, index: &str, workspace_no: i64, behind: u64) -> Result<Vec<u64>> {
    let (index, most) = (quote(index), FAR as u64);
    match tx.dialect() {
        Dialect::Sqlite => {
            let sql = format!("SELECT rowid FROM {index} WHERE rowid > ?1 AND rowid <= ?2 ORDER BY rowid LIMIT ?3");
            let first = number(workspace_no, 0);
            let values = [number(workspace_no, behind).into(), number(workspace_no + 1, 0).into(), most.into()];
            tx.all(&sql, &values, |row| Ok((row.integer(0)? - first).unsigned_abs()))
        }
        Dialect::Postgres => {
            tx.look_for_words(Some(EVERYTHING))?;
            let sql = format!(
                "SELECT sequence FROM {index} WHERE workspace = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3"
            );
            tx.all(&sql, &[workspace_no.into(), behind.into(), most.into()], |row| row.unsigned(0))
        }
    }
}

/// Takes numbers out of an index, of which all are there.
fn drop_all(tx: &dyn Tx, index: &str, workspace_no: i64, sequences: &[u64]) -> Result<()> {
    let drop = match tx.dialect() {
        Dialect::Sqlite => drop_fts5(index),
        Dialect::Postgres => {
            // What is not shown cannot be taken out either.
            tx.look_for_words(Some(EVERYTHING))?;
            format!("DELETE FROM {} WHERE workspace = ?1 AND sequence = ?2", quote(index))
        }
    };
    sequences.iter().try_for_each(|sequence| match tx.dialect() {
        Dialect::Sqlite => tx.send(&drop, &[number(workspace_no, *sequence).into()]),
        Dialect::Postgres => tx.send(&drop, &[workspace_no.into(), (*sequence).into()]),
    })
}

fn number(workspace_no: i64, sequence: u64) -> i64 {
    (workspace_no << SEQUENCE_BITS).saturating_add_unsigned(sequence)
}

/// Workspaces share the index of grams in PostgreSQL: what the others have is not even looked at.
fn prefix(workspace_no: i64) -> String {
    format!("{workspace_no}.")
}
