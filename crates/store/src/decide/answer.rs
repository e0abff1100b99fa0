//! An answer to an open question, carried out; and a question looked at again.
//!
//! Owns: that both are about what is here now. Refuses: remembering how it was before (`answered`).

use crate::decide::question::{asked, sides};
use crate::decide::tally::Tally;
use crate::decide::verdict;
use crate::error::Result;
use crate::tables::conflict::{self, Open};
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use tidemark_model::{ConflictKind, RecordId, Resolution, changed_properties};

/// Carries out an answer to an open question.
pub(crate) fn answer(tx: &Tx<'_>, table: &Table, open: &Open, answer: &Resolution) -> Result<()> {
    let (mine, pending) = sides(tx.conn, table, open)?;
    let conflict = asked(open, mine, &pending);
    verdict::carry_out(tx, table, &pending, &conflict, answer, false)
}

/// Looks at an open question again after this device's side was edited: it may have answered itself.
pub(crate) fn reconsider(tx: &Tx<'_>, table: &Table, id: RecordId) -> Result<Tally> {
    let Some(open) = conflict::of_record(tx.conn, table, id)? else { return Ok(Tally::default()) };
    if open.kind != ConflictKind::DeletedOnServer {
        return verdict::judge(tx, table, id, open.server.as_ref());
    }
    // Whatever the edit: the record is gone there, and only an answer brings it back or lets it go.
    let (mine, pending) = sides(tx.conn, table, &open)?;
    let properties = match &pending.base {
        Some(base) => changed_properties(&base.record, &mine).into_iter().map(str::to_owned).collect(),
        None => open.properties,
    };
    conflict::put_properties(tx, open.id, &properties)?;
    Ok(Tally::default())
}
