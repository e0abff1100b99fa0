//! `GET /odata/Set` and `GET /odata/Set/$count`.
//!
//! Owns: telling the four reads of a set apart: an ordinary list, the pages of a full enumeration
//! (`Prefer: odata.track-changes`), a delta, a count. Refuses: what each of them does (a file each).

pub(crate) mod count;
mod delta;
mod enumerate;
pub(crate) mod expanded;
pub(crate) mod expansion;
mod feed;
mod list;
mod next;
pub(crate) mod related;
pub(crate) mod shape;

use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::server::Server;
use crate::storage::Page;
use crate::token::Token;
use feed::FeedRead;
pub(crate) use feed::bad_token;
use http::{StatusCode, header};
use std::sync::Arc;
use tidemark_model::EntitySet;
use tidemark_model::query::{Expr, Query};
use tidemark_odata::{Format, Options, Prefer, RecordWriter, WireError};

/// Bytes of a next link that stands in a header too: proxies refuse answers with large headers.
const LONGEST_LINK_HEADER: usize = 4096;

/// Reads an entity set in whichever way the request asks.
///
/// # Errors
/// 400, 404, 406, 410 and 501, naming what does not fit.
pub(crate) async fn read(server: &Arc<Server>, call: &Call, name: &str) -> Reply {
    let caller = call.caller()?;
    let (set, place) = server.place(caller, name)?;
    let options = call.options()?;
    let format = call.format(&options)?;
    let prefer = call.prefer();
    refuse_id(&options)?;
    let query = &options.query;
    // Unknown properties are refused before anything is read.
    if !query.is_summary() {
        RecordWriter::beside(set, &query.select, &shape::made_names(query), call.version, format)?;
    }
    let asked = asked_of_feed(&call.query);
    let feed = FeedRead { server, call, set, place: &place, format, prefer: &prefer, query, asked };
    if let Some(text) = &options.delta_token {
        only_a_link(&options, "$deltatoken")?;
        return match feed.open(text)? {
            Token::Delta(from) => delta::read(&feed, from, Some(text)).await,
            _ => Err(bad_token(crate::token::BadToken::Foreign)),
        };
    }
    if let Some(text) = &options.skip_token {
        // The tokens of the feed are sealed without a query, those of a list with theirs.
        return match feed.open(text) {
            Ok(Token::Delta(from)) => {
                only_a_link(&options, "$skiptoken")?;
                delta::read(&feed, from, None).await
            }
            Ok(Token::Enumeration { start, after, page_size }) => {
                only_a_link(&options, "$skiptoken")?;
                enumerate::go_on(&feed, start, after, page_size).await
            }
            _ => list::read(server, call, set, (&set.name, &place), options, format, &prefer).await,
        };
    }
    if prefer.track_changes && has_feed(set, query) {
        return enumerate::begin(&feed).await;
    }
    list::read(server, call, set, (&set.name, &place), options, format, &prefer).await
}

/// Lists a set at another address than its own, which next links lead to.
///
/// # Errors
/// As [`read`].
pub(crate) async fn list_at(server: &Arc<Server>, call: &Call, name: &str, path: &str) -> Reply {
    let (set, place) = server.place(call.caller()?, name)?;
    let options = call.options()?;
    refuse_feed(&options)?;
    let format = call.format(&options)?;
    list::read(server, call, set, (path, &place), options, format, &call.prefer()).await
}

/// Refuses what asks for the feed of a whole set, and `$id`.
fn refuse_feed(options: &Options) -> Result<(), WireError> {
    if options.delta_token.is_some() {
        return Err(WireError::bad_request("$deltatoken has a meaning for a whole set alone").about("$deltatoken"));
    }
    refuse_id(options)
}

/// Refuses related records and computed values where there is no record that they could stand in.
///
/// # Errors
/// 400.
pub(crate) fn refuse_beside(options: &Options) -> Result<(), WireError> {
    refuse_expand(options)?;
    match options.query.compute.is_empty() {
        true => Ok(()),
        false => Err(WireError::bad_request("$compute has a meaning only where records are read").about("$compute")),
    }
}

