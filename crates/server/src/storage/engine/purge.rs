//! The purge: tombstones that arrived long ago lose their content and keep their id.
//!
//! Owns: which tombstones, and the floor of the feed, which moves with them: a device that was away longer must read
//! the set again, since a record it still holds may be gone (DESIGN section 4, Server; FAULTS H7, S2). Age counts from
//! the arrival, not from the stamp: a delete made offline long ago is new to everybody else. Refuses: the tombstone
//! itself; it stays for ever, so that an old edit of it is asked about and not taken for a new record.

use super::layout;
use super::table::{OWNER, SEQUENCE, WORKSPACE, table_name};
use super::tx::{Duty, Tx};
use crate::storage::Result;
use tidemark_model::IS_TOMBSTONED;
use tidemark_sql::quoted;

/// How many sequence numbers one transaction looks at.
pub(super) const PIECE: u64 = 5_000;

/// A piece of a purge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// The workspace.
    pub(super) workspace_no: i64,
    /// What arrived before this is old enough.
    pub(super) before_ms: i64,
    /// The newest sequence number that is old enough, once known.
    pub(super) until: Option<u64>,
}

/// What a piece did, and the next one.
pub(super) struct Done {
    pub(super) dropped: u64,
    pub(super) next: Option<Piece>,
}

/// Returns the numbers of all workspaces.
pub(super) fn workspaces(tx: &dyn Tx) -> Result<Vec<i64>> {
    tx.all("SELECT no FROM workspace ORDER BY no", &[], |row| row.integer(0))
}

/// Purges one piece of a workspace, unless another process purges at this moment: `purged` remembers where the last
/// piece ended, so whoever goes on does nothing twice.
pub(super) fn purge(tx: &dyn Tx, piece: Piece) -> Result<Option<Done>> {
    if !tx.takes_duty(Duty::Purge)? {
        return Ok(None);
    }
    let sql = format!("SELECT sequence, floor, purged FROM workspace WHERE no = ?1{}", tx.for_update());
    let found =
        tx.one(&sql, &[piece.workspace_no.into()], |row| Ok((row.unsigned(0)?, row.unsigned(1)?, row.unsigned(2)?)))?;
    let Some((newest, floor, purged)) = found else { return Ok(Some(Done { dropped: 0, next: None })) };
    let behind = purged.max(floor);
    let until = match piece.until {
        Some(until) => until,
        None => old_enough(tx, &piece, behind)?.unwrap_or(newest),
    };
    let end = until.min(behind + PIECE);
    let (mut dropped, mut floor) = (0, floor);
    for (set, columns) in sets(tx)? {
        let of_set = purge_set(tx, piece.workspace_no, &set, &columns, behind, end)?;
        dropped += of_set.len() as u64;
        floor = of_set.into_iter().fold(floor, u64::max);
    }
    let values = [piece.workspace_no.into(), floor.into(), end.max(purged).into()];
    tx.execute("UPDATE workspace SET floor = ?2, purged = ?3 WHERE no = ?1", &values)?;
    let next = (end < until).then_some(Piece { until: Some(until), ..piece });
    Ok(Some(Done { dropped, next }))
}

/// Returns the newest sequence number before the first that is too young; `None` where all are old enough.
pub(super) fn old_enough(tx: &dyn Tx, piece: &Piece, behind: u64) -> Result<Option<u64>> {
    // In the order of the key, up to the first: what is young is not looked at.
    let sql = "SELECT sequence FROM journal WHERE workspace = ?1 AND sequence > ?2 AND at_ms > ?3
               ORDER BY sequence LIMIT 1";
    let values = [piece.workspace_no.into(), behind.into(), piece.before_ms.into()];
    let first_young = tx.one(sql, &values, |row| row.unsigned(0))?;
    Ok(first_young.map(|sequence| sequence.saturating_sub(1)))
}

/// Returns every set that was ever laid out with the columns of its content: also those that the model lost.
pub(super) fn sets(tx: &dyn Tx) -> Result<Vec<(String, Vec<String>)>> {
    let mut sets: Vec<(String, Vec<String>)> = Vec::new();
    for known in layout::known(tx)? {
        // Its folded form is its content too.
        let (set, columns) = (known.set.clone(), known.columns(tx.dialect()));
        match sets.last_mut() {
            Some((last, of_set)) if *last == set => of_set.extend(columns),
            _ => sets.push((set, columns)),
        }
    }
    Ok(sets)
}

/// Purges the tombstones of one set; returns their sequence numbers.
fn purge_set(tx: &dyn Tx, workspace_no: i64, set: &str, columns: &[String], behind: u64, end: u64) -> Result<Vec<u64>> {
    let quote = |name: &str| quoted(tx.dialect(), name);
    let nothing: Vec<String> = columns.iter().map(|column| format!("{} = NULL", quote(column))).collect();
    let (table, workspace, sequence) = (quote(&table_name(tx.dialect(), set)), quote(WORKSPACE), quote(SEQUENCE));
    // The owners are named so that the index by sequence serves, which has them before the sequence.
    let sql = format!(
        "UPDATE {table} SET {} WHERE {workspace} = ?1 AND {owner} IN (SELECT 0 UNION ALL SELECT no FROM account) \
         AND {sequence} > ?2 AND {sequence} <= ?3 AND {dead} = 1 RETURNING {sequence}",
        nothing.join(", "),
        owner = quote(OWNER),
        dead = quote(IS_TOMBSTONED),
    );
    let values = [workspace_no.into(), behind.into(), end.into()];
    let purged = tx.all(&sql, &values, |row| row.unsigned(0))?;
    purged.iter().try_for_each(|sequence| forget(tx, workspace_no, *sequence))?;
    Ok(purged)
}

/// Drops the content of a record's earlier versions from the journal, along their chain.
fn forget(tx: &dyn Tx, workspace_no: i64, newest: u64) -> Result<()> {
    let sql = "UPDATE journal SET before = NULL WHERE workspace = ?1 AND sequence = ?2 RETURNING previous";
    let mut at = newest;
    while at > 0 {
        at = tx.one(sql, &[workspace_no.into(), at.into()], |row| row.unsigned(0))?.unwrap_or_default();
    }
    Ok(())
}
