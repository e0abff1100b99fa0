//! The tables follow the server's entity model: nothing pending is lost by it.
//!
//! Owns: new tables, added columns, the rewriting of a table whose columns changed otherwise (FAULTS S3, S4), what waits in a
//! set that leaves or comes back, and that all is read again then. Refuses: fetching a model, and when it is taken in
//! (`pull::model`, `outbox_level`).

use crate::error::Result;
use crate::tables::catalog::{Catalog, DOCUMENT, EPOCH};
use crate::tables::conflict;
use crate::tables::history::{self, Entry};
use crate::tables::local;
use crate::tables::pending::{self, Change, Hold};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::setting;
use crate::tables::shape;
use crate::tables::table::{EXTRA, Table};
use crate::tables::words;
use crate::tx::follow;
use crate::tx::transaction::Tx;
use rusqlite::Connection;
use tidemark_model::{EntityModel, HistoryEvent, Planted, Record, RecordId, State, is_planted, same_value};
use tidemark_sql::{Dialect, add_column, column_of, quote};

/// Makes the tables follow another model; nothing that waits is lost by it, and all is read again.
pub(crate) fn adopt(tx: &Tx<'_>, model: EntityModel, document: &str) -> Result<()> {
    let epoch = setting::number(tx.conn, EPOCH)? + 1;
    let catalog = Catalog::new(epoch, Some(model));
    // Other texts may be searched by now.
    words::sets(tx.conn)?.iter().try_for_each(|set| words::forget(tx.conn, set))?;
    for table in catalog.tables() {
        if !shape::exists(tx.conn, &table.name)? {
            tx.conn.execute_batch(&table.create())?;
            tx.conn.execute_batch(&table.create_indexes())?;
            continue;
        }
        let set = &table.set.name;
        match tx.catalog.table(set) {
            Ok(old) => follow(tx, old, table)?,
            Err(_) => {
                if let Some(shape) = setting::get(tx.conn, &shape::key(set))?
                    && let Some(old) = EntityModel::parse(&shape)?.set(set)
                {
                    follow(tx, &Table::new(old), table)?;
                    pending::release_set(tx, set, &set_has_left(set))?;
                    setting::remove(tx.conn, &shape::key(set))?;
                }
            }
        }
        tx.conn.execute_batch(&table.create_indexes())?;
    }
    let before = setting::get(tx.conn, DOCUMENT)?.unwrap_or_default();
    for gone in tx.catalog.tables().filter(|table| catalog.table(&table.set.name).is_err()) {
        leave(tx, gone, &before)?;
    }
    // What was asked for under another model is no way on: where the server takes that one back before the set is asked
    // for again, its links would be good once more, and never tell.
    position::restart_all(tx)?;
    setting::set(tx.conn, DOCUMENT, document)?;
    setting::set(tx.conn, EPOCH, &epoch.to_string())?;
    follow::follow(tx, &catalog)
}

/// A set left the model: its records go, what is pending stays until the set comes back, parked with the reason: it is
/// counted and listed, and a person can go on from there.
fn leave(tx: &Tx<'_>, table: &Table, document: &str) -> Result<()> {
    let set = &table.set.name;
    position::end(tx, set)?;
    tx.note_many(set);
    if is_planted(Planted::X20LeftSetDropsPending) {
        pending::of_set(tx.conn, set)?.into_iter().try_for_each(|id| local::remove(tx, table, id))?;
    }
    if pending::count(tx.conn, set)? == 0 {
        tx.conn.execute_batch(&format!("DROP TABLE {}", quote(&table.name)))?;
        return Ok(());
    }
    row::remove_all_clean(tx.conn, table)?;
    pending::park_set(tx, set, &set_has_left(set))?;
    setting::set(tx.conn, &shape::key(set), document)
}

fn follow(tx: &Tx<'_>, old: &Table, new: &Table) -> Result<()> {
    let of_old = |name: &str| old.declared().find(|p| p.name == name);
    let same_kind = new.declared().all(|p| of_old(&p.name).is_none_or(|o| is_stored_alike(&o.kind, &p.kind)));
    let removed = old.declared().any(|p| new.set.entity_type.property(&p.name).is_none());
    let added: Vec<_> = new.declared().filter(|p| of_old(&p.name).is_none()).collect();
    if !added.is_empty() {
        position::note_unread(tx, &new.set.name, added.iter().map(|property| property.name.as_str()))?;
    }
    let has_extra = !added.is_empty() && has_extra(tx.conn, old)?;
    if !same_kind || removed || has_extra {
        rewrite(tx, old, new)?;
    } else {
        for property in &added {
            tx.conn.execute_batch(&add_column(Dialect::Sqlite, &new.name, &column_of(property)))?;
        }
    }
    if added.is_empty() { Ok(()) } else { hold_restores(tx, new) }
}

