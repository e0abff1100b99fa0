//! `GET /events`: server-sent events that say when the caller's workspace moved.
//!
//! Owns: the stream. The first event says where the workspace stands, so that what happened between two connections
//! is noticed. Refuses: what changed; the delta links say that.

use crate::answer::respond;
use crate::server::Server;
use crate::storage::Caller;
use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::wrappers::WatchStream;

/// How often a quiet stream shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Streams the workspace's sequence numbers.
pub(crate) async fn follow(State(server): State<Arc<Server>>, Extension(caller): Extension<Arc<Caller>>) -> Response {
    // Listening first: a commit between the two is then heard twice, not never.
    let notices = server.storage.listen(caller.workspace_no);
    let position = match server.storage.position(caller.workspace_no).await {
        Ok(position) => position,
        Err(error) => return respond(Err(error.to_wire())),
    };
    let now = futures::stream::once(async move { position.mark.sequence });
    let later = WatchStream::from_changes(notices);
    let mut stopping = server.stopping.clone();
    let events = now
        .chain(later)
        .map(|sequence| {
            Ok::<_, Infallible>(Event::default().event("moved").data(format!("{{\"sequence\": {sequence}}}")))
        })
        .take_until(async move {
            let _ = stopping.wait_for(|stopping| *stopping).await;
        });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}
