//! Full enumerations: a set's pages by key, one fetched while those before it are written.
//!
//! Owns: when pages are committed (by size, and about every two seconds of arriving, and whatever has arrived when the
//! link breaks), and the read-ahead. Refuses: what a finished enumeration does to records it did not see (the store).

use super::page::{Page, fetch, malformed, take};
use crate::blocking::{blocking, locked};
use crate::error::SyncError;
use crate::remote::chain::Chain;
use crate::report::{Phase, Progress};
use crate::run::Run;
use crate::task::Task;
use tidemark_store::{AskedFrom, Position};

/// Pages that have arrived and are not committed yet.
#[derive(Default)]
struct Arrived {
    pages: Vec<Page>,
    records: u64,
    bytes: usize,
}

impl Arrived {
    fn push(&mut self, page: Page) {
        self.records += u64::from(page.asked);
        self.bytes += page.body.len();
        self.pages.push(page);
    }
}

impl Run<'_> {
    /// Enumerates a set from where its position stands until its end, or until it is no longer wanted.
    pub(super) async fn enumerate(&mut self, mut from: AskedFrom) -> Result<(), SyncError> {
        let mut link = match from.position() {
            Position::Enumerating { next_link } => next_link.clone(),
            _ => format!("{}?$count=true", from.set()),
        };
        let mut safe = blocking(|| self.store.first_sync(from.set()))?.map_or(0, |figures| figures.done);
        let mut arrived = Arrived::default();
        // A page that is fetched while those before it are written.
        let mut ahead: Option<Task<Result<Page, SyncError>>> = None;
        let mut chain = Chain::new(self.engine.limits.pages);
        let (mut committed_ms, mut is_first) = (self.connection.monotonic_ms(), true);
        loop {
            let asked = self.page_size()?.records(safe + arrived.records);
            let started_ms = self.connection.monotonic_ms();
            let fetched = match ahead.take() {
                Some(mut task) => task.done().await.map_err(|e| SyncError::Malformed(e.to_string()))?,
                None => fetch(&self.connection, from.set(), &link, asked, true).await,
            };
            let page = match fetched {
                Ok(page) => page,
                Err(error) => {
                    let is_again = self.page_broke(&error, asked, started_ms)?;
                    // What has arrived whole is kept: the next attempt goes on behind it.
                    if !arrived.pages.is_empty() {
                        match self.commit(&from, &arrived) {
                            Ok((stands, _)) => from = stands,
                            Err(error) => return self.failed(&from, error),
                        }
                        safe += arrived.records;
                        arrived = Arrived::default();
                        committed_ms = self.connection.monotonic_ms();
                    }
                    if !is_again {
                        return self.page_failed(&from, error).await;
                    }
                    if let Position::Enumerating { next_link } = from.position() {
                        link.clone_from(next_link);
                    }
                    continue;
                }
            };
            match self.has_other_model(&page).await {
                Ok(false) => {}
                Ok(true) => return self.start_anew(&from, from.is_restored()),
                Err(error) => return self.failed(&from, error),
            }
            self.page_came(page.asked, page.took, true)?;
            if let Err(problem) = chain.came(&page.link) {
                return self.failed(&from, malformed(&from, problem));
            }
            let next = page.next_hint.clone();
            arrived.push(page);
            if let Some(next) = next.clone() {
                let asked = self.page_size()?.records(safe + arrived.records);
                let (connection, set) = (self.connection.clone(), from.set().to_owned());
                ahead = Some(Task::start(async move { fetch(&connection, &set, &next, asked, true).await }));
            }
            let limits = self.engine.limits;
            let waited = self.connection.monotonic_ms().saturating_sub(committed_ms);
            let is_due = arrived.records >= limits.records
                || arrived.bytes >= limits.bytes
                || u128::from(waited) >= limits.arriving.as_millis();
            if next.is_some() && !is_due && !is_first && self.still_wanted(&from) {
                continue;
            }
            is_first = false;
            let (stands, more) = match self.commit(&from, &arrived) {
                Ok(committed) => committed,
                Err(error) => return self.failed(&from, error),
            };
            from = stands;
            committed_ms = self.connection.monotonic_ms();
            safe += arrived.records;
            arrived = Arrived::default();
            self.report_enumeration(from.set())?;
            match from.position() {
                Position::Enumerating { next_link } if more && self.still_wanted(&from) => {
                    // The header's link and the page's own are the same, or the page's counts.
                    if next.as_ref() != Some(next_link) {
                        ahead = None;
                    }
                    link = next_link.clone();
                }
                _ => {
                    self.done(&from);
                    return Ok(());
                }
            }
        }
    }

    /// An enumeration goes on while its set is not paused; that of a restored server is no first sync, it cannot be.
    fn still_wanted(&self, from: &AskedFrom) -> bool {
        from.is_restored() || !locked(&self.engine.paused).contains(from.set())
    }

    /// Writes pages and the position after them in one transaction.
    fn commit(&mut self, from: &AskedFrom, arrived: &Arrived) -> Result<(AskedFrom, bool), SyncError> {
        let pages = arrived.pages.iter().map(|page| (&*page.link, &page.body[..]));
        let (taken, tally) = blocking(|| self.store.pull(|tx| take(tx, from, pages)))?;
        self.tally += tally;
        Ok(taken)
    }

    fn report_enumeration(&self, set: &str) -> Result<(), SyncError> {
        let figures = blocking(|| self.store.first_sync(set))?;
        let (done, total) = figures.map_or((0, None), |f| (f.done, f.total));
        self.progress(Progress { phase: Phase::Pull, set: Some(set.to_owned()), done, total });
        Ok(())
    }
}
