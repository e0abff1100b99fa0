//! Pull: what changed on the server, into the offline database. DESIGN section 4, Pull.
//!
//! Owns: which sets are due and in which order, and that one set's failure stops that set alone (rule (d)). An answer is
//! taken onto the position that it was asked from or thrown away and asked for again from where the position stands
//! then (rule (b)). Refuses: what a record does to a pending change (the store reconciles it).

mod delta;
mod enumerate;
mod limits;
mod page;
mod page_size;
mod pulled;
mod refetch;
mod restart;

use crate::blocking::{blocking, locked};
use crate::error::SyncError;
use crate::run::Run;
pub(crate) use limits::PullLimits;
pub(crate) use pulled::Pulled;
use std::collections::HashSet;
use tidemark_model::{CACHED_ENTITIES, Planted, is_planted};
use tidemark_store::{AskedFrom, Position, StoreError};

/// How often a cycle looks for sets that are due: choices arrive, links expire, sets are ticked again meanwhile.
const MOST_ROUNDS: usize = 8;

impl Run<'_> {
    /// Asks what changed and applies the first page of it, before anything is written on the server: so the cycle
    /// knows which server this is, which history and which model it has. What a restored server shows to be lost is
    /// enumerated here too; everything else can wait until the push is through. Returns whether the server told of
    /// any set: where it fails them all, nothing is known of it.
    ///
    /// # Errors
    /// The server cannot be reached, or is not the one it was: nothing may be sent then.
    pub(crate) async fn look(&mut self) -> Result<bool, SyncError> {
        let deltas = self.due()?.into_iter().filter(is_delta).collect::<Vec<_>>();
        let mut asked: HashSet<String> = deltas.iter().map(|from| from.set().to_owned()).collect();
        self.pulled.is_looking = true;
        let looked = self.deltas(deltas, false).await;
        self.pulled.is_looking = false;
        looked?;
        for _ in 0..MOST_ROUNDS {
            // Without a place in the feed of the choices nothing is known of the server's history yet.
            let first = |from: &AskedFrom| from.is_restored() || from.set() == CACHED_ENTITIES;
            let due: Vec<_> = self.due()?.into_iter().filter(|from| !is_delta(from) && first(from)).collect();
            if due.is_empty() {
                break;
            }
            for from in due {
                asked.insert(from.set().to_owned());
                self.enumerate(from).await?;
            }
        }
        let is_at_fault = |set: &String| self.pulled.failed.iter().any(|(failed, _)| failed == set);
        Ok(asked.is_empty() || !asked.iter().all(is_at_fault))
    }

    /// Brings every cached entity set up to date that is not yet.
    ///
    /// # Errors
    /// What ends the whole cycle. A set that failed alone is in [`Run::failures`].
    pub(crate) async fn pull(&mut self) -> Result<(), SyncError> {
        for _ in 0..MOST_ROUNDS {
            let (deltas, rest): (Vec<_>, Vec<_>) = self.due()?.into_iter().partition(is_delta);
            if deltas.is_empty() && rest.is_empty() {
                break;
            }
            self.deltas(deltas, true).await?;
            for from in rest {
                self.enumerate(from).await?;
            }
        }
        for from in self.due()? {
            let moved = StoreError::Moved { set: from.set().to_owned() };
            self.note_failure(&from, moved.into());
        }
        self.refetch().await
    }

    /// Brings the choice of cached entities up to date, and nothing else.
    pub(crate) async fn pull_choices(&mut self) -> Result<(), SyncError> {
        for from in self.due()?.into_iter().filter(|from| from.set() == CACHED_ENTITIES) {
            if is_delta(&from) {
                self.deltas(vec![from], true).await?;
            } else {
                self.enumerate(from).await?;
            }
        }
        self.failures()
    }

    /// Has the feeds asked once more: something was pushed since, and others may have answered to it.
    pub(crate) fn ask_again(&mut self) {
        self.pulled.done.clear();
    }

    /// Returns the positions that are still to be brought up to date.
    fn due(&self) -> Result<Vec<AskedFrom>, SyncError> {
        let paused = locked(&self.engine.paused).clone();
        let is_due = |from: &AskedFrom| {
            let is_paused = !is_delta(from) && !from.is_restored() && paused.contains(from.set());
            !is_paused && self.pulled.done.get(from.set()) != Some(&from.incarnation())
        };
        Ok(blocking(|| self.store.positions())?.into_iter().filter(is_due).collect())
    }

    /// Notes that a position needs nothing more in this cycle.
    fn done(&mut self, from: &AskedFrom) {
        self.pulled.done.insert(from.set().to_owned(), from.incarnation());
        self.pulled.failed.retain(|(set, _)| set != from.set());
    }

    /// Deals with a failure while one set was pulled: what is wrong with this set alone is noted and the others go
    /// on; a position that moved meanwhile is asked from again; everything else ends the cycle.
    fn failed(&mut self, from: &AskedFrom, error: SyncError) -> Result<(), SyncError> {
        match error {
            SyncError::Store(StoreError::Moved { .. }) => {
                tracing::debug!(set = from.set(), "its position moved while it was asked; it is asked again");
                Ok(())
            }
            error if error.ends_cycle() || is_planted(Planted::A8bSetHoldsUpAll) => Err(error),
            error => {
                self.note_failure(from, error);
                Ok(())
            }
        }
    }

    fn note_failure(&mut self, from: &AskedFrom, error: SyncError) {
        tracing::warn!(set = from.set(), %error, "the set could not be brought up to date");
        self.done(from);
        self.pulled.failed.push((from.set().to_owned(), error));
    }

    /// Remembers what was learned about the link.
    pub(crate) fn remember_page_size(&self) -> Result<(), SyncError> {
        self.pulled.size.map_or(Ok(()), |size| blocking(|| size.save(self.store)))
    }

    /// Returns the sets that could not be brought up to date, as one error.
    ///
    /// # Errors
    /// That one, where there are any and they are still kept here.
    pub(crate) fn failures(&mut self) -> Result<(), SyncError> {
        if self.pulled.failed.is_empty() {
            return Ok(());
        }
        let kept: HashSet<String> = blocking(|| self.store.positions())?.iter().map(|p| p.set().to_owned()).collect();
        let mut failed = std::mem::take(&mut self.pulled.failed);
        failed.retain(|(set, _)| kept.contains(set));
        if failed.is_empty() { Ok(()) } else { Err(SyncError::Sets(failed)) }
    }
}

fn is_delta(from: &AskedFrom) -> bool {
    matches!(from.position(), Position::Delta { .. })
}
