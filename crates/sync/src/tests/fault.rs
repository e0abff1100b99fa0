//! What may be wrong with one entity set, said in its answers.
//!
//! Owns: altering an answer of the real server on its way, for one set alone. Refuses: everything that concerns a request as
//! a whole (`weather`).

use super::asked::Asked;
use crate::ports::transport::Response;
use serde_json::{Value, json};

/// What is wrong with a set.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Status(u16, &'static str),
    Page(&'static str),
    /// A batch's answer leaves the set out.
    Missing,
    /// A batch that names the set fails whole, and the set alone too.
    WholeBatch(u16),
}

fn error(code: &str) -> Value {
    json!({ "error": { "code": code, "message": "The server says no" } })
}

fn set_of(url: &str) -> &str {
    url.split(['?', '(', '/']).next().unwrap_or_default()
}

/// Alters an answer as the fault of a set demands; answers to writes are left alone.
pub(super) fn spoil(asked: &Asked, answer: &mut Response, set: &str, fault: Fault) {
    let parts = asked.parts();
    let of_set: Vec<usize> = (0..parts.len()).filter(|n| set_of(&parts[*n].1) == set).collect();
    if asked.is_write() || (parts.is_empty() && set_of(asked.link()) != set) || (!parts.is_empty() && of_set.is_empty())
    {
        return;
    }
    if let Fault::WholeBatch(status) = fault {
        return whole(answer, status, &error("Bad"));
    }
    if parts.is_empty() {
        match fault {
            Fault::Status(status, code) => whole(answer, status, &error(code)),
            Fault::Page(text) => whole(answer, 200, &serde_json::from_str(text).unwrap()),
            Fault::Missing | Fault::WholeBatch(_) => {}
        }
        return;
    }
    let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
    let responses = body["responses"].as_array_mut().unwrap();
    let ids: Vec<Value> = of_set.iter().map(|n| json!(n.to_string())).collect();
    let is_of_set = |part: &Value| ids.contains(&part["id"]);
    match fault {
        Fault::Missing => responses.retain(|part| !is_of_set(part)),
        fault => {
            for part in responses.iter_mut().filter(|part| is_of_set(part)) {
                let (status, body) = match fault {
                    Fault::Status(status, code) => (status, error(code)),
                    Fault::Page(text) => (200, serde_json::from_str(text).unwrap()),
                    Fault::Missing | Fault::WholeBatch(_) => continue,
                };
                *part = json!({ "id": part["id"], "status": status, "body": body });
            }
        }
    }
    answer.body = body.to_string().into();
}

fn whole(answer: &mut Response, status: u16, body: &Value) {
    answer.status = status;
    answer.headers.remove("link");
    answer.body = body.to_string().into();
}
