//! A delta: records whose last change is behind a place in the feed, each once, in its newest version.
//!
//! In order of arrival, so a week-old change that was synced today is in today's delta (FAULTS H6). A page in the
//! middle ends with the place of its last row; the last one with the place of the snapshot.

use super::feed::{Behind, FeedRead};
use crate::answer::{Answer, Reply};
use crate::change::Mark;
use crate::storage::Selection;
use crate::token::Token;
use http::{StatusCode, header};

/// Answers the changes behind `from`; `text` is the token as it came, where it came from a delta link.
///
/// # Errors
/// 410 where the feed no longer reaches back.
pub(super) async fn read(feed: &FeedRead<'_>, from: Mark, text: Option<&str>) -> Reply {
    if let Some(text) = text
        && feed.call.header(&header::IF_NONE_MATCH).is_some_and(|tags| names(tags, text))
    {
        let position = feed.server.storage.position(feed.place.workspace_no).await.map_err(|error| error.to_wire())?;
        if position.mark == from {
            return Ok(Answer::empty(StatusCode::NOT_MODIFIED).with(header::ETAG, &format!("\"{text}\"")));
        }
    }
    let limit = feed.page_size(None);
    let selection = Selection::ChangedAfter { limit: limit + 1, filter: feed.filter() };
    feed.page(selection, Some(from), limit, "/$delta", |snapshot, ended| match ended.last {
        Some((_, version)) if ended.has_more => Behind::Next(Token::Delta(version)),
        _ => Behind::Delta(snapshot.position.mark),
    })
    .await
}

fn names(tags: &str, token: &str) -> bool {
    tags.split(',').any(|tag| tag.trim().trim_start_matches("W/").trim_matches('"') == token)
}
