//! The office: the same records through plain OData, as a script or Excel reads and writes them.

use crate::server::pointer;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

/// A plain OData client, signed in.
pub struct Office {
    client: Client,
    root: String,
    sign: Sign,
}

enum Sign {
    Name(String),
    Token(String),
}

impl Office {
    /// Makes a client for a user (see `Server::add_user`), who signs in with Basic authentication.
    pub fn new(server: &str, user: &str) -> Self {
        Self::signed_with(server, Sign::Name(user.to_owned()))
    }

    /// Makes a client with a token, which costs a server that was started a moment ago no password.
    pub fn with_token(server: &str, token: String) -> Self {
        Self::signed_with(server, Sign::Token(token))
    }

    fn signed_with(server: &str, sign: Sign) -> Self {
        Self { client: Client::new(), root: format!("{server}/odata"), sign }
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.sign {
            Sign::Name(user) => request.basic_auth(user, Some(format!("{user}-secret"))),
            Sign::Token(token) => request.bearer_auth(token),
        }
    }

    /// Sends a GET below the service root.
    pub fn get(&self, path: &str) -> Response {
        self.signed(self.client.get(format!("{}/{path}", self.root))).send().expect("the server answers")
    }

    /// Reads a document that must be there.
    #[track_caller]
    pub fn read(&self, path: &str) -> Value {
        let response = self.get(path);
        assert_eq!(response.status().as_u16(), 200, "{path}");
        response.json().expect("JSON")
    }

    /// Sends a request with a JSON body.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Response {
        let method = method.parse().expect("a method");
        let request = self.client.request(method, format!("{}/{path}", self.root));
        self.signed(request).json(body).send().expect("the server answers")
    }

    /// Changes a record and expects success.
    #[track_caller]
    pub fn patch(&self, set: &str, id: &str, changes: &Value) -> Value {
        let response = self.send("PATCH", &format!("{set}({id})"), changes);
        assert!(response.status().is_success(), "{}", response.status());
        response.json().unwrap_or(Value::Null)
    }

    /// Adds items through `$batch` requests of 200; each carries `note_bytes` of notes.
    #[track_caller]
    pub fn fill(&self, numbers: std::ops::Range<usize>, note_bytes: usize) {
        for start in numbers.clone().step_by(200) {
            let requests: Vec<Value> = (start..numbers.end.min(start + 200))
                .map(|n| {
                    // Ids that are spread like those of devices, each once.
                    let id = uuid::Uuid::from_u128((n as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
                    json!({
                        "id": n.to_string(), "method": "POST", "url": "TodoItems",
                        "headers": { "content-type": "application/json", "prefer": "return=minimal" },
                        "body": { "Id": id.to_string(), "Title": format!("Inspect valve {n}"), "Notes": notes(n, note_bytes) },
                    })
                })
                .collect();
            let answer: Value = self.send("POST", "$batch", &json!({ "requests": requests })).json().expect("JSON");
            let answers = answer["responses"].as_array().expect("a batch answer");
            assert!(answers.iter().all(|r| r["status"].as_u64().is_some_and(|s| s < 300)), "{answer}");
        }
    }

    /// Deletes a record and expects success.
    #[track_caller]
    pub fn delete(&self, set: &str, id: &str) {
        let request = self.client.delete(format!("{}/{set}({id})", self.root));
        let response = self.signed(request).send().expect("the server answers");
        assert!(response.status().is_success(), "{}", response.status());
    }

    /// Reads all records of a set, ordered by id, without annotations.
    #[track_caller]
    pub fn list(&self, set: &str) -> Vec<Value> {
        let mut records = Vec::new();
        let mut next = Some(format!("{set}?$orderby=Id"));
        while let Some(path) = next {
            let page = self.read(&path);
            records.extend(page["value"].as_array().cloned().unwrap_or_default());
            let link = pointer(&page, "/@odata.nextLink");
            next = link.as_str().map(|link| link.strip_prefix(&format!("{}/", self.root)).unwrap_or(link).to_owned());
        }
        for record in &mut records {
            record.as_object_mut().expect("an entity").retain(|name, _| !name.starts_with('@'));
        }
        records.sort_by_key(|record| record["Id"].to_string());
        records
    }
}

/// Text that no compression makes small.
fn notes(n: usize, bytes: usize) -> String {
    let mut seed = n as u64 + 1;
    let mut letter = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + ((seed >> 33) % 75) as u8)
    };
    (0..bytes).map(|_| letter()).collect()
}
