//! `PATCH /odata/Set(key)`: the properties that the body names (seed step 9).

use super::{Asked, Write, check_content, finish, same_key};
use crate::call::Call;
use crate::server::Server;
use crate::write::read_body_of;
use tidemark_model::{Method, RecordId};
use tidemark_odata::WireError;

/// Reads the request.
pub(super) fn read(server: &Server, call: &Call, set: &str, id: RecordId) -> Result<Write, WireError> {
    let model_set = server.set(set)?;
    check_content(call)?;
    let (in_body, body) = read_body_of(call, model_set)?;
    same_key(id, in_body)?;
    finish(server, call, Asked { set, key: Some(id), method: Method::Update, body })
}
