//! `POST /session`: a name and a password for a token.

use crate::answer::{Answer, Reply, respond};
use crate::auth::{Peer, SignIn, fresh_token};
use crate::limits;
use crate::server::Server;
use crate::storage::{NewToken, StorageError, TokenHash};
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{Request, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use std::net::IpAddr;
use std::sync::Arc;
use tidemark_odata::{Code, WireError};

/// The longest name of a device: it stands in every line of the journal that the device makes.
const LONGEST_DEVICE: usize = 200;

/// The longest name of an account.
const LONGEST_NAME: usize = 200;

#[derive(Deserialize)]
struct Ask {
    name: String,
    password: String,
    #[serde(default)]
    device: Option<String>,
}

/// Signs in.
pub(crate) async fn create(State(server): State<Arc<Server>>, request: Request<Body>) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let peer = server.front.client(request.headers(), peer);
    match limits::read_small_body(request.into_body()).await {
        Ok(body) => respond(sign_in(&server, peer, &body).await),
        Err(error) => respond(Err(error)),
    }
}

async fn sign_in(server: &Server, peer: Option<IpAddr>, body: &[u8]) -> Reply {
    let ask: Ask = serde_json::from_slice(body).map_err(|error| {
        let wanted = r#"{"name": "...", "password": "...", "device": "..."}"#;
        WireError::bad_request(format!("To sign in, send {wanted} ({error})"))
    })?;
    // The wrong ones stay in memory for a minute.
    if ask.name.chars().count() > LONGEST_NAME {
        return Err(WireError::new(401, Code::WrongPassword, "The name or the password is wrong"));
    }
    let is_too_long = |device: &String| device.chars().count() > LONGEST_DEVICE;
    if ask.device.as_ref().is_some_and(is_too_long) {
        return Err(WireError::bad_request(format!("A device's name has at most {LONGEST_DEVICE} characters")));
    }
    let caller = match server
        .gate
        .check_password(server.storage.as_ref(), server.ports.clock.as_ref(), &ask.name, &ask.password, peer)
        .await?
    {
        SignIn::Welcome(caller) => caller,
        SignIn::Wrong => {
            return Err(WireError::new(401, Code::WrongPassword, "The name or the password is wrong"));
        }
        SignIn::Wait { seconds } => return Ok(wait(seconds)),
    };
    let token = fresh_token(server.ports.secrets.as_ref()).map_err(|error| StorageError::from(error).to_wire())?;
    let added = NewToken {
        user: caller.user.clone(),
        hash: TokenHash::of(&token),
        device: ask.device.filter(|device| !device.is_empty()),
        now_ms: server.ports.clock.now_ms(),
    };
    server.storage.add_token(added).await.map_err(|error| error.to_wire())?;
    let answer = json!({
        "token": token,
        "user": caller.user,
        "workspace": caller.workspace,
        "server_id": server.identity().server_id,
    });
    Ok(Answer::new(StatusCode::CREATED, "application/json", answer.to_string()))
}

/// Answers somebody who guesses too fast.
pub(crate) fn wait(seconds: u64) -> Answer {
    let sentence = format!("Too many wrong passwords. Wait {seconds} seconds and try again");
    Answer::of_error(&WireError::new(429, Code::TooManyGuesses, sentence))
        .with(header::RETRY_AFTER, &seconds.to_string())
}
