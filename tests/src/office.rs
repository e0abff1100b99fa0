//! The office: the same records through plain OData, as a script or Excel reads and writes them.

use crate::server::pointer;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::Value;

/// A plain OData client signed in with Basic authentication.
pub struct Office {
    client: Client,
    root: String,
    user: String,
}

impl Office {
    /// Makes a client for a user (see `Server::add_user`).
    pub fn new(server: &str, user: &str) -> Self {
        Self { client: Client::new(), root: format!("{server}/odata"), user: user.to_owned() }
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.user, Some(format!("{}-secret", self.user)))
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
