//! A record that the model refuses, as the wire says it.
//!
//! Owns: which property the error is about. Refuses: the sentence, which is the model's.

use tidemark_model::InvalidRecord;
use tidemark_odata::{Code, WireError};

/// Returns the wire error of a record that the model refuses for several reasons.
pub(crate) fn invalid_for_all(errors: &[InvalidRecord]) -> WireError {
    WireError::of_all(errors.iter().map(invalid).collect())
}

/// Returns the wire error of a record that the model refuses.
pub(crate) fn invalid(error: &InvalidRecord) -> WireError {
    let wire = WireError::new(400, Code::InvalidRecord, error.to_string());
    match error.property() {
        Some(property) => wire.about(property),
        None => wire,
    }
}
