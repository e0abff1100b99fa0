//! A full enumeration: live records by key, from a starting point in the feed that its last page hands on.
//!
//! Records that change meanwhile may appear in either version, or not at all; the delta from the starting point
//! brings them, so pages and delta add up (DESIGN section 4, Pull). Each page can be asked for again.

use super::feed::{Behind, FeedRead};
use crate::answer::Reply;
use crate::call::names;
use crate::change::Mark;
use crate::storage::Selection;
use crate::token::Token;
use tidemark_model::{Planted, RecordId, is_planted};

/// Answers the first page.
///
/// # Errors
/// What the storage says.
pub(super) async fn begin(feed: &FeedRead<'_>) -> Reply {
    let answer = page(feed, None, None, feed.page_size(None)).await?;
    // A first page is asked for without a link that would tell a model that changed.
    Ok(answer.with(names::MODEL, feed.server.model.fingerprint()))
}

/// Answers a later page.
///
/// # Errors
/// 410 where the feed no longer reaches back to the starting point.
pub(super) async fn go_on(feed: &FeedRead<'_>, start: Mark, after: RecordId, page_size: u32) -> Reply {
    page(feed, Some(start), Some(after), feed.page_size(Some(page_size))).await
}

async fn page(feed: &FeedRead<'_>, from: Option<Mark>, after: Option<RecordId>, limit: u32) -> Reply {
    // One row more than the page says whether there is a next one.
    let selection = Selection::LiveAfter { id: after, limit: limit + 1, filter: feed.filter() };
    feed.page(selection, from, limit, "", move |snapshot, ended| {
        let start = from.unwrap_or(snapshot.position.mark);
        match ended.last {
            Some((after, _)) if ended.has_more => Behind::Next(Token::Enumeration { start, after, page_size: limit }),
            _ if is_planted(Planted::X13EnumerationEndsAtItsEnd) => Behind::Delta(snapshot.position.mark),
            _ => Behind::Delta(start),
        }
    })
    .await
}
