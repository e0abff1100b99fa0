//! Primitive literals (OData ABNF, `primitiveLiteral`).
//!
//! Owns: their values. Refuses: giving a number a type: it keeps its text until what it stands beside has one.

/// `null` in an expression, in any case.
pub const NULL: &str = "null";
/// `true` in an expression, in any case.
pub const TRUE: &str = "true";
/// `false` in an expression, in any case.
pub const FALSE: &str = "false";
/// Infinity in an expression.
pub const INFINITY: &str = "INF";
/// What is no number, in an expression.
pub const NOT_A_NUMBER: &str = "NaN";
/// The operator that stands where a property may stand too, in any case.
pub const NOT: &str = "not";

/// The words that begin an operand: a property of such a name could not be told from them, so a model has none.
pub const RESERVED_WORDS: [&str; 6] = [NULL, TRUE, FALSE, INFINITY, NOT_A_NUMBER, NOT];

/// A primitive literal; numbers keep their text until a property gives them a type.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true`, `false`.
    Boolean(bool),
    /// An integer, decimal or double, as written; `INF`, `-INF` and `NaN` are numbers too.
    Number(String),
    /// A quoted string, unquoted.
    String(String),
    /// A GUID.
    Guid(uuid::Uuid),
    /// A date, as written.
    Date(String),
    /// A time of day, in microseconds since midnight.
    TimeOfDay(i64),
    /// A duration in microseconds.
    Duration(i64),
    /// A date with time and offset.
    DateTimeOffset {
        /// The instant, in microseconds UTC.
        micros: i64,
        /// Minutes by which the writer's clock is ahead of UTC.
        offset: i16,
    },
    /// Bytes, or a place on earth: the name of the type. No property here has such a value.
    Foreign(&'static str),
}

impl Literal {
    /// Makes the literal of an instant, in microseconds UTC.
    pub fn instant(micros: i64) -> Self {
        Self::DateTimeOffset { micros, offset: 0 }
    }
}
