//! From a part of a batch to a call, and from an answer back to a part.
//!
//! A part runs as who sent the batch: credentials among its headers are not looked at (FAULTS A18).

use crate::answer::Answer;
use crate::call::{Call, SERVICE_ROOT, header_text, names};
use crate::routes::entity::read_method;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::value::RawValue;
use tidemark_odata::{BatchAnswer, BatchPart, Resource, Version, WireError, parse_path, split_target};

/// Reads a part; `url` is its URL with references to other parts already put in.
///
/// # Errors
/// What is wrong with the part.
pub(super) fn to_call(batch: &Call, part: &mut BatchPart, url: &str) -> Result<Call, WireError> {
    let (path, query) = split_target(url, SERVICE_ROOT)?;
    let resource = parse_path(path)?;
    if resource == Resource::Batch {
        return Err(WireError::bad_request("A batch cannot hold another batch"));
    }
    let mut headers = HeaderMap::with_capacity(part.headers.len());
    for (name, value) in &part.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_str(value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(WireError::bad_request("A header of this request has no valid name or value"));
        };
        headers.append(name, value);
    }
    let version = match header_text(&headers, &names::ODATA_MAX_VERSION) {
        Some(text) => Version::negotiate(Some(text))?,
        None => batch.version,
    };
    let body = part.body.take().map_or_else(Bytes::new, |body| Bytes::from(String::from(Box::<str>::from(body))));
    Ok(Call {
        caller: batch.caller.clone(),
        method: read_method(&part.method)?,
        resource,
        query: query.to_owned(),
        headers,
        body,
        version,
        root: batch.root.clone(),
    })
}

/// Writes an answer as a part's.
pub(super) fn to_part(id: String, group: Option<String>, answer: Answer) -> BatchAnswer {
    let is_json =
        answer.headers.get(header::CONTENT_TYPE).is_none_or(|media| media.as_bytes().starts_with(b"application/json"));
    let headers = answer
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let text = String::from_utf8(answer.body).unwrap_or_default();
    let body = match text.is_empty() {
        true => None,
        false if is_json => RawValue::from_string(text).ok(),
        // Other text stands in the batch as a JSON string (OData JSON 4.01 section 19.2).
        false => serde_json::value::to_raw_value(&text).ok(),
    };
    BatchAnswer { id, status: answer.status.as_u16(), headers, body, group }
}
