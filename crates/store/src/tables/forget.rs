//! Everything of an account, removed.
//!
//! Owns: that nothing of it is left, and that what is the device's stays. Refuses: deciding that (`open::sign_in`).

use crate::error::Result;
use crate::tables::account::{self, ACCOUNT_EPOCH, TURN};
use crate::tables::catalog::EPOCH;
use crate::tables::schema::ACCOUNT_TABLES;
use crate::tables::setting;
use crate::tables::words;
use crate::tx::transaction::Tx;
use tidemark_sql::quote;

/// Removes everything of the account, but for what is the device's.
pub(crate) fn everything(tx: &Tx<'_>) -> Result<()> {
    // By name, not by model: a set that the server no longer has may still have its table here.
    let mut statement =
        tx.conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'records_*'")?;
    let tables = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    drop(statement);
    words::sets(tx.conn)?.iter().try_for_each(|set| words::forget(tx.conn, set))?;
    for table in tables {
        tx.conn.execute_batch(&format!("DROP TABLE {}", quote(&table)))?;
    }
    for table in ACCOUNT_TABLES {
        tx.conn.execute(&format!("DELETE FROM {table}"), [])?;
    }
    let model_epoch = setting::number(tx.conn, EPOCH)? + 1;
    setting::set(tx.conn, EPOCH, &model_epoch.to_string())?;
    account::end_all(tx.conn)?;
    setting::remove_all_but(tx.conn, [EPOCH, ACCOUNT_EPOCH, TURN])?;
    tx.forget_standings();
    tx.catalog.tables().for_each(|table| tx.note_many(&table.set.name));
    Ok(())
}
