//! Pull: what changed on the server, into the offline database.
//!
//! Owns: one `$batch` of all delta links, full enumerations with read-ahead, the size of a commit, 410. Refuses: what
//! a record does to a pending change (the store reconciles it). DESIGN section 4, Pull.

use crate::connection::{Connection, refused, refused_part};
use crate::cycle::{Run, blocking, locked};
use crate::error::SyncError;
use crate::page_size::PageSize;
use crate::report::{Phase, Progress};
use crate::session::{fetch_model, with_json};
use bytes::Bytes;
use http::Method;
use std::sync::Arc;
use std::time::Duration;
use tidemark_model::{EntityModel, EntitySet, RecordId};
use tidemark_odata::{BatchPart, PageEnd, PageError, encode_query, read_batch_answers, read_page, write_batch_request};
use tidemark_store::{Position, PullTx};

/// How many changed records one part of the delta batch may bring; the rest follows page by page.
const DELTA_PAGE: u32 = 1_000;
/// How often choices that arrive with a pull may lead to further enumerations in one cycle.
const MOST_ROUNDS: usize = 3;
/// How many set-aside records one request asks for.
const REFETCH_AT_ONCE: usize = 50;

/// How much of an enumeration is committed at once: many small commits cost three times the CPU of few large ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PullLimits {
    records: u64,
    bytes: usize,
}

impl Default for PullLimits {
    fn default() -> Self {
        Self { records: 25_000, bytes: 24 << 20 }
    }
}

/// A page as it arrived.
struct Page {
    body: Bytes,
    next_hint: Option<String>,
    took: Duration,
}

