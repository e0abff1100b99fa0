//! The end of a full enumeration: records that the server did not name.
//!
//! Owns: that purged records go, that nothing pending goes with them, and that after a restore nothing goes
//! unasked (FAULTS S1, S2, I28). Refuses: offering changes again (`restored`).

use crate::decide::tally::Tally;
use crate::decide::verdict;
use crate::error::Result;
use crate::pull::pull_tx::PullTx;
use crate::push::restored;
use crate::tables::conflict;
use crate::tables::history;
use crate::tables::local;
use crate::tables::pending::{self, Change};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::sent;
use crate::tables::table::Table;
use tidemark_model::{Conflict, ConflictKind, Planted, State, is_planted};

pub(crate) fn finish(pull: &PullTx<'_>, table: &Table) -> Result<()> {
    let tx = pull.tx;
    let standing = position::standing(tx, table)?;
    let set = &table.set.name;
    if is_planted(Planted::F7ResyncDropsPending) {
        pending::of_set(tx.conn, set)?.into_iter().try_for_each(|id| local::remove(tx, table, id))?;
    }
    let restored = position::is_restoring(tx.conn, set)? && !is_planted(Planted::X18RestoredBelieved);
    if restored {
        pull.count(restored::unseen(tx, table, standing.generation)?);
    }
    questions(pull, table, standing.generation)?;
    // Of other pending changes the record is fetched: what is parked has no push that would tell.
    for id in pending::unseen(tx.conn, table, standing.generation)? {
        position::fetch_later(tx, table, id)?;
    }
    // The server may have taken the change, and somebody else may have deleted the record since, further back than the
    // delta link reaches.
    pending::set_unseen_aside(tx, table, standing.generation)?;
    if restored {
        forgotten(pull, table, standing.generation)?;
        left_behind(pull, table, standing.generation)?;
        return position::end_restoring(tx, set);
    }
    if is_planted(Planted::X18RestoredBelieved) {
        position::end_restoring(tx, set)?;
    }
    for id in row::remove_unseen(tx.conn, table, standing.generation)? {
        tx.note(set, id);
        pull.count(Tally { pulled: 1, ..Tally::default() });
    }
    Ok(())
}

/// Open questions about records that were not named: the server's side of them is gone.
fn questions(pull: &PullTx<'_>, table: &Table, generation: i64) -> Result<()> {
    for id in conflict::records(pull.tx.conn, table)? {
        if row::get(pull.tx.conn, table, id)?.is_some_and(|row| row.generation < generation) {
            pull.count(verdict::judge(pull.tx, table, id, None)?);
        }
    }
    Ok(())
}

/// Records that a restored server does not have and this device did not send: somebody else's, or older than 30
/// days. Nobody deleted them, so nothing here deletes them unasked.
fn forgotten(pull: &PullTx<'_>, table: &Table, generation: i64) -> Result<()> {
    let tx = pull.tx;
    for id in row::unseen(tx.conn, table, generation)? {
        let Some(row) = row::get(tx.conn, table, id)? else { continue };
        ask_whether_deleted(pull, table, row)?;
    }
    Ok(())
}

fn ask_whether_deleted(pull: &PullTx<'_>, table: &Table, row: Row) -> Result<()> {
    let tx = pull.tx;
    let change = Change::on(&row, State::Update);
    // On disk it is pending from now on; its question or its policy's answer follows at once.
    row::put(tx.conn, table, &Row { state: State::Update, ..row.clone() }, false)?;
    let conflict = Conflict {
        kind: ConflictKind::DeletedOnServer,
        properties: Vec::new(),
        base: change.base.clone(),
        mine: row.record,
        server: None,
    };
    pull.count(verdict::ask(tx, table, change, &conflict)?);
    Ok(())
}

/// Records that this device had confirmed while it kept the set, that are not here since it was kept no longer, and that a
/// restored server does not have: it may be the only one that still knows them.
fn left_behind(pull: &PullTx<'_>, table: &Table, generation: i64) -> Result<()> {
    let (tx, set) = (pull.tx, &table.set.name);
    for id in sent::of_gone(tx.conn, table)? {
        let Some(last) = sent::of_record(tx.conn, set, id)?.pop() else { continue };
        if last.change.state == State::Delete || history::ends_deleted(tx.conn, set, id)? {
            continue;
        }
        let record = last.change.record;
        ask_whether_deleted(pull, table, Row { record, state: State::Update, etag: Some(last.etag), generation })?;
    }
    Ok(())
}
