//! Trimming the journal: lines that are older than the retention of history go, but each record's newest stays.
//!
//! Owns: which lines, and the floor of the feed, which moves with them: the line of a delta link's change is what tells the
//! link from one of another history. With a line goes what it stood for: an entry of a record's history, and the ledger's
//! word that a request was carried out; a device that was away longer than that and repeats one is asked (DESIGN section 4,
//! Server). Refuses: the records themselves, from which the feed is read.

use super::purge::{Done, PIECE, Piece, old_enough, sets};
use super::table::{OWNER, SEQUENCE, WORKSPACE, table_name};
use super::tx::{Duty, Tx};
use crate::storage::Result;
use tidemark_sql::quoted;

/// Trims one piece of a workspace's journal, unless another process is at it: `trimmed` remembers where the last ended.
pub(super) fn trim(tx: &dyn Tx, piece: Piece) -> Result<Option<Done>> {
    if !tx.takes_duty(Duty::Purge)? {
        return Ok(None);
    }
    let sql = format!("SELECT sequence, floor, trimmed FROM workspace WHERE no = ?1{}", tx.for_update());
    let found =
        tx.one(&sql, &[piece.workspace_no.into()], |row| Ok((row.unsigned(0)?, row.unsigned(1)?, row.unsigned(2)?)))?;
    let Some((newest, floor, behind)) = found else { return Ok(Some(Done { dropped: 0, next: None })) };
    let until = match piece.until {
        Some(until) => until,
        None => old_enough(tx, &piece, behind)?.unwrap_or(newest),
    };
    let end = until.min(behind + PIECE);
    let (mut dropped, mut highest) = (0, floor);
    let mut sets: Vec<String> = sets(tx)?.into_iter().map(|(set, _)| set).collect();
    sets.dedup();
    for set in sets {
        let of_set = trim_set(tx, piece.workspace_no, &set, behind, end)?;
        dropped += of_set.len() as u64;
        highest = of_set.into_iter().fold(highest, u64::max);
    }
    let values = [piece.workspace_no.into(), highest.into(), end.max(behind).into()];
    tx.execute("UPDATE workspace SET floor = ?2, trimmed = ?3 WHERE no = ?1", &values)?;
    let next = (end < until).then_some(Piece { until: Some(until), ..piece });
    Ok(Some(Done { dropped, next }))
}

/// Drops the lines of one set that are no record's newest; returns their sequence numbers.
fn trim_set(tx: &dyn Tx, workspace_no: i64, set: &str, behind: u64, end: u64) -> Result<Vec<u64>> {
    let quote = |name: &str| quoted(tx.dialect(), name);
    let (table, workspace, sequence) = (quote(&table_name(tx.dialect(), set)), quote(WORKSPACE), quote(SEQUENCE));
    // The owners are named so that the index by sequence serves, which has them before the sequence.
    let sql = format!(
        "DELETE FROM journal WHERE workspace = ?1 AND sequence > ?2 AND sequence <= ?3 AND entity_set = ?4 \
         AND sequence NOT IN (SELECT {sequence} FROM {table} WHERE {workspace} = ?1 \
         AND {owner} IN (SELECT 0 UNION ALL SELECT no FROM account) AND {sequence} > ?2 AND {sequence} <= ?3) \
         RETURNING sequence",
        owner = quote(OWNER),
    );
    let values = [workspace_no.into(), behind.into(), end.into(), set.into()];
    tx.all(&sql, &values, |row| row.unsigned(0))
}