impl Run<'_> {
    /// Brings every cached entity set up to date.
    pub(crate) async fn pull(&mut self) -> Result<(), SyncError> {
        for round in 0..MOST_ROUNDS {
            let positions = blocking(|| self.store.positions())?;
            let paused = locked(&self.engine.paused).clone();
            let (deltas, rest): (Vec<_>, Vec<_>) =
                positions.into_iter().partition(|(_, position)| matches!(position, Position::Delta { .. }));
            let rest: Vec<_> = rest.into_iter().filter(|(set, _)| !paused.contains(set)).collect();
            let mut again = false;
            if round == 0 && !deltas.is_empty() {
                again |= self.deltas(deltas).await?;
            }
            for (set, position) in rest {
                self.enumerate(&set, position).await?;
                again = true;
            }
            // Choices that arrived (CachedEntities) or expired links leave sets to enumerate.
            if !again {
                break;
            }
        }
        self.refetch().await
    }

    /// Brings the choice of cached entities up to date, and nothing else.
    pub(crate) async fn pull_choices(&mut self) -> Result<(), SyncError> {
        let positions = blocking(|| self.store.positions())?;
        match positions.into_iter().find(|(set, _)| set == tidemark_model::CACHED_ENTITIES) {
            Some(choice @ (_, Position::Delta { .. })) => self.deltas(vec![choice]).await.map(drop),
            Some((set, position)) => self.enumerate(&set, position).await,
            None => Ok(()),
        }
    }

    /// Follows all delta links with one request; returns whether positions may have changed kind.
    async fn deltas(&mut self, positions: Vec<(String, Position)>) -> Result<bool, SyncError> {
        let links: Vec<(String, String)> = positions
            .into_iter()
            .filter_map(|(set, position)| match position {
                Position::Delta { link } => Some((set, link)),
                Position::Start { .. } | Position::Enumerating { .. } => None,
            })
            .collect();
        let parts: Vec<BatchPart> =
            links.iter().enumerate().map(|(index, (_, link))| delta_part(index, link)).collect();
        let mut request = self.connection.odata(Method::POST, "$batch")?;
        request.headers.push(("prefer", "odata.continue-on-error".into()));
        let body = String::from_utf8(write_batch_request(&parts)).map_err(|e| SyncError::Malformed(e.to_string()))?;
        with_json(&mut request, body);
        let response = self.connection.send(request).await?;
        if response.status != 200 {
            return Err(refused(&response));
        }
        let answers = read_batch_answers(&response.body).map_err(|e| SyncError::Malformed(e.message))?;
        let model = self.model()?;
        let mut pages = Vec::new();
        let mut expired = Vec::new();
        for answer in &answers {
            let Some((set, _)) = answer.id.parse::<usize>().ok().and_then(|index| links.get(index)) else { continue };
            let body = answer.body.as_ref().map_or(&b""[..], |raw| raw.get().as_bytes());
            match answer.status {
                304 => {}
                200 => pages.push((set.as_str(), body)),
                410 => expired.push((set.clone(), refused_part(410, body))),
                // The set is not served any more: what is here stays, nothing is deleted (FAULTS S4).
                404 => tracing::warn!(set, "the server no longer has this entity set"),
                401 => return Err(SyncError::SignedOut),
                status => return Err(refused_part(status, body)),
            }
        }
        let more = self.apply_deltas(&model, &pages)?;
        let choices_arrived = pages.iter().any(|(set, _)| *set == tidemark_model::CACHED_ENTITIES);
        for (set, link) in more {
            self.follow(&set, link).await?;
        }
        let has_expired = !expired.is_empty();
        self.restart(expired).await?;
        Ok(choices_arrived || has_expired)
    }

    /// Applies the first page of each delta in one commit; returns the sets with more to come.
    fn apply_deltas(
        &mut self,
        model: &EntityModel,
        pages: &[(&str, &[u8])],
    ) -> Result<Vec<(String, String)>, SyncError> {
        if pages.is_empty() {
            return Ok(Vec::new());
        }
        let (more, tally) = blocking(|| {
            self.store.pull(|tx| {
                let mut more = Vec::new();
                for (name, body) in pages {
                    let Some(set) = model.set(name) else { continue };
                    let end = read_into(tx, set, body)?;
                    if let Some(link) = end.next_link {
                        more.push(((*name).to_owned(), link));
                    } else if let Some(link) = end.delta_link {
                        tx.move_to(name, &Position::Delta { link })?;
                    }
                }
                Ok::<_, SyncError>(more)
            })
        })?;
        self.tally += tally;
        Ok(more)
    }

    /// Follows a delta that did not fit one page. Its first page is committed under the old link: were the rest
    /// lost, the same records would come once more and change nothing.
    async fn follow(&mut self, set: &str, mut link: String) -> Result<(), SyncError> {
        let model = self.model()?;
        loop {
            let page = fetch(&self.connection, &link, 10 * DELTA_PAGE, false).await?;
            let next = self.commit(&model, set, &[page.body], false)?;
            match next {
                Some(next) => link = next,
                None => return Ok(()),
            }
        }
    }

    /// Enumerates a whole set, page by page; a page is fetched while those before it are written.
    async fn enumerate(&mut self, set: &str, position: Position) -> Result<(), SyncError> {
        let mut size = PageSize::default();
        let (mut link, starts) = match position {
            Position::Enumerating { next_link } => (next_link, false),
            _ => (format!("{set}?$count=true"), true),
        };
        let mut model = self.model()?;
        let mut ahead: Option<tokio::task::JoinHandle<Result<Page, SyncError>>> = None;
        let mut buffered: Vec<Bytes> = Vec::new();
        let (mut buffered_bytes, mut buffered_records, mut first_commit, mut is_first_page) = (0, 0, true, starts);
        loop {
            let arrived = match ahead.take() {
                Some(task) => task.await.map_err(|e| SyncError::Malformed(e.to_string()))?,
                None => fetch(&self.connection, &link, size.0, true).await,
            };
            let page = match arrived {
                Err(SyncError::Refused { status: 410, code, message, target }) => {
                    self.restart(vec![(set.to_owned(), SyncError::Refused { status: 410, code, message, target })])
                        .await?;
                    return Ok(());
                }
                Err(SyncError::Refused { status: 404, .. }) => {
                    tracing::warn!(set, "the server no longer has this entity set");
                    return Ok(());
                }
                other => other?,
            };
            if is_first_page {
                is_first_page = false;
                // The server's model may be newer than ours where this set was just made.
                model = self.model()?;
                blocking(|| self.store.pull(|tx| tx.start_enumeration(set, count_of(&page.body))))?;
            }
            size.learn(page.took);
            buffered_bytes += page.body.len();
            buffered_records += u64::from(size.0);
            let hint = page.next_hint.clone();
            buffered.push(page.body);
            if let Some(next) = &hint {
                let (connection, next, records) = (self.connection.clone(), next.clone(), size.0);
                ahead = Some(tokio::spawn(async move { fetch(&connection, &next, records, true).await }));
            }
            let limits = self.engine.limits;
            let is_full = buffered_records >= limits.records || buffered_bytes >= limits.bytes;
            if hint.is_some() && !is_full && !first_commit && self.still_wanted(set) {
                continue;
            }
            first_commit = false;
            let next = self.commit(&model, set, &buffered, true)?;
            self.report_enumeration(set)?;
            buffered.clear();
            (buffered_bytes, buffered_records) = (0, 0);
            match next {
                // The read-ahead went for the same page, unless the server gave no hint.
                Some(next) if self.still_wanted(set) => link = next,
                _ => return Ok(()),
            }
        }
    }

    fn still_wanted(&self, set: &str) -> bool {
        !locked(&self.engine.paused).contains(set)
    }

    /// Writes pages and the position after them in one transaction; returns the next page's link.
    fn commit(
        &mut self,
        model: &EntityModel,
        set: &str,
        pages: &[Bytes],
        enumerating: bool,
    ) -> Result<Option<String>, SyncError> {
        let entity_set = model.set(set).ok_or_else(|| SyncError::Malformed(format!("no entity set {set}")))?;
        let (next, tally) = blocking(|| {
            self.store.pull(|tx| {
                let mut end = PageEnd::default();
                for body in pages {
                    end = read_into(tx, entity_set, body)?;
                }
                match (&end.next_link, &end.delta_link) {
                    (Some(next_link), _) if enumerating => {
                        tx.move_to(set, &Position::Enumerating { next_link: next_link.clone() })?;
                    }
                    (None, Some(link)) => {
                        if enumerating {
                            tx.finish_enumeration(set)?;
                        }
                        tx.move_to(set, &Position::Delta { link: link.clone() })?;
                    }
                    (None, None) => return Err(SyncError::Malformed(format!("a page of {set} leads nowhere"))),
                    (Some(_), _) => {}
                }
                Ok(end.next_link)
            })
        })?;
        self.tally += tally;
        Ok(next)
    }

    fn report_enumeration(&self, set: &str) -> Result<(), SyncError> {
        let figures = blocking(|| self.store.first_sync(set))?;
        let (done, total) = figures.map_or((0, None), |f| (f.done, f.total));
        self.progress(Progress { phase: Phase::Pull, set: Some(set.to_owned()), done, total });
        Ok(())
    }

    /// Sets expired links back to the start. What that means for records is the store's business.
    async fn restart(&mut self, expired: Vec<(String, SyncError)>) -> Result<(), SyncError> {
        let code = |error: &SyncError| error.code().to_owned();
        if expired.iter().any(|(_, error)| code(error) == "ModelChanged") {
            fetch_model(&self.connection, self.store).await?;
        }
        for (set, error) in expired {
            let restored = code(&error) == "HistoryLost";
            tracing::info!(set, restored, "the delta link has expired; the set is enumerated anew");
            blocking(|| self.store.pull(|tx| tx.move_to(&set, &Position::Start { restored })))?;
        }
        Ok(())
    }

    /// Reads again what a pull brought while its own answer was still out.
    async fn refetch(&mut self) -> Result<(), SyncError> {
        for (set, ids) in blocking(|| self.store.refetch())? {
            for ids in ids.chunks(REFETCH_AT_ONCE) {
                self.refetch_some(&set, ids).await?;
            }
        }
        Ok(())
    }

    async fn refetch_some(&mut self, set: &str, ids: &[RecordId]) -> Result<(), SyncError> {
        let model = self.model()?;
        let list: Vec<String> = ids.iter().map(ToString::to_string).collect();
        // Naming the mark shows tombstones too (DESIGN section 5, Tombstones).
        let filter = format!("Id in ({}) and (_IsTombstoned eq true or _IsTombstoned eq false)", list.join(","));
        let page =
            fetch(&self.connection, &format!("{set}?$filter={}", encode_query(&filter)), DELTA_PAGE, false).await?;
        let entity_set = model.set(set).ok_or_else(|| SyncError::Malformed(format!("no entity set {set}")))?;
        let ((), tally) = blocking(|| {
            self.store.pull(|tx| {
                read_into(tx, entity_set, &page.body)?;
                tx.refetched(set, ids)?;
                Ok::<_, SyncError>(())
            })
        })?;
        self.tally += tally;
        Ok(())
    }

    fn model(&self) -> Result<Arc<EntityModel>, SyncError> {
        self.store.model().ok_or(SyncError::NotSignedIn)
    }
}

