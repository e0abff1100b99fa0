//! Batches: the JSON format in both directions (OData JSON 4.01 section 19), the multipart one as a server has it
//! (Protocol 4.01 section 11.7.7).
//!
//! Owns: the envelope: ids, methods, URLs, headers, atomicity groups, dependencies. Refuses: looking into bodies; they
//! stay text, so a body is parsed once by whom it concerns and a nested bomb in it costs nothing here.

mod answer;
mod bounded;
mod headers;
mod multipart;
mod part;
mod request;

pub use answer::{BatchAnswer, read_batch_answers, write_batch_answers};
pub use multipart::{MultipartAnswer, read_multipart_request, write_multipart_answers};
pub use part::{BatchPart, MAX_BATCH_PARTS};
pub use request::{read_batch_request, write_batch_request};
