//! What is old goes piece by piece, so that other writers come in between, and one process at a time sees to it.
//!
//! Owns: which stretch of a workspace's sequence is looked at, from where the last piece of that kind ended to what is old
//! enough by its arrival, and the floor of the feed, which moves with what went: a device whose link is from before must
//! read the set again (DESIGN section 4, Server; FAULTS H7, S2). Refuses: what goes (`purge`, `trim`).

use super::layout;
use super::tx::{Duty, Tx};
use crate::storage::Result;
use tidemark_model::{Planted, is_planted};

/// How many sequence numbers one transaction looks at.
const PIECE: u64 = 5_000;

/// One kind of thing that goes when it is old.
#[derive(Debug)]
pub(super) struct Old {
    /// The column of `workspace` that remembers how far it was looked for.
    pub(super) looked: &'static str,
    /// How far behind what went a link must be to go on.
    pub(super) floor_behind: u64,
    /// Drops it in one set.
    pub(super) drop_in: fn(&dyn Tx, &Stretch<'_>) -> Result<Vec<u64>>,
}

/// A stretch of a workspace's sequence in one set.
#[derive(Debug)]
pub(super) struct Stretch<'s> {
    pub(super) workspace_no: i64,
    pub(super) set: &'s str,
    /// The columns of the set's content.
    pub(super) columns: &'s [String],
    /// It begins behind this number.
    pub(super) behind: u64,
    /// Its last number.
    pub(super) end: u64,
}

/// A piece of the work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// The kind.
    pub(super) old: &'static Old,
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

/// Carries out a piece, unless another process has the duty at this moment; whoever goes on does nothing twice.
pub(super) fn carry_out(tx: &dyn Tx, piece: Piece) -> Result<Option<Done>> {
    if !tx.takes_duty(Duty::Purge)? {
        return Ok(None);
    }
    let looked = piece.old.looked;
    let sql = format!("SELECT sequence, floor, {looked} FROM workspace WHERE no = ?1{}", tx.for_update());
    let found =
        tx.one(&sql, &[piece.workspace_no.into()], |row| Ok((row.unsigned(0)?, row.unsigned(1)?, row.unsigned(2)?)))?;
    let Some((newest, mut floor, behind)) = found else { return Ok(Some(Done { dropped: 0, next: None })) };
    let until = match piece.until {
        Some(until) => until,
        None => old_enough(tx, &piece, behind)?.unwrap_or(newest),
    };
    let end = until.min(behind + PIECE);
    let mut dropped = 0;
    for (set, columns) in &sets(tx)? {
        let stretch = Stretch { workspace_no: piece.workspace_no, set, columns, behind, end };
        let of_set = (piece.old.drop_in)(tx, &stretch)?;
        dropped += of_set.len() as u64;
        if is_planted(Planted::H7PurgeForgetsTombstones) && looked == "purged" {
            continue;
        }
        floor = of_set.into_iter().map(|sequence| sequence + piece.old.floor_behind).fold(floor, u64::max);
    }
    let values = [piece.workspace_no.into(), floor.into(), end.max(behind).into()];
    tx.execute(&format!("UPDATE workspace SET floor = ?2, {looked} = ?3 WHERE no = ?1"), &values)?;
    let next = (end < until).then_some(Piece { until: Some(until), ..piece });
    Ok(Some(Done { dropped, next }))
}

/// Returns the newest sequence number before the first that is too young; `None` where all are old enough.
fn old_enough(tx: &dyn Tx, piece: &Piece, behind: u64) -> Result<Option<u64>> {
    // In the order of the key, up to the first: what is young is not looked at.
    let sql = "SELECT sequence FROM journal WHERE workspace = ?1 AND sequence > ?2 AND at_ms > ?3
               ORDER BY sequence LIMIT 1";
    let values = [piece.workspace_no.into(), behind.into(), piece.before_ms.into()];
    let first_young = tx.one(sql, &values, |row| row.unsigned(0))?;
    Ok(first_young.map(|sequence| sequence.saturating_sub(1)))
}

/// Returns every set that was ever laid out with the columns of its content: also those that the model lost.
fn sets(tx: &dyn Tx) -> Result<Vec<(String, Vec<String>)>> {
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
