//! The purge: tombstones that arrived long ago lose their content and keep their id.
//!
//! Owns: which tombstones, and the floor of the feed, which moves with them: a device that was away longer must read
//! the set again, since a record it still holds may be gone (DESIGN section 4, Server; FAULTS H7, S2). Age counts from
//! the arrival, not from the stamp: a delete made offline long ago is new to everybody else. Refuses: the tombstone
//! itself; it stays for ever, so that an old edit of it is asked about and not taken for a new record.

use super::convert::{signed, unsigned};
use super::counter::position;
use super::table::{OWNER, SEQUENCE, WORKSPACE, table_name};
use crate::storage::Result;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tidemark_model::IS_TOMBSTONED;
use tidemark_sql::quote;

/// How many sequence numbers one transaction looks at.
const PIECE: u64 = 5_000;

/// A piece of a purge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// The workspace.
    pub(super) workspace_no: i64,
    /// Tombstones that arrived before this are purged.
    pub(super) before_ms: i64,
    /// Where the piece begins; the floor at first.
    pub(super) behind: Option<u64>,
    /// The newest sequence number that is old enough, once known.
    pub(super) until: Option<u64>,
}

/// What a piece did, and the next one.
pub(super) struct Done {
    pub(super) tombstones: u64,
    pub(super) next: Option<Piece>,
}

/// Returns the numbers of all workspaces.
pub(super) fn workspaces(connection: &Connection) -> Result<Vec<i64>> {
    let mut statement = connection.prepare("SELECT no FROM workspace")?;
    let numbers = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(numbers)
}

/// Purges one piece of a workspace.
pub(super) fn purge(connection: &mut Connection, piece: Piece) -> Result<Done> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let position = position(&transaction, piece.workspace_no)?;
    let behind = piece.behind.unwrap_or(position.floor);
    let until = match piece.until {
        Some(until) => until,
        None => old_enough(&transaction, &piece, behind)?.unwrap_or(position.mark.sequence),
    };
    let end = until.min(behind + PIECE);
    let mut tombstones = 0;
    let mut floor = position.floor;
    for (set, columns) in sets(&transaction)? {
        let purged = purge_set(&transaction, piece.workspace_no, &set, &columns, behind, end)?;
        tombstones += purged.len() as u64;
        floor = purged.into_iter().fold(floor, u64::max);
    }
    transaction.execute("UPDATE workspace SET floor = ?2 WHERE no = ?1", (piece.workspace_no, signed(floor)))?;
    transaction.commit()?;
    let next = (end < until).then_some(Piece { behind: Some(end), until: Some(until), ..piece });
    Ok(Done { tombstones, next })
}

/// Returns the newest sequence number before the first that is too young; `None` where all are old enough.
fn old_enough(transaction: &Transaction<'_>, piece: &Piece, behind: u64) -> Result<Option<u64>> {
    let first_young: Option<i64> = transaction.query_row(
        "SELECT min(sequence) FROM journal WHERE workspace = ?1 AND sequence > ?2 AND at_ms > ?3",
        (piece.workspace_no, signed(behind), piece.before_ms),
        |row| row.get(0),
    )?;
    Ok(first_young.map(|sequence| unsigned(sequence).saturating_sub(1)))
}

/// Returns every set that was ever laid out with the columns of its content: also those that the model lost.
fn sets(transaction: &Transaction<'_>) -> Result<Vec<(String, Vec<String>)>> {
    let mut statement = transaction.prepare("SELECT entity_set, name FROM property ORDER BY entity_set")?;
    let mut rows = statement.query([])?;
    let mut sets: Vec<(String, Vec<String>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (set, name): (String, String) = (row.get(0)?, row.get(1)?);
        match sets.last_mut() {
            Some((last, columns)) if *last == set => columns.push(name),
            _ => sets.push((set, vec![name])),
        }
    }
    Ok(sets)
}

/// Purges the tombstones of one set; returns their sequence numbers.
fn purge_set(
    transaction: &Transaction<'_>,
    workspace_no: i64,
    set: &str,
    columns: &[String],
    behind: u64,
    end: u64,
) -> Result<Vec<u64>> {
    let nothing: Vec<String> = columns.iter().map(|column| format!("{} = NULL", quote(column))).collect();
    let (table, workspace, sequence) = (quote(&table_name(set)), quote(WORKSPACE), quote(SEQUENCE));
    // The owners are named so that the index by sequence serves, which has them before the sequence.
    let sql = format!(
        "UPDATE {table} SET {} WHERE {workspace} = ?1 AND {owner} IN (SELECT 0 UNION ALL SELECT no FROM account) \
         AND {sequence} > ?2 AND {sequence} <= ?3 AND {dead} = 1 RETURNING {sequence}",
        nothing.join(", "),
        owner = quote(OWNER),
        dead = quote(IS_TOMBSTONED),
    );
    let mut statement = transaction.prepare_cached(&sql)?;
    let purged: Vec<i64> = statement
        .query_map((workspace_no, signed(behind), signed(end)), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for sequence in &purged {
        forget(transaction, workspace_no, *sequence)?;
    }
    Ok(purged.into_iter().map(unsigned).collect())
}

/// Drops the content of a record's earlier versions from the journal, along their chain.
fn forget(transaction: &Transaction<'_>, workspace_no: i64, newest: i64) -> Result<()> {
    let mut statement = transaction
        .prepare_cached("UPDATE journal SET before = NULL WHERE workspace = ?1 AND sequence = ?2 RETURNING previous")?;
    let mut at = newest;
    while at > 0 {
        let mut rows = statement.query((workspace_no, at))?;
        at = match rows.next()? {
            Some(row) => row.get(0)?,
            None => 0,
        };
    }
    Ok(())
}
