//! `GET /history/{set}/{guid}`: who changed a record, when, on which device, property by property.
//!
//! Beside OData, like `/session`: a change journal has no entity type. A record of another workspace, or another user's
//! in a set that each user has their own of, answers exactly as one that never was.

use crate::answer::{Answer, Reply, respond};
use crate::change::etag;
use crate::server::Server;
use crate::storage::{Caller, PastChange};
use crate::write::no_such_record;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tidemark_model::RecordId;
use tidemark_odata::WireError;

/// Changes in one answer, at the most; the newest.
const MOST: usize = 200;

/// Answers with a record's changes, newest first.
pub(crate) async fn read(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path((set, id)): Path<(String, String)>,
) -> Response {
    respond(changes(&server, &caller, &set, &id).await)
}

async fn changes(server: &Server, caller: &Caller, set: &str, id: &str) -> Reply {
    let (set, place) = server.place(caller, set)?;
    let id: RecordId = id.parse().map_err(|_| WireError::not_found(format!("{id:?} is no record's GUID")))?;
    let changes = server.storage.history(&place, id, MOST).await.map_err(|error| error.to_wire())?;
    let changes = changes.ok_or_else(|| no_such_record(&set.name, id))?;
    let value: Vec<Value> = changes.into_iter().map(line).collect();
    Ok(Answer::new(StatusCode::OK, "application/json", json!({ "value": value }).to_string()))
}

fn line(change: PastChange) -> Value {
    let mut version = String::new();
    etag(change.version, &mut version);
    let values: Map<String, Value> = change
        .changes
        .into_iter()
        .map(|value| (value.property, json!({ "from": value.from, "to": value.to })))
        .collect();
    json!({
        "sequence": change.version.sequence,
        "etag": version,
        "at": change.at_ms,
        "received_at": change.received_ms,
        "user": change.user,
        "device": change.device,
        "kind": change.what.as_str(),
        "changes": values,
    })
}
