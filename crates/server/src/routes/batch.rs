//! `POST /odata/$batch`: many requests in one (OData JSON 4.01 section 19).
//!
//! Owns: order, dependencies, atomicity groups and continue-on-error. Parts are carried out in order; writes that
//! stand together are one transaction, each part (or group) of it whole or not at all. Refuses: what a single request
//! means (its own route says) and, so far, `multipart/mixed`.

mod part;
mod run;

use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::limits::MAX_BATCH_PARTS;
use crate::server::Server;
use http::{StatusCode, header};
use run::Run;
use std::collections::HashSet;
use std::sync::Arc;
use tidemark_odata::{BatchPart, Code, Preference, WireError, read_batch_request, write_batch_answers};

/// Carries out a batch.
///
/// # Errors
/// 400, 413, 415 and 501 for the batch as a whole; what is wrong with a part is in its own answer.
pub(crate) async fn run(server: &Arc<Server>, call: &Call) -> Reply {
    check_content(call)?;
    let options = call.options()?;
    crate::routes::set::refuse_list_options(&options, "$batch")?;
    let format = call.format(&options)?;
    let parts = read_batch_request(&call.body)?;
    check_parts(&parts)?;
    let continue_on_error = call.prefer().continue_on_error;
    let answers = Run::new(server, call, parts, continue_on_error).finish().await?;
    let answer = Answer::new(StatusCode::OK, format.content_type(), write_batch_answers(&answers));
    Ok(if continue_on_error { call.applied(answer, &[Preference::ContinueOnError]) } else { answer })
}

fn check_content(call: &Call) -> Result<(), WireError> {
    let content_type = call.header(&header::CONTENT_TYPE).unwrap_or("application/json");
    let media = content_type.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    if media.eq_ignore_ascii_case("multipart/mixed") {
        return Err(WireError::not_supported("A multipart/mixed batch; send the batch as application/json, since it"));
    }
    let sentence = format!("A batch is taken as application/json, not as {media}");
    Err(WireError::new(415, Code::UnsupportedMediaType, sentence).about("Content-Type"))
}

fn check_parts(parts: &[BatchPart]) -> Result<(), WireError> {
    if parts.len() > MAX_BATCH_PARTS {
        let sentence = format!("The batch has {} requests; {MAX_BATCH_PARTS} are allowed", parts.len());
        return Err(WireError::new(413, Code::TooManyRequests, sentence));
    }
    let mut ids = HashSet::new();
    if let Some(twice) = parts.iter().find(|part| !ids.insert(part.id.as_str())) {
        return Err(WireError::bad_request(format!("Two requests of the batch have the id {:?}", twice.id)));
    }
    let mut groups = HashSet::new();
    let mut before: Option<&str> = None;
    for part in parts {
        let group = part.group.as_deref();
        if let Some(name) = group
            && before != group
            && !groups.insert(name)
        {
            return Err(WireError::bad_request(format!("The requests of group {name:?} must stand together")));
        }
        before = group;
    }
    Ok(())
}
