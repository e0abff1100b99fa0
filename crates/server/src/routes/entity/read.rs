//! `GET /odata/Set(key)`: one live record.

use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::change::Row;
use crate::routes::set::expanded;
use crate::server::Server;
use crate::write::{entity_body, no_such_record};
use http::{StatusCode, header};
use std::sync::Arc;
use tidemark_model::RecordId;
use tidemark_odata::{EntityTags, Format, Options, Resource, WireError, parse_path};

/// Answers one record, or that the client has it already.
///
/// # Errors
/// 404 where there is none: never, not any more, or in another workspace.
pub(crate) async fn read(server: &Arc<Server>, call: &Call, name: &str, id: RecordId) -> Reply {
    let (set, place) = server.place(call.caller()?, name)?;
    let mut options = call.options()?;
    let now = server.now_micros();
    options.query.at(now);
    crate::routes::set::refuse_list_options(&options, "a single record")?;
    let format = call.format(&options)?;
    crate::routes::set::shape::resolve(&mut options.query)?;
    // What is related to a record may have changed where the record has not.
    if !options.query.expand.is_empty() || !options.query.compute.is_empty() {
        return expanded::one(server, call, (set, &place), id, options, format, now).await;
    }
    let known = known(call)?;
    let row = server.storage.record(&place, id).await.map_err(|error| error.to_wire())?;
    let Some(row) = row.filter(|row| !row.is_tombstoned) else { return Err(no_such_record(&set.name, id)) };
    answer(server, call, &set.name, &options, format, &row, known.as_ref())
}

/// Answers the record whose address `$id` is (OData URL Conventions 4.01 section 4.6).
///
/// # Errors
/// 400 where it is no record's address, 404 where there is none.
pub(crate) async fn by_id(server: &Arc<Server>, call: &Call) -> Reply {
    let mut options = call.options()?;
    let wrong =
        |problem: &str| WireError::bad_request(format!("$entity takes the address of a record in $id: {problem}"));
    let address = options.id.take().ok_or_else(|| wrong("there is none"))?;
    let (path, _) = call.split(&address)?;
    match parse_path(path)? {
        Resource::Entity { set, id } => {
            // The address has been followed: what is left is a read of that record.
            let is_id = |part: &&str| {
                let name = part.split('=').next().unwrap_or_default().to_ascii_lowercase();
                matches!(name.as_str(), "$id" | "id" | "%24id")
            };
            let query = call.query.split('&').filter(|part| !is_id(part)).collect::<Vec<_>>().join("&");
            read(server, &Call { query, ..call.clone() }, &set, id).await
        }
        _ => Err(wrong("this is another resource's")),
    }
}

fn known(call: &Call) -> Result<Option<EntityTags>, WireError> {
    call.header(&header::IF_NONE_MATCH).map(|tags| EntityTags::parse("If-None-Match", tags)).transpose()
}

fn answer(
    server: &Server,
    call: &Call,
    set: &str,
    options: &Options,
    format: Format,
    row: &Row,
    known: Option<&EntityTags>,
) -> Reply {
    let etag = row.etag();
    if known.is_some_and(|known| known.matches(&etag)) {
        return Ok(Answer::empty(StatusCode::NOT_MODIFIED).with(header::ETAG, &etag));
    }
    let body = entity_body(server, call, set, &options.query.select, format, row)?;
    Ok(Answer::new(StatusCode::OK, format.content_type(), body).with(header::ETAG, &etag))
}
