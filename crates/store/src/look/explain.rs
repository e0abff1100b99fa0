//! "Explain this record": everything that is known here of its way to the server.
//!
//! Owns: gathering it in one read. Refuses: saying it in words (`tidemark-app`).

use crate::decide::question::{self, OpenConflict};
use crate::error::Result;
use crate::look::read;
use crate::look::record::LocalRecord;
use crate::tables::attempt::{self, Attempt};
use crate::tables::conflict;
use crate::tables::pending::{self, Hold};
use crate::tables::retention::ATTEMPTS_OF_A_RECORD;
use crate::tables::row;
use crate::tables::sent;
use crate::tx::store::{Reading, Store};
use tidemark_model::{AttemptOutcome, Record, RecordId, Versioned};

/// Everything that is known here of one record's way to the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The record, a deleted one too.
    pub local: LocalRecord,
    /// The version that the pending change was made on.
    pub base: Option<Versioned>,
    /// The record as it was sent and not answered.
    pub in_flight: Option<Record>,
    /// The newest version of the server that is known here.
    pub server: Option<Record>,
    /// Why it is parked.
    pub reason: Option<String>,
    /// The open question.
    pub conflict: Option<OpenConflict>,
    /// What the server answered lately, newest first.
    pub attempts: Vec<Attempt>,
}

impl Store {
    /// Returns what is known of a record; `None` where it is not on this device.
    ///
    /// # Errors
    /// The set is unknown.
    pub fn explain(&self, set: &str, id: RecordId) -> Result<Option<Explained>> {
        self.read(|reading| {
            let table = reading.catalog.table_here(set)?;
            let Some(row) = row::get(reading.conn, table, id)? else { return Ok(None) };
            let change = pending::get(reading.conn, set, id)?;
            let conflict = match conflict::of_record(reading.conn, table, id)? {
                Some(open) => Some(question::with_sides(reading.conn, table, open)?),
                None => None,
            };
            let in_flight = change.as_ref().and_then(|change| change.in_flight.as_ref());
            let base = change.as_ref().and_then(|change| change.base.clone());
            let asked = conflict.as_ref().and_then(|open| open.server.as_ref()).map(|server| server.record.clone());
            let known = || base.as_ref().map(|base| base.record.clone());
            let clean = || change.is_none().then(|| row.record.clone());
            let unanswered = in_flight.map(|sent| Attempt {
                at: sent.first_sent_ms,
                outcome: AttemptOutcome::Unanswered.into(),
                message: None,
            });
            let attempts = attempts(reading, set, id, unanswered)?;
            Ok(Some(Explained {
                in_flight: in_flight.map(|sent| sent.record.clone()),
                server: asked.or_else(known).or_else(clean),
                reason: change.as_ref().filter(|change| change.hold == Hold::Parked).and_then(|c| c.reason.clone()),
                local: read::local_record(reading.conn, table, row)?,
                base,
                conflict,
                attempts,
            }))
        })
    }
}

fn attempts(reading: &Reading<'_>, set: &str, id: RecordId, unanswered: Option<Attempt>) -> Result<Vec<Attempt>> {
    let mut attempts = attempt::of_record(reading.conn, set, id)?;
    let accepted = sent::of_record(reading.conn, set, id)?.into_iter();
    attempts.extend(accepted.map(|sent| Attempt {
        at: sent.at,
        outcome: AttemptOutcome::Accepted.into(),
        message: None,
    }));
    attempts.extend(unanswered);
    attempts.sort_by_key(|attempt| std::cmp::Reverse(attempt.at));
    attempts.truncate(ATTEMPTS_OF_A_RECORD);
    Ok(attempts)
}
