//! `$filter` and `$orderby` (OData URL Conventions 4.01 section 5.1.1 and 5.1.4), text to tree.
//!
//! Owns: the grammar, its limits, and a sentence with a position for every mistake. Refuses: knowing the model; names
//! are checked where SQL is made. What OData has beyond [`Expr`] (arithmetic, lambdas, paths, casts) answers 501 by
//! name, never a wrong result.

mod cursor;
mod parser;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod write;

use crate::WireError;
use parser::Parser;
use tidemark_model::query::{Expr, OrderBy};

#[cfg(test)]
pub(crate) use write::{order_by_text, write_filter};

/// Returns every word that means something in `$filter` and `$orderby`, each in the case OData writes it in.
pub fn filter_words() -> impl Iterator<Item = &'static str> {
    parser::words()
}

/// Reads a decoded `$filter`.
///
/// # Errors
/// 400 with the position of the mistake; 501 naming what is not supported.
pub fn parse_filter(text: &str) -> Result<Expr, WireError> {
    let mut parser = Parser::new("$filter", text);
    let expr = parser.expression()?;
    parser.end("and, or, a comparison or the end")?;
    Ok(expr)
}

/// Reads a decoded `$orderby`.
///
/// # Errors
/// As [`parse_filter`].
pub fn parse_order_by(text: &str) -> Result<Vec<OrderBy>, WireError> {
    let mut parser = Parser::new("$orderby", text);
    let mut keys = Vec::new();
    loop {
        let expr = parser.expression()?;
        let descending = parser.direction();
        keys.push(OrderBy { expr, descending });
        if !parser.comma() {
            break;
        }
    }
    parser.end("asc, desc, a comma or the end")?;
    Ok(keys)
}
