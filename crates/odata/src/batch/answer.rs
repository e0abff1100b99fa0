//! The answers of a batch.

use super::headers::{HeaderList, Headers, header};
use crate::{Code, WireError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// One answer of a batch.
#[derive(Clone, Debug, Default)]
pub struct BatchAnswer {
    /// The part's id.
    pub id: String,
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body's JSON text.
    pub body: Option<Box<RawValue>>,
    /// The atomicity group of the part.
    pub group: Option<String>,
}

impl BatchAnswer {
    /// Returns a header's value; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

#[derive(Deserialize)]
struct Envelope {
    responses: Vec<Read>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    id: String,
    status: u16,
    headers: Option<Headers>,
    body: Option<Box<RawValue>>,
    atomicity_group: Option<String>,
}

#[derive(Serialize)]
struct Written<'p> {
    responses: Vec<WrittenAnswer<'p>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenAnswer<'p> {
    /// A request of the multipart format may have none.
    #[serde(skip_serializing_if = "str::is_empty")]
    id: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    atomicity_group: Option<&'p str>,
    status: u16,
    headers: HeaderList<'p>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'p RawValue>,
}

/// Writes the answers of a batch.
pub fn write_batch_answers(answers: &[BatchAnswer]) -> Vec<u8> {
    let responses = answers.iter().map(|answer| WrittenAnswer {
        id: &answer.id,
        atomicity_group: answer.group.as_deref(),
        status: answer.status,
        headers: HeaderList(&answer.headers),
        body: answer.body.as_deref(),
    });
    // Writing strings and raw JSON to memory cannot fail.
    serde_json::to_vec(&Written { responses: responses.collect() }).unwrap_or_default()
}

/// Reads the answers of a batch.
///
/// # Errors
/// 502 `MalformedAnswer`: what came is no batch answer.
pub fn read_batch_answers(bytes: &[u8]) -> Result<Vec<BatchAnswer>, WireError> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|e| {
        let message = format!("What the server sent is no batch answer ({e}). Nothing was lost; it is tried again.");
        WireError::new(502, Code::MalformedAnswer, message)
    })?;
    let answer = |read: Read| BatchAnswer {
        id: read.id,
        status: read.status,
        headers: read.headers.unwrap_or_default().0,
        body: read.body.filter(|body| body.get() != "null"),
        group: read.atomicity_group,
    };
    Ok(envelope.responses.into_iter().map(answer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_survive_the_wire() {
        let body = WireError::not_found("There is no such record").to_json();
        let answers = [
            BatchAnswer {
                id: "1".into(),
                status: 204,
                headers: vec![("etag".into(), "W/\"4.9\"".into())],
                ..Default::default()
            },
            BatchAnswer {
                id: "2".into(),
                status: 404,
                body: Some(RawValue::from_string(String::from_utf8(body).unwrap()).unwrap()),
                ..Default::default()
            },
        ];
        let bytes = write_batch_answers(&answers);
        insta::assert_snapshot!(String::from_utf8(bytes.clone()).unwrap(), @r#"{"responses":[{"id":"1","status":204,"headers":{"etag":"W/\"4.9\""}},{"id":"2","status":404,"headers":{},"body":{"error":{"code":"NotFound","message":"There is no such record"}}}]}"#);
        let again = read_batch_answers(&bytes).unwrap();
        assert_eq!((again[0].status, again[0].header("etag")), (204, Some("W/\"4.9\"")));
        assert_eq!(again[1].body.as_ref().unwrap().get(), answers[1].body.as_ref().unwrap().get());
    }

    #[test]
    fn a_captive_portal_is_no_answer() {
        let error = read_batch_answers(b"<html>Sign in to the hotel</html>").unwrap_err();
        assert_eq!((error.status, error.code.as_str()), (502, Code::MalformedAnswer.as_str()));
        assert!(read_batch_answers(br#"{"responses":[{"id":"1"}]}"#).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_batch_answers(&bytes);
        }
    }
}
