//! Following the feeds: one `$batch` of all delta links, then page by page where more is to come.
//!
//! Owns: the one request of an idle cycle; that a delta which came in part goes on where it stopped (its next link is a
//! position), and that a part which fails is that set's failure alone. Refuses: full enumerations.

use super::page::{fetch, malformed, take};
use crate::blocking::blocking;
use crate::error::SyncError;
use crate::remote::chain::Chain;
use crate::remote::connection::{refused, refused_part};
use crate::remote::session::with_json;
use crate::run::Run;
use http::Method;
use std::time::Duration;
use tidemark_model::{Planted, is_planted};
use tidemark_odata::{BatchAnswer, BatchPart, read_batch_answers, write_batch_request};
use tidemark_store::{AskedFrom, Position};

impl Run<'_> {
    /// Follows all feeds with one request; where more is to come, `to_the_end` goes on until there is none.
    pub(super) async fn deltas(&mut self, due: Vec<AskedFrom>, to_the_end: bool) -> Result<(), SyncError> {
        // A link that leads elsewhere is no link of this set: it would carry the token away (FAULTS A10), or bring what
        // another resource answers.
        let (due, foreign): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|from| self.connection.of_set(from.set(), link_of(from)).is_ok());
        for from in foreign {
            self.start_anew(&from, false)?;
        }
        if due.is_empty() {
            return Ok(());
        }
        let answers = match self.ask_all(&due).await {
            Ok(answers) => answers,
            Err(error) if error.ends_cycle() => return Err(error),
            Err(error) if due.len() == 1 => return self.failed(&due[0], error),
            Err(error) => {
                // All are refused for something in one of them: each alone, so that only that one stays behind.
                tracing::warn!(%error, "the feeds could not be asked together");
                for from in due {
                    self.follow(from, to_the_end).await?;
                }
                return Ok(());
            }
        };
        let mut pages = Vec::new();
        let mut expired = Vec::new();
        for (index, from) in due.into_iter().enumerate() {
            let Some(answer) = answers.iter().find(|answer| answer.id.parse() == Ok(index)) else {
                self.failed(&from, malformed(&from, "the answer says nothing about it"))?;
                continue;
            };
            let body = answer.body.as_ref().map_or(&b""[..], |raw| raw.get().as_bytes());
            match answer.status {
                304 => self.done(&from),
                200 => pages.push((from, body)),
                410 => expired.push((from, refused_part(410, body))),
                401 => return Err(SyncError::SignedOut),
                status => self.refused(&from, refused_part(status, body))?,
            }
        }
        for from in self.apply(pages)? {
            if to_the_end {
                self.follow(from, true).await?;
            }
        }
        self.restart(expired).await
    }

    /// Asks for the first page of each feed; where the link breaks within the answer, again for smaller pages.
    async fn ask_all(&mut self, due: &[AskedFrom]) -> Result<Vec<BatchAnswer>, SyncError> {
        loop {
            let asked = self.page_size()?.of_delta(0);
            let started_ms = self.connection.monotonic_ms();
            match self.exchange(due, asked).await {
                Err(error) if self.page_broke(&error, asked, started_ms)? => {}
                Err(error) => return Err(error),
                Ok(answers) => {
                    let took = Duration::from_millis(self.connection.monotonic_ms().saturating_sub(started_ms));
                    self.page_came(asked, took, false)?;
                    return Ok(answers);
                }
            }
        }
    }

    async fn exchange(&self, due: &[AskedFrom], asked: u32) -> Result<Vec<BatchAnswer>, SyncError> {
        let parts: Vec<BatchPart> =
            due.iter().enumerate().map(|(index, from)| delta_part(index, link_of(from), asked)).collect();
        let mut request = self.connection.odata(Method::POST, "$batch")?;
        request.headers.push(("prefer", "odata.continue-on-error".into()));
        let body = String::from_utf8(write_batch_request(&parts)).map_err(|e| SyncError::Malformed(e.to_string()))?;
        with_json(&mut request, body);
        let response = self.connection.send(request).await?;
        if response.status != 200 {
            return Err(refused(&response));
        }
        read_batch_answers(&response.body).map_err(|e| SyncError::Malformed(e.message))
    }

    /// Applies the first page of each feed, in one commit where none is at fault, so that records that belong
    /// together appear together (FAULTS I21); returns the positions with more to come.
    fn apply(&mut self, pages: Vec<(AskedFrom, &[u8])>) -> Result<Vec<AskedFrom>, SyncError> {
        if pages.is_empty() {
            return Ok(Vec::new());
        }
        let mut taken = match self.apply_together(&pages) {
            Err(error) if !error.ends_cycle() => Vec::new(),
            other => other?,
        };
        if taken.is_empty() {
            for page in pages {
                match self.apply_together(std::slice::from_ref(&page)) {
                    Ok(one) => taken.extend(one),
                    Err(error) => self.failed(&page.0, error)?,
                }
            }
        }
        let (more, whole): (Vec<_>, Vec<_>) = taken.into_iter().partition(|(_, more)| *more);
        whole.iter().for_each(|(from, _)| self.done(from));
        Ok(more.into_iter().map(|(from, _)| from).collect())
    }

    fn apply_together(&mut self, pages: &[(AskedFrom, &[u8])]) -> Result<Vec<(AskedFrom, bool)>, SyncError> {
        let behind;
        let pages = match is_planted(Planted::F3TokenBeforeRecords) {
            true => {
                behind = pages.iter().map(|page| self.keep_token(page)).collect::<Result<Vec<_>, _>>()?;
                &behind[..]
            }
            false => pages,
        };
        let is_looking = self.pulled.is_looking;
        let (taken, tally) = blocking(|| {
            self.store.pull(|tx| {
                if is_looking {
                    tx.before_push();
                }
                pages.iter().map(|(from, body)| take(tx, from, [(link_of(from), *body)])).collect()
            })
        })?;
        self.tally += tally;
        Ok(taken)
    }

    /// Keeps the place behind a page, whatever becomes of what is on it; returns the page as if asked from there.
    fn keep_token<'p>(&self, (from, body): &(AskedFrom, &'p [u8])) -> Result<(AskedFrom, &'p [u8]), SyncError> {
        let page: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let link = page.get("@deltaLink").or_else(|| page.get("@odata.deltaLink"));
        let Some(link) = link.and_then(|link| link.as_str()).map(str::to_owned) else {
            return Ok((from.clone(), *body));
        };
        let (stands, _) = self.store.pull(|tx| {
            let mut onto = tx.onto(from)?;
            onto.move_to(&Position::Delta { link })?;
            Ok::<_, SyncError>(onto.stands())
        })?;
        Ok((stands, *body))
    }

    /// Follows one feed page by page. Each page commits with the link of the next one as the position: what is
    /// interrupted goes on there.
    async fn follow(&mut self, mut from: AskedFrom, to_the_end: bool) -> Result<(), SyncError> {
        let mut taken = 0;
        let mut chain = Chain::new(self.engine.limits.pages);
        loop {
            let asked = self.page_size()?.of_delta(taken);
            let started_ms = self.connection.monotonic_ms();
            let page = match fetch(&self.connection, from.set(), link_of(&from), asked, false).await {
                Ok(page) => page,
                Err(error) if self.page_broke(&error, asked, started_ms)? => continue,
                Err(error) => return self.page_failed(&from, error).await,
            };
            self.page_came(asked, page.took, true)?;
            if let Err(problem) = chain.came(&page.link) {
                return self.failed(&from, malformed(&from, problem));
            }
            taken += u64::from(asked);
            let is_looking = self.pulled.is_looking;
            let committed = blocking(|| {
                self.store.pull(|tx| {
                    if is_looking {
                        tx.before_push();
                    }
                    take(tx, &from, [(&*page.link, &page.body[..])])
                })
            });
            let ((stands, more), tally) = match committed {
                Ok(committed) => committed,
                Err(error) => return self.failed(&from, error),
            };
            self.tally += tally;
            from = stands;
            if !more {
                self.done(&from);
            }
            if !more || !to_the_end {
                return Ok(());
            }
        }
    }
}

/// Returns the link that a position in a feed follows.
fn link_of(from: &AskedFrom) -> &str {
    match from.position() {
        Position::Delta { link } | Position::Enumerating { next_link: link } => link,
        Position::Start { .. } => "",
    }
}

/// Makes the part that follows one feed. A delta link's token as `If-None-Match` turns "nothing changed" into a 304
/// without a body; the next link of a delta has none, something is behind it.
fn delta_part(index: usize, link: &str, asked: u32) -> BatchPart {
    let mut headers = vec![("prefer".to_owned(), format!("odata.maxpagesize={asked}"))];
    if let Some((_, token)) = link.split_once("$deltatoken=") {
        headers.push(("if-none-match".to_owned(), format!("\"{token}\"")));
    }
    BatchPart { id: index.to_string(), method: "GET".to_owned(), url: link.to_owned(), headers, ..BatchPart::default() }
}
