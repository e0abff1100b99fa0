//! `POST /command/<name>` and `GET /events` on the loopback.
//!
//! Owns: the walls around a data dir that a browser may ask, and the two routes. Refuses: a page of another origin, a
//! request without one, and a name that only pretends to be the loopback (DNS rebinding). Commands are the table's.

use crate::no_window::NoWindow;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, HOST,
    ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures::{Stream, StreamExt, stream};
use serde::Serialize;
use serde_json::Value;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use tidemark_app::{App, AppEvent, HOST_COMMANDS, dispatch, dispatch_host};
use tokio_stream::wrappers::BroadcastStream;

/// Who may ask.
struct Wall {
    address: String,
    origin: String,
}

impl Wall {
    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let is = |name: HeaderName, wanted: &str| headers.get(name).is_some_and(|said| said == wanted);
        is(HOST, &self.address) && is(ORIGIN, &self.origin)
    }
}

/// Returns the two routes behind their wall.
pub(crate) fn router(app: App, address: SocketAddr, origin: String) -> Router {
    let wall = Arc::new(Wall { address: address.to_string(), origin });
    Router::new()
        .route("/command/{name}", post(command))
        .route("/events", get(events))
        .with_state(app)
        .layer(from_fn_with_state(wall, behind))
}

/// Answers only the one page, and lets its browser read the answer.
async fn behind(State(wall): State<Arc<Wall>>, request: Request, next: Next) -> Response {
    if !wall.lets_in(request.headers()) {
        return (StatusCode::FORBIDDEN, "this host answers one page only").into_response();
    }
    let is_preflight = *request.method() == Method::OPTIONS;
    let answer = if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let allowed = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, wall.origin.as_str()),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (VARY, "Origin"),
    ];
    (allowed, answer).into_response()
}

async fn command(State(app): State<App>, Path(name): Path<String>, body: Bytes) -> Response {
    let arguments = match serde_json::from_slice::<Value>(&body) {
        Ok(arguments) => arguments,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("this is not JSON: {error}")).into_response(),
    };
    let answered = match HOST_COMMANDS.contains(&name.as_str()) {
        true => dispatch_host(&NoWindow, &name, arguments).await,
        false => dispatch(&app, &name, arguments).await,
    };
    match answered {
        Ok(answer) => json(StatusCode::OK, &answer),
        Err(error) => json(StatusCode::UNPROCESSABLE_ENTITY, &error.view()),
    }
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_string(body) {
        Ok(body) => (status, [(CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn events(State(app): State<App>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let heard = BroadcastStream::new(app.subscribe());
    let events = heard.then(move |event| {
        let app = app.clone();
        async move {
            match event {
                Ok(event) => vec![event],
                // It fell behind: everything is read afresh.
                Err(_) => app.afresh().await,
            }
        }
    });
    let told = events.flat_map(|events| stream::iter(events.iter().filter_map(told).collect::<Vec<_>>()));
    Sse::new(told.map(Ok)).keep_alive(KeepAlive::default())
}

fn told(event: &AppEvent) -> Option<Event> {
    let (name, payload) = event.told()?;
    Some(Event::default().event(name).data(payload.to_string()))
}
