//! One request of a batch, whichever format it came in.
//!
//! Owns: what both formats say of a request, and the refusal of a batch that cannot be read. Refuses: bytes.

use super::headers::header;
use crate::{Code, WireError};
use serde_json::value::RawValue;

/// The most requests of a batch.
pub const MAX_BATCH_PARTS: usize = 1000;

/// One request of a batch.
#[derive(Clone, Debug, Default)]
pub struct BatchPart {
    /// The id that the answer repeats; empty where a request of the multipart format has none.
    pub id: String,
    /// The method.
    pub method: String,
    /// The URL, relative to the service root or absolute.
    pub url: String,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body's JSON text.
    pub body: Option<Box<RawValue>>,
    /// The atomicity group, or change set.
    pub group: Option<String>,
    /// Ids of parts and groups that must have succeeded, each once.
    pub depends_on: Vec<String>,
    /// The expression that must be true instead, where there is one (`if`, JSON Format section 19.1).
    pub condition: Option<String>,
    /// Why this request cannot be read, where only it cannot.
    pub problem: Option<WireError>,
}

impl BatchPart {
    /// Returns a header's value; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// Returns the refusal of a batch.
pub(super) fn invalid(message: std::fmt::Arguments<'_>) -> WireError {
    WireError::new(400, Code::InvalidBatch, message.to_string())
}

/// Returns the refusal of a batch with more requests than are taken.
pub(super) fn too_many() -> WireError {
    let sentence = format!("The batch has more requests than the {MAX_BATCH_PARTS} that are allowed. Send it in parts");
    WireError::new(413, Code::TooManyRequests, sentence)
}
