//! `$filter` and `$orderby` (OData URL Conventions 4.01 section 5.1.1 and 5.1.4), text to tree.
//!
//! Owns: the grammar, its limits, and a sentence with a position for every mistake. Refuses: knowing the model; names
//! are checked where SQL is made. What OData has beyond [`Expr`] (functions of collections and of places, `$root`) is
//! refused by name, never a wrong result.

mod aliases;
mod apply;
mod cursor;
mod list;
mod literal;
mod operand;
mod parser;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod write;

use crate::WireError;
pub(crate) use aliases::Aliases;
pub(crate) use apply::{TRANSFORMATIONS, apply, compute};
use parser::Parser;
use tidemark_model::query::{Expr, Function, OrderBy, RESERVED_WORDS};

#[cfg(test)]
pub(crate) use write::{order_by_text, write_filter};

/// Returns every word that means something in `$filter` and `$orderby`, each in the case OData writes it in.
pub fn filter_words() -> impl Iterator<Item = &'static str> {
    let functions = Function::ALL.into_iter().map(Function::name);
    functions.chain(parser::words()).chain(operand::WORDS).chain(RESERVED_WORDS)
}

/// Reads a decoded `$filter` in which no parameter alias has a value.
///
/// # Errors
/// 400 with the position of the mistake; 501 naming what is not supported.
pub fn parse_filter(text: &str) -> Result<Expr, WireError> {
    filter(text, &Aliases::default(), false)
}

/// Reads a decoded `$orderby` in which no parameter alias has a value.
///
/// # Errors
/// As [`parse_filter`].
pub fn parse_order_by(text: &str) -> Result<Vec<OrderBy>, WireError> {
    order_by(text, &Aliases::default(), false)
}

/// Reads a decoded `$filter`, of a request or within `$expand`.
pub(crate) fn filter(text: &str, aliases: &Aliases, is_within: bool) -> Result<Expr, WireError> {
    let mut parser = Parser::new("$filter", text, aliases, is_within);
    let expr = parser.expression()?;
    parser.end("and, or, a comparison or the end")?;
    Ok(expr)
}

/// Reads a decoded `$orderby`, of a request or within `$expand`.
pub(crate) fn order_by(text: &str, aliases: &Aliases, is_within: bool) -> Result<Vec<OrderBy>, WireError> {
    let mut parser = Parser::new("$orderby", text, aliases, is_within);
    let keys = parser.keys()?;
    parser.end("asc, desc, a comma or the end")?;
    Ok(keys)
}
