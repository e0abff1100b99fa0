//! `POST /odata/…/$query`: a read whose query is too long for a URL (OData URL Conventions 4.01 section 4.17).
//!
//! Owns: putting the body in the place of the query. Refuses: answering it, which is that of the read.

use crate::call::Call;
use http::{Method, header};
use tidemark_odata::{Code, Resource, WireError, encode_loose};

/// Bytes of a query.
const MOST_BYTES: usize = 1024 * 1024;

/// Returns the read that a request means.
///
/// # Errors
/// 400 where the body is no text, 415 where it says to be something else.
pub(crate) fn as_read(call: &Call, resource: &Resource) -> Result<Call, WireError> {
    let media = call.header(&header::CONTENT_TYPE).unwrap_or("text/plain").split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("text/plain") && !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let sentence = format!("A query is taken as text/plain, not as {media}");
        return Err(WireError::new(415, Code::UnsupportedMediaType, sentence).about("Content-Type"));
    }
    let body = std::str::from_utf8(&call.body).map_err(|_| WireError::bad_request("The query is not UTF-8"))?;
    if body.len() > MOST_BYTES {
        let sentence = format!("The query has more than {MOST_BYTES} bytes");
        return Err(WireError::new(413, Code::TooLarge, sentence));
    }
    // The query returns in next links, where nothing may stand that a URL has not.
    let body = encode_loose(body.trim().trim_start_matches('?'));
    let and = if call.query.is_empty() || body.is_empty() { "" } else { "&" };
    let query = format!("{}{and}{body}", call.query);
    Ok(Call { method: Method::GET, resource: resource.clone(), query, ..call.clone() })
}
