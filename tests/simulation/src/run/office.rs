//! What the office does, over plain OData, past the devices.
//!
//! Owns: unconditional and conditional writes of others. Refuses: the devices.

use super::{Run, SETS};
use crate::oracle::Judged;
use crate::oracle::ledger::{OFFICE, Saved};
use crate::plan::deed::{Office, User};
use crate::world::shore::ROOT;
use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value, json};
use tidemark_sync::{Request, Response};

impl Run {
    /// Asks the server as an account, past every network fault.
    pub(crate) async fn ask(
        &mut self,
        user: User,
        method: Method,
        path: &str,
        body: Option<Value>,
        condition: Option<String>,
    ) -> Option<Response> {
        let token = match self.tokens.get(user.name()).and_then(|tokens| tokens.first()).cloned() {
            Some(token) => token,
            None => {
                let token = self.shore.token(user.name(), None).await?;
                self.tokens.entry(user.name()).or_default().push(token.clone());
                token
            }
        };
        let mut headers = vec![("authorization", format!("Bearer {token}"))];
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        headers.extend(condition.map(|etag| ("if-match", etag)));
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let request = Request { method, url: format!("{ROOT}{path}"), headers, body };
        let answer = self.shore.ask(request.clone()).await.ok()?;
        if answer.status != 401 {
            return Some(answer);
        }
        // The token went with an administrator's word, or with a backup that does not know it.
        let token = self.shore.token(user.name(), None).await?;
        self.tokens.insert(user.name(), vec![token.clone()]);
        let mut again = request;
        again.headers[0].1 = format!("Bearer {token}");
        self.shore.ask(again).await.ok()
    }

    /// Reads a list of the server, whole.
    pub(crate) async fn list_there(&mut self, user: User, set: &str) -> Vec<Value> {
        let mut found = Vec::new();
        let mut next = Some(format!("/odata/{set}?$orderby=Id"));
        while let Some(path) = next.take() {
            let Some(answer) = self.ask(user, Method::GET, &path, None, None).await else { break };
            let page: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            found.extend(page["value"].as_array().into_iter().flatten().cloned());
            let link = page["@odata.nextLink"].as_str().or_else(|| page["@nextLink"].as_str());
            next = link.map(|link| {
                let below = link.strip_prefix(ROOT).unwrap_or(link);
                if below.starts_with('/') { below.to_owned() } else { format!("/odata/{below}") }
            });
        }
        found
    }

    pub(super) async fn office(&mut self, record: usize, property: usize, how: Office) -> Judged {
        let Some(known) = self.records.get(&record).cloned() else { return Ok(()) };
        let (set, properties) = SETS[known.set];
        let path = format!("/odata/{set}({})", known.id);
        if how == Office::Delete {
            let deleted = self.ask(User::Ben, Method::DELETE, &path, None, None).await;
            if deleted.is_some_and(|answer| answer.status < 300) {
                self.ledger.delete(OFFICE, &known.id);
            }
            return Ok(());
        }
        let property = properties[property % properties.len()];
        let mark = self.ledger.fresh(OFFICE);
        let read = self.ask(User::Ben, Method::GET, &path, None, None).await;
        let read: Option<Map<String, Value>> = read.and_then(|answer| serde_json::from_slice(&answer.body).ok());
        if let Some(read) = &read {
            self.ledger.see(OFFICE, &known.id, read);
        }
        let etag = read.as_ref().and_then(|record| record.get("@odata.etag")).and_then(Value::as_str);
        let notes = read.as_ref().and_then(|record| record.get("Notes")).and_then(Value::as_str);
        let with_line_ends = notes.filter(|_| how == Office::LineEnds).map(|notes| notes.replace('\n', "\r\n"));
        if how == Office::LineEnds {
            if let Some(text) = with_line_ends {
                let body = Some(json!({ "Notes": text }));
                self.ask(User::Ben, Method::PATCH, &path, body, etag.map(str::to_owned)).await;
            }
            return Ok(());
        }
        let (method, condition) = match how {
            Office::Conditional => (Method::PATCH, etag.map(str::to_owned)),
            Office::Put => (Method::PUT, None),
            _ => (Method::PATCH, None),
        };
        let mut body = Map::new();
        if how == Office::Put {
            let plain = |(name, _): &(&String, &Value)| !name.starts_with('_') && !name.contains('@');
            body.extend(read.iter().flatten().filter(plain).map(|(name, value)| (name.clone(), value.clone())));
        }
        let days = match how {
            Office::Old => Some(-14),
            Office::Ahead => Some(4_000),
            _ => None,
        };
        if let Some(days) = days {
            body.insert("_UpdatedAt".into(), json!(self.time.now_ms() + days * 24 * 60 * 60 * 1000));
        }
        body.insert(property.to_owned(), json!(mark));
        let answer = self.ask(User::Ben, method, &path, Some(Value::Object(body)), condition).await;
        let Some(answer) = answer.filter(|answer| answer.status < 300) else { return Ok(()) };
        // Whoever loses gets the winner's record (seed): what was written is not there.
        let after: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let lost = after.get(property).is_some_and(|value| value != &json!(mark));
        self.told.tell(|| format!("  office: {set} {} {property} {mark}: {} {lost}", known.id, answer.status));
        if !lost {
            let saved = self.saved((OFFICE, User::Ben), known.set, &known.id, property, &mark);
            self.note(Saved { is_live: true, arrived: true, ..saved }, None);
            // Over a deleted record the newest wins, and brings it back (seed).
            self.ledger.revived.insert(known.id);
        }
        Ok(())
    }
}
