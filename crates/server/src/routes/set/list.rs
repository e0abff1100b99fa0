//! An ordinary list, of a set or of the records that are related to one: `$apply $compute $filter $select $orderby $top $skip
//! $count $search $expand`, in pages of the server's choice.
//!
//! A next link carries the ordering keys of the last record (`next`). Keys too long for a URL are replaced by a number to skip,
//! and so are those of rows that are no records.

use super::feed::{bad_token, write_record};
use super::{expanded, expansion, next, page_answer, page_size, shape, wanted};
use crate::answer::Reply;
use crate::call::Call;
use crate::change::{Place, etag};
use crate::limits::{LIST_PAGE, MAX_PAGE_BYTES, MAX_URL_BYTES};
use crate::server::Server;
use crate::storage::{Page, Read, ReadOutcome, Render, RowView, Selection, StorageError};
use crate::token::{BadToken, Token};
use std::sync::Arc;
use tidemark_model::query::{Expr, Query};
use tidemark_model::{Cell, EntitySet, ID, RecordId};
use tidemark_odata::{
    Format, Link, Options, PageWriter, Prefer, Preference, RecordWriter, Version, WireError, context_url,
};
use tidemark_sql::QueryError;

/// Answers a page of a list.
///
/// # Errors
/// 400, 410 and 501, naming what does not fit.
pub(super) async fn read(
    server: &Arc<Server>,
    call: &Call,
    set: &EntitySet,
    (path, place): (&str, &Place),
    options: Options,
    format: Format,
    prefer: &Prefer,
) -> Reply {
    let asked = without_skip_token(&call.query);
    // All pages of a list are of one moment: `now()` is that of the first one.
    let (given, now, after) = match &options.skip_token {
        None => (0, server.now_micros(), None),
        Some(text) => {
            let identity = server.identity();
            let sealed = next::List { path, place, asked: &asked }.sealed();
            match server.seal(&identity, place, &sealed).open(text).map_err(bad_token)? {
                Token::List { given, now, after } => (given, now, after),
                _ => return Err(bad_token(BadToken::Foreign)),
            }
        }
    };
    let wants_count = options.query.count;
    let mut query = options.query;
    query.at(now);
    shape::resolve(&mut query)?;
    let is_summary = query.is_summary();
    if is_summary && !query.expand.is_empty() {
        let sentence = "$expand has nothing to stand in where $apply makes other rows than records";
        return Err(WireError::bad_request(sentence).about("$expand"));
    }
    let limit = page_size(prefer, LIST_PAGE, LIST_PAGE);
    let left = query.top.map(|top| top.saturating_sub(given));
    // One row more than the page says whether there is a next one, where $top does not say it.
    let fetch = u64::from(limit) + 1;
    query.top = Some(left.map_or(fetch, |left| left.min(fetch)));
    query.skip = match (given, &after) {
        (0, _) => query.skip,
        (_, Some(_)) => 0,
        (given, None) => query.skip.saturating_add(given),
    };
    let writer = writer(set, &query, call.version, format)?;
    let branches = expansion::branches(server, call, format, set, &query.expand)?;
    let expand: Vec<_> = branches.iter().map(|branch| branch.expansion.clone()).collect();
    drop(branches);
    let properties = match expand.is_empty() {
        _ if is_summary => Vec::new(),
        true => wanted(&writer),
        false => expanded::every_property(set),
    };
    let progress = Progress { path: path.to_owned(), asked, given, now, limit };
    let render = render(server, call, place, format, &query, progress);
    let read = Read {
        place: place.clone(),
        properties,
        selection: Selection::Matching { query: Box::new(query), after },
        count: wants_count,
        from: None,
        expand,
    };
    let page = match server.storage.read(read, render).await.map_err(|error| error.to_wire())? {
        ReadOutcome::Page(page) => page,
        ReadOutcome::Lost(_) => return Err(bad_token(BadToken::Foreign)),
    };
    let answer = page_answer(page, format);
    match prefer.max_page_size {
        Some(_) => Ok(call.applied(answer, &[Preference::MaxPageSize(limit)])),
        None => Ok(answer),
    }
}

/// How far the list is.
struct Progress {
    /// The path, relative to the service root.
    path: String,
    /// The query, as it came, without `$skiptoken`.
    asked: String,
    given: u64,
    /// What `now()` is, in microseconds since 1970.
    now: i64,
    limit: u32,
}

