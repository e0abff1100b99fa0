//! The guard before every route: 401 before anything else (DESIGN section 5, "Sign-in first").
//!
//! Owns: reading `Authorization` and finding the caller; naming on each answer the token that it answers. Open to anybody are `$metadata`, the health of the process,
//! the page at `/` and signing in. Refuses: whether a resource exists.

use super::gate::{Peer, SignIn};
use super::site;
use crate::answer::respond;
use crate::call::{SERVICE_ROOT, names, sign_in_first};
use crate::limits;
use crate::routes::session;
use crate::server::Server;
use crate::storage::{Caller, TokenHash};
use axum::body::Body;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use std::net::IpAddr;
use std::sync::Arc;
use tidemark_odata::{Resource, WireError, parse_path, token_name};

/// Finds the caller of every request, and turns back who has none.
pub(crate) async fn guard(State(server): State<Arc<Server>>, mut request: Request<Body>, next: Next) -> Response {
    let connected = request.extensions().get::<Peer>().map(|peer| peer.0);
    let peer = server.front.client(request.headers(), connected);
    // A refusal names the token as well: one that a cache kept of another's signs nobody out.
    let answers = bearer(request.headers()).and_then(|token| HeaderValue::from_str(&token_name(token)).ok());
    let refusal = match site::check(&request, &server.front, connected.is_some()) {
        Err(error) => Some(respond(Err(error))),
        Ok(()) => match authenticate(&server, request.headers(), peer).await {
            Ok(Found::Caller(caller)) => {
                request.extensions_mut().insert(caller);
                None
            }
            _ if is_open(&request) => None,
            Ok(Found::Nobody) => Some(respond(Err(sign_in_first()))),
            Ok(Found::Wait { seconds }) => Some(session::create::wait(seconds).into_response()),
            Err(error) => Some(respond(Err(error))),
        },
    };
    let mut response = match refusal {
        None if limits::announces_too_much(request.headers()) => {
            limits::drain(request.into_body());
            respond(Err(limits::too_large(limits::MAX_BODY_BYTES)))
        }
        None => next.run(request).await,
        Some(refusal) => {
            limits::drain(request.into_body());
            refusal
        }
    };
    if let Some(answers) = answers {
        response.headers_mut().insert(names::ANSWERS, answers);
    }
    response
}

enum Found {
    Caller(Arc<Caller>),
    Nobody,
    Wait { seconds: u64 },
}

async fn authenticate(server: &Server, headers: &HeaderMap, peer: Option<IpAddr>) -> Result<Found, WireError> {
    let caller = if let Some(token) = bearer(headers) {
        let holder = server.storage.token_holder(TokenHash::of(token)).await.map_err(|error| error.to_wire())?;
        holder.map(Arc::new)
    } else if let Some((name, password)) = basic(headers) {
        match server
            .gate
            .check_password(server.storage.as_ref(), server.ports.clock.as_ref(), &name, &password, peer)
            .await?
        {
            SignIn::Welcome(caller) => Some(caller),
            SignIn::Wrong => None,
            SignIn::Wait { seconds } => return Ok(Found::Wait { seconds }),
        }
    } else {
        None
    };
    let Some(caller) = caller else { return Ok(Found::Nobody) };
    server.notice_epoch(&caller).await.map_err(|error| error.to_wire())?;
    Ok(Found::Caller(caller))
}

fn is_open(request: &Request<Body>) -> bool {
    let path = request.uri().path();
    match path.strip_prefix(SERVICE_ROOT).filter(|below| below.starts_with('/')) {
        Some(below) => {
            matches!(*request.method(), Method::GET | Method::HEAD)
                && matches!(parse_path(below), Ok(Resource::Metadata))
        }
        None => path == "/" || path.starts_with("/health/") || (path == "/session" && request.method() == Method::POST),
    }
}

/// Returns the token of `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Returns the name and password of `Authorization: Basic`.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}
