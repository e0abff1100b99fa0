//! From pending changes to what is sent next (DESIGN section 4, Push).
//!
//! Owns: the order, the size of a batch, and that a change is remembered in flight before anybody sees it: one per
//! record, sent again exactly as it was until its answer is here (FAULTS I15, I16). Refuses: HTTP.

use crate::decide::parked;
use crate::error::{Result, StoreError};
use crate::open::lease::Lease;
use crate::push::outgoing::{self, Outgoing};
use crate::tables::local;
use crate::tables::pending::{self, Change, InFlight};
use crate::tables::position;
use crate::tables::refetch;
use crate::tables::row::{self, Row};
use crate::tables::table::Table;
use crate::tx::outbox_log::{self as log, Entry, Line};
use crate::tx::transaction::Tx;
use std::sync::Arc;
use tidemark_model::{Planted, RecordId, State, changed_properties, is_planted};
use uuid::Uuid;

/// A version that no server has: the answer to a change on it says what there is. Nobody pulls a set that is not kept, so
/// that what waits in one is read by it (RFC 9110, 13.1.1).
const UNREAD: &str = "W/\"\"";

/// What may be sent next.
#[derive(Clone, Copy)]
pub struct Wanted<'t> {
    /// The most records.
    pub records: usize,
    /// About the most bytes; a change that is larger alone is returned alone.
    pub bytes: usize,
    /// Tells which records are left out: they are on their way, or were tried often enough.
    pub leaves_out: &'t dyn Fn(RecordId) -> bool,
}

/// What is sent next.
#[derive(Debug, Default)]
pub struct Batch {
    /// The changes, in the order in which they are sent.
    pub changes: Vec<Outgoing>,
    /// Whether a limit ended it: more may wait.
    pub is_full: bool,
}

impl Lease {
    /// Returns what is to be sent next. Records in conflict or parked are left out.
    ///
    /// What is already in flight comes first, unchanged, under the same request id. Sets come after the sets they
    /// refer to, deletions last and the other way round. What failed before comes when nothing else is left, in a batch
    /// of its own: it must not take others along (promise 7). A change that cannot be read is parked with that reason.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn next_batch(&self, wanted: Wanted<'_>) -> Result<Batch> {
        // Most cycles have nothing to send: they take no lock.
        if !self.read(|reading| pending::is_any_free(reading.conn))? {
            return Ok(Batch::default());
        }
        self.write(|tx| next(tx, wanted))
    }

    /// Tells whether a change waits to be sent.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn has_unsent(&self) -> Result<bool> {
        self.read(|reading| pending::is_any_free(reading.conn))
    }
}

/// Gathers what is to be sent next, and remembers it in flight.
pub(crate) fn next(tx: &Tx<'_>, wanted: Wanted<'_>) -> Result<Batch> {
    let order = tx.catalog.push_order();
    for suspects in [false, true] {
        let mut gathering = Gathering { wanted, suspects, bytes: 0, batch: Batch::default() };
        // What is out already comes first within its set only: an addition that was refused, and is to be sent after all, comes
        // before what refers to it and is out (FAULTS I21).
        let both = |set: &str, gathering: &mut Gathering<'_>, deletes: bool| {
            [true, false].into_iter().try_for_each(|sending| gathering.pass(tx, set, sending, deletes))
        };
        order.iter().try_for_each(|set| both(set, &mut gathering, false))?;
        order.iter().rev().try_for_each(|set| both(set, &mut gathering, true))?;
        if !gathering.batch.changes.is_empty() {
            return Ok(gathering.batch);
        }
    }
    Ok(Batch::default())
}

struct Gathering<'t> {
    wanted: Wanted<'t>,
    /// Whether it takes what failed before, or everything else.
    suspects: bool,
    bytes: usize,
    batch: Batch,
}

/// Candidates read at once: the index they come from changes while they are marked.
const CHUNK: usize = 256;

