//! The OData wire for both ends: URLs, `$filter`, `$batch`, pages and deltas, CSDL, headers, the error body.
//!
//! Owns: every byte of OData V4.01 that client and server must agree on, in both directions. Refuses: I/O, HTTP
//! libraries, SQL, and decisions about records (`tidemark-model` makes them). OASIS OData 4.01 Protocol, URL
//! Conventions, JSON Format and CSDL; DESIGN section 5 says what we chose where they leave a choice.

mod batch;
mod code;
mod condition;
mod dates;
mod entity;
mod error;
mod filter;
mod format;
mod metadata;
mod options;
mod page;
mod page_writer;
mod path;
mod percent;
mod prefer;
mod version;

pub use batch::{
    BatchAnswer, BatchPart, MAX_BATCH_PARTS, MultipartAnswer, read_batch_answers, read_batch_request,
    read_multipart_request, write_batch_answers, write_batch_request, write_multipart_answers,
};
pub use code::{ANSWERS_HEADER, Code, MODEL_HEADER, UPDATED_AT_HEADER, token_name};
pub use condition::{EntityTags, parse_condition, same_etag};
pub use dates::{http_date, parse_http_date};
pub use entity::{read_entity, read_etag, write_entity};
pub use error::{Detail, WireError};
pub use filter::{filter_words, parse_filter, parse_order_by};
pub use format::{
    BatchFormat, Format, Metadata, MetadataFormat, negotiate_batch, negotiate_format, negotiate_metadata,
};
pub use metadata::{metadata_json, metadata_xml, openapi, service_document};
pub use options::{Options, option_names, parse_options};
pub use page::{PageEnd, PageError, read_page};
pub use page_writer::{Link, Made, MadeWriter, PageWriter, RecordWriter, context_url, property_json, raw_value};
pub use path::{End, Resource, ServiceRoot, Step, entity_url, parse_path, path_words, split_target};
pub use percent::{encode_loose, encode_query};
pub use prefer::{Prefer, Preference, parse_prefer, preference_applied};
pub use version::Version;
