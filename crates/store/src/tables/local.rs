//! A record and its pending change, written together: the one place that keeps FAULTS I3.
//!
//! Owns: the invariant that a row is clean and has no change, or is pending and equals its base plus the change;
//! and what is nothing to send. Refuses: deciding which of the two a record should be.

use crate::error::Result;
use crate::tables::conflict;
use crate::tables::pending::{self, Change, Hold};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use tidemark_model::{Record, RecordId, STATE, State, Versioned};
use tidemark_sql::quote;

/// Writes a record with its pending change. A change that amounts to nothing is dropped: an edit back to the base
/// makes the record clean, a deletion of what the server does not have removes it.
pub(crate) fn put_pending(tx: &Tx<'_>, table: &Table, local: Record, change: &Change) -> Result<()> {
    if amounts_to_nothing(change, &local) {
        if change.set_aside || !change.doubts.is_empty() {
            // A version of the server's was set aside for the answer that does not come now, or there may be one that nobody
            // here wants any more.
            position::fetch_later(tx, table, local.id)?;
        }
        // What the server may have is taken back there once that is known; of a set that is not kept nobody asks.
        if !change.doubts.is_empty() && position::is_kept(tx.conn, &table.set.name)? {
            return put(tx, table, local, change);
        }
        match (change.state, &change.base) {
            (State::None, _) => return remove(tx, table, local.id),
            (State::Delete, None) => return remove(tx, table, local.id),
            (State::Delete, Some(base)) if base.record.is_tombstoned => return remove(tx, table, local.id),
            (State::Update, Some(base)) if !base.record.is_tombstoned && base.record.same_content(&local) => {
                return put_clean(tx, table, base, false);
            }
            _ => {}
        }
    }
    put(tx, table, local, change)
}

/// Tells whether a change leaves nothing to send: an edit back to the base, a deletion of what the server does not have.
pub(crate) fn amounts_to_nothing(change: &Change, local: &Record) -> bool {
    if change.in_flight.is_some() || change.hold == Hold::Conflict {
        return false;
    }
    match (change.state, &change.base) {
        (State::None, _) | (State::Delete, None) => true,
        (State::Delete, Some(base)) => base.record.is_tombstoned,
        (State::Update, Some(base)) => !base.record.is_tombstoned && base.record.same_content(local),
        _ => false,
    }
}

fn put(tx: &Tx<'_>, table: &Table, local: Record, change: &Change) -> Result<()> {
    let id = local.id;
    let etag = change.base.as_ref().map(|base| base.etag.clone());
    // When the server last named it stays as it is: an edit does not make it seen.
    let generation = match row::generation(tx.conn, table, id)? {
        Some(named) => named,
        None => position::standing(tx, table)?.generation,
    };
    let row = Row { record: local, state: change.state, etag, generation };
    row::put(tx.conn, table, &row, false)?;
    pending::put(tx, &table.set.name, id, change)?;
    tx.note(&table.set.name, id);
    Ok(())
}

/// Writes a record as the server has it; nothing is pending for it any more. `confirmed` says that the server has
/// just spoken of this version. In a set that is no longer kept offline the record goes instead.
pub(crate) fn put_clean(tx: &Tx<'_>, table: &Table, server: &Versioned, confirmed: bool) -> Result<()> {
    let standing = position::standing(tx, table)?;
    if server.record.is_tombstoned || !standing.is_cached {
        return remove(tx, table, server.record.id);
    }
    let mut generation = standing.generation;
    if let (false, Some(named)) = (confirmed, row::generation(tx.conn, table, server.record.id)?) {
        if named < generation {
            // The set was read from its start since, the record was not in it, and the push that would have told is not sent.
            position::fetch_later(tx, table, server.record.id)?;
        }
        generation = named;
    }
    forget_change(tx, table, server.record.id)?;
    let row = Row { record: server.record.clone(), state: State::None, etag: Some(server.etag.clone()), generation };
    row::put(tx.conn, table, &row, confirmed)?;
    tx.note(&table.set.name, server.record.id);
    Ok(())
}

/// Removes a record with everything that is pending for it.
pub(crate) fn remove(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<()> {
    forget_change(tx, table, id)?;
    row::remove(tx.conn, table, id)?;
    tx.note(&table.set.name, id);
    Ok(())
}

fn forget_change(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<()> {
    pending::remove(tx, &table.set.name, id)?;
    conflict::close(tx, table, id)
}

/// Has every record that says something is pending for it be a clean one where nothing is.
pub(crate) fn clean_orphans(tx: &Tx<'_>, table: &Table) -> Result<()> {
    let sql = format!(
        "UPDATE {} SET {STATE} = 0 WHERE {STATE} <> 0 AND \"Id\" NOT IN ({})",
        quote(&table.name),
        pending::OF_SET
    );
    tx.conn.execute(&sql, [&table.set.name])?;
    Ok(())
}
