//! The sides of a comparison and the arguments of a function, typed.
//!
//! Owns: which kinds can meet, and the sentences for those that cannot. Refuses: guessing: text is never read as a
//! number or a date (OData URL Conventions 4.01, section 5.1.1: a type error that shows in the request is refused).

use crate::error::QueryError;
use crate::name::quote;
use crate::text::COLLATION;
use tidemark_model::Kind;
use tidemark_model::query::Literal;

/// What values can be compared with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// String.
    Text,
    /// Boolean as 0 and 1.
    Boolean,
    /// Int32, Int64 and Decimal: an integer scaled by 10 to this power.
    Exact(u8),
    /// Double.
    Double,
    /// Date.
    Date,
    /// DateTimeOffset.
    Instant,
    /// Guid.
    Guid,
}

impl Type {
    pub(crate) fn of(kind: &Kind) -> Self {
        match kind {
            Kind::String { .. } => Self::Text,
            Kind::Boolean => Self::Boolean,
            Kind::Int32 | Kind::Int64 => Self::Exact(0),
            Kind::Decimal { scale, .. } => Self::Exact(*scale),
            Kind::Double => Self::Double,
            Kind::Date => Self::Date,
            Kind::DateTimeOffset => Self::Instant,
            Kind::Guid => Self::Guid,
        }
    }

    /// Names the literals that can stand beside such a value, as an example.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Text => "text in single quotes",
            Self::Boolean => "true or false",
            Self::Exact(_) | Self::Double => "a number",
            Self::Date => "a date such as 2026-03-31, without quotes",
            Self::Instant => "a date and time such as 2026-03-31T08:00:00Z, without quotes",
            Self::Guid => "a GUID such as 8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01, without quotes",
        }
    }
}

/// A value in SQL: a column, the result of a function, or a bound constant.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    /// The text, safe to stand beside an operator.
    pub(crate) sql: String,
    /// What it can be compared with.
    pub(crate) of: Type,
    /// Whether it can be null.
    pub(crate) nullable: bool,
    /// What sentences call it.
    pub(crate) name: String,
    /// The property that it is, where it is one.
    pub(crate) property: Option<String>,
    /// The type that sentences give it.
    pub(crate) edm: &'static str,
}

impl Operand {
    /// Returns the text for comparing: text goes by the order people expect (ADR 0012).
    pub(crate) fn compared(&self) -> String {
        collated(&self.sql, self.of)
    }
}

/// Writes what is compared or ordered; the order stands beside the left operand.
pub(crate) fn collated(sql: &str, of: Type) -> String {
    if of == Type::Text { format!("{sql} COLLATE {}", quote(COLLATION)) } else { sql.to_owned() }
}

/// One side of a comparison.
#[derive(Debug)]
pub(crate) enum Side<'a> {
    /// A value.
    Operand(Operand),
    /// A literal, which takes its type from the other side.
    Literal(&'a Literal),
    /// A condition: true, false or null.
    Condition(String),
}

/// Refuses what cannot be compared.
pub(crate) fn incomparable(left: &Operand, right: &str) -> QueryError {
    QueryError::TypeMismatch {
        property: left.property.clone(),
        problem: format!(
            "{} is {} and cannot be compared with {right}: it takes {}",
            left.name,
            left.edm,
            left.of.example()
        ),
    }
}

/// Names a literal in a sentence.
pub(crate) fn describe(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".into(),
        Literal::Boolean(b) => b.to_string(),
        Literal::Number(text) | Literal::Date(text) => shorten(text),
        Literal::String(text) => format!("'{}'", shorten(text)),
        Literal::Guid(id) => id.to_string(),
        Literal::DateTimeOffset(_) => "a date and time".into(),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
