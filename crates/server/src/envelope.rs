//! What is around every answer: who says it, and how it is compressed.
//!
//! Owns: the headers of DESIGN section 5 that every answer has, so that a captive portal or a cache is told from us
//! (FAULTS N12, N16); compression; the last resort for a panic. Refuses: content.

use crate::answer::respond;
use crate::call::{SERVICE_ROOT, names};
use crate::front::Front;
use crate::server::Server;
use axum::body::Body;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, Method, Request, header};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
use tidemark_odata::{Code, WireError};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// Answers below this stay plain: compressing them costs more than it saves.
const SMALL_BYTES: u64 = 600;

/// Puts the headers of every answer on it.
pub(crate) async fn mark(State(server): State<Arc<Server>>, request: Request<Body>, next: Next) -> Response {
    let started_ms = server.ports.clock.monotonic_ms();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    // Neither query nor headers: they hold what people wrote, and tokens.
    let ms = server.ports.clock.monotonic_ms().saturating_sub(started_ms);
    tracing::debug!(%method, path, status = response.status().as_u16(), ms, "answered");
    let headers = response.headers_mut();
    if path.starts_with(SERVICE_ROOT) {
        headers.entry(names::ODATA_VERSION).or_insert(HeaderValue::from_static("4.01"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&server.identity().server_id) {
        headers.insert(names::TIDEMARK_SERVER, id);
    }
    response
}

/// Lets the pages of configured sites ask: browsers ask for permission first (Fetch standard, CORS protocol).
pub(crate) fn cors(front: &Front) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = front.origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let methods =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let told = [
        header::ETAG,
        header::LOCATION,
        header::LINK,
        header::RETRY_AFTER,
        names::ODATA_VERSION,
        names::ODATA_ENTITY_ID,
        names::PREFERENCE_APPLIED,
        names::REPEATABILITY_RESULT,
        names::UPDATED_AT,
        names::MODEL,
        names::TIDEMARK_SERVER,
    ];
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods(methods)
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(told)
        .allow_credentials(true)
        .max_age(Duration::from_secs(3600));
    (!front.origins.is_empty()).then_some(layer)
}

/// Compresses what is worth it: zstd at its fastest where the client takes it, else gzip.
pub(crate) fn compression() -> CompressionLayer<impl Predicate> {
    let worth_it = SizeAbove::new(SMALL_BYTES).and(NotForContentType::const_new("text/event-stream"));
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth_it)
}

/// Turns a panic into a 500 with the one error body.
pub(crate) fn catch_panic() -> CatchPanicLayer<fn(Box<dyn Any + Send>) -> Response> {
    CatchPanicLayer::custom(after_panic as fn(Box<dyn Any + Send>) -> Response)
}

fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let told = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = told.unwrap_or("unknown"), "a request panicked");
    let sentence = "The server made a mistake; it is in the server's log. Ask again";
    respond(Err(WireError::new(500, Code::InternalError, sentence)))
}
