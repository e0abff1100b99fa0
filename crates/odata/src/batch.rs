//! Batches: the JSON format in both directions (OData JSON 4.01 section 19), the multipart one as a server has it
//! (Protocol 4.01 section 11.7.7).
//!
//! Owns: the envelope: ids, methods, URLs, headers, atomicity groups, dependencies. Refuses: looking into bodies; they
//! stay text, so a body is parsed once by whom it concerns and a nested bomb in it costs nothing here.

mod answer;
mod bounded;
mod multipart;
mod part;
mod request;

pub use answer::{BatchAnswer, read_batch_answers, write_batch_answers};
pub use multipart::{MultipartAnswer, read_multipart_request, write_multipart_answers};
pub use part::BatchPart;
pub use request::{read_batch_request, write_batch_request};

/// The most requests of a batch.
pub const MAX_BATCH_PARTS: usize = 1000;
/// The most headers of one request of a batch.
const MOST_HEADERS: usize = 100;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;

/// Headers as a JSON object: names in lower case, in the order given.
#[derive(Debug, Default)]
struct Headers(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Headers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of headers, each a string")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
                let mut headers = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Option<String>>()? {
                    if let Some(value) = value {
                        if headers.len() == MOST_HEADERS {
                            return Err(serde::de::Error::custom("a request has more than a hundred headers"));
                        }
                        headers.push((name.to_ascii_lowercase(), value));
                    }
                }
                Ok(Headers(headers))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// Borrowed headers, to be written as a JSON object.
struct HeaderList<'h>(&'h [(String, String)]);

impl Serialize for HeaderList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}
