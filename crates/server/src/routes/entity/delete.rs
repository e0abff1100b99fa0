//! `DELETE /odata/Set(key)`: a tombstone, never a real delete (seed step 9).

use super::{Asked, Write, finish};
use crate::call::Call;
use crate::change::Body;
use crate::server::Server;
use tidemark_model::{Method, RecordId};
use tidemark_odata::WireError;

/// Reads the request; a body has no meaning and is not looked at.
pub(super) fn read(server: &Server, call: &Call, set: &str, id: RecordId) -> Result<Write, WireError> {
    finish(server, call, Asked { set, key: Some(id), method: Method::Delete, body: Body::default() })
}
