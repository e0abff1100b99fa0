//! What follows when a page does not come: a link that is not taken starts its set anew.
//!
//! Owns: the 410s and links that are refused. Refuses: what starting anew means for records (the store), and failures
//! that are no link's (`pull`).

use super::page::Page;
use super::page_size::PageSize;
use crate::blocking::blocking;
use crate::error::SyncError;
use crate::remote::session::fetch_model;
use crate::run::Run;
use std::time::Duration;
use tidemark_model::{Planted, is_planted};
use tidemark_odata::Code;
use tidemark_store::{AskedFrom, Position, StoreError};

/// How often a cycle asks again for less where the link breaks within an answer: from the largest page down to one record
/// are seven times, and each costs what the link carries.
const MOST_BREAKS: u32 = 24;

impl Run<'_> {
    /// Deals with a page that did not come.
    pub(super) async fn page_failed(&mut self, from: &AskedFrom, error: SyncError) -> Result<(), SyncError> {
        match error {
            SyncError::Refused { status: 410, .. } => self.restart(vec![(from.clone(), error)]).await,
            error => self.refused(from, error),
        }
    }

    /// Deals with an answer that is no page. A link that leads elsewhere or that the server refuses is dropped, and the
    /// set starts anew.
    pub(super) fn refused(&mut self, from: &AskedFrom, error: SyncError) -> Result<(), SyncError> {
        let has_link = !matches!(from.position(), Position::Start { .. });
        match error {
            error if has_link && error.ends_link() && !is_planted(Planted::A9cRefusedLinkKept) => {
                self.start_anew(from, from.is_restored())
            }
            error => self.failed(from, error),
        }
    }

    /// Sets expired links back to the start. A changed model is adopted first. What a restored server lost it may
    /// have lost of every set: an enumeration that is under way begins again, to tell what is missing, and one that is to come
    /// tells it too.
    pub(super) async fn restart(&mut self, expired: Vec<(AskedFrom, SyncError)>) -> Result<(), SyncError> {
        if expired.iter().any(|(_, error)| error.code() == Code::ModelChanged.as_str())
            && let Err(error) = fetch_model(&self.connection, self.store).await
        {
            if error.ends_cycle() {
                return Err(error);
            }
            let problem = error.to_string();
            for (from, _) in &expired {
                self.failed(from, SyncError::Malformed(problem.clone()))?;
            }
            return Ok(());
        }
        let mut is_restored = false;
        for (from, error) in expired {
            let lost = error.code() == Code::HistoryLost.as_str();
            is_restored |= lost;
            tracing::info!(set = from.set(), lost, "the link has expired; the set is enumerated anew");
            self.start_anew(&from, lost)?;
        }
        if is_restored {
            for from in blocking(|| self.store.positions())? {
                if !matches!(from.position(), Position::Delta { .. }) && !from.is_restored() {
                    self.start_anew(&from, true)?;
                }
            }
        }
        Ok(())
    }

    /// Adopts the model that a page names, where it is another than this device knows: the link behind the page would
    /// never tell. Each is asked for once in a cycle, unless it does not arrive.
    pub(super) async fn has_other_model(&mut self, page: &Page) -> Result<bool, SyncError> {
        let Some(named) = &page.model else { return Ok(false) };
        let is_known = self.store.model().is_some_and(|model| model.fingerprint() == named);
        if is_known || self.pulled.model.as_ref() == Some(named) {
            return Ok(false);
        }
        self.pulled.model = Some(named.clone());
        match fetch_model(&self.connection, self.store).await {
            Ok(()) => Ok(true),
            // It did not arrive: what the page says can be read only once it has.
            Err(error) if error.ends_cycle() || matches!(error, SyncError::Transport(_)) => {
                self.pulled.model = None;
                Err(error)
            }
            Err(error) => {
                tracing::warn!(%error, "the model could not be taken in");
                Ok(false)
            }
        }
    }

    /// Sets a position back to the start. Where it has moved meanwhile, that is what is asked from next.
    pub(super) fn start_anew(&mut self, from: &AskedFrom, restored: bool) -> Result<(), SyncError> {
        let start = Position::Start { restored };
        match blocking(|| self.store.pull(|tx| tx.onto(from)?.move_to(&start))) {
            Ok(_) | Err(StoreError::Moved { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the page size in force.
    pub(super) fn page_size(&mut self) -> Result<&mut PageSize, SyncError> {
        if self.pulled.size.is_none() {
            self.pulled.size = Some(PageSize::load(self.store)?);
        }
        Ok(self.pulled.size.get_or_insert_default())
    }

    /// Learns from a page that came, and writes it down at once where the link is thin: the process may be killed. `is_full`
    /// where it held what was asked for.
    pub(super) fn page_came(&mut self, asked: u32, took: Duration, is_full: bool) -> Result<(), SyncError> {
        let size = self.page_size()?;
        let before = *size;
        if is_full {
            size.learn(asked, took)
        } else {
            size.learn_slow(asked, took)
        }
        let is_thinner = size.records(0) < before.records(0);
        if is_thinner { self.remember_page_size() } else { Ok(()) }
    }

    /// Learns from an answer that broke off, to a request of so many records made then, and writes it down at once.
    /// Tells whether the question is to be put again now, for less: something came, so the link is there.
    pub(super) fn page_broke(&mut self, error: &SyncError, asked: u32, started_ms: u64) -> Result<bool, SyncError> {
        if !matches!(error, SyncError::Transport(_)) || is_planted(Planted::A10PageNeverSmaller) {
            return Ok(false);
        }
        let after = Duration::from_millis(self.connection.monotonic_ms().saturating_sub(started_ms));
        let size = self.page_size()?;
        if error.was_too_much() {
            size.was_too_much(asked);
        } else {
            size.broke(asked, after);
        }
        self.remember_page_size()?;
        let again = error.was_too_much() && asked > 1 && self.pulled.breaks < MOST_BREAKS;
        self.pulled.breaks += u32::from(again);
        Ok(again)
    }
}
