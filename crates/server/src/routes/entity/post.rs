//! `POST /odata/Set`: a new record, or one whose key the client made and perhaps sent before (seed step 9).

use super::{Asked, Write, check_content, finish};
use crate::call::Call;
use crate::server::Server;
use crate::write::read_body_naming;
use tidemark_model::Method;
use tidemark_odata::WireError;

/// Reads the request.
pub(super) fn read(server: &Server, call: &Call, set: &str) -> Result<Write, WireError> {
    let model_set = server.set(set)?;
    check_content(call)?;
    let (key, body) = read_body_naming(model_set, &call.body, &call.named)?;
    finish(server, call, Asked { set, key, method: Method::Create, body })
}
