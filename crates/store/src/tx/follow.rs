//! The choice of sets, followed: a transaction that touched it ends with this.
//!
//! Owns: that `position` has a row for every set that is kept, and for no other. Refuses: choosing (`save::choice`).

use crate::error::Result;
use crate::tables::account;
use crate::tables::catalog::Catalog;
use crate::tables::choice;
use crate::tables::local;
use crate::tables::pending;
use crate::tables::position;
use crate::tables::row;
use crate::tables::words;
use crate::tx::transaction::Tx;
use tidemark_model::{Planted, is_planted};

/// Makes `position` and the tables follow the choice: every set that is kept has a position, no other has one, and
/// a set that is not kept has only records with a pending change.
pub(crate) fn follow(tx: &Tx<'_>, catalog: &Catalog) -> Result<()> {
    if account::user(tx.conn)?.is_none() {
        return Ok(());
    }
    for table in catalog.tables() {
        let set = table.set.name.as_str();
        match (choice::is_offline(tx.conn, catalog, set)?, position::is_kept(tx.conn, set)?) {
            (true, false) => {
                position::begin(tx, set)?;
                // What is still to be settled from before was seen by no enumeration of this counting.
                row::forget_generations(tx.conn, table)?;
            }
            (false, true) => {
                if is_planted(Planted::H11UntickDropsTheOutbox) {
                    pending::of_set(tx.conn, set)?.into_iter().try_for_each(|id| local::remove(tx, table, id))?;
                }
                position::end(tx, set)?;
                words::forget(tx.conn, set)?;
                row::remove_all_clean(tx.conn, table)?;
                tx.note_many(set);
            }
            _ => {}
        }
    }
    tx.forget_standings();
    Ok(())
}
