//! The sides of a comparison and the arguments of a function, typed.
//!
//! Owns: which kinds can meet, and the sentences for those that cannot. Refuses: guessing: text is never read as a
//! number (OData URL Conventions 4.01, section 5.1.1: a type error that shows in the request is refused).

use crate::error::QueryError;
use crate::name::quote;
use crate::statement::Dialect;
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
    /// Int32, Int64, Decimal, and what is calculated of them.
    Exact(Exact),
    /// Double.
    Double,
    /// Date.
    Date,
    /// TimeOfDay: microseconds since midnight.
    Time,
    /// DateTimeOffset.
    Instant,
    /// Duration: microseconds, as a wide number.
    Duration,
    /// Guid.
    Guid,
    /// A record: its `Id`.
    Record,
}

/// A number without rounding: an integer scaled by a power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exact {
    /// The power.
    pub(crate) scale: u8,
    /// Whether its type is one of whole numbers, which `div` asks.
    pub(crate) is_whole: bool,
    /// Whether it may have more than 64 bits: 16 bytes in SQLite ([`tidemark_model::Wide`]), numeric in PostgreSQL.
    pub(crate) is_wide: bool,
}

impl Exact {
    /// A whole number of 64 bits.
    pub(crate) const WHOLE: Self = Self { scale: 0, is_whole: true, is_wide: false };

    /// A decimal of 64 bits.
    pub(crate) fn decimal(scale: u8) -> Self {
        Self { scale, is_whole: false, is_wide: false }
    }

    /// The result of a calculation.
    pub(crate) fn wide(scale: u8, is_whole: bool) -> Self {
        Self { scale, is_whole, is_wide: true }
    }
}

impl Type {
    pub(crate) fn of(kind: &Kind) -> Self {
        match kind {
            Kind::String { .. } => Self::Text,
            Kind::Boolean => Self::Boolean,
            Kind::Int32 | Kind::Int64 => Self::Exact(Exact::WHOLE),
            Kind::Decimal { scale, .. } => Self::Exact(Exact::decimal(*scale)),
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
            Self::Time => "a time of day such as 08:00:00, without quotes",
            Self::Instant => "a date and time such as 2026-03-31T08:00:00Z, without quotes",
            Self::Duration => "a duration such as duration'P1DT2H'",
            Self::Guid => "a GUID such as 8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01, without quotes",
            Self::Record => "null or another record",
        }
    }

    /// Tells whether a value is a wide number in storage.
    pub(crate) fn is_wide(self) -> bool {
        matches!(self, Self::Duration | Self::Exact(Exact { is_wide: true, .. }))
    }

    /// Names the type of what is calculated.
    pub(crate) fn edm(self) -> &'static str {
        match self {
            Self::Text => "Edm.String",
            Self::Boolean => "Edm.Boolean",
            Self::Exact(Exact { is_whole: true, .. }) => "Edm.Int64",
            Self::Exact(_) => "Edm.Decimal",
            Self::Double => "Edm.Double",
            Self::Date => "Edm.Date",
            Self::Time => "Edm.TimeOfDay",
            Self::Instant => "Edm.DateTimeOffset",
            Self::Duration => "Edm.Duration",
            Self::Guid => "Edm.Guid",
            Self::Record => "a record",
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
    /// Whether it can be no number (NaN), which equals nothing, itself neither.
    pub(crate) may_be_nan: bool,
    /// Whether it is text that is known to be in normal form.
    pub(crate) is_normal: bool,
    /// What sentences call it.
    pub(crate) name: String,
    /// The property that it is, where it is one.
    pub(crate) property: Option<String>,
    /// The type that sentences give it.
    pub(crate) edm: &'static str,
}

impl Operand {
    /// Makes a value that is calculated.
    pub(crate) fn calculated(sql: String, of: Type, nullable: bool, name: impl Into<String>) -> Self {
        Self {
            sql,
            of,
            nullable,
            may_be_nan: false,
            is_normal: false,
            name: name.into(),
            property: None,
            edm: of.edm(),
        }
    }

    /// Writes what is compared or ordered; the order stands beside the left operand. Text goes by the order people expect
    /// (ADR 0012). A date goes by its bytes, which a column says itself: the order of a PostgreSQL database may be any.
    pub(crate) fn compared(&self, dialect: Dialect) -> String {
        let order = match self.of {
            Type::Text => quote(COLLATION),
            Type::Date if dialect == Dialect::Postgres && self.property.is_none() => quote("C"),
            _ => return self.sql.clone(),
        };
        format!("{} COLLATE {order}", self.sql)
    }
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
        Literal::TimeOfDay(_) => "a time of day".into(),
        Literal::Duration(_) => "a duration".into(),
        Literal::DateTimeOffset { .. } => "a date and time".into(),
        Literal::Foreign(of) => format!("a value of {of}"),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
