//! `GET /session`: who the caller is.

use crate::answer::Answer;
use crate::server::Server;
use crate::storage::Caller;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;

/// Answers with the caller's account.
pub(crate) async fn read(State(server): State<Arc<Server>>, Extension(caller): Extension<Arc<Caller>>) -> Response {
    let answer = json!({
        "user": caller.user,
        "workspace": caller.workspace,
        "server_id": server.identity().server_id,
    });
    Answer::new(StatusCode::OK, "application/json", answer.to_string()).into_response()
}
