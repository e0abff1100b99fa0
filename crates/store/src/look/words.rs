//! Searches in large sets: which rows are looked at, and having the index made that says so.
//!
//! Owns: that a search which found no index, or one far behind, has it made by whoever works in the background; until then
//! it reads every record. Refuses: the index (`tables::words`).

use crate::error::Result;
use crate::tables::table::Table;
use crate::tables::words::{self, Found};
use crate::tx::store::{Inner, Reading, Store};
use rusqlite::Connection;
use std::sync::PoisonError;
use tidemark_model::Cell;
use tidemark_model::query::Query;

/// Returns the rows that a search is to look at; nothing where it is to look at all.
pub(crate) fn among(inner: &Inner, reading: &Reading<'_>, table: &Table, query: &Query) -> Option<Vec<Cell<'static>>> {
    if query.search.is_empty() {
        return None;
    }
    match words::found(reading.conn, table, query) {
        Ok(Found::Among(rows)) => return Some(rows),
        Ok(Found::All) => {}
        Ok(Found::Behind) => want(inner, &table.set.name),
        // The records themselves have the answer.
        Err(error) => tracing::warn!(%error, set = table.set.name, "the index of words could not be asked"),
    }
    None
}

fn want(inner: &Inner, set: &str) {
    inner.words_wanted.lock().unwrap_or_else(PoisonError::into_inner).insert(set.to_owned());
}

impl Store {
    /// Tells whether a search has wanted an index that is not there, or is far behind.
    pub fn wants_words(&self) -> bool {
        !self.inner.words_wanted.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Wants the index of a set, as a search does that finds it far behind.
    pub fn want_words(&self, set: &str) {
        want(&self.inner, set);
    }

    /// Puts some more words into the indexes that searches have wanted; tells whether there is more to do. Between two calls
    /// other writers come in.
    ///
    /// # Errors
    /// The database cannot be written. An index is given up then.
    pub fn index_words(&self) -> Result<bool> {
        let wanted = || self.inner.words_wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(set) = wanted().first().cloned() else { return Ok(false) };
        let done = self.write(|tx| match tx.catalog.table(&set) {
            Ok(table) => further(tx.conn, table),
            Err(_) => Ok(true),
        });
        if !matches!(done, Ok(false)) {
            wanted().remove(&set);
        }
        if done.is_err() {
            self.write(|tx| words::forget(tx.conn, &set))?;
        }
        done.map(|is_done| !is_done || !wanted().is_empty())
    }
}

/// Does the next piece; tells whether it was the last.
fn further(conn: &Connection, table: &Table) -> Result<bool> {
    if words::is_there(conn, table)? { words::put(conn, table) } else { words::create(conn, table).map(|()| false) }
}
