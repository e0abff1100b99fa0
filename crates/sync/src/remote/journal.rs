//! A record's history as the server's change journal has it (`docs/sync.md`, "Beside OData").
//!
//! Owns: that request. Refuses: putting it beside what this device saw itself (`tidemark-store`).

use crate::error::SyncError;
use crate::remote::connection::refused;
use crate::remote::session::Remote;
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value};
use tidemark_model::{EntitySet, JournalKind, RecordId, Word};
use tidemark_odata::{Code, WireError};
use tidemark_store::{Account, JournalLine, PropertyChange};

#[derive(Deserialize)]
struct Answer {
    value: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    etag: String,
    at: i64,
    user: Option<String>,
    device: Option<String>,
    kind: Word<JournalKind>,
    changes: Map<String, Value>,
}

impl From<Line> for JournalLine {
    fn from(line: Line) -> Self {
        let change = |(property, mut values): (String, Value)| {
            let mut value = |name| values.get_mut(name).map_or(Value::Null, Value::take);
            PropertyChange { property, from: value("from"), to: value("to"), side: None }
        };
        Self {
            etag: line.etag,
            at: line.at,
            user: line.user,
            device: line.device,
            kind: line.kind,
            changes: line.changes.into_iter().map(change).collect(),
        }
    }
}

impl Remote {
    /// Asks for the newest changes of a record, newest first; `None` where the server has no trace of it.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn history(
        &self,
        account: &Account,
        set: &EntitySet,
        id: RecordId,
    ) -> Result<Option<Vec<JournalLine>>, SyncError> {
        let connection = self.for_account(account);
        let path = format!("/history/{}/{id}", set.name);
        let response = connection.send(connection.request(Method::GET, &path)).await?;
        match response.status {
            200 => {
                let answer: Answer =
                    serde_json::from_slice(&response.body).map_err(|e| SyncError::Malformed(e.to_string()))?;
                Ok(Some(answer.value.into_iter().map(JournalLine::from).collect()))
            }
            404 if WireError::from_json(404, &response.body).is(Code::RecordNotFound) => Ok(None),
            _ => Err(refused(&response)),
        }
    }
}
