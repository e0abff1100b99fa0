//! `GET /odata/`: the service document.

use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::server::Server;
use http::StatusCode;
use tidemark_odata::service_document;

/// Answers with the entity sets there are.
///
/// # Errors
/// 400, 406 and 501 for options that do not fit.
pub(crate) fn read(server: &Server, call: &Call) -> Reply {
    let options = call.options()?;
    super::set::refuse_list_options(&options, "the service document")?;
    let format = call.format(&options)?;
    let body = service_document(&server.model, call.version, call.base());
    Ok(Answer::new(StatusCode::OK, format.content_type(), body))
}
