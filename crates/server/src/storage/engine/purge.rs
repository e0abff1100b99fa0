//! The purge: tombstones that arrived long ago lose their content and keep their id.
//!
//! Owns: which of a stretch. Age counts from the arrival, not from the stamp: a delete made offline long ago is new to
//! everybody else. A record that a device still holds may be gone, so the floor of the feed moves up to the tombstone.
//! Refuses: the tombstone itself; it stays for ever, so that an old edit of it is asked about and not taken for a new record.

use super::pieces::{Old, Stretch};
use super::table::{OWNER, SEQUENCE, WORKSPACE, table_name};
use super::tx::Tx;
use crate::storage::Result;
use tidemark_model::{IS_TOMBSTONED, Planted, is_planted};
use tidemark_sql::quoted;

/// The content of tombstones.
pub(super) const TOMBSTONES: Old = Old { looked: "purged", floor_behind: 0, drop_in: purge_set };

/// Purges the tombstones of one set; returns their sequence numbers.
fn purge_set(tx: &dyn Tx, stretch: &Stretch<'_>) -> Result<Vec<u64>> {
    let Stretch { workspace_no, set, columns, behind, end } = *stretch;
    let quote = |name: &str| quoted(tx.dialect(), name);
    let nothing: Vec<String> = columns.iter().map(|column| format!("{} = NULL", quote(column))).collect();
    let (table, workspace, sequence) = (quote(&table_name(tx.dialect(), set)), quote(WORKSPACE), quote(SEQUENCE));
    // The owners are named so that the index by sequence serves, which has them before the sequence.
    let update = match is_planted(Planted::H7PurgeForgetsTombstones) {
        true => format!("DELETE FROM {table}"),
        false => format!("UPDATE {table} SET {}", nothing.join(", ")),
    };
    let sql = format!(
        "{update} WHERE {workspace} = ?1 AND {owner} IN (SELECT 0 UNION ALL SELECT no FROM account) \
         AND {sequence} > ?2 AND {sequence} <= ?3 AND {dead} = 1 RETURNING {sequence}",
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
