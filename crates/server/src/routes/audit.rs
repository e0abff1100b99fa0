//! `GET /audit/{set}?at=TOKEN`: what a set holds at a place in its feed, as digests, for a device's self-audit.
//!
//! Beside OData, like `/history`. Owns: answering only where nothing has changed since the token of the device's delta
//! link was given, so that both ends speak of the same records, and a bound on the cost: one read of the set's live
//! records, one at a time in this process. Refuses: content; `&buckets=0a,ff` names the records of a few buckets with
//! their digests (`tidemark_model::digest`).

use crate::answer::{Answer, Reply, respond};
use crate::change::{Mark, etag};
use crate::routes::set::bad_token;
use crate::server::Server;
use crate::storage::{Caller, FeedLoss, Page, Read, ReadOutcome, Render, Selection};
use crate::token::{BadToken, Token};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use tidemark_model::{BUCKETS, Bucket, Cell, ID, RecordId, RowDigest, bucket_of};
use tidemark_odata::{Code, WireError};

/// Buckets whose records one request may name.
const MOST_BUCKETS: usize = 32;

/// Answers with digests.
pub(crate) async fn read(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(set): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    respond(digests(&server, &caller, &set, &query).await)
}

async fn digests(server: &Arc<Server>, caller: &Caller, set: &str, query: &HashMap<String, String>) -> Reply {
    let (set, place) = server.place(caller, set)?;
    let at = query.get("at").ok_or_else(|| WireError::bad_request("Say which place: at=TOKEN of a delta link"))?;
    let identity = server.identity();
    let at = match server.seal(&identity, &place, "").open(at).map_err(bad_token)? {
        Token::Delta(mark) => mark,
        _ => return Err(bad_token(BadToken::Foreign)),
    };
    let named = query.get("buckets").map(|text| named_buckets(text)).transpose()?;
    let Ok(_turn) = server.audits.try_acquire() else {
        return Err(WireError::new(503, Code::Busy, "Another audit is running. Ask again later"));
    };
    let mut properties = vec![ID.to_owned()];
    properties.extend(set.entity_type.declared().map(|property| property.name.clone()));
    let selection = Selection::LiveAfter { id: None, limit: u32::MAX, filter: None };
    let width = properties.len();
    let read = Read { place, properties, selection, count: false, from: Some(at), expand: Vec::new() };
    let page = match server.storage.read(read, render(at, width, named)).await.map_err(|error| error.to_wire())? {
        ReadOutcome::Page(page) => page,
        ReadOutcome::Lost(FeedLoss::Expired | FeedLoss::Unknown) => return Err(bad_token(BadToken::Foreign)),
    };
    if page.body.is_empty() {
        return Err(WireError::new(
            409,
            Code::Moved,
            "Records have changed since this link was given. Follow it first",
        ));
    }
    Ok(Answer::new(StatusCode::OK, "application/json", page.body))
}

fn named_buckets(text: &str) -> Result<Vec<usize>, WireError> {
    let buckets: Option<Vec<usize>> =
        text.split(',').map(|bucket| usize::from_str_radix(bucket, 16).ok().filter(|n| *n < BUCKETS)).collect();
    let buckets = buckets.filter(|buckets| buckets.len() <= MOST_BUCKETS);
    buckets.ok_or_else(|| WireError::bad_request(format!("buckets takes up to {MOST_BUCKETS} of 00 to ff")))
}

/// Sums up the rows as they come; an empty page says that the set has moved on.
fn render(at: Mark, width: usize, named: Option<Vec<usize>>) -> Render {
    Box::new(move |snapshot, rows| {
        let page = |body| Page { body, next_link: None, delta_token: None };
        if snapshot.position.mark != at {
            return Ok(page(Vec::new()));
        }
        let mut buckets = [Bucket::default(); BUCKETS];
        let mut listed: Vec<Value> = Vec::new();
        let mut tag = String::with_capacity(24);
        while let Some(row) = rows.next()? {
            let Cell::Guid(id) = row.cell(0)? else { continue };
            let id = RecordId(id);
            let bucket = bucket_of(id);
            if named.as_ref().is_some_and(|named| !named.contains(&bucket)) {
                continue;
            }
            etag(row.version()?, &mut tag);
            let cells = (1..width).map(|index| row.cell(index)).collect::<Result<Vec<_>, _>>()?;
            let digest = RowDigest::of(id, &tag, &cells);
            match named {
                Some(_) => listed.push(json!([id, hex(digest.identity), hex(digest.content)])),
                None => buckets[bucket].add(digest),
            }
        }
        let of_bucket = |bucket: &Bucket| json!([bucket.count, hex(bucket.identity), hex(bucket.content)]);
        let body = match named {
            Some(_) => json!({ "sequence": at.sequence, "records": listed }),
            None => json!({ "sequence": at.sequence, "buckets": buckets.iter().map(of_bucket).collect::<Vec<_>>() }),
        };
        Ok(page(body.to_string().into_bytes()))
    })
}

fn hex(digest: u64) -> String {
    format!("{digest:016x}")
}
