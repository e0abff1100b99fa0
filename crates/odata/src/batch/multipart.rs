//! Multipart batches, as the server reads and writes them (Protocol 4.01 section 11.7.7).
//!
//! Owns: `multipart/mixed` around requests and answers, change sets included. Refuses: the direction of a client; ours
//! speaks the JSON format, where bodies need no boundary.

mod head;
mod read;
mod split;
mod write;

pub use read::read_multipart_request;
pub use write::{MultipartAnswer, write_multipart_answers};
