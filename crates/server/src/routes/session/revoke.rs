//! `DELETE /session`: the token is given back.

use crate::answer::{Answer, Reply, respond};
use crate::auth::bearer;
use crate::server::Server;
use crate::storage::TokenHash;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use std::sync::Arc;
use tidemark_odata::WireError;

/// Revokes the token that the request came with.
pub(crate) async fn revoke(State(server): State<Arc<Server>>, headers: HeaderMap) -> Response {
    respond(give_back(&server, &headers).await)
}

async fn give_back(server: &Server, headers: &HeaderMap) -> Reply {
    let Some(token) = bearer(headers) else {
        return Err(WireError::bad_request("This request came with a password; there is no token to revoke"));
    };
    server.storage.remove_token(TokenHash::of(token)).await.map_err(|error| error.to_wire())?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
