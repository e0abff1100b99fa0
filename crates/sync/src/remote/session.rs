//! Signing in and out, and fetching the entity model.
//!
//! Owns: the `/session` resource and `$metadata`. Refuses: keeping the account (the store does), reading addresses
//! (`address`).

use crate::error::SyncError;
use crate::ports::Ports;
use crate::ports::transport::{Request, Response};
use crate::remote::connection::{Connection, refused};
use http::Method;
use serde::Deserialize;
use tidemark_odata::token_name;
use tidemark_store::{Account, Lease};

/// One-off calls to a server, outside of a cycle.
#[derive(Clone)]
pub struct Remote {
    pub(crate) ports: Ports,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Remote")
    }
}

#[derive(Deserialize)]
struct SessionAnswer {
    token: Option<String>,
    user: String,
    workspace: String,
    server_id: String,
}

impl Remote {
    pub(crate) fn new(ports: Ports) -> Self {
        Self { ports }
    }

    /// Exchanges a name and a password for an account.
    ///
    /// # Errors
    /// The address is none, nobody or no Tidemark server is there, or the server does not take the password.
    pub async fn sign_in(&self, server: &str, name: &str, password: &str, device: &str) -> Result<Account, SyncError> {
        let server = self.find(server).await?;
        let connection = self.connect(&server, None, None);
        let mut request = connection.request(Method::POST, "/session");
        let body = serde_json::json!({ "name": name, "password": password, "device": device });
        with_json(&mut request, body.to_string());
        let response = connection.send(request).await.map_err(|error| match error {
            SyncError::SignedOut => SyncError::WrongPassword,
            other => other,
        })?;
        let answer = session_answer(&response)?;
        let token = answer.token.ok_or_else(|| SyncError::Malformed("a session without a token".into()))?;
        Ok(account(server, token, answer.user, answer.workspace, answer.server_id))
    }

    /// Signs in with a token that whoever runs the server has made.
    ///
    /// # Errors
    /// As [`Remote::sign_in`].
    pub async fn sign_in_with_token(&self, server: &str, token: &str) -> Result<Account, SyncError> {
        let server = self.find(server).await?;
        let connection = self.connect(&server, Some(token.to_owned()), None);
        let response = connection.send(who_am_i(&connection, token)).await.map_err(|error| match error {
            SyncError::SignedOut => SyncError::WrongPassword,
            other => other,
        })?;
        let answer = session_answer(&response)?;
        Ok(account(server, token.to_owned(), answer.user, answer.workspace, answer.server_id))
    }

    /// Asks the account's server whether it is there and knows the token.
    ///
    /// # Errors
    /// It cannot be reached, is another one, or does not know the token.
    pub async fn session(&self, account: &Account) -> Result<(), SyncError> {
        let connection = self.for_account(account);
        session_answer(&connection.send(who_am_i(&connection, &account.token)).await?).map(drop)
    }

    /// Tells the server to forget an account's token.
    ///
    /// # Errors
    /// The server cannot be reached; the caller may forget the token all the same.
    pub async fn sign_out(&self, account: &Account) -> Result<(), SyncError> {
        let connection = self.for_account(account);
        connection.send(connection.request(Method::DELETE, "/session")).await.map(drop)
    }

    /// Fetches the document of the entity model.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn model_document(&self, account: &Account) -> Result<String, SyncError> {
        model_document(&self.for_account(account)).await
    }

    pub(crate) fn for_account(&self, account: &Account) -> Connection {
        self.connect(&account.server, Some(account.token.clone()), Some(account.server_id.clone()))
    }

    fn connect(&self, server: &str, token: Option<String>, server_id: Option<String>) -> Connection {
        Connection::new(self.ports.transport.clone(), self.ports.clock.clone(), server, token, server_id)
    }
}

/// Asks whose token it is, at an address of that token's own: a proxy that keeps answers by their address has none that was
/// given to another's, so that signing in goes through (FAULTS N16, I25).
fn who_am_i(connection: &Connection, token: &str) -> Request {
    connection.request(Method::GET, &format!("/session?of={}", token_name(token)))
}

/// Fetches the model over a connection and adopts it.
pub(crate) async fn fetch_model(connection: &Connection, lease: &Lease) -> Result<(), SyncError> {
    Ok(lease.adopt_model(&model_document(connection).await?)?)
}

async fn model_document(connection: &Connection) -> Result<String, SyncError> {
    let response = connection.send(connection.odata(Method::GET, "$metadata?$format=json")?).await?;
    if response.status != 200 {
        return Err(refused(&response));
    }
    String::from_utf8(response.body.into()).map_err(|e| SyncError::Malformed(e.to_string()))
}

pub(crate) fn with_json(request: &mut Request, body: String) {
    request.headers.push(("content-type", "application/json".into()));
    request.body = body.into();
}

fn session_answer(response: &Response) -> Result<SessionAnswer, SyncError> {
    if !(200..300).contains(&response.status) {
        return Err(refused(response));
    }
    serde_json::from_slice(&response.body).map_err(|e| SyncError::Malformed(e.to_string()))
}

fn account(server: String, token: String, user: String, workspace: String, server_id: String) -> Account {
    Account { server, user, workspace, token, server_id, signed_out: false }
}
