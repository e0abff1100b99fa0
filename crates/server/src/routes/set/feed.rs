//! What the enumeration and the delta of a set have in common: they are one feed, read from two ends.
//!
//! Owns: tokens of the feed, its page sizes, its 410s, and writing its rows. OData Protocol 4.01 section 11.3.

use super::{link, page_answer, page_size};
use crate::answer::Reply;
use crate::call::Call;
use crate::change::{Mark, Place, etag};
use crate::limits::{FEED_PAGE, MAX_FEED_PAGE, MAX_PAGE_BYTES};
use crate::server::Server;
use crate::storage::Rows;
use crate::storage::{FeedLoss, Page, Read, ReadOutcome, Render, RowView, Selection, Snapshot};
use crate::token::{BadToken, Token};
use http::header;
use std::sync::Arc;
use tidemark_model::query::{Expr, Query};
use tidemark_model::{Cell, EntitySet, Planted, Property, RecordId, Removal, is_planted};
use tidemark_odata::{Code, Format, Link, PageWriter, Prefer, Preference, RecordWriter, WireError, context_url};

/// A read of a set's feed.
pub(super) struct FeedRead<'r> {
    pub(super) server: &'r Arc<Server>,
    pub(super) call: &'r Call,
    pub(super) set: &'r EntitySet,
    pub(super) place: &'r Place,
    pub(super) format: Format,
    pub(super) prefer: &'r Prefer,
    /// What is asked: a filter, and which properties are given.
    pub(super) query: &'r Query,
    /// The same as it came, which its links keep.
    pub(super) asked: String,
}

/// What comes behind a page.
pub(super) enum Behind {
    /// The next page.
    Next(Token),
    /// Nothing; the feed goes on from here.
    Delta(Mark),
}

/// The last row of a page and whether there is more.
pub(super) struct Ended {
    pub(super) last: Option<(RecordId, Mark)>,
    pub(super) has_more: bool,
}

impl FeedRead<'_> {
    /// Reads a token of this feed.
    pub(super) fn open(&self, text: &str) -> Result<Token, WireError> {
        let identity = self.server.identity();
        let opened = |asked| self.server.seal(&identity, self.place, asked).open(text);
        match opened(&self.asked) {
            Err(BadToken::Foreign) if !self.asked.is_empty() && opened("").is_ok() => {
                let sentence = "This link is one of the whole set; use it as it was given";
                Err(WireError::bad_request(sentence))
            }
            token => token.map_err(bad_token),
        }
    }

    /// Returns what holds for the records that are followed.
    pub(super) fn filter(&self) -> Option<Box<Expr>> {
        self.query.filter.clone().map(Box::new)
    }

    /// Returns the size of a page; `default` where the client does not say.
    pub(super) fn page_size(&self, default: Option<u32>) -> u32 {
        page_size(self.prefer, default.unwrap_or(FEED_PAGE).clamp(1, MAX_FEED_PAGE), MAX_FEED_PAGE)
    }

    /// Reads a page of the feed and answers it. `behind` says, in the snapshot of the page, what comes next.
    pub(super) async fn page(
        &self,
        selection: Selection,
        from: Option<Mark>,
        limit: u32,
        suffix: &'static str,
        behind: impl Fn(&Snapshot, &Ended) -> Behind + Send + 'static,
    ) -> Reply {
        let read = Read {
            place: self.place.clone(),
            properties: super::expanded::every_property(self.set),
            selection,
            count: self.query.count,
            from,
            expand: Vec::new(),
        };
        let render = self.render(limit, suffix, behind);
        let page = match self.server.storage.read(read, render).await.map_err(|error| error.to_wire())? {
            ReadOutcome::Page(page) => page,
            ReadOutcome::Lost(loss) => return Err(lost(loss)),
        };
        let page = if is_planted(Planted::X10LinkOfALaterState) { self.with_later_link(page).await? } else { page };
        let tag = page.delta_token.as_ref().map(|token| format!("\"{token}\""));
        let answer = page_answer(page, self.format).with_some(header::ETAG, tag.as_deref());
        let mut applied = Vec::new();
        if self.prefer.track_changes {
            applied.push(Preference::TrackChanges);
        }
        if self.prefer.max_page_size.is_some() {
            applied.push(Preference::MaxPageSize(limit));
        }
        Ok(self.call.applied(answer, &applied))
    }

    /// Puts the link of where the feed stands by now in the place of a page's own.
    #[expect(
        clippy::disallowed_methods,
        reason = "a planted mistake, that no server which ships has; the server has no timer"
    )]
    async fn with_later_link(&self, mut page: Page) -> Result<Page, WireError> {
        // Between two transactions others have theirs, also where all of them share one thread.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let position = self.server.storage.position(self.place.workspace_no).await.map_err(|error| error.to_wire())?;
        let identity = self.server.identity();
        let later = self.server.seal(&identity, self.place, &self.asked).seal(&Token::Delta(position.mark));
        if let Some(token) = page.delta_token.replace(later.clone()) {
            page.body = String::from_utf8_lossy(&page.body).replace(&token, &later).into_bytes();
        }
        Ok(page)
    }

    fn render(
        &self,
        limit: u32,
        suffix: &'static str,
        behind: impl Fn(&Snapshot, &Ended) -> Behind + Send + 'static,
    ) -> Render {
        let (server, call, place) = (Arc::clone(self.server), self.call.clone(), self.place.clone());
        let (format, select, asked) = (self.format, self.query.select.clone(), self.asked.clone());
        Box::new(move |snapshot, rows| {
            let missing = || crate::storage::StorageError::Failed(format!("the model lost {}", place.set));
            let set = server.model.set(&place.set).ok_or_else(missing)?;
            let writer = RecordWriter::new(set, &select, call.version, format).map_err(|_| missing())?;
            let context = context_url(call.base(), &set.name, &select, suffix);
            let mut page = PageWriter::new(writer, &context, snapshot.total);
            let wanted = Wanted::of(set, page.properties(), snapshot);
            let ended = write_rows(&mut page, rows, limit, &wanted)?;
            let identity = server.identity();
            let seal = server.seal(&identity, &place, &asked);
            let kept = if asked.is_empty() { String::new() } else { format!("{asked}&") };
            let page = match behind(snapshot, &ended) {
                Behind::Next(token) => {
                    let next = link(&call, &place.set, &format!("{kept}$skiptoken={}", seal.seal(&token)));
                    Page { body: page.finish(Link::Next(&next)), next_link: Some(next), delta_token: None }
                }
                Behind::Delta(mark) => {
                    let token = seal.seal(&Token::Delta(mark));
                    let delta = link(&call, &place.set, &format!("{kept}$deltatoken={token}"));
                    Page { body: page.finish(Link::Delta(&delta)), next_link: None, delta_token: Some(token) }
                }
            };
            Ok(page)
        })
    }
}

