//! `POST /odata/Set`: a new record, or one whose key the client made and perhaps sent before (seed step 9).

use super::{Asked, Write, check_content, finish, key_of};
use crate::call::Call;
use crate::change::Repeat;
use crate::server::Server;
use crate::write::{read_new, tie};
use tidemark_model::Method;
use tidemark_odata::WireError;

/// Reads the request.
pub(super) fn read(server: &Server, call: &Call, set: &str) -> Result<Write, WireError> {
    let model_set = server.set(set)?;
    check_content(call)?;
    let read = read_new(call, &server.model, model_set)?;
    let mut write = finish(server, call, Asked { set, key: read.id, method: Method::Create, body: read.body })?;
    let caller = call.caller()?;
    let mut fresh = |set: &str, name: Option<&Repeat>| match name {
        Some(name) => key_of(caller, set, name),
        None => server.ports.ids.fresh(),
    };
    write.beside = tie(&server.model, read.inside, (&mut write.change, &mut write.shape), &mut fresh)?;
    Ok(write)
}