/// Makes the part that follows one delta link. Its token as `If-None-Match` turns "nothing changed" into a 304
/// without a body.
fn delta_part(index: usize, link: &str) -> BatchPart {
    let mut headers = vec![("prefer".to_owned(), format!("odata.maxpagesize={DELTA_PAGE}"))];
    if let Some((_, token)) = link.split_once("$deltatoken=") {
        headers.push(("if-none-match".to_owned(), format!("\"{token}\"")));
    }
    BatchPart {
        id: index.to_string(),
        method: "GET".to_owned(),
        url: link.to_owned(),
        headers,
        body: None,
        group: None,
        depends_on: Vec::new(),
    }
}

/// Fetches one page; `track` asks for a delta link at the end (OData Protocol 4.01 section 11.3).
async fn fetch(connection: &Connection, link: &str, records: u32, track: bool) -> Result<Page, SyncError> {
    let started_ms = connection.monotonic_ms();
    let mut request = connection.odata(Method::GET, link)?;
    let track = if track { "odata.track-changes," } else { "" };
    request.headers.push(("prefer", format!("{track}odata.maxpagesize={records}")));
    let response = connection.send(request).await?;
    if response.status != 200 {
        return Err(refused(&response));
    }
    let next_hint = response.header("link").and_then(next_of).map(str::to_owned);
    Ok(Page {
        body: response.body,
        next_hint,
        took: Duration::from_millis(connection.monotonic_ms().saturating_sub(started_ms)),
    })
}

