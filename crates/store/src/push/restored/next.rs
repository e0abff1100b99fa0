//! What follows for a record of which a restored server lost something.
//!
//! Owns: carrying it out: one change in flight, or the record settled. Refuses: what follows (`tidemark_model::give_back`).

use crate::decide::confirmed::seen_as;
use crate::decide::tally::Tally;
use crate::decide::verdict;
use crate::error::{Result, StoreError};
use crate::push::outgoing;
use crate::tables::local;
use crate::tables::pending::{self, Change, InFlight, Offer};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::sent::Sent;
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use tidemark_model::give_back::{self, Confirmed, End, Ended, Next};
use tidemark_model::{RecordId, State, Versioned};

/// A record whose changes are being offered again.
pub(super) struct At {
    pub(super) row: Row,
    pub(super) change: Change,
    /// Whether the server has an older version than this device had.
    pub(super) forgot: bool,
    /// Whether it has any.
    pub(super) is_there: bool,
}

/// Carries out what follows: puts one lost change in flight, or has the record settled.
pub(super) fn carry_out(tx: &Tx<'_>, table: &Table, mut at: At, sent: &[Sent], next: Next) -> Result<Tally> {
    let id = at.row.record.id;
    let lost = |place: usize| sent.get(place).ok_or_else(|| misplaced(table, id));
    match next {
        Next::Wait => {
            at.change.offer = Some(Offer { forgot: at.forgot, is_there: at.is_there, ..Offer::default() });
            local::put_pending(tx, table, at.row.record, &at.change).map(|()| Tally::default())
        }
        Next::Again { at: place } => {
            let lost = lost(place)?;
            send(tx, table, at, lost.number, lost.change.clone(), false)
        }
        Next::OnTop { at: place, if_match, edit, over_others } => {
            let lost = lost(place)?;
            let mut again = InFlight { if_match: Some(if_match), ..lost.change.clone() };
            if let Some(give_back::Edit { record, changed }) = edit {
                again = InFlight { state: State::Update, restores: false, record, changed, ..again };
            }
            outgoing::name(tx, table, &mut again)?;
            send(tx, table, at, lost.number, again, over_others)
        }
        Next::Reconcile { on, server } => {
            if let Some(place) = on {
                at.change.base.clone_from(&lost(place)?.base);
            }
            verdict::judge_change(tx, table, at.row, at.change, server.as_ref())
        }
        Next::Over(server) => conclude(tx, table, at, server),
    }
}

fn send(tx: &Tx<'_>, table: &Table, mut at: At, number: i64, again: InFlight, over_others: bool) -> Result<Tally> {
    at.change.in_flight = Some(again);
    at.change.offer = Some(Offer { sent: Some(number), forgot: at.forgot, over_others, is_there: at.is_there });
    at.change.attempts = 0;
    local::put_pending(tx, table, at.row.record, &at.change).map(|()| Tally::default())
}

/// The server has everything again that this device had confirmed.
fn conclude(tx: &Tx<'_>, table: &Table, at: At, server: Versioned) -> Result<Tally> {
    let At { row, mut change, forgot, .. } = at;
    let id = row.record.id;
    let server = seen_as(table, change.base.as_ref(), &server);
    if std::mem::take(&mut change.set_aside) {
        position::fetch_later(tx, table, id)?;
    }
    let ended = Ended { state: change.state, known: change.base.as_ref(), mine: &row.record, forgot };
    match give_back::end(ended, &server) {
        End::Goes => local::remove(tx, table, id)?,
        End::TakesServer => local::put_clean(tx, table, &server, true)?,
        End::Waits(state) => {
            change.state = state;
            change.base = Some(server);
            local::put_pending(tx, table, row.record, &change)?;
        }
        End::Asked(conflict) => {
            change.state = State::Update;
            change.base.clone_from(&conflict.base);
            row::put(tx.conn, table, &Row { state: State::Update, ..row }, false)?;
            pending::put(tx, &table.set.name, id, &change)?;
            return verdict::ask(tx, table, change, &conflict);
        }
        End::Reconcile => return verdict::judge_change(tx, table, row, change, Some(&server)),
    }
    Ok(Tally::default())
}

pub(super) fn confirmed(sent: &[Sent]) -> Vec<Confirmed<'_>> {
    sent.iter().map(Sent::confirmed).collect()
}

pub(super) fn misplaced(table: &Table, id: RecordId) -> StoreError {
    StoreError::Internal(format!("{} {id} lacks the confirmed change that is offered", table.set.name))
}
