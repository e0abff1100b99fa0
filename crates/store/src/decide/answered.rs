//! Answers that may be taken back: what a question was before a person answered it.
//!
//! Owns: what is remembered of an answer, opening the question again exactly as it was, and bringing the losing side
//! back as a new change. Refuses: which of the two it is (`tidemark_model::take_back`), and taking back what a policy
//! answered; that is in the history (`bring_back`).

use crate::decide::answer;
use crate::decide::bring_back::bring_back;
use crate::decide::question;
use crate::error::{Result, StoreError};
use crate::look::read;
use crate::look::record::LocalRecord;
use crate::save::edit;
use crate::tables::answered;
use crate::tables::conflict::{self, Open};
use crate::tables::history;
use crate::tables::pending::{self, Change, Hold};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::table::Table;
use crate::tables::value::{from_text, to_text};
use crate::tx::store::Store;
use crate::tx::transaction::Tx;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tidemark_model::{
    Answered, HistoryEvent, Planted, Record, RecordId, Resolution, Standing, State, TakenBack, Versioned,
    changed_properties, is_planted, same_value,
};

/// An answer that was taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Undone {
    /// Whether the question is open again; else the losing side is a new change.
    pub reopened: bool,
    /// The record as it is then; `None` where it is not there.
    pub record: Option<LocalRecord>,
}

/// What an answer replaced.
#[derive(Debug, Serialize, Deserialize)]
struct Before {
    open: Open,
    state: State,
    base: Option<Versioned>,
    mine: Record,
    /// The record right after the answer; `None` where it went.
    after: Option<(State, Record)>,
    /// Whether the answer was that the record stays deleted: then nothing is sent.
    accepts_delete: bool,
    /// Whether what did not stand was a deletion.
    lost_a_deletion: bool,
    /// What the answer wrote into the history.
    entries: Vec<i64>,
}

/// Carries out a person's answer, and remembers how it was before. Returns what takes it back.
pub(crate) fn answer(tx: &Tx<'_>, table: &Table, open: Open, answer: &Resolution) -> Result<RecordId> {
    let (mine, change) = question::sides(tx.conn, table, &open)?;
    let newest = history::newest_number(tx.conn)?;
    answer::answer(tx, table, &open, answer)?;
    let after = row::get(tx.conn, table, open.record_id)?.map(|row| (row.state, row.record));
    let before = Before {
        state: change.state,
        base: change.base,
        mine,
        after,
        accepts_delete: *answer == Resolution::AcceptDelete,
        lost_a_deletion: answer.event().lost_a_deletion(),
        entries: (newest + 1..=history::newest_number(tx.conn)?).collect(),
        open,
    };
    let undo = tx.fresh_id();
    answered::add(tx, undo, &table.set.name, before.open.record_id, &to_text(&before)?)?;
    Ok(undo)
}

impl Store {
    /// Takes a person's answer back.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAnswer`] where it was taken back already, or given long ago.
    pub fn undo_resolve(&self, undo: RecordId) -> Result<Undone> {
        self.write(|tx| {
            let (set, before) = answered::take(tx, undo)?.ok_or(StoreError::NoSuchAnswer(undo))?;
            let table = Arc::clone(tx.catalog.table(&set)?);
            let before: Before = from_text(&before)?;
            let id = before.open.record_id;
            let reopened = take_back(tx, &table, before)?;
            let record: Option<LocalRecord> = read::visible(tx.conn, &table, id)?;
            Ok(Undone { reopened, record })
        })
    }
}

/// Opens the question again, or brings the losing side back; tells which.
fn take_back(tx: &Tx<'_>, table: &Table, before: Before) -> Result<bool> {
    let id = before.open.record_id;
    let row = row::get(tx.conn, table, id)?;
    let change = pending::get(tx.conn, &table.set.name, id)?;
    match tidemark_model::take_back(&table.set, before.answered(), standing(row.as_ref(), change.as_ref())) {
        TakenBack::AskedAgain => Ok(true),
        TakenBack::Reopened { mine } => {
            if change.is_some_and(|change| change.set_aside) {
                // A version came for the push that does not follow now: it is read again, and asked about in its turn.
                position::fetch_later(tx, table, id)?;
            }
            reopen(tx, table, before, mine, row).map(|()| true)
        }
        TakenBack::Deleted => {
            if read::visible(tx.conn, table, id)?.is_some() {
                edit::delete(tx, &table.set.name, id)?;
            }
            Ok(false)
        }
        TakenBack::BroughtBack => bring_side_back(tx, table, &before).map(|()| false),
    }
}

/// Brings back the newest side that lost: this device's own, where both lost something. What was typed before a deletion
/// lost nothing by the answer.
fn bring_side_back(tx: &Tx<'_>, table: &Table, before: &Before) -> Result<()> {
    let id = before.open.record_id;
    for number in before.entries.iter().rev() {
        let entry = history::of_number(tx.conn, &table.set.name, id, *number)?;
        if entry.is_some_and(|entry| entry.record.is_some() && entry.event != HistoryEvent::Deleted) {
            return bring_back(tx, table, id, *number);
        }
    }
    Ok(())
}

impl Before {
    /// Returns what both sides began with. Where somebody typed over the server's value of a property that is not in
    /// question, since the answer had put it there, that value is what was typed on: it clashes with nothing, and no side
    /// that is chosen of others takes it away.
    fn typed_on(&self, mine: &Record) -> Option<Versioned> {
        let mut base = self.base.clone()?;
        let (Some(server), Some((_, after))) = (&self.open.server, &self.after) else { return Some(base) };
        for name in changed_properties(&self.mine, mine).into_iter().map(str::to_owned) {
            let theirs = server.record.get(&name);
            if !self.open.properties.contains(&name) && same_value(after.get(&name), theirs) {
                base.record.properties.insert(name, theirs.clone());
                // It is no version of the server's any more.
                base.etag.clear();
            }
        }
        Some(base)
    }

    fn answered(&self) -> Answered<'_> {
        Answered {
            shown: self.open.server.as_ref().map(|server| server.etag.as_str()),
            mine: &self.mine,
            after: self.after.as_ref().map(|(state, record)| (*state, record)),
            accepts_delete: self.accepts_delete,
            lost_a_deletion: self.lost_a_deletion,
        }
    }
}

fn standing<'r>(row: Option<&'r Row>, change: Option<&'r Change>) -> Option<Standing<'r>> {
    let Row { record, state, etag, .. } = row?;
    Some(Standing {
        state: *state,
        record,
        etag: match change {
            Some(change) => change.base.as_ref().map(|base| base.etag.as_str()),
            None => etag.as_deref(),
        },
        in_flight: change.is_some_and(|change| change.in_flight.is_some()),
        is_asked: change.is_some_and(|change| change.hold == Hold::Conflict),
    })
}

fn reopen(tx: &Tx<'_>, table: &Table, before: Before, mine: Record, row: Option<Row>) -> Result<()> {
    let id = mine.id;
    let generation = match row {
        Some(row) => row.generation,
        None => position::standing(tx, table)?.generation,
    };
    let base = before.typed_on(&mine);
    let etag = base.as_ref().map(|base| base.etag.clone());
    row::put(tx.conn, table, &Row { record: mine, state: before.state, etag, generation }, false)?;
    let base = base.filter(|_| !is_planted(Planted::X12UndoForgetsTheBase));
    let change = Change { hold: Hold::Conflict, ..Change::new(before.state, base) };
    pending::put(tx, &table.set.name, id, &change)?;
    conflict::put(tx, &before.open)?;
    history::take_back(tx, &before.entries)?;
    tx.note(&table.set.name, id);
    Ok(())
}
