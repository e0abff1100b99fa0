//! The map: which file answers what.
//!
//! Owns: paths, methods and the layers around all routes. Refuses: anything a route does.

use crate::answer::{Answer, Reply, respond};
use crate::auth::{Peer, guard};
use crate::call::{Call, SERVICE_ROOT, header_text, names};
use crate::envelope;
use crate::limits;
use crate::routes::{audit, batch, events, health, history, one, session, welcome};
use crate::server::{Current, Server};
use crate::storage::Caller;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{any, get, post};
use http::{Method, Request, StatusCode, header};
use std::sync::Arc;
use tidemark_odata::{Code, Resource, Version, WireError, parse_path};
use tower_http::decompression::RequestDecompressionLayer;

/// Every path that is served.
pub const PATHS: [&str; 10] = [
    "/",
    "/health/live",
    "/health/ready",
    "/session",
    "/events",
    "/history/{set}/{id}",
    "/audit/{set}",
    "/odata",
    "/odata/",
    "/odata/{*path}",
];

/// Everything that is served.
pub(crate) fn router(current: Current) -> Router {
    let [welcome_page, live, ready, session, events, history, audit, root, root_with_slash, below] = PATHS;
    let cors = envelope::cors(&current.now().front);
    Router::new()
        .route(welcome_page, get(welcome::read))
        .route(live, get(health::live))
        .route(ready, get(health::ready))
        .route(session, post(session::create::create).get(session::read::read).delete(session::revoke::revoke))
        .route(events, get(events::follow))
        .route(history, get(history::read))
        .route(audit, get(audit::read))
        .route(root, any(odata))
        .route(root_with_slash, any(odata))
        .route(below, any(odata))
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_this_method)
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
        .layer(from_fn_with_state(current.clone(), guard))
        .layer(tower::util::option_layer(cors))
        .layer(envelope::compression())
        .layer(envelope::catch_panic())
        .layer(from_fn_with_state(current.clone(), envelope::mark))
        .with_state(current)
}

async fn answer(server: &Arc<Server>, call: &Call) -> Reply {
    check_isolation(call)?;
    match (call.method.as_str(), &call.resource) {
        ("POST", Resource::Batch) => batch::run(server, call).await,
        _ => one::answer(server, call).await,
    }
}

async fn odata(State(server): State<Arc<Server>>, request: Request<Body>) -> Response {
    respond(read_and_answer(&server, request).await)
}

async fn read_and_answer(server: &Arc<Server>, request: Request<Body>) -> Reply {
    let (head, body) = request.into_parts();
    if head.uri.path_and_query().map_or(0, |target| target.as_str().len()) > limits::MAX_URL_BYTES {
        return Err(WireError::new(414, Code::UrlTooLong, "The URL is too long. Send long queries in smaller parts"));
    }
    let encoding = header_text(&head.headers, &header::CONTENT_ENCODING).unwrap_or("identity");
    if !encoding.eq_ignore_ascii_case("identity") {
        limits::drain(body);
        let sentence = format!("Content-Encoding {encoding} is not supported; use gzip, zstd or none");
        return Err(WireError::new(415, Code::UnsupportedEncoding, sentence));
    }
    let body = limits::read_body(body).await?;
    let version = Version::negotiate(header_text(&head.headers, &names::ODATA_MAX_VERSION))?;
    let below = head.uri.path().strip_prefix(SERVICE_ROOT).unwrap_or_default();
    let call = Call {
        caller: head.extensions.get::<Arc<Caller>>().cloned(),
        method: if head.method == Method::HEAD { Method::GET } else { head.method },
        resource: parse_path(below)?,
        query: head.uri.query().unwrap_or_default().to_owned(),
        root: server.front.root(&head.headers, head.extensions.get::<Peer>().map(|peer| peer.0)),
        headers: head.headers,
        body,
        version,
        named: Vec::new(),
    };
    // The time-out begins behind the body, which a slow line may take minutes for (FAULTS N5).
    let answer = match tokio::time::timeout(limits::ANSWER_TIMEOUT, answer(server, &call)).await {
        Ok(reply) => reply.unwrap_or_else(Answer::from),
        Err(_) => WireError::new(503, Code::TooSlow, "The server took too long. Ask again").into(),
    };
    Ok(answer.with(names::ODATA_VERSION, version.as_str()))
}

/// Checks that an answer can be of one moment, where that is asked (Protocol section 8.2.6): what is read in one transaction is.
///
/// # Errors
/// 412.
fn check_isolation(call: &Call) -> Result<(), WireError> {
    let asked = names::ISOLATION.iter().find_map(|name| call.header(name));
    let is_of_one_moment = !matches!(call.resource, Resource::Batch | Resource::Below { .. });
    match asked {
        Some(level) if !level.trim().eq_ignore_ascii_case("snapshot") || !is_of_one_moment => {
            let sentence = "This request cannot be answered from one moment. Ask it without OData-Isolation";
            Err(WireError::new(412, Code::PreconditionFailed, sentence).about("OData-Isolation"))
        }
        _ => Ok(()),
    }
}

async fn nothing_here() -> Response {
    respond(Err(WireError::not_found("There is nothing here. The OData service is at /odata/")))
}

async fn not_this_method() -> Response {
    let error = WireError::new(
        StatusCode::METHOD_NOT_ALLOWED.as_u16(),
        Code::MethodNotAllowed,
        "This method has no meaning here",
    );
    respond(Err(error))
}
