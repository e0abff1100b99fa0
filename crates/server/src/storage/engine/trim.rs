//! Trimming the journal: lines that are older than the retention of history go, but for what was a record's newest then.
//!
//! Owns: which of a stretch. The line of a delta link's change is what tells the link from one of another history, so the
//! floor of the feed moves behind it. With a line goes what it stood for: an entry of a record's history, and the ledger's
//! word that a request was carried out; a device that was away longer than that and repeats one is asked (DESIGN section 4,
//! Server). Refuses: the records themselves, from which the feed is read.

use super::pieces::{Old, Stretch};
use super::table::{OWNER, SEQUENCE, WORKSPACE, table_name};
use super::tx::Tx;
use crate::storage::Result;
use tidemark_sql::quoted;

/// Lines of the journal.
pub(super) const LINES: Old = Old { looked: "trimmed", floor_behind: 1, drop_in: trim_set };

/// Drops the lines of one set that are no record's newest; returns their sequence numbers.
fn trim_set(tx: &dyn Tx, stretch: &Stretch<'_>) -> Result<Vec<u64>> {
    let Stretch { workspace_no, set, behind, end, .. } = *stretch;
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
