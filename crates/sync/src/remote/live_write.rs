//! Changes of entity sets that are not kept offline: straight to the server, on the version that was shown.
//!
//! Owns: the condition of each change, its request id, and repeating what was not answered: a change whose answer is
//! lost is the same request again, so it is made once (OASIS Repeatable Requests 1.0). Refuses: a change without a
//! condition, and what a stale one means for what was typed (the caller).

use crate::error::SyncError;
use crate::ports::transport::{Request, Response, TransportError};
use crate::remote::connection::{Connection, refused};
use crate::remote::live::entity_of;
use crate::remote::session::{Remote, with_json};
use http::Method;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;
use tidemark_model::{EntitySet, ID, Planted, RecordId, Versioned, is_planted};
use tidemark_odata::{entity_url, http_date, read_entity};
use tidemark_store::Account;
use uuid::Uuid;

/// How often a change is sent at the most, and for how long: a person waits for it.
const MOST_TRIES: u32 = 3;
const PATIENCE_MS: u64 = 20_000;
const PAUSE: Duration = Duration::from_millis(250);

impl Remote {
    /// Makes a record on the server, where there is none with its `Id`, not even a deleted one. Returns it as it is now.
    ///
    /// # Errors
    /// The server cannot be reached or refuses the record; [`SyncError::Stale`] with what has the `Id` already.
    pub async fn add(
        &self,
        account: &Account,
        set: &EntitySet,
        id: RecordId,
        body: &Map<String, Value>,
    ) -> Result<Versioned, SyncError> {
        let connection = self.for_account(account);
        let mut body = body.clone();
        body.insert(ID.to_owned(), id.to_string().into());
        let request = connection.odata(Method::POST, &set.name)?;
        let change = Change { account, set, id, condition: ("if-none-match", "*") };
        let made = self.written(&connection, &change, request, Some(&body)).await?;
        let added = read_written(set, &made)?;
        // The answer may be the repeat of one that was lost, and the record another one since.
        match Self::whatever_is_there(&connection, set, id).await {
            Ok(Some(now)) if now.record.is_tombstoned => Err(SyncError::Stale(Some(Box::new(now)))),
            Ok(Some(now)) => Ok(now),
            _ => Ok(added),
        }
    }

    /// Changes a record on the server, on the version that `etag` names.
    ///
    /// # Errors
    /// The server cannot be reached or refuses the change; [`SyncError::Stale`] where it has another version by now.
    pub async fn edit(
        &self,
        account: &Account,
        set: &EntitySet,
        id: RecordId,
        etag: &str,
        changes: &Map<String, Value>,
    ) -> Result<Versioned, SyncError> {
        let connection = self.for_account(account);
        let request = connection.odata(Method::PATCH, &entity_url(&set.name, id))?;
        let change = Change { account, set, id, condition: ("if-match", etag) };
        read_written(set, &self.written(&connection, &change, request, Some(changes)).await?)
    }

    /// Deletes a record on the server, as the version that `etag` names.
    ///
    /// # Errors
    /// As [`Remote::edit`].
    pub async fn delete(&self, account: &Account, set: &EntitySet, id: RecordId, etag: &str) -> Result<(), SyncError> {
        let connection = self.for_account(account);
        let request = connection.odata(Method::DELETE, &entity_url(&set.name, id))?;
        let change = Change { account, set, id, condition: ("if-match", etag) };
        self.written(&connection, &change, request, None).await.map(drop)
    }

    /// Sends a change until it is answered, and returns an answer that is a success.
    async fn written(
        &self,
        connection: &Connection,
        change: &Change<'_>,
        mut request: Request,
        body: Option<&Map<String, Value>>,
    ) -> Result<Response, SyncError> {
        if !is_planted(Planted::A7LiveWriteWithoutCondition) {
            request.headers.push((change.condition.0, change.condition.1.to_owned()));
        }
        request.headers.push(("repeatability-request-id", change.request_id(&request.method, body).to_string()));
        request.headers.push(("repeatability-first-sent", http_date(self.ports.clock.now_ms())));
        request.headers.push(("prefer", "return=representation".into()));
        if let Some(body) = body {
            with_json(&mut request, Value::Object(body.clone()).to_string());
        }
        let clock = &self.ports.clock;
        let began = clock.monotonic_ms();
        let mut unanswered = None;
        for tries in 1..=MOST_TRIES {
            let is_last = tries == MOST_TRIES || clock.monotonic_ms().saturating_sub(began) > PATIENCE_MS;
            match connection.send(request.clone()).await {
                Ok(response) if (200..300).contains(&response.status) => return Ok(response),
                Ok(response) if response.status == 412 => return Err(change.stale(&response.body)),
                // A gateway's word for "it did not answer me" is no answer to the change.
                Ok(response) if matches!(response.status, 502 | 504) => {
                    unanswered = Some(refused(&response).to_string());
                }
                Ok(response) => return Err(refused(&response)),
                Err(error) if error.may_have_arrived() => unanswered = Some(reason_of(error)),
                // Whatever stands in the way now: what went out before may have arrived.
                Err(error) if unanswered.is_none() => return Err(error),
                Err(_) => {}
            }
            if is_last {
                break;
            }
            self.ports.timer.sleep(PAUSE * tries).await;
        }
        Err(SyncError::Unanswered(unanswered.unwrap_or_default()))
    }
}

/// Says in a few words why there is no answer.
fn reason_of(error: SyncError) -> String {
    match error {
        SyncError::Transport(TransportError::Unanswered(reason) | TransportError::BrokeWithin(reason)) => reason,
        SyncError::OnTheWay { status } => {
            format!("something on the way to the server says error {status} in its place")
        }
        error => error.to_string(),
    }
}

/// What a change is about, beside its body.
struct Change<'c> {
    account: &'c Account,
    set: &'c EntitySet,
    id: RecordId,
    condition: (&'static str, &'c str),
}

impl Change<'_> {
    /// Names the change by what it is: whoever sends the very same again, in another process too, repeats it.
    fn request_id(&self, method: &Method, body: Option<&Map<String, Value>>) -> Uuid {
        let Account { server_id, user, .. } = self.account;
        let body: Option<BTreeMap<&String, &Value>> = body.map(|body| body.iter().collect());
        let parts =
            serde_json::json!([server_id, user, method.as_str(), self.set.name, self.id, self.condition.1, body]);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, parts.to_string().as_bytes())
    }

    /// Reads the server's current record out of a 412.
    fn stale(&self, body: &[u8]) -> SyncError {
        let error: Value = serde_json::from_slice(body).unwrap_or_default();
        let current = error.pointer("/error/innererror/current").and_then(Value::as_object);
        SyncError::Stale(current.and_then(|current| read_entity(current, self.set).ok()).map(Box::new))
    }
}

fn read_written(set: &EntitySet, response: &Response) -> Result<Versioned, SyncError> {
    let entity: Value = serde_json::from_slice(&response.body).map_err(|e| SyncError::Malformed(e.to_string()))?;
    entity_of(set, &entity)
}
