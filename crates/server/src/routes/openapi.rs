//! `GET /odata/openapi.json`: the service for tools that know no OData.

use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::server::Server;
use http::StatusCode;
use tidemark_odata::openapi;

/// Answers with the OpenAPI document.
///
/// # Errors
/// 400 for options, which mean nothing here.
pub(crate) fn read(server: &Server, call: &Call) -> Reply {
    let options = call.options()?;
    super::set::refuse_list_options(&options, "openapi.json")?;
    Ok(Answer::new(StatusCode::OK, "application/json", openapi(&server.model, &call.root)))
}