impl Gathering<'_> {
    /// Takes what goes out of a set as a deletion, or as anything else. What is in flight goes out as what it was, whatever
    /// it has become since: an addition comes before what refers to it, though it was deleted meanwhile (FAULTS I21).
    fn pass(&mut self, tx: &Tx<'_>, set: &str, sending: bool, deletes: bool) -> Result<()> {
        if !sending {
            return self.gather(tx, set, (sending, deletes), deletes);
        }
        [false, true]
            .into_iter()
            .try_for_each(|is_deleted_now| self.gather(tx, set, (sending, is_deleted_now), deletes))
    }

    fn gather(&mut self, tx: &Tx<'_>, set: &str, (sending, now): (bool, bool), deletes: bool) -> Result<()> {
        let table = Arc::clone(tx.catalog.table(set)?);
        if position::is_restoring(tx.conn, set)? {
            return Ok(());
        }
        let mut after = 0;
        while !self.batch.is_full {
            let candidates = pending::next(tx.conn, set, sending, now, after, CHUNK)?;
            for (order_no, id) in &candidates {
                after = *order_no;
                if !(self.wanted.leaves_out)(*id) {
                    match self.take(tx, &table, (*order_no, *id), deletes) {
                        Err(StoreError::Internal(problem)) => parked::hold_unreadable(tx, &table, *id, &problem)?,
                        taken => taken?,
                    }
                }
                if self.batch.is_full {
                    return Ok(());
                }
            }
            if candidates.len() < CHUNK {
                return Ok(());
            }
        }
        Ok(())
    }

    fn take(&mut self, tx: &Tx<'_>, table: &Table, (order_no, id): (i64, RecordId), deletes: bool) -> Result<()> {
        let set = &table.set.name;
        let change = pending::expect(tx.conn, set, id)?;
        if change.in_flight.as_ref().is_some_and(|sent| (sent.state == State::Delete) != deletes) {
            return Ok(());
        }
        if (change.attempts > 0 && change.in_flight.is_some()) != self.suspects {
            return Ok(());
        }
        // What the server has of it is read before anything goes over that: what others had made of it before they deleted
        // it, what is in doubt, what a property holds that came back with the model (FAULTS I14, N2, S3).
        let is_free = change.in_flight.is_none();
        let is_unread = is_free && change.is_to_be_read() && refetch::is_waited_for(tx.conn, set, id)?;
        let (outgoing, begun) = match &change.in_flight {
            Some(sent) if !is_planted(Planted::X7RetrySendsWhatStandsNow) => (outgoing::outgoing(table, sent)?, None),
            None if is_unread && position::is_kept(tx.conn, set)? => return Ok(()),
            _ => {
                let row = row::get(tx.conn, table, id)?;
                let row = row.ok_or_else(|| StoreError::Internal(format!("{set} {id} is pending but not there")))?;
                if local::amounts_to_nothing(&change, &row.record) {
                    // Nobody asks for it any more: its set is kept no longer.
                    return local::put_pending(tx, table, row.record, &change);
                }
                let is_asking = is_unread && change.state == State::Update;
                let on = change.base.as_ref().map(|base| if is_asking { UNREAD } else { &base.etag });
                let (sent, outgoing) = begin(tx, table, row, &change, on)?;
                (outgoing, Some(sent))
            }
        };
        let bytes = outgoing.bytes();
        if !self.batch.changes.is_empty() && self.bytes + bytes > self.wanted.bytes {
            self.batch.is_full = true;
            return Ok(());
        }
        if let Some(sent) = begun {
            pending::put_in_flight(tx, set, id, &sent)?;
            let mut line = Vec::new();
            log::write_line(&mut line, &Line::Pending(Box::new(Entry::sending(set, order_no, change, sent))))?;
            tx.hand_over(order_no, line);
            tx.note(set, id);
        }
        self.bytes += bytes;
        self.batch.changes.push(outgoing);
        self.batch.is_full = self.batch.changes.len() >= self.wanted.records || self.bytes >= self.wanted.bytes;
        Ok(())
    }
}

/// Makes the copy of a change that is remembered until its answer is here, and what is sent of it.
fn begin(
    tx: &Tx<'_>,
    table: &Table,
    row: Row,
    change: &Change,
    if_match: Option<&str>,
) -> Result<(InFlight, Outgoing)> {
    let restores = change.is_restore();
    let changed = match &change.base {
        Some(base) if change.state == State::Update && !restores => {
            changed_properties(&base.record, &row.record).into_iter().map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    let mut sent = InFlight {
        request_id: RecordId(Uuid::nil()),
        first_sent_ms: tx.server_now_ms()?,
        state: change.state,
        record: row.record,
        if_match: if_match.map(str::to_owned),
        changed,
        restores,
    };
    let outgoing = outgoing::name(tx, table, &mut sent)?;
    Ok((sent, outgoing))
}