/// Refuses related records where there is no record that they could stand in.
///
/// # Errors
/// 400.
pub(crate) fn refuse_expand(options: &Options) -> Result<(), WireError> {
    match options.query.expand.is_empty() {
        true => Ok(()),
        false => Err(WireError::bad_request("$expand has a meaning only where records are read").about("$expand")),
    }
}

/// Refuses `$id`, which only `$entity` takes.
fn refuse_id(options: &Options) -> Result<(), WireError> {
    match &options.id {
        Some(_) => Err(WireError::bad_request("$id has a meaning for $entity alone").about("$id")),
        None => Ok(()),
    }
}

/// Tells whether changes of what a query asks for can be followed: of a whole set, or of the records for which something holds
/// that they say themselves. What is said of other records, or of the present, changes without a change of the record.
fn has_feed(set: &EntitySet, query: &Query) -> bool {
    let of = &set.entity_type;
    let is_own = |filter: &Expr| filter.is_of_record_alone(&|name| of.property(name).is_some());
    is_feed_query(query) && query.filter.as_ref().is_none_or(is_own)
}

/// Tells whether a query has nothing beside `$filter` and a `$select` of properties.
fn is_feed_query(query: &Query) -> bool {
    query.order_by.is_empty()
        && query.expand.is_empty()
        && query.top.is_none()
        && query.skip == 0
        && query.search.is_empty()
        && query.apply.is_empty()
        && query.compute.is_empty()
        && !query.select.iter().any(|name| name.contains('/'))
}

/// Returns the options of a raw query that the links of a feed keep, as they came.
fn asked_of_feed(raw: &str) -> String {
    let is_kept = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default().to_ascii_lowercase();
        let bare = name.strip_prefix('$').or_else(|| name.strip_prefix("%24")).unwrap_or(&name);
        matches!(bare, "filter" | "select") || bare.starts_with('@') || bare.starts_with("%40")
    };
    raw.split('&').filter(is_kept).collect::<Vec<_>>().join("&")
}

/// Refuses options beside a link's own: the server's links are used as they were given (OData URL Conventions 5.1.9).
fn only_a_link(options: &Options, link: &str) -> Result<(), WireError> {
    if is_feed_query(&options.query) && !(options.delta_token.is_some() && options.skip_token.is_some()) {
        return Ok(());
    }
    Err(WireError::bad_request(format!("Other query options cannot stand beside {link}; use the link as it was given")))
}

/// Refuses the options of lists where something else is read.
///
/// # Errors
/// 400 naming the option.
pub(crate) fn refuse_list_options(options: &Options, what: &str) -> Result<(), WireError> {
    let query = &options.query;
    let first = [
        ("$apply", !query.apply.is_empty()),
        ("$filter", query.filter.is_some()),
        ("$orderby", !query.order_by.is_empty()),
        ("$top", query.top.is_some()),
        ("$skip", query.skip > 0),
        ("$count", options.count_given),
        ("$search", !query.search.is_empty()),
        ("$deltatoken", options.delta_token.is_some()),
        ("$skiptoken", options.skip_token.is_some()),
        ("$id", options.id.is_some()),
    ]
    .into_iter()
    .find(|(_, given)| *given);
    match first {
        Some((option, _)) => Err(WireError::bad_request(format!("{option} has no meaning for {what}")).about(option)),
        None => Ok(()),
    }
}

/// Returns the names of the properties that a writer wants cells of.
fn wanted(writer: &RecordWriter<'_>) -> Vec<String> {
    writer.properties().iter().map(|property| property.name.clone()).collect()
}

/// Returns the page size that a client asked for, within a limit.
fn page_size(prefer: &Prefer, default: u32, most: u32) -> u32 {
    prefer.max_page_size.map_or(default, |size| size.clamp(1, most))
}

/// Returns where the next page of a path is.
fn link(call: &Call, path: &str, query: &str) -> String {
    format!("{}{path}?{query}", call.base())
}

/// Answers a page. Its next link stands in a header too, so that a client can ask for the next page while it still
/// reads this one (RFC 8288).
fn page_answer(page: Page, format: Format) -> Answer {
    let short = page.next_link.filter(|link| link.len() <= LONGEST_LINK_HEADER);
    let next = short.map(|link| format!("<{link}>; rel=\"next\""));
    Answer::new(StatusCode::OK, format.content_type(), page.body).with_some(header::LINK, next.as_deref())
}