/// Writes rows as they come, tombstones as removed, until the page is full.
fn write_rows(
    page: &mut PageWriter<'_>,
    rows: &mut dyn Rows,
    limit: u32,
    wanted: &Wanted,
) -> crate::storage::Result<Ended> {
    // Every property is there, in model order: `Id` first, the three sync properties last.
    let width = wanted.width;
    let (stamp_at, tombstone_at, user_at) = (width - 3, width - 2, width - 1);
    let mut ended = Ended { last: None, has_more: false };
    let mut tag = String::with_capacity(24);
    let mut written = 0;
    while let Some(row) = rows.next()? {
        if written >= limit || page.len() >= MAX_PAGE_BYTES {
            ended.has_more = true;
            if is_planted(Planted::X1PageSkipsOne)
                && let Cell::Guid(id) = row.cell(0)?
            {
                ended.last = Some((RecordId(id), row.version()?));
            }
            break;
        }
        written += 1;
        let version = row.version()?;
        etag(version, &mut tag);
        let Cell::Guid(id) = row.cell(0)? else { continue };
        let id = RecordId(id);
        let reason = match row.cell(tombstone_at)? {
            Cell::Integer(0) if !wanted.is_filtered || row.cell(width)? == Cell::Text("true".into()) => None,
            // It may never have been among those that are followed: whoever reads knows.
            Cell::Integer(0) => Some(Removal::Changed),
            _ => Some(Removal::Deleted),
        };
        if let Some(reason) = reason {
            let stamp = if let Cell::Integer(ms) = row.cell(stamp_at)? { ms } else { 0 };
            let user = row.cell(user_at)?;
            let user = if let Cell::Text(name) = &user { Some(name.as_ref()) } else { None };
            page.removed(id, reason, &tag, stamp, user);
        } else if wanted.places.len() == width {
            write_record(page, row, &tag, width)?;
        } else {
            let cells = wanted.places.iter().map(|place| row.cell(*place)).collect::<Result<Vec<_>, _>>()?;
            page.record(&tag, cells);
        }
        ended.last = Some((id, version));
    }
    Ok(ended)
}

/// What is written of rows that are read whole.
struct Wanted {
    /// How many properties there are.
    width: usize,
    /// The places of those that are written.
    places: Vec<usize>,
    /// Whether behind them stands if the row is one of those that are followed.
    is_filtered: bool,
}

impl Wanted {
    fn of(set: &EntitySet, written: &[&Property], snapshot: &Snapshot) -> Self {
        let all = &set.entity_type.properties;
        let place = |wanted: &&Property| all.iter().position(|property| property.name == wanted.name);
        let places = written.iter().filter_map(place).collect();
        Self { width: all.len(), places, is_filtered: !snapshot.made.is_empty() }
    }
}

/// Writes one live row; an error of one of its cells comes out behind the iterator that the writer pulls on.
pub(super) fn write_record(
    page: &mut PageWriter<'_>,
    row: RowView<'_>,
    tag: &str,
    width: usize,
) -> crate::storage::Result<()> {
    let mut failed = None;
    let cells = (0..width).map(|index| {
        row.cell(index).unwrap_or_else(|error| {
            failed = Some(error);
            Cell::Null
        })
    });
    page.record(tag, cells);
    failed.map_or(Ok(()), Err)
}

/// Returns the 410 of a feed that does not reach back.
fn lost(loss: FeedLoss) -> WireError {
    match loss {
        FeedLoss::Expired => WireError::new(
            410,
            Code::DeltaExpired,
            "Deleted records were purged since this link was given. Read the entity set again from its start",
        ),
        FeedLoss::Unknown => bad_token(BadToken::Foreign),
    }
}

/// Returns the 410 of a token that is not taken.
pub(crate) fn bad_token(bad: BadToken) -> WireError {
    match bad {
        BadToken::OtherModel => WireError::new(
            410,
            Code::ModelChanged,
            "The entity model changed since this link was given. Read $metadata and the entity set again",
        ),
        BadToken::Foreign => WireError::new(
            410,
            Code::HistoryLost,
            "This link is not of this server's history. Read the entity set again from its start",
        ),
    }
}
