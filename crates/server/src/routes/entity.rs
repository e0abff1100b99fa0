//! `/odata/Set(key)` and `POST /odata/Set`: one record.
//!
//! Owns: what is common to the requests that write: reading them whole, so that a request of its own and a part of
//! a batch are the same. Refuses: carrying them out (`write`).

mod beyond;
mod delete;
mod patch;
mod post;
mod put;
pub(crate) mod read;

use crate::call::{Call, header_text, names};
use crate::change::{Body, Change, Repeat, read_repeat};
use crate::server::Server;
use crate::storage::Caller;
use crate::write::{Beside, Inside, Shape, tie};
use http::{Method, header};
use tidemark_model::{Condition, RecordId};
use tidemark_odata::{Code, Format, RecordWriter, Resource, Version, WireError, parse_condition};
use uuid::Uuid;

/// A request that writes, read whole.
pub(crate) struct Write {
    /// What it does.
    pub(crate) change: Change,
    /// How it is answered.
    pub(crate) shape: Shape,
    /// What makes the records within it.
    pub(crate) beside: Beside,
}

impl Write {
    /// Returns the changes, which stand or fall together, and how they are answered.
    pub(crate) fn into_step(self) -> (Vec<Change>, Shape) {
        let Beside { mut before, after } = self.beside;
        before.push(self.change);
        before.extend(after);
        (before, self.shape)
    }
}

/// Reads a request that writes one record; `None` for any other request.
pub(crate) fn read_write(server: &Server, call: &Call) -> Option<Result<Write, WireError>> {
    match (call.method.as_str(), &call.resource) {
        ("POST", Resource::Set(set)) => Some(post::read(server, call, set)),
        ("PUT", Resource::Entity { set, id }) => Some(put::read(server, call, set, *id)),
        ("PATCH", Resource::Entity { set, id }) => Some(patch::read(server, call, set, *id)),
        ("DELETE", Resource::Entity { set, id }) => Some(delete::read(server, call, set, *id)),
        (_, Resource::Below { set, id, steps, end }) => {
            beyond::Below { set, id: *id, steps, end: *end }.read(server, call)
        }
        _ => None,
    }
}

/// A request that writes, as its verb's file has read it.
struct Asked<'a> {
    set: &'a str,
    /// The key that the client gave.
    key: Option<RecordId>,
    method: tidemark_model::Method,
    body: Body,
}

/// Puts headers and options to what the verb's file has read.
fn finish(server: &Server, call: &Call, asked: Asked<'_>) -> Result<Write, WireError> {
    let set = server.set(asked.set)?;
    let options = call.options()?;
    super::set::refuse_list_options(&options, "a request that writes")?;
    super::set::refuse_beside(&options)?;
    // A delete has no answer that could be in the wrong form.
    let format = match asked.method {
        tidemark_model::Method::Delete => Format::default(),
        _ => call.format(&options)?,
    };
    RecordWriter::new(set, &options.query.select, call.version, format)?;
    let condition = parse_condition(call.header(&header::IF_MATCH), call.header(&header::IF_NONE_MATCH))?;
    let repeat = read_repeat(
        header_text(&call.headers, &names::REPEATABILITY_REQUEST_ID),
        header_text(&call.headers, &names::REPEATABILITY_FIRST_SENT),
        set,
        asked.method,
        asked.key,
        &asked.body,
    )?;
    // A repeat whose first answer was lost must name the same record, also where the first one is no longer remembered.
    let id = match (asked.key, &repeat) {
        (Some(key), _) => key,
        (None, Some(repeat)) => key_of(call.caller()?, &set.name, repeat),
        (None, None) => server.ports.ids.fresh(),
    };
    let shape = Shape {
        set: set.name.clone(),
        id,
        method: asked.method,
        is_repeatable: repeat.is_some(),
        select: options.query.select,
        format,
        return_minimal: call.prefer().return_minimal,
        stamp: asked.body.stamp,
        within: Vec::new(),
        guards: Vec::new(),
        must_exist: false,
    };
    let change = Change {
        set: set.name.clone(),
        id,
        method: asked.method,
        condition,
        body: asked.body,
        repeat,
        asks_for: None,
        only_if: None,
    };
    Ok(Write { change, shape, beside: Beside::default() })
}

/// Makes the records within a record that is made. A record that is there already is not made, whoever is within or around it.
fn with_inside(server: &Server, call: &Call, write: &mut Write, inside: Vec<Inside<'_>>) -> Result<(), WireError> {
    if !inside.is_empty() && write.change.condition == Condition::None {
        write.change.condition = Condition::NoneMatchAny;
    }
    let caller = call.caller()?;
    let mut fresh = |set: &str, name: Option<&Repeat>| match name {
        Some(name) => key_of(caller, set, name),
        None => server.ports.ids.fresh(),
    };
    write.beside = tie(&server.model, inside, (&mut write.change, &mut write.shape), &mut fresh)?;
    Ok(())
}

/// Derives the key of a record that is made under a name which a client gave its request.
fn key_of(caller: &Caller, set: &str, repeat: &Repeat) -> RecordId {
    let whose = format!("{}/{}/{set}/", caller.workspace_no, caller.user_no);
    let name = [whose.as_bytes(), &repeat.request].concat();
    RecordId(Uuid::new_v5(&Uuid::NAMESPACE_OID, &name))
}

/// Checks what a body is written in.
fn check_content(call: &Call) -> Result<(), WireError> {
    Version::check_body(call.header(&names::ODATA_VERSION))?;
    let Some(content_type) = call.header(&header::CONTENT_TYPE) else { return Ok(()) };
    let media = content_type.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/json") || media.is_empty() {
        return Ok(());
    }
    let sentence = format!("A record is taken as application/json, not as {media}");
    Err(WireError::new(415, Code::UnsupportedMediaType, sentence).about("Content-Type"))
}

/// Checks that a body's `Id`, where it has one, is the URL's key.
fn same_key(key: RecordId, in_body: Option<RecordId>) -> Result<(), WireError> {
    match in_body {
        Some(id) if id != key => {
            let sentence = format!("Id is {id} in the body and {key} in the URL; a key cannot be changed");
            Err(WireError::new(400, Code::InvalidRecord, sentence).about(tidemark_model::ID))
        }
        _ => Ok(()),
    }
}

/// Tells which methods a resource has.
pub(crate) fn allowed_methods(server: &Server, resource: &Resource) -> &'static str {
    match resource {
        Resource::Below { set, id, steps, end } => server.set(set).map_or("GET, HEAD, OPTIONS", |model_set| {
            beyond::Below { set, id: *id, steps, end: *end }.methods(model_set)
        }),
        Resource::Service
        | Resource::Metadata
        | Resource::OpenApi
        | Resource::Count(_)
        | Resource::References(_)
        | Resource::EntityById => "GET, HEAD, OPTIONS",
        Resource::Batch | Resource::Query(_) => "POST, OPTIONS",
        Resource::Set(_) => "GET, HEAD, POST, OPTIONS",
        Resource::Entity { .. } => "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
    }
}

/// Reads a batch part's method; OData's methods are in upper case.
pub(crate) fn read_method(text: &str) -> Result<Method, WireError> {
    Method::from_bytes(text.as_bytes()).map_err(|_| WireError::bad_request(format!("{text:?} is not a method")))
}
