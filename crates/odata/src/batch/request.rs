//! The requests of a batch.

use super::{HeaderList, Headers, header};
use crate::{Code, WireError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::HashSet;

/// One request of a batch.
#[derive(Clone, Debug, Default)]
pub struct BatchPart {
    /// The id that the answer repeats.
    pub id: String,
    /// The method, in upper case.
    pub method: String,
    /// The URL, relative to the service root or absolute.
    pub url: String,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body's JSON text.
    pub body: Option<Box<RawValue>>,
    /// The atomicity group.
    pub group: Option<String>,
    /// Ids of parts and groups that must have succeeded.
    pub depends_on: Vec<String>,
}

impl BatchPart {
    /// Returns a header's value; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

#[derive(Deserialize)]
struct Envelope<P> {
    requests: Vec<P>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    id: Option<String>,
    method: Option<String>,
    url: Option<String>,
    headers: Option<Headers>,
    body: Option<Box<RawValue>>,
    atomicity_group: Option<String>,
    depends_on: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Written<'p> {
    requests: Vec<WrittenPart<'p>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenPart<'p> {
    id: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    atomicity_group: Option<&'p str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    depends_on: &'p [String],
    method: &'p str,
    url: &'p str,
    headers: HeaderList<'p>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'p RawValue>,
}

/// Reads a batch request.
///
/// # Errors
/// 400 naming the part and what is wrong with it.
pub fn read_batch_request(bytes: &[u8]) -> Result<Vec<BatchPart>, WireError> {
    let envelope: Envelope<Read> =
        serde_json::from_slice(bytes).map_err(|e| invalid(format_args!("The batch cannot be read: {e}")))?;
    let mut parts: Vec<BatchPart> = Vec::with_capacity(envelope.requests.len());
    // Ids and groups that a later part may depend on.
    let mut ids: HashSet<String> = HashSet::new();
    let mut groups: HashSet<String> = HashSet::new();
    for (index, read) in envelope.requests.into_iter().enumerate() {
        let part = part(index, read)?;
        let name = format!("The batch part {:?}", part.id);
        if ids.contains(&part.id) || groups.contains(&part.id) {
            return Err(invalid(format_args!("{name} has the id of an earlier part or group")));
        }
        if let Some(missing) = part.depends_on.iter().find(|id| !ids.contains(*id) && !groups.contains(*id)) {
            return Err(invalid(format_args!("{name} depends on {missing:?}, which is no earlier part or group")));
        }
        if let Some(group) = &part.group
            && groups.contains(group)
            && parts.last().is_none_or(|last| last.group.as_ref() != Some(group))
        {
            return Err(invalid(format_args!("{name} is apart from the rest of its atomicity group {group:?}")));
        }
        groups.extend(part.group.clone());
        ids.insert(part.id.clone());
        parts.push(part);
    }
    match groups.intersection(&ids).next() {
        Some(both) => Err(invalid(format_args!("{both:?} is the id of a part and of an atomicity group"))),
        None => Ok(parts),
    }
}

fn part(index: usize, read: Read) -> Result<BatchPart, WireError> {
    let number = index + 1;
    let missing = |member: &str| invalid(format_args!("Part {number} of the batch has no {member}"));
    let id = read.id.filter(|id| !id.is_empty()).ok_or_else(|| missing("id"))?;
    let method = read.method.ok_or_else(|| missing("method"))?.to_ascii_uppercase();
    if !matches!(method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") {
        return Err(invalid(format_args!("The batch part {id:?} has the method {method:?}, which nothing here knows")));
    }
    let url = read.url.filter(|url| !url.is_empty()).ok_or_else(|| missing("url"))?;
    Ok(BatchPart {
        id,
        method,
        url,
        headers: read.headers.unwrap_or_default().0,
        body: read.body.filter(|body| body.get() != "null"),
        group: read.atomicity_group,
        depends_on: read.depends_on.unwrap_or_default(),
    })
}

fn invalid(message: std::fmt::Arguments<'_>) -> WireError {
    WireError::new(400, Code::InvalidBatch, message.to_string())
}

/// Writes a batch request.
pub fn write_batch_request(parts: &[BatchPart]) -> Vec<u8> {
    let requests = parts.iter().map(|part| WrittenPart {
        id: &part.id,
        atomicity_group: part.group.as_deref(),
        depends_on: &part.depends_on,
        method: &part.method,
        url: &part.url,
        headers: HeaderList(&part.headers),
        body: part.body.as_deref(),
    });
    // Writing strings and raw JSON to memory cannot fail.
    serde_json::to_vec(&Written { requests: requests.collect() }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(json: &str) -> String {
        let error = read_batch_request(json.as_bytes()).expect_err(json);
        assert_eq!(error.status, 400);
        error.message
    }

    #[test]
    fn a_batch_survives_the_wire() {
        let part = BatchPart {
            id: "1".into(),
            method: "PATCH".into(),
            url: "TodoItems(8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01)".into(),
            headers: vec![("if-match".into(), "W/\"3.0a1b2c3d\"".into())],
            body: Some(RawValue::from_string(r#"{"Title":"Pump","Ünits":[1.50]}"#.into()).unwrap()),
            group: Some("g".into()),
            depends_on: vec![],
        };
        let second =
            BatchPart { id: "2".into(), depends_on: vec!["g".into(), "1".into()], group: None, ..part.clone() };
        let bytes = write_batch_request(&[part, second]);
        insta::assert_snapshot!(String::from_utf8(bytes.clone()).unwrap(), @r#"{"requests":[{"id":"1","atomicityGroup":"g","method":"PATCH","url":"TodoItems(8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01)","headers":{"if-match":"W/\"3.0a1b2c3d\""},"body":{"Title":"Pump","Ünits":[1.50]}},{"id":"2","dependsOn":["g","1"],"method":"PATCH","url":"TodoItems(8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01)","headers":{"if-match":"W/\"3.0a1b2c3d\""},"body":{"Title":"Pump","Ünits":[1.50]}}]}"#);
        let again = read_batch_request(&bytes).unwrap();
        assert_eq!(again[0].body.as_ref().unwrap().get(), r#"{"Title":"Pump","Ünits":[1.50]}"#);
        assert_eq!(again[0].header("if-match"), Some("W/\"3.0a1b2c3d\""));
        assert_eq!(
            (again[0].group.as_deref(), &again[1].depends_on),
            (Some("g"), &vec!["g".to_owned(), "1".to_owned()])
        );
    }

    #[test]
    fn what_other_clients_write_is_read() {
        let json = r#"{"requests":[{"url":"/odata/TodoItems","method":"get","id":"a","headers":{"Accept":"*/*"},
            "body":null,"dependsOn":[],"atomicityGroup":null,"if":"true"}]}"#;
        let parts = read_batch_request(json.as_bytes()).unwrap();
        assert_eq!((parts[0].method.as_str(), parts[0].header("accept")), ("GET", Some("*/*")));
        assert!(parts[0].body.is_none() && parts[0].group.is_none());
    }

    #[test]
    fn mistakes_name_the_part() {
        let two = |second: &str| format!(r#"{{"requests":[{{"id":"1","method":"GET","url":"A"}},{second}]}}"#);
        for (json, expected) in [
            (two(r#"{"method":"GET","url":"A"}"#), "Part 2 of the batch has no id"),
            (two(r#"{"id":"2","url":"A"}"#), "Part 2 of the batch has no method"),
            (two(r#"{"id":"2","method":"GET","url":""}"#), "Part 2 of the batch has no url"),
            (
                two(r#"{"id":"2","method":"TRACE","url":"A"}"#),
                "The batch part \"2\" has the method \"TRACE\", which nothing here knows",
            ),
            (
                two(r#"{"id":"1","method":"GET","url":"A"}"#),
                "The batch part \"1\" has the id of an earlier part or group",
            ),
            (
                two(r#"{"id":"2","method":"GET","url":"A","dependsOn":["3"]}"#),
                "The batch part \"2\" depends on \"3\", which is no earlier part or group",
            ),
            (
                two(r#"{"id":"2","method":"GET","url":"A","atomicityGroup":"1"}"#),
                "\"1\" is the id of a part and of an atomicity group",
            ),
        ] {
            assert_eq!(message(&json), expected);
        }
        assert!(message("[]").starts_with("The batch cannot be read: "));
        assert!(message(r#"{"requests":[{"id":1}]}"#).starts_with("The batch cannot be read: "));
        let apart = r#"{"requests":[{"id":"1","method":"GET","url":"A","atomicityGroup":"g"},
            {"id":"2","method":"GET","url":"A"},{"id":"3","method":"GET","url":"A","atomicityGroup":"g"}]}"#;
        assert_eq!(message(apart), "The batch part \"3\" is apart from the rest of its atomicity group \"g\"");
    }

    #[test]
    fn a_nested_bomb_in_a_body_costs_nothing() {
        let bomb = format!(
            r#"{{"requests":[{{"id":"1","method":"POST","url":"A","body":{}1{}}}]}}"#,
            "[".repeat(500_000),
            "]".repeat(500_000)
        );
        assert_eq!(read_batch_request(bomb.as_bytes()).unwrap().len(), 1);
        assert_eq!(read_batch_request("[".repeat(500_000).as_bytes()).unwrap_err().status, 400);
        assert_eq!(read_batch_request(format!("{{\"x\":{}", "[".repeat(500_000)).as_bytes()).unwrap_err().status, 400);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_batch_request(&bytes);
        }
    }
}
