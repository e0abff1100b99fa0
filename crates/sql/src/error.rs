//! Why a query cannot be answered, in sentences that go to the client as they are.
//!
//! Owns: the error type. Refuses: HTTP status codes (the server chooses: all of them are the client's mistake, 400,
//! but [`QueryError::Unsupported`], 501). OData URL Conventions 4.01, section 5.1.1, asks for type mismatches to be
//! refused instead of answered with an empty result.

use tidemark_model::NoNumber;

/// Why a query is no SQL statement, or one without an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The entity type has no such property.
    #[error("{set} has no property {property}")]
    UnknownProperty {
        /// The entity set.
        set: String,
        /// The name that was asked for.
        property: String,
    },
    /// A value stands where it cannot: text compared to a number, a function given a date, a filter that is no condition.
    #[error("{problem}")]
    TypeMismatch {
        /// The property at fault, where there is one.
        property: Option<String>,
        /// The whole sentence; it names the property.
        problem: String,
    },
    /// The query is well formed but not offered here.
    #[error("{what} is not supported")]
    Unsupported {
        /// What was asked for.
        what: String,
    },
    /// A calculation has no result in at least one record.
    #[error(
        "The query cannot be calculated: in at least one record {0}. Leave such records out with a condition before it"
    )]
    NoNumber(#[from] NoNumber),
    /// The related records are more than one answer has room for.
    #[error("The related records are too many for one answer: ask for fewer records ($top) or properties ($select)")]
    TooMuch,
    /// The query looks for too long at too many records.
    #[error(
        "This query would look for too long at too many records. Ask less of each, or name the list, the records or the \
         time that it is about"
    )]
    TooCostly,
    /// The query is too large or nested too deeply.
    #[error("The query is too complex: use fewer conditions, or split it into several requests")]
    TooComplex,
}

impl QueryError {
    /// Returns the property at fault, where there is one; OData calls it the error's `target`.
    pub fn property(&self) -> Option<&str> {
        match self {
            Self::UnknownProperty { property, .. } => Some(property),
            Self::TypeMismatch { property, .. } => property.as_deref(),
            Self::Unsupported { .. } | Self::NoNumber(_) | Self::TooMuch | Self::TooCostly | Self::TooComplex => None,
        }
    }
}
