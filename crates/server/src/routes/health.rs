//! `GET /health/live` and `GET /health/ready`: for whoever keeps the process running.

use crate::answer::Answer;
use crate::server::Server;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use std::sync::Arc;

/// Answers that the process runs.
pub(crate) async fn live() -> Response {
    Answer::new(StatusCode::OK, "text/plain; charset=utf-8", "live\n").into_response()
}

/// Answers whether the database answers.
pub(crate) async fn ready(State(server): State<Arc<Server>>) -> Response {
    match server.storage.ready().await {
        Ok(()) => Answer::new(StatusCode::OK, "text/plain; charset=utf-8", "ready\n"),
        Err(error) => error.to_wire().into(),
    }
    .into_response()
}
