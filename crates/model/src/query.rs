//! A query in memory: what `tidemark-odata` parses from a URL and `tidemark-sql` turns into SQL text.
//!
//! Owns: the typed tree. Refuses: text in either direction, and checking names against the model
//! (`tidemark-sql` does, since only it knows what it can express). OData URL Conventions 4.01 section 5.1.

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
    /// `$search`: words that must all occur in some string property.
    pub search: Vec<String>,
}

/// One key of `$orderby`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderBy {
    /// The expression.
    pub expr: Expr,
    /// Whether `desc` was given.
    pub descending: bool,
}

/// An expression of `$filter` or `$orderby`.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A literal.
    Literal(Literal),
    /// A property of the entity type.
    Property(String),
    /// `not`.
    Not(Box<Expr>),
    /// `and`, `or`.
    Logic {
        /// Which one.
        op: Logic,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `eq ne gt ge lt le`.
    Compare {
        /// Which one.
        op: Compare,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `in`.
    In {
        /// The operand looked for.
        left: Box<Expr>,
        /// The literals looked among.
        list: Vec<Literal>,
    },
    /// A canonical function.
    Call {
        /// Which one.
        function: Function,
        /// Its arguments, as many as it takes.
        arguments: Vec<Expr>,
    },
}

impl Expr {
    /// Tells whether a property is named anywhere in the expression.
    pub fn names(&self, property: &str) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Property(name) => name == property,
            Self::Not(inner) => inner.names(property),
            Self::Logic { left, right, .. } | Self::Compare { left, right, .. } => {
                left.names(property) || right.names(property)
            }
            Self::In { left, .. } => left.names(property),
            Self::Call { arguments, .. } => arguments.iter().any(|a| a.names(property)),
        }
    }
}

/// A logical operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logic {
    /// `and`.
    And,
    /// `or`.
    Or,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `eq`.
    Eq,
    /// `ne`.
    Ne,
    /// `gt`.
    Gt,
    /// `ge`.
    Ge,
    /// `lt`.
    Lt,
    /// `le`.
    Le,
}

/// A canonical function (OData URL Conventions 4.01 section 5.1.1.5 and on).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `contains(a,b)`.
    Contains,
    /// `startswith(a,b)`.
    StartsWith,
    /// `endswith(a,b)`.
    EndsWith,
    /// `tolower(a)`.
    ToLower,
    /// `toupper(a)`.
    ToUpper,
    /// `length(a)`.
    Length,
    /// `trim(a)`.
    Trim,
    /// `indexof(a,b)`.
    IndexOf,
    /// `concat(a,b)`.
    Concat,
}

/// A primitive literal; numbers keep their text until a property gives them a type.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true`, `false`.
    Boolean(bool),
    /// An integer, decimal or double, as written.
    Number(String),
    /// A quoted string, unquoted.
    String(String),
    /// A GUID.
    Guid(uuid::Uuid),
    /// A date, as written.
    Date(String),
    /// A date with time and offset, in microseconds UTC.
    DateTimeOffset(i64),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(name: &str) -> Box<Expr> {
        Box::new(Expr::Property(name.to_owned()))
    }

    #[test]
    fn a_property_is_named_wherever_it_stands() {
        let (a, b, one) = (property("A"), property("B"), Box::new(Expr::Literal(Literal::Number("1".to_owned()))));
        let named = [
            Expr::Not(a.clone()),
            Expr::Compare { op: Compare::Eq, left: a.clone(), right: one.clone() },
            Expr::Logic { op: Logic::Or, left: b.clone(), right: a.clone() },
            Expr::In { left: a.clone(), list: vec![Literal::Null] },
            Expr::Call { function: Function::Concat, arguments: vec![(*b).clone(), (*a).clone()] },
        ];
        for expr in named {
            assert!(expr.names("A") && !expr.names("C"), "{expr:?}");
        }
        assert!(a.names("A") && !b.names("A") && !one.names("A"));
    }
}
