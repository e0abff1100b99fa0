//! The names under which a database knows the rules of `tidemark_model::text`.
//!
//! SQLite gets them from `tidemark-sqlite`; what PostgreSQL has for each is in docs/adr/0012.

/// The order people expect; equal are texts that differ in normal form alone.
pub const COLLATION: &str = "tidemark_text";
/// One text in, its normal form out.
pub const NORMAL: &str = "tidemark_normal";
/// One text in, small letters out, in normal form.
pub const LOWER: &str = "tidemark_lower";
/// One text in, capital letters out, in normal form.
pub const UPPER: &str = "tidemark_upper";
/// A word and any number of texts in; whether the word is found in one of them out, never null.
pub const FOUND: &str = "tidemark_found";