/// A restore sends every property: what stands there of one that came with the model is read before it goes, or before a
/// person answers that it is to. No list that is read anew shows what is deleted.
fn hold_restores(tx: &Tx<'_>, new: &Table) -> Result<()> {
    let set = &new.set.name;
    for id in pending::of_set(tx.conn, set)? {
        let mut change = pending::expect(tx.conn, set, id)?;
        if change.is_restore() {
            read_first(tx, new, id, &mut change)?;
            pending::put(tx, set, id, &change)?;
        } else if change.hold == Hold::Conflict && is_about_a_deletion(tx, new, id)? {
            position::fetch_later(tx, new, id)?;
        }
    }
    Ok(())
}

fn is_about_a_deletion(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<bool> {
    let open = conflict::of_record(tx.conn, table, id)?;
    Ok(open.and_then(|open| open.server).is_some_and(|server| server.record.is_tombstoned))
}

/// Has a record read before its change goes over it, and after the answer to what is out.
fn read_first(tx: &Tx<'_>, table: &Table, id: RecordId, change: &mut Change) -> Result<()> {
    change.set_aside = true;
    if change.in_flight.is_none() { position::fetch_later(tx, table, id) } else { Ok(()) }
}

/// Facets such as a length do not change how a value is stored.
fn is_stored_alike(a: &tidemark_model::Kind, b: &tidemark_model::Kind) -> bool {
    use tidemark_model::Kind::{Decimal, String};
    match (a, b) {
        (String { .. }, String { .. }) => true,
        (Decimal { scale: a, .. }, Decimal { scale: b, .. }) => a == b,
        (a, b) => a == b,
    }
}

/// Makes the table anew and carries every row over by way of its JSON.
fn rewrite(tx: &Tx<'_>, old: &Table, new: &Table) -> Result<()> {
    const ASIDE: &str = "reshaped";
    tx.conn.execute_batch(&format!("ALTER TABLE {} RENAME TO {ASIDE}", quote(&old.name)))?;
    tx.conn.execute_batch(&new.create())?;
    let mut statement = tx.conn.prepare(&old.scan.replace(&quote(&old.name), ASIDE))?;
    let mut rows = statement.query([])?;
    while let Some(stored) = rows.next()? {
        let row = row::read(old, stored)?;
        let is_pending = row.state != State::None;
        let record = shape::reshaped(old, new, &row.record, is_pending);
        if is_pending {
            keep_pending(tx, old, new, &row.record, &record)?;
        }
        row::put(tx.conn, new, &Row { record, ..row }, false)?;
    }
    drop(rows);
    drop(statement);
    tx.conn.execute_batch(&format!("DROP TABLE {ASIDE}"))?;
    tx.note_many(&new.set.name);
    Ok(())
}

/// The base is written in the new shape too, so that only real edits differ from it; text that no longer fits its
/// property is kept in the history.
fn keep_pending(tx: &Tx<'_>, old: &Table, new: &Table, before: &Record, after: &Record) -> Result<()> {
    let set = &new.set.name;
    let mut change = pending::expect(tx.conn, set, before.id)?;
    if let Some(base) = &mut change.base {
        let is_new = |name: &str| old.set.entity_type.property(name).is_none();
        let is_written = |name: &str| !same_value(before.get(name), base.record.get(name));
        let is_blind = new.declared().any(|property| is_new(&property.name) && is_written(&property.name));
        base.record = shape::reshaped(old, new, &base.record, true);
        // What stands there of a property that came back may have been written while nobody could see it.
        if is_blind {
            read_first(tx, new, before.id, &mut change)?;
        }
        pending::put(tx, set, before.id, &change)?;
    }
    let lost = before.properties.iter().any(|(name, value)| !value.is_null() && after.get(name).is_null());
    if lost && !is_planted(Planted::X19MisfitDropped) {
        history::write(tx, new, before.id, &Entry::here(HistoryEvent::ModelChanged, Some(before)))?;
    }
    Ok(())
}

fn has_extra(conn: &Connection, table: &Table) -> Result<bool> {
    let sql = format!("SELECT 1 FROM {} WHERE {EXTRA} IS NOT NULL LIMIT 1", quote(&table.name));
    Ok(conn.prepare(&sql)?.exists([])?)
}

/// Why what waits in such a set is parked: it is counted and listed, and a person can go on from there.
fn set_has_left(set: &str) -> String {
    format!("the server has no {set} any more; the change is kept here, and sent if the server has them again")
}
