//! One request below the service root: which verb of which resource is in which file.
//!
//! Owns: that table; a part of a batch goes by it too. Refuses: batches, which are made of such requests and of nothing else.

use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::routes::{below, entity, metadata, openapi, query, reference, service, set};
use crate::server::Server;
use crate::write;
use http::{StatusCode, header};
use std::sync::Arc;
use tidemark_odata::{Code, Resource, WireError};

/// Answers a request.
///
/// # Errors
/// What the route says, as the one error of the wire.
pub(crate) async fn answer(server: &Arc<Server>, call: &Call) -> Reply {
    match (call.method.as_str(), &call.resource) {
        ("GET", Resource::Service) => service::read(server, call),
        ("GET", Resource::Metadata) => metadata::read(server, call),
        ("GET", Resource::OpenApi) => openapi::read(server, call),
        ("GET", Resource::Set(name)) => set::read(server, call, name).await,
        ("GET", Resource::Count(name)) => set::count::read(server, call, name).await,
        ("GET", Resource::Entity { set, id }) => entity::read::read(server, call, set, *id).await,
        ("GET", Resource::EntityById) => entity::read::by_id(server, call).await,
        ("GET", Resource::References(name)) => reference::of_set(server, call, name).await,
        ("GET", Resource::Below { set, id, steps, end }) => {
            below::read(server, call, &below::Asked { set, id: *id, steps, end: *end }).await
        }
        ("POST", Resource::Query(inner)) => Box::pin(answer(server, &query::as_read(call, inner)?)).await,
        ("POST", Resource::Set(_) | Resource::Below { .. })
        | ("PUT" | "PATCH" | "DELETE", Resource::Entity { .. } | Resource::Below { .. }) => {
            match entity::read_write(server, call) {
                Some(write) => {
                    let (changes, shape) = write?.into_step();
                    write::perform(server, call, changes, &shape).await
                }
                None => Ok(method_not_allowed(server, call)),
            }
        }
        ("OPTIONS", resource) => {
            Ok(Answer::empty(StatusCode::NO_CONTENT).with(header::ALLOW, entity::allowed_methods(server, resource)))
        }
        _ => Ok(method_not_allowed(server, call)),
    }
}

fn method_not_allowed(server: &Server, call: &Call) -> Answer {
    let sentence = format!("{} has no meaning for this resource", call.method);
    let error = WireError::new(405, Code::MethodNotAllowed, sentence);
    Answer::of_error(&error).with(header::ALLOW, entity::allowed_methods(server, &call.resource))
}
