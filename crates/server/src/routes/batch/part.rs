//! From a part of a batch to a call.
//!
//! A part runs as who sent the batch (FAULTS A18): credentials of another among its headers are refused; o.js copies the
//! batch's own into each.

use crate::call::{Call, header_text, names};
use crate::routes::entity::read_method;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tidemark_odata::{BatchPart, Resource, Version, WireError, parse_path};

/// Reads a part; `url` is its URL with references to other parts already put in, `named` what its body refers to.
///
/// # Errors
/// What is wrong with the part.
pub(super) fn to_call(
    batch: &Call,
    part: &mut BatchPart,
    url: &str,
    named: Vec<(String, String)>,
) -> Result<Call, WireError> {
    let (path, query) = batch.split(url)?;
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
        if name == header::AUTHORIZATION && batch.headers.get(&name) != Some(&value) {
            let sentence = "A request of a batch runs as who sent the batch; it cannot sign in as another";
            return Err(WireError::bad_request(sentence).about("Authorization"));
        }
        headers.append(name, value);
    }
    let version = match header_text(&headers, &names::ODATA_MAX_VERSION) {
        Some(text) => Version::negotiate(Some(text))?,
        None => batch.version,
    };
    let body = part.body.take().map_or_else(Bytes::new, |body| Bytes::from(String::from(Box::<str>::from(body))));
    // A text stands in a string (OData JSON 4.01 section 19.1).
    let body = match (&resource, serde_json::from_slice::<String>(&body)) {
        (Resource::Query(_), Ok(text)) => Bytes::from(text),
        _ => body,
    };
    Ok(Call {
        caller: batch.caller.clone(),
        method: match read_method(&part.method)? {
            Method::HEAD => Method::GET,
            method => method,
        },
        resource,
        query: query.to_owned(),
        headers,
        body,
        version,
        root: batch.root.clone(),
        named,
    })
}
