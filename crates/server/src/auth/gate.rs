//! The gate before every route: 401 before anything else (DESIGN section 5, "Sign-in first").
//!
//! Owns: reading `Authorization` and finding the caller. Open to anybody are `$metadata`, the health of the process
//! and signing in. Refuses: saying whether a name or a password was wrong, or whether a resource exists.

use super::guesses::GuessLimit;
use super::password::is_password;
use super::remembered::Remembered;
use crate::answer::respond;
use crate::call::{SERVICE_ROOT, sign_in_first};
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
use http::{HeaderMap, Method, Request, header};
use std::net::IpAddr;
use std::sync::Arc;
use tidemark_model::ports::Secrets;
use tidemark_odata::{Resource, WireError, parse_path};
use tokio::sync::Semaphore;

/// The address that a request came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// What came of a name and a password.
#[derive(Debug)]
pub(crate) enum SignIn {
    /// They are right.
    Welcome(Arc<Caller>),
    /// One of them is wrong.
    Wrong,
    /// Too many were wrong.
    Wait {
        /// For how long.
        seconds: u64,
    },
}

/// What the gate remembers between requests.
pub(crate) struct Gate {
    guesses: GuessLimit,
    remembered: Remembered,
    /// Argon2 takes 19 MiB and a core for each password; a flood of them waits here instead.
    hashing: Semaphore,
}

impl Gate {
    /// Makes a gate that has let nobody in yet.
    pub(crate) fn new(secrets: &dyn Secrets) -> Self {
        Self { guesses: GuessLimit::default(), remembered: Remembered::new(secrets), hashing: Semaphore::new(2) }
    }

    /// Checks a name and a password.
    ///
    /// # Errors
    /// The database does not answer.
    pub(crate) async fn check_password(
        &self,
        server: &Server,
        name: &str,
        password: &str,
        peer: Option<IpAddr>,
    ) -> Result<SignIn, WireError> {
        let account = server.storage.account(name).await.map_err(|error| error.to_wire())?;
        let now_ms = server.ports.clock.monotonic_ms();
        if let Some(account) = &account
            && self.remembered.knows(password, &account.password, now_ms)
        {
            return Ok(SignIn::Welcome(Arc::new(account.caller.clone())));
        }
        let seconds = self.guesses.wait_seconds(name, peer, now_ms);
        if seconds > 0 {
            return Ok(SignIn::Wait { seconds });
        }
        // A name that nobody has costs the same time, so that names cannot be found out.
        let hash = account.as_ref().map_or_else(|| NOBODY.to_owned(), |account| account.password.clone());
        let is_right = self.verify(password.to_owned(), hash).await;
        match account {
            Some(account) if is_right => {
                self.guesses.right(name, peer);
                self.remembered.remember(password, &account.password, now_ms);
                Ok(SignIn::Welcome(Arc::new(account.caller)))
            }
            _ => {
                self.guesses.wrong(name, peer, now_ms);
                Ok(SignIn::Wrong)
            }
        }
    }

    async fn verify(&self, password: String, hash: String) -> bool {
        let Ok(_turn) = self.hashing.acquire().await else { return false };
        tokio::task::spawn_blocking(move || is_password(&password, &hash)).await.unwrap_or(false)
    }
}

/// The hash of a password that nobody knows.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Finds the caller of every request, and turns back who has none.
pub(crate) async fn guard(State(server): State<Arc<Server>>, mut request: Request<Body>, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let refusal = match authenticate(&server, request.headers(), peer).await {
        Ok(Found::Caller(caller)) => {
            request.extensions_mut().insert(caller);
            None
        }
        _ if is_open(&request) => None,
        Ok(Found::Nobody) => Some(respond(Err(sign_in_first()))),
        Ok(Found::Wait { seconds }) => Some(session::create::wait(seconds).into_response()),
        Err(error) => Some(respond(Err(error))),
    };
    match refusal {
        None if limits::announces_too_much(request.headers()) => {
            limits::drain(request.into_body());
            respond(Err(limits::too_large()))
        }
        None => next.run(request).await,
        Some(refusal) => {
            limits::drain(request.into_body());
            refusal
        }
    }
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
        match server.gate.check_password(server, &name, &password, peer).await? {
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
        None => path.starts_with("/health/") || (path == "/session" && request.method() == Method::POST),
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
