//! Repeatable requests: the name a client gives a request, and a hash that tells a repeat from another request.
//!
//! Owns: reading `Repeatability-Request-ID` and hashing what the request does. The hash is over values, not over
//! bytes, so that members in another order are the same request. Refuses: remembering (the journal does). OASIS
//! Repeatable Requests 1.0; DESIGN section 4, Push.

use super::change::{Body, Repeat};
use sha2::{Digest, Sha256};
use tidemark_model::{EntitySet, Method, RecordId};
use tidemark_odata::{Code, WireError, parse_http_date};
use uuid::Uuid;

/// The longest name that is taken.
const LONGEST_NAME: usize = 200;

/// Reads the repeatability headers of a request; `key` is the `Id` that the client gave, in the URL or in the body.
///
/// # Errors
/// 400 for a name that is empty or too long, or a first-sent date that is no date.
pub(crate) fn read_repeat(
    request_id: Option<&str>,
    first_sent: Option<&str>,
    set: &EntitySet,
    method: Method,
    key: Option<RecordId>,
    body: &Body,
) -> Result<Option<Repeat>, WireError> {
    if first_sent.is_some_and(|date| parse_http_date(date).is_none()) {
        let sentence = "Repeatability-First-Sent must be an HTTP date";
        return Err(WireError::new(400, Code::InvalidHeader, sentence).about("Repeatability-First-Sent"));
    }
    let Some(name) = request_id.map(str::trim) else { return Ok(None) };
    if name.is_empty() || name.len() > LONGEST_NAME {
        let sentence =
            format!("Repeatability-Request-ID must be a GUID, or other text of at most {LONGEST_NAME} bytes");
        return Err(WireError::new(400, Code::InvalidHeader, sentence).about("Repeatability-Request-ID"));
    }
    let request = match Uuid::parse_str(name) {
        Ok(id) if name.len() == 36 => id.into_bytes(),
        _ => first_16(&Sha256::digest(name.as_bytes())),
    };
    Ok(Some(Repeat { request, content: content_hash(set, method, key, body) }))
}

impl Repeat {
    /// Returns the name of the request that makes a record within the one that this request makes.
    pub(crate) fn inner(&self, way: &str, place: usize) -> Self {
        let name = [&self.request[..], format!("/{way}/{place}").as_bytes()].concat();
        Self { request: Uuid::new_v5(&Uuid::NAMESPACE_OID, &name).into_bytes(), content: self.content }
    }

    /// Returns the same name for what it holds.
    pub(crate) fn of_content(self, set: &EntitySet, method: Method, key: Option<RecordId>, body: &Body) -> Self {
        Self { content: content_hash(set, method, key, body), ..self }
    }
}

fn content_hash(set: &EntitySet, method: Method, key: Option<RecordId>, body: &Body) -> [u8; 16] {
    let mut text = format!("{method:?}\n{}\n{key:?}\n{:?} {:?}", set.name, body.stamp, body.is_tombstoned).into_bytes();
    for (property, cell) in set.entity_type.declared().zip(&body.cells) {
        // By name and only where given: a property added to the model later leaves the hash as it is.
        if let Some(cell) = cell {
            text.push(b'\n');
            text.extend_from_slice(property.name.as_bytes());
            text.push(b'=');
            cell.write_json(property, &mut text);
        }
    }
    first_16(&Sha256::digest(&text))
}

fn first_16(digest: &[u8]) -> [u8; 16] {
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::read_body;
    use tidemark_model::EntityModel;

    fn hash(method: Method, body: &str) -> Repeat {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let set = model.set("TodoItems").unwrap();
        let (_, body) = read_body(set, body.as_bytes()).unwrap();
        read_repeat(Some("a"), None, set, method, None, &body).unwrap().unwrap()
    }

    #[test]
    fn a_name_is_a_guid_or_any_other_text_of_some_length() {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let set = model.set("TodoItems").unwrap();
        let named = |name: &str| {
            let repeat = read_repeat(Some(name), None, set, Method::Create, None, &Body::default());
            repeat.map(|repeat| repeat.unwrap().request).map_err(|error| error.status)
        };
        let guid = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";
        assert_eq!(named(guid), Ok(guid.parse::<Uuid>().unwrap().into_bytes()));
        assert_eq!(named(&format!(" {} ", guid.to_uppercase())), named(guid));
        // What only looks like one is text, which is another name.
        assert_ne!(named(&guid.replace('-', "")), named(guid));
        assert_ne!(named(&format!("{{{guid}}}")), named(guid));
        assert_ne!(named("a"), named("b"));
        let (longest, longer) = ("n".repeat(LONGEST_NAME), "n".repeat(LONGEST_NAME + 1));
        assert!(named(&longest).is_ok());
        assert_eq!((named(&longer), named(""), named("  ")), (Err(400), Err(400), Err(400)));
    }

    #[test]
    fn the_same_values_are_the_same_request_however_they_are_written() {
        let first = hash(Method::Create, r#"{"Title":"a","Priority":1,"_UpdatedAt":5}"#);
        assert_eq!(first, hash(Method::Create, r#"{ "_UpdatedAt": "5", "Priority": 1.0, "Title": "\u0061" }"#));
        assert_ne!(first, hash(Method::Create, r#"{"Title":"a","Priority":2,"_UpdatedAt":5}"#));
        assert_ne!(first, hash(Method::Create, r#"{"Title":"a","Priority":1}"#));
        assert_ne!(first, hash(Method::Update, r#"{"Title":"a","Priority":1,"_UpdatedAt":5}"#));
    }
}
