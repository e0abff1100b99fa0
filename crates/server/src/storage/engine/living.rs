//! How many records of a set are not tombstoned, without looking at each.
//!
//! Owns: the number of the `overview`, and what the lines of the journal since then say of it: each line makes a record, ends
//! one, brings one back, or does neither. Refuses: counting what a query lets through.

use super::overview::{self, Behind, FAR, Overview, What};
use super::table::{OWNER, Tables, WORKSPACE};
use super::tx::Tx;
use crate::change::Place;
use crate::storage::Result;
use tidemark_model::query::Query;
use tidemark_model::{IS_TOMBSTONED, JournalKind};
use tidemark_sql::quote;

/// Returns how many records of a place a query lets through that asks for all of them; nothing where they are to be
/// counted.
pub(super) fn living(tx: &dyn Tx, place: &Place, query: &Query, behind: &Behind) -> Result<Option<u64>> {
    let asks_for_all = query.filter.is_none() && query.search.is_empty() && query.apply.is_empty();
    if !asks_for_all || query.asks_about(IS_TOMBSTONED) || place.owner_no != 0 {
        return Ok(None);
    }
    let known = overview::find(tx, place, "")?;
    let reach = reach(tx, place)?;
    match known.counted {
        Some(counted) if counted >= reach.trimmed && reach.newest.saturating_sub(counted) <= FAR as u64 => {
            Ok(Some(known.living.saturating_add_signed(since(tx, place, counted)?)))
        }
        _ => {
            // What has not changed so often is counted as quickly.
            if reach.newest > FAR as u64 {
                behind.note(place, What::Number);
            }
            Ok(None)
        }
    }
}

/// Brings the number of an overview to the newest change.
pub(super) fn counted(tx: &dyn Tx, tables: &Tables, place: &Place, before: &Overview) -> Result<Overview> {
    let Some(counted) = before.counted else { return anew(tx, tables, place, before) };
    // One statement is one moment, whoever writes or trims meanwhile.
    let sql = format!(
        "SELECT w.sequence, w.trimmed, ({}) FROM workspace w WHERE w.no = ?1",
        moved(&format!("sequence > {counted}"))
    );
    let found = tx.one(&sql, &[place.workspace_no.into(), (&place.set).into()], |row| {
        Ok((row.unsigned(0)?, row.unsigned(1)?, row.integer(2)?))
    })?;
    match found {
        Some((newest, trimmed, moved)) if trimmed <= counted => {
            let living = before.living.saturating_add_signed(moved);
            Ok(Overview { counted: Some(newest), living, ..before.clone() })
        }
        _ => anew(tx, tables, place, before),
    }
}

fn anew(tx: &dyn Tx, tables: &Tables, place: &Place, before: &Overview) -> Result<Overview> {
    let sql = format!("SELECT w.sequence, ({}) FROM workspace w WHERE w.no = ?1", all(tables, place)?);
    let found = tx.one(&sql, &[place.workspace_no.into()], |row| {
        Ok(Overview { counted: Some(row.unsigned(0)?), living: row.unsigned(1)?, ..before.clone() })
    })?;
    Ok(found.unwrap_or_else(|| before.clone()))
}

/// Counts them each, of a set that is not kept per user.
pub(super) fn each(tx: &dyn Tx, tables: &Tables, place: &Place) -> Result<u64> {
    let counted = tx.one(&all(tables, place)?, &[place.workspace_no.into()], |row| row.unsigned(0))?;
    Ok(counted.unwrap_or_default())
}

/// Writes the statement that looks at each: `?1` is the workspace.
fn all(tables: &Tables, place: &Place) -> Result<String> {
    let (table, workspace) = (quote(&tables.table(&place.set)?.name), quote(WORKSPACE));
    let (owner, dead) = (quote(OWNER), quote(IS_TOMBSTONED));
    Ok(format!("SELECT count(*) FROM {table} WHERE {workspace} = ?1 AND {owner} = 0 AND {dead} = 0"))
}

/// How far the journal reaches.
struct Reach {
    newest: u64,
    /// Lines up to here may be gone.
    trimmed: u64,
}

fn reach(tx: &dyn Tx, place: &Place) -> Result<Reach> {
    let sql = "SELECT sequence, trimmed FROM workspace WHERE no = ?1";
    let found = tx.one(sql, &[place.workspace_no.into()], |row| {
        Ok(Reach { newest: row.unsigned(0)?, trimmed: row.unsigned(1)? })
    })?;
    Ok(found.unwrap_or(Reach { newest: 0, trimmed: u64::MAX }))
}

fn since(tx: &dyn Tx, place: &Place, counted: u64) -> Result<i64> {
    let sql = moved(&format!("sequence > {counted}"));
    let values = [place.workspace_no.into(), (&place.set).into()];
    Ok(tx.one(&sql, &values, |row| row.integer(0))?.unwrap_or_default())
}

/// Writes how many more records some lines leave than there were: `?1` is the workspace, `?2` the set.
fn moved(lines: &str) -> String {
    format!(
        "SELECT CAST(coalesce(sum(CASE what WHEN '{create}' THEN 1 - is_tombstoned WHEN '{restore}' THEN 1
                                  WHEN '{delete}' THEN -1 ELSE 0 END), 0) AS BIGINT)
         FROM journal WHERE workspace = ?1 AND {lines} AND entity_set = ?2",
        create = JournalKind::Create.as_str(),
        restore = JournalKind::Restore.as_str(),
        delete = JournalKind::Delete.as_str(),
    )
}
