//! A query in memory: what `tidemark-odata` parses from a URL and `tidemark-sql` turns into SQL text.
//!
//! Owns: the options of a read. Refuses: text in either direction, and checking names against the model
//! (`tidemark-sql` does, since only it knows what it can express). Expressions are in `expression`, their values in
//! `literal`. OData URL Conventions 4.01 section 5.1.

mod apply;
mod expand;
mod expression;
mod function;
mod literal;
mod search;

pub use apply::{Aggregate, Computed, Method, Transformation};
pub use expand::{Expand, Want};
pub use expression::{Arithmetic, Compare, Expr, Logic, Path, Quantifier};
pub use function::Function;
pub use literal::{FALSE, INFINITY, Literal, NOT, NOT_A_NUMBER, NULL, RESERVED_WORDS, TRUE};

pub use search::Search;

/// The system query options of a read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// `$apply`: what is made of the records before anything else is asked.
    pub apply: Vec<Transformation>,
    /// `$compute`: the expressions of a later one may name earlier ones.
    pub compute: Vec<Computed>,
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
        let computed = self.compute.iter_mut().map(|computed| &mut computed.expr);
        let applied = self.apply.iter_mut().flat_map(Transformation::exprs_mut);
        for expr in self.filter.iter_mut().chain(keys).chain(computed).chain(applied) {
            expr.at(now);
        }
        for item in &mut self.expand {
            item.query.at(now);
        }
    }
}

impl Query {
    /// Tells whether other rows than records are asked for: what `$apply` makes of many.
    pub fn is_summary(&self) -> bool {
        self.apply.iter().any(Transformation::is_summary)
    }

    /// Returns the order of the rows: that of `$orderby`, else the last one that `$apply` gave them.
    pub fn order(&self) -> &[OrderBy] {
        if !self.order_by.is_empty() {
            return &self.order_by;
        }
        for step in self.apply.iter().rev() {
            match step {
                Transformation::OrderBy(keys) => return keys,
                Transformation::Aggregate(_) | Transformation::GroupBy { .. } => break,
                _ => {}
            }
        }
        &[]
    }

    /// Tells whether a condition on the records of the set names a property.
    pub fn asks_about(&self, property: &str) -> bool {
        let of_steps = self.apply.iter().take_while(|step| !step.is_summary()).filter_map(|step| match step {
            Transformation::Filter(expr) => Some(expr),
            _ => None,
        });
        let own = self.filter.iter().filter(|_| !self.is_summary());
        own.chain(of_steps).any(|expr| expr.names(property))
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
