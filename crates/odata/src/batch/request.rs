//! The requests of a batch in the JSON format (OData JSON 4.01 section 19.1).
//!
//! Owns: reading and writing them, and the rules that hold between them: ids once, groups together, no dependency on a later
//! one. Refuses: collecting more than is wanted of anything, however small each is in the text.

use super::bounded::Bounded;
use super::headers::{HeaderList, Headers};
use super::part::{BatchPart, invalid, too_many};
use crate::WireError;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::HashSet;

#[derive(Deserialize)]
struct Envelope {
    requests: Bounded<Read>,
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
    depends_on: Option<Bounded<String>>,
    #[serde(rename = "if")]
    condition: Option<Condition>,
}

/// `if` is an expression in a string; some write a bare Boolean.
#[derive(Deserialize)]
#[serde(untagged)]
enum Condition {
    Expression(String),
    Literal(bool),
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
    #[serde(rename = "if", skip_serializing_if = "Option::is_none")]
    condition: Option<&'p str>,
    method: &'p str,
    url: &'p str,
    headers: HeaderList<'p>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'p RawValue>,
}

/// Reads a batch request.
///
/// # Errors
/// 400 naming the part and what is wrong with it; 413 for more than [`crate::MAX_BATCH_PARTS`] of them.
pub fn read_batch_request(bytes: &[u8]) -> Result<Vec<BatchPart>, WireError> {
    let Envelope { requests } =
        serde_json::from_slice(bytes).map_err(|e| invalid(format_args!("The batch cannot be read: {e}")))?;
    if requests.is_too_long {
        return Err(too_many());
    }
    let mut parts: Vec<BatchPart> = Vec::with_capacity(requests.kept.len());
    // Ids and groups that a later part may depend on.
    let mut ids: HashSet<String> = HashSet::new();
    let mut groups: HashSet<String> = HashSet::new();
    for (index, read) in requests.kept.into_iter().enumerate() {
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
    // In a multipart answer it is a header's value.
    if id.contains(char::is_control) {
        return Err(invalid(format_args!("Part {number} of the batch has an id with a character that no id can have")));
    }
    let method = read.method.ok_or_else(|| missing("method"))?.to_ascii_uppercase();
    if !matches!(method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") {
        return Err(invalid(format_args!("The batch part {id:?} has the method {method:?}, which nothing here knows")));
    }
    let url = read.url.filter(|url| !url.is_empty()).ok_or_else(|| missing("url"))?;
    let Bounded { kept: mut depends_on, is_too_long } = read.depends_on.unwrap_or_default();
    if is_too_long {
        return Err(invalid(format_args!("The batch part {id:?} depends on more parts than a batch can have")));
    }
    depends_on.sort_unstable();
    depends_on.dedup();
    let condition = read.condition.map(|condition| match condition {
        Condition::Expression(text) => text,
        Condition::Literal(value) => value.to_string(),
    });
    Ok(BatchPart {
        id,
        method,
        url,
        headers: read.headers.unwrap_or_default().0,
        body: read.body.filter(|body| body.get() != "null"),
        group: read.atomicity_group,
        depends_on,
        condition,
        problem: None,
    })
}

/// Writes a batch request.
pub fn write_batch_request(parts: &[BatchPart]) -> Vec<u8> {
    let requests = parts.iter().map(|part| WrittenPart {
        id: &part.id,
        atomicity_group: part.group.as_deref(),
        depends_on: &part.depends_on,
        condition: part.condition.as_deref(),
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
    use crate::batch::headers::MOST_HEADERS;
    use crate::batch::part::MAX_BATCH_PARTS;
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
            ..BatchPart::default()
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
            (Some("g"), &vec!["1".to_owned(), "g".to_owned()])
        );
    }

    #[test]
    fn what_other_clients_write_is_read() {
        let json = r#"{"requests":[{"url":"/odata/TodoItems","method":"get","id":"a","headers":{"Accept":"*/*"},
            "body":null,"dependsOn":[],"atomicityGroup":null,"if":"true"},
            {"url":"A","method":"GET","id":"b","if":false,"dependsOn":["a","a"]}]}"#;
        let parts = read_batch_request(json.as_bytes()).unwrap();
        assert_eq!((parts[0].condition.as_deref(), parts[1].condition.as_deref()), (Some("true"), Some("false")));
        assert_eq!(parts[1].depends_on, ["a"]);
        assert_eq!((parts[0].method.as_str(), parts[0].header("accept")), ("GET", Some("*/*")));
        assert!(parts[0].body.is_none() && parts[0].group.is_none());
    }

    #[test]
    fn mistakes_name_the_part() {
        let two = |second: &str| format!(r#"{{"requests":[{{"id":"1","method":"GET","url":"A"}},{second}]}}"#);
        for (json, expected) in [
            (two(r#"{"method":"GET","url":"A"}"#), "Part 2 of the batch has no id"),
            (two(r#"{"id":"2","url":"A"}"#), "Part 2 of the batch has no method"),
            (
                two(r#"{"id":"2\r\nX: y","method":"GET","url":"A"}"#),
                "Part 2 of the batch has an id with a character that no id can have",
            ),
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

    #[test]
    fn no_more_is_kept_than_is_wanted() {
        let part = |id: usize, more: &str| format!(r#"{{"id":"{id}","method":"GET","url":"A"{more}}}"#);
        let parts = |most: usize| (0..most).map(|id| part(id, "")).collect::<Vec<_>>().join(",");
        let read = |parts: &str| read_batch_request(format!(r#"{{"requests":[{parts}]}}"#).as_bytes());
        assert_eq!(read(&parts(MAX_BATCH_PARTS)).unwrap().len(), MAX_BATCH_PARTS);
        assert_eq!(read(&parts(MAX_BATCH_PARTS + 1)).unwrap_err().status, 413);
        let depends = |most: usize| format!(r#","dependsOn":[{}]"#, vec!["\"0\""; most].join(","));
        let two = |more: &str| read(&format!("{},{}", part(0, ""), part(1, more)));
        assert_eq!(two(&depends(MAX_BATCH_PARTS)).unwrap()[1].depends_on, ["0"]);
        assert_eq!(two(&depends(MAX_BATCH_PARTS + 1)).unwrap_err().status, 400);
        let headers = |most: usize| {
            let headers: Vec<String> = (0..most).map(|number| format!(r#""h{number}":"""#)).collect();
            format!(r#","headers":{{{}}}"#, headers.join(","))
        };
        assert_eq!(two(&headers(MOST_HEADERS)).unwrap()[1].headers.len(), MOST_HEADERS);
        assert_eq!(two(&headers(MOST_HEADERS + 1)).unwrap_err().status, 400);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_batch_request(&bytes);
        }
    }
}