/// Reads `Link: <…>; rel="next"` (RFC 8288), which lets the next page be fetched before this one is parsed.
fn next_of(header: &str) -> Option<&str> {
    let (link, parameters) = header.trim().strip_prefix('<')?.split_once('>')?;
    parameters.contains("rel=\"next\"").then_some(link)
}

/// Streams a page into the store.
fn read_into(tx: &mut PullTx<'_>, set: &EntitySet, body: &[u8]) -> Result<PageEnd, SyncError> {
    let mut sink = tx.sink(&set.name)?;
    read_page(body, set, &mut sink).map_err(|error| match error {
        PageError::Sink(error) => error.into(),
        PageError::Malformed(problem) => SyncError::Malformed(format!("a page of {}: {problem}", set.name)),
    })
}

/// Reads the count that the first page of an enumeration announces before its records.
fn count_of(body: &[u8]) -> Option<u64> {
    let head = &body[..body.len().min(512)];
    let text =
        std::str::from_utf8(head).unwrap_or_else(|e| std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or(""));
    let at = text.find("count\":")? + 7;
    text[at..].split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_the_head_of_a_page() {
        assert_eq!(count_of(br#"{"@context":"x","@count":1234,"value":[]}"#), Some(1234));
        assert_eq!(count_of(br#"{"@odata.count":7,"value":[]}"#), Some(7));
        assert_eq!(count_of(br#"{"value":[]}"#), None);
    }

    #[test]
    fn the_next_link_is_read_from_the_header() {
        assert_eq!(next_of("<TodoItems?$skiptoken=x>; rel=\"next\""), Some("TodoItems?$skiptoken=x"));
        assert_eq!(next_of("<a>; rel=\"prev\""), None);
    }
}
