//! Bodies as whoever stands between a laptop and its server reads them.
//!
//! Owns: the parts of a batch, what is in a page, and answers that no server of ours gave. Refuses: what is done to whom
//! (`network`, `lasting`). Bodies are packed by the product's transport, whose place the network has here: these are plain.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use tidemark_sync::{Request, Response};

/// Edits the parts of a batch, asked or answered.
pub(crate) fn edit_parts(body: &mut Bytes, edit: impl FnOnce(&mut Vec<Value>)) {
    let Ok(mut batch) = serde_json::from_slice::<Value>(body) else { return };
    let parts = if batch.get("requests").is_some() { "requests" } else { "responses" };
    if let Some(parts) = batch.get_mut(parts).and_then(Value::as_array_mut) {
        edit(parts);
        *body = Bytes::from(batch.to_string());
    }
}

/// Returns the parts of a batch that is asked.
pub(crate) fn parts(request: &Request) -> Vec<Value> {
    let batch: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    batch["requests"].as_array().cloned().unwrap_or_default()
}

/// Takes parts out of a batch that is asked, and returns them with their places. Where none is left a read takes their place
/// that nobody waits for: the head of the answer is the server's own.
pub(crate) fn keep_back(request: &mut Request, is_kept: impl Fn(&Value) -> bool) -> Kept {
    let mut kept = Kept::new();
    edit_parts(&mut request.body, |parts| {
        for (place, part) in std::mem::take(parts).into_iter().enumerate() {
            if is_kept(&part) {
                kept.push((place, part));
            } else {
                parts.push(part);
            }
        }
        if parts.is_empty() {
            parts.push(serde_json::json!({ "id": "none", "method": "GET", "url": "CachedEntities/$count" }));
        }
    });
    kept
}

/// Answers in the place of a server to parts that were kept back from it.
pub(crate) fn answer_kept(answer: &mut Response, kept: &Kept, made: impl Fn(&Value) -> Value) {
    edit_parts(&mut answer.body, |parts| {
        for (place, part) in kept {
            parts.insert((*place).min(parts.len()), made(part));
        }
    });
}

/// Parts that were kept back from a batch, each with its place.
pub(crate) type Kept = Vec<(usize, Value)>;

/// Tells whether a part of a batch writes.
pub(crate) fn writes(part: &Value) -> bool {
    part["method"].as_str().is_some_and(|method| !method.eq_ignore_ascii_case("get"))
}

/// Returns how many records the longest page in an answer has.
pub(crate) fn longest_page(answer: &Response) -> usize {
    let count = |page: &Value| page["value"].as_array().map_or(0, Vec::len);
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let parts = body["responses"].as_array().map(Vec::as_slice).unwrap_or_default();
    parts.iter().map(|part| count(&part["body"])).fold(count(&body), usize::max)
}

/// Returns the answer to a part of a batch that no server of ours gave.
pub(crate) fn part_answer(part: &Value, status: u16, code: &str, message: &str) -> Value {
    let headers = serde_json::json!({ "content-type": "application/json" });
    let error = serde_json::json!({ "error": { "code": code, "message": message } });
    serde_json::json!({ "id": part["id"], "status": status, "headers": headers, "body": error })
}

/// Returns an answer.
pub(crate) fn page(status: u16, kind: &'static str, body: &str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static(kind));
    let body = Bytes::from(body.to_owned());
    let bytes_received = body.len() as u64;
    Response { status, headers, body, bytes_sent: 100, bytes_received }
}

/// Returns an answer that looks as if a service of the standard gave it.
pub(crate) fn service_page(status: u16, body: &str) -> Response {
    let mut answer = page(status, "application/json", body);
    answer.headers.insert("odata-version", HeaderValue::from_static("4.01"));
    answer
}
