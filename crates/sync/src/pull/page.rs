//! One page: fetching it, reading it, and taking a run of pages onto the position they were asked from.
//!
//! Owns: that pages follow one another without a gap, and that only a page without a next link ends anything (rule (a):
//! absence must be shown). Refuses: which page is asked for next, and when pages are committed.

use crate::error::SyncError;
use crate::remote::connection::{Connection, refused};
use bytes::Bytes;
use std::time::Duration;
use tidemark_model::EntitySet;
use tidemark_odata::{MODEL_HEADER, PageEnd, PageError, read_page};
use tidemark_store::{AskedFrom, Onto, Position, PullTx};

/// A page as it arrived.
#[derive(Debug)]
pub(super) struct Page {
    /// Where it was asked for.
    pub(super) link: String,
    /// How many records it was asked to have at most.
    pub(super) asked: u32,
    pub(super) body: Bytes,
    /// The next page's link, where a header tells it before the page is read (RFC 8288).
    pub(super) next_hint: Option<String>,
    pub(super) took: Duration,
    /// The model in force, where the server names it.
    pub(super) model: Option<String>,
}

/// Fetches one page of a set; `track` asks for a delta link at the end (OData Protocol 4.01 section 11.3).
pub(super) async fn fetch(
    connection: &Connection,
    set: &str,
    link: &str,
    asked: u32,
    track: bool,
) -> Result<Page, SyncError> {
    let started_ms = connection.monotonic_ms();
    let mut request = connection.of_set(set, link)?;
    let track = if track { "odata.track-changes," } else { "" };
    request.headers.push(("prefer", format!("{track}odata.maxpagesize={asked}")));
    let response = connection.send(request).await?;
    if response.status != 200 {
        return Err(refused(&response));
    }
    Ok(Page {
        link: link.to_owned(),
        asked,
        model: response.header(MODEL_HEADER).map(str::to_owned),
        next_hint: response.header("link").and_then(next_of).map(str::to_owned),
        body: response.body,
        took: Duration::from_millis(connection.monotonic_ms().saturating_sub(started_ms)),
    })
}

/// Takes pages, in the order in which they were asked for, and moves the position behind them; returns where it
/// stands then, and whether more is to come from there.
pub(super) fn take<'p>(
    tx: &mut PullTx<'_>,
    from: &AskedFrom,
    pages: impl IntoIterator<Item = (&'p str, &'p [u8])>,
) -> Result<(AskedFrom, bool), SyncError> {
    let mut onto = tx.onto(from)?;
    let mut before: Option<PageEnd> = None;
    let mut last_link = "";
    for (link, body) in pages {
        match &before {
            None if matches!(from.position(), Position::Start { .. }) => onto.start_enumeration(count_of(body))?,
            Some(end) if end.next_link.as_deref() != Some(link) => {
                return Err(malformed(from, "its pages do not follow one another"));
            }
            _ => {}
        }
        before = Some(read_into(&mut onto, from.entity_set(), body)?);
        last_link = link;
    }
    let end = before.unwrap_or_default();
    let enumerating = !matches!(from.position(), Position::Delta { .. });
    let more = match (end.next_link, end.delta_link) {
        (Some(next), _) if next == last_link => return Err(malformed(from, "its next page is the same one again")),
        (Some(next_link), _) if enumerating => onto.move_to(&Position::Enumerating { next_link }).map(|()| true),
        (Some(link), _) => onto.move_to(&Position::Delta { link }).map(|()| true),
        (None, Some(link)) => {
            if enumerating {
                onto.finish_enumeration()?;
            }
            onto.move_to(&Position::Delta { link }).map(|()| false)
        }
        (None, None) => return Err(malformed(from, "a page leads nowhere")),
    }?;
    Ok((onto.stands(), more))
}

/// Streams a page into the store.
pub(super) fn read_into(onto: &mut Onto<'_>, set: &EntitySet, body: &[u8]) -> Result<PageEnd, SyncError> {
    let mut sink = onto.sink()?;
    read_page(body, set, &mut sink).map_err(|error| match error {
        PageError::Sink(error) => error.into(),
        PageError::Malformed(problem) => SyncError::Malformed(problem),
    })
}

pub(super) fn malformed(from: &AskedFrom, problem: &str) -> SyncError {
    SyncError::Malformed(format!("{}: {problem}", from.set()))
}

/// Reads `Link: <…>; rel="next"` (RFC 8288), which lets the next page be fetched before this one is parsed.
fn next_of(header: &str) -> Option<&str> {
    let (link, parameters) = header.trim().strip_prefix('<')?.split_once('>')?;
    parameters.contains("rel=\"next\"").then_some(link)
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
