//! The answers of a batch as bytes, in either format.

use super::run::Settled;
use crate::answer::Answer;
use crate::call::names;
use http::{StatusCode, header};
use serde_json::value::RawValue;
use tidemark_odata::{BatchAnswer, MultipartAnswer, Version, write_batch_answers, write_multipart_answers};

/// Writes answers as JSON.
pub(super) fn json(content_type: &'static str, settled: Vec<Settled>) -> Answer {
    let answers: Vec<BatchAnswer> = settled.into_iter().map(json_part).collect();
    Answer::new(StatusCode::OK, content_type, write_batch_answers(&answers))
}

fn json_part(Settled { id, group, answer }: Settled) -> BatchAnswer {
    let is_json =
        answer.headers.get(header::CONTENT_TYPE).is_none_or(|media| media.as_bytes().starts_with(b"application/json"));
    let (status, headers) = (answer.status.as_u16(), headers(&answer));
    let text = String::from_utf8(answer.body).unwrap_or_default();
    let body = match text.is_empty() {
        true => None,
        false if is_json => RawValue::from_string(text).ok(),
        // Other text stands in the batch as a JSON string (OData JSON 4.01 section 19.2).
        false => serde_json::value::to_raw_value(&text).ok(),
    };
    BatchAnswer { id, status, headers, body, group }
}

/// Writes answers as `multipart/mixed`, each formed as it would be outside of a batch; `id` is a fresh one.
pub(super) fn multipart(version: Version, id: &str, settled: Vec<Settled>) -> Answer {
    let answers: Vec<MultipartAnswer> = settled.into_iter().map(|part| multipart_part(version, part)).collect();
    let (content_type, body) = write_multipart_answers(&answers, id);
    Answer { body, ..Answer::empty(StatusCode::OK) }.with(header::CONTENT_TYPE, &content_type)
}

fn multipart_part(version: Version, Settled { id, group, answer }: Settled) -> MultipartAnswer {
    let answer = answer.with(names::ODATA_VERSION, version.as_str());
    MultipartAnswer {
        id,
        group,
        status: answer.status.as_u16(),
        reason: answer.status.canonical_reason().unwrap_or_default(),
        headers: headers(&answer),
        body: answer.body,
    }
}

fn headers(answer: &Answer) -> Vec<(String, String)> {
    let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    answer.headers.iter().filter_map(text).collect()
}
