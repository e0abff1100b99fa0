//! `POST /odata/$batch`: many requests in one (Protocol 4.01 section 11.7, OData JSON 4.01 section 19).
//!
//! Owns: which format a batch and its answers have. Parts are carried out in order; writes that stand together are one
//! transaction, each part (or group) of it whole or not at all (`run`). Refuses: what a single request means; its own route
//! says.

mod condition;
mod part;
mod refer;
mod render;
mod run;

use crate::answer::Reply;
use crate::call::Call;
use crate::server::Server;
use http::header;
use run::Run;
use std::sync::Arc;
use tidemark_odata::{
    BatchFormat, Code, Options, Preference, WireError, negotiate_batch, read_batch_request, read_multipart_request,
};

/// Carries out a batch.
///
/// # Errors
/// 400, 406, 413 and 415 for the batch as a whole; what is wrong with a part is in its own answer.
pub(crate) async fn run(server: &Arc<Server>, call: &Call) -> Reply {
    // A page of another site can send a body without a type unasked.
    let content_type = call.header(&header::CONTENT_TYPE).unwrap_or_default();
    let asked = BatchFormat::of_content_type(content_type).ok_or_else(|| unsupported(content_type))?;
    let options = call.options()?;
    crate::routes::set::refuse_list_options(&options, "$batch")?;
    let wanted = wanted(call, &options, asked)?;
    let parts = match asked {
        BatchFormat::Json => read_batch_request(&call.body)?,
        BatchFormat::Multipart => read_multipart_request(content_type, &call.body)?,
    };
    let continue_on_error = call.prefer().continue_on_error;
    let answers = Run::new(server, call, parts, continue_on_error).finish().await?;
    let answer = match wanted {
        Wanted::Json(content_type) => render::json(content_type, answers),
        Wanted::Multipart => render::multipart(call.version, &server.ports.ids.fresh().to_string(), answers),
    };
    Ok(if continue_on_error { call.applied(answer, &[Preference::ContinueOnError]) } else { answer })
}

/// How the answers are written.
enum Wanted {
    /// As JSON, with this `Content-Type`.
    Json(&'static str),
    /// As `multipart/mixed`.
    Multipart,
}

fn wanted(call: &Call, options: &Options, asked: BatchFormat) -> Result<Wanted, WireError> {
    let format = options.format.as_deref();
    match negotiate_batch(asked, call.version, call.header(&header::ACCEPT), format)? {
        BatchFormat::Json => Ok(Wanted::Json(call.format(options)?.content_type())),
        BatchFormat::Multipart => Ok(Wanted::Multipart),
    }
}

fn unsupported(content_type: &str) -> WireError {
    let media = content_type.split(';').next().unwrap_or_default().trim();
    let given = if media.is_empty() { "without a type".to_owned() } else { format!("as {media:?}") };
    let sentence = format!("A batch is taken as application/json or multipart/mixed, not {given}");
    WireError::new(415, Code::UnsupportedMediaType, sentence).about("Content-Type")
}
