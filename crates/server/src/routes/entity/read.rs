//! `GET /odata/Set(key)`: one live record.

use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::server::Server;
use crate::write::{entity_body, no_such_record};
use http::{StatusCode, header};
use tidemark_model::RecordId;
use tidemark_odata::EntityTags;

/// Answers one record, or that the client has it already.
///
/// # Errors
/// 404 where there is none: never, not any more, or in another workspace.
pub(crate) async fn read(server: &Server, call: &Call, name: &str, id: RecordId) -> Reply {
    let (set, place) = server.place(call.caller()?, name)?;
    let options = call.options()?;
    crate::routes::set::refuse_list_options(&options, "a single record")?;
    let format = call.format(&options)?;
    let known = match call.header(&header::IF_NONE_MATCH) {
        Some(tags) => Some(EntityTags::parse("If-None-Match", tags)?),
        None => None,
    };
    let row = server.storage.record(&place, id).await.map_err(|error| error.to_wire())?;
    let Some(row) = row.filter(|row| !row.is_tombstoned) else { return Err(no_such_record(&set.name, id)) };
    let etag = row.etag();
    if known.is_some_and(|known| known.matches(&etag)) {
        return Ok(Answer::empty(StatusCode::NOT_MODIFIED).with(header::ETAG, &etag));
    }
    let body = entity_body(server, call, &set.name, &options.query.select, format, &row)?;
    Ok(Answer::new(StatusCode::OK, format.content_type(), body).with(header::ETAG, &etag))
}
