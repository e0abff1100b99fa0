//! A query in memory: what `tidemark-odata` parses from a URL and `tidemark-sql` turns into SQL text.
//!
//! Owns: the options of a read. Refuses: text in either direction, and checking names against the model
//! (`tidemark-sql` does, since only it knows what it can express). Expressions are in `expression`, their values in
//! `literal`. OData URL Conventions 4.01 section 5.1.

mod expand;
mod expression;
mod function;
mod literal;
mod search;

pub use expand::{Expand, Want};
pub use expression::{Arithmetic, Compare, Expr, Logic, Path, Quantifier};
pub use function::Function;
pub use literal::{FALSE, INFINITY, Literal, NOT, NOT_A_NUMBER, NULL, RESERVED_WORDS, TRUE};

pub use search::Search;

/// The system query options of a read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// `$filter`.
    pub filter: Option<Expr>,
    /// `$orderby`, first key first.
    pub order_by: Vec<OrderBy>,
    /// `$select`; empty means every property.
    pub select: Vec<String>,
    /// `$top`.
    pub top: Option<u64>,
    /// `$skip`.
    pub skip: u64,
    /// `$count=true`.
    pub count: bool,
    /// `$search`: what must all be found in some string property.
    pub search: Vec<Search>,
    /// `$expand`.
    pub expand: Vec<Expand>,
}

impl Query {
    /// Puts this instant, in microseconds UTC, in place of every `now()`: one read has one present.
    pub fn at(&mut self, now: i64) {
        let keys = self.order_by.iter_mut().map(|key| &mut key.expr);
        for expr in self.filter.iter_mut().chain(keys) {
            expr.at(now);
        }
        for item in &mut self.expand {
            item.query.at(now);
        }
    }
}

/// One key of `$orderby`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderBy {
    /// The expression.
    pub expr: Expr,
    /// Whether `desc` was given.
    pub descending: bool,
}
