//! `$compute` and `$apply` (OData URL Conventions 4.01 section 5.1.3, Data Aggregation 4.0 section 3): values that are
//! made of a record, and rows that are made of many.
//!
//! Owns: their form. Refuses: what may follow what, which shows where SQL is made.

use super::{Expr, OrderBy, Search};

/// A value that is made of each record: `expression as name`.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    /// The expression.
    pub expr: Expr,
    /// What its value is called.
    pub name: String,
}

/// One step of `$apply`, which takes the rows of the step before.
#[derive(Clone, Debug, PartialEq)]
pub enum Transformation {
    /// `identity`.
    Identity,
    /// `filter(…)`.
    Filter(Expr),
    /// `search(…)`: what must all be found.
    Search(Vec<Search>),
    /// `compute(…)`.
    Compute(Vec<Computed>),
    /// `orderby(…)`.
    OrderBy(Vec<OrderBy>),
    /// `top(…)`.
    Top(u64),
    /// `skip(…)`.
    Skip(u64),
    /// `topcount(n,…)` and `bottomcount(n,…)`: the rows with the largest or smallest values.
    Most {
        /// How many.
        count: u64,
        /// Of what; with `descending` the largest.
        by: OrderBy,
    },
    /// `aggregate(…)`: one row for all.
    Aggregate(Vec<Aggregate>),
    /// `groupby((…),aggregate(…))`: one row for each combination of values, which paths lead to.
    GroupBy {
        /// The paths, each of one name or several.
        by: Vec<Vec<String>>,
        /// What is made of each group; nothing where its values are all.
        aggregates: Vec<Aggregate>,
    },
}

/// One value that is made of many rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// How.
    pub method: Method,
    /// Of what.
    pub expr: Expr,
    /// What it is called.
    pub name: String,
}

/// How one value is made of many; null counts for none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `sum`; null without a value.
    Sum,
    /// `min`; null without a value.
    Min,
    /// `max`; null without a value.
    Max,
    /// `average`; null without a value.
    Average,
    /// `countdistinct`.
    CountDistinct,
    /// `$count`: of rows, whatever is in them.
    Count,
}

impl Method {
    /// Every method that is asked for behind `with`.
    pub const NAMED: [Self; 5] = [Self::Sum, Self::Min, Self::Max, Self::Average, Self::CountDistinct];

    /// Returns the word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Average => "average",
            Self::CountDistinct => "countdistinct",
            Self::Count => "$count",
        }
    }
}

impl Transformation {
    /// Tells whether other rows come of it than records of the set.
    pub fn is_summary(&self) -> bool {
        matches!(self, Self::Aggregate(_) | Self::GroupBy { .. })
    }

    /// Returns the expressions in it.
    pub(super) fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Self::Identity | Self::Search(_) | Self::Top(_) | Self::Skip(_) => Vec::new(),
            Self::Filter(expr) => vec![expr],
            Self::Compute(computed) => computed.iter_mut().map(|one| &mut one.expr).collect(),
            Self::OrderBy(keys) => keys.iter_mut().map(|key| &mut key.expr).collect(),
            Self::Most { by, .. } => vec![&mut by.expr],
            Self::Aggregate(aggregates) | Self::GroupBy { aggregates, .. } => {
                aggregates.iter_mut().map(|one| &mut one.expr).collect()
            }
        }
    }
}
