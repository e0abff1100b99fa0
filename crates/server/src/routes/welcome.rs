//! `GET /`: a page for whoever types the server's address into a browser.
//!
//! Owns: saying what this is and where the service, its description and the guide are. Refuses: records, and anything that a
//! stranger should not see: it is open to anybody.

use crate::answer::{Answer, respond};
use crate::auth::Peer;
use crate::call::names;
use crate::server::Server;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderName, Request, StatusCode, header};
use std::sync::Arc;

const PAGE: &str = include_str!("welcome.html");
/// What stands for the service root in it.
const ROOT: &str = "{root}";
const POLICY: HeaderName = HeaderName::from_static("content-security-policy");

/// Answers with the page.
pub(crate) async fn read<B>(State(server): State<Arc<Server>>, request: Request<B>) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    // It is made of what a URL can hold alone (`front`).
    let root = server.front.root(request.headers(), peer);
    let answer = Answer::new(StatusCode::OK, "text/html;charset=utf-8", PAGE.replace(ROOT, &root));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'";
    let answer = answer.with(POLICY, policy).with(header::REFERRER_POLICY, "no-referrer");
    respond(Ok(answer.with(names::ODATA_VERSION, "4.01")))
}
