//! Query text as people and screens write it, for reads of the offline database.
//!
//! Owns: handing OData text to the one parser that both ends share. Refuses: a second grammar.

use tidemark_model::query::{Expr, OrderBy, Search};

/// Parses an OData `$filter`.
///
/// # Errors
/// A sentence with the position of the mistake.
pub fn parse_filter(text: &str) -> Result<Expr, String> {
    tidemark_odata::parse_filter(text).map_err(|error| error.message)
}

/// Parses an OData `$orderby`.
///
/// # Errors
/// A sentence with the position of the mistake.
pub fn parse_order_by(text: &str) -> Result<Vec<OrderBy>, String> {
    tidemark_odata::parse_order_by(text).map_err(|error| error.message)
}

/// Cuts what a person typed into a search field into words that must all occur.
pub fn parse_search(text: &str) -> Vec<Search> {
    text.split_whitespace().map(|word| Search::Word(word.to_owned())).collect()
}