fn render(
    server: &Arc<Server>,
    call: &Call,
    place: &Place,
    format: Format,
    query: &Query,
    progress: Progress,
) -> Render {
    let (server, call, place) = (Arc::clone(server), call.clone(), place.clone());
    let query = query.clone();
    Box::new(move |snapshot, rows| {
        let missing = || StorageError::Failed(format!("the model lost {}", place.set));
        let set = server.model.set(&place.set).ok_or_else(missing)?;
        let (is_summary, keys) = (query.is_summary(), number_of_keys(&query));
        let writer = self::writer(set, &query, call.version, format).map_err(|_| missing())?;
        let branches = expansion::branches(&server, &call, format, set, &query.expand).map_err(|_| missing())?;
        let made = shape::made_writer(&snapshot.made, call.version, format);
        let select = if is_summary { made.names() } else { expanded::selected(&query.select, &branches) };
        let context = context_url(call.base(), &set.name, &select, "");
        let mut page = PageWriter::new(writer.clone(), &context, snapshot.total);
        let own = match branches.is_empty() {
            _ if is_summary => 0,
            true => page.properties().len(),
            false => set.entity_type.properties.len(),
        };
        let width = own + snapshot.made.len();
        let aliases = expanded::aliases_of(&call.query);
        let (version, base, now) = (call.version, call.base(), progress.now);
        let members = expanded::Members { server: &server, version, base, aliases: &aliases, now };
        let mut tag = String::with_capacity(24);
        let mut written = 0;
        let mut last = None;
        let mut has_more = false;
        while let Some(row) = rows.next()? {
            if written >= progress.limit || page.len() >= MAX_PAGE_BYTES {
                has_more = true;
                break;
            }
            written += 1;
            if is_summary {
                let cells = expanded::first_cells(row, width)?;
                page.row(|out| made.append(out, &cells));
                continue;
            }
            etag(row.version()?, &mut tag);
            if branches.is_empty() && width == own {
                write_record(&mut page, row, &tag, width)?;
            } else if branches.is_empty() {
                let cells = expanded::first_cells(row, width)?;
                page.record_with(&tag, &cells[..own], |out| made.append(out, &cells[own..]));
            } else {
                let cells = expanded::first_cells(row, width)?;
                let id = if let Some(Cell::Guid(id)) = cells.first() { *id } else { continue };
                page.record_with(&tag, expanded::cells_of(set, &writer, &cells), |out| {
                    made.append(out, &cells[own..]);
                    members.write(out, &branches, row.found(), (&set.name, RecordId(id)));
                });
            }
            // Only the row that ends up last is needed, and only where a page follows; rows in memory may end at any.
            if !branches.is_empty() || written == progress.limit || page.len() >= MAX_PAGE_BYTES {
                last = Some(keys_of(row, width, keys)?);
            }
        }
        has_more |= rows.is_cut();
        if !has_more {
            return Ok(Page { body: page.finish(Link::None), next_link: None, delta_token: None });
        }
        let after = last.flatten();
        let token = Token::List { given: progress.given + u64::from(written), now: progress.now, after };
        let list = next::List { path: &progress.path, place: &place, asked: &progress.asked };
        let next = list.link(&server, call.base(), &token);
        // A query that came as a body may be too long for the address of a next page.
        if next.len() > MAX_URL_BYTES {
            return Err(QueryError::TooComplex.into());
        }
        Ok(Page { body: page.finish(Link::Next(&next)), next_link: Some(next), delta_token: None })
    })
}

/// Prepares a writer of what is selected of the records; rows that are none have values alone.
fn writer<'m>(
    set: &'m EntitySet,
    query: &Query,
    version: Version,
    format: Format,
) -> Result<RecordWriter<'m>, WireError> {
    match query.is_summary() {
        true => RecordWriter::new(set, &[], version, format),
        false => RecordWriter::beside(set, &query.select, &shape::made_names(query), version, format),
    }
}

/// Returns how many ordering keys a row has: those asked for, and `Id` unless it is among them.
fn number_of_keys(query: &Query) -> usize {
    let by_id = query.order().iter().any(|key| key.expr == Expr::Property(ID.into()));
    query.order().len() + usize::from(!by_id)
}

/// Copies the ordering keys of a row; `None` where they are too long.
fn keys_of(row: RowView<'_>, width: usize, keys: usize) -> crate::storage::Result<Option<Vec<Cell<'static>>>> {
    let copied = (width..width + keys).map(|index| Ok(row.cell(index)?.into_owned()));
    copied.collect::<crate::storage::Result<_>>().map(next::portable)
}

/// Returns a raw query without `$skiptoken`, spelled in whichever way.
fn without_skip_token(raw: &str) -> String {
    let is_skip_token = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default().to_ascii_lowercase();
        matches!(name.as_str(), "$skiptoken" | "skiptoken" | "%24skiptoken")
    };
    raw.split('&').filter(|part| !part.is_empty() && !is_skip_token(part)).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_skip_token_is_taken_out_of_a_query_and_nothing_else() {
        assert_eq!(without_skip_token("$filter=a eq 1&$skiptoken=x&$top=2"), "$filter=a eq 1&$top=2");
        assert_eq!(without_skip_token("%24SkipToken=x"), "");
        assert_eq!(without_skip_token("skiptoken=x&&a=1"), "a=1");
        assert_eq!(without_skip_token(""), "");
    }
}
