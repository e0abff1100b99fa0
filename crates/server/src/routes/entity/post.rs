//! `POST /odata/Set`: a new record, or one whose key the client made and perhaps sent before (seed step 9).

use super::{Asked, Write, check_content, finish, with_inside};
use crate::call::Call;
use crate::server::Server;
use crate::write::read_new;
use tidemark_model::Method;
use tidemark_odata::WireError;

/// Reads the request.
pub(super) fn read(server: &Server, call: &Call, set: &str) -> Result<Write, WireError> {
    let model_set = server.set(set)?;
    check_content(call)?;
    let read = read_new(call, &server.model, model_set)?;
    let mut write = finish(server, call, Asked { set, key: read.id, method: Method::Create, body: read.body })?;
    with_inside(server, call, &mut write, read.inside)?;
    Ok(write)
}
