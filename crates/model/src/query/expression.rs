//! Expressions of `$filter` and `$orderby` (OData URL Conventions 4.01 section 5.1.1).
//!
//! Owns: the typed tree, and walking it. Refuses: what the names in it are: only the model knows.

use super::{Function, Literal, Search};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A literal.
    Literal(Literal),
    /// A property of the record that is looked at.
    Property(String),
    /// What is reached by way of another record.
    Path(Path),
    /// `not`.
    Not(Box<Expr>),
    /// `-`.
    Negate(Box<Expr>),
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
    /// `add sub mul div divby mod`.
    Arithmetic {
        /// Which one.
        op: Arithmetic,
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
    /// `case(condition:value,…)`: the value behind the first condition that is true, else null.
    Case(Vec<(Expr, Expr)>),
    /// `cast(value,type)`.
    Cast {
        /// The value.
        value: Box<Expr>,
        /// The qualified name of the type.
        to: String,
    },
    /// `isof(value,type)`.
    IsOf {
        /// The value.
        value: Box<Expr>,
        /// The qualified name of the type.
        of: String,
    },
    /// `any(…)` and `all(…)` over the records that a path leads to.
    Lambda {
        /// Which one.
        quantifier: Quantifier,
        /// Where the records are.
        over: Path,
        /// What one of them is called in the condition.
        variable: String,
        /// The condition; `any()` has none.
        condition: Option<Box<Expr>>,
    },
    /// `…/$count`: how many records a path leads to.
    Count(Path),
    /// `…/$count($filter=…;$search=…)`: how many of them there are for which both hold.
    CountOf {
        /// Where the records are.
        over: Path,
        /// The condition, in which names are those of one of them.
        filter: Option<Box<Expr>>,
        /// What is found in them.
        search: Vec<Search>,
    },
}

/// A path: from the record that is looked at, or from one that a lambda names, over navigation properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The variable of a lambda that it begins at; `None` for the record that the option is about (`$it`).
    pub from: Option<String>,
    /// The names passed; none for the record itself.
    pub names: Vec<String>,
}

impl Expr {
    /// Tells whether a property of the record that is looked at is named anywhere in the expression.
    pub fn names(&self, property: &str) -> bool {
        if let Self::Property(name) = self {
            return name == property;
        }
        self.parts().into_iter().any(|part| part.names(property))
    }

    /// Tells whether it says the same of a record for as long as that is not changed: nothing in it is of another record, or of
    /// the present.
    pub fn is_of_record_alone(&self, is_property: &impl Fn(&str) -> bool) -> bool {
        let is_own = match self {
            Self::Path(_) | Self::Count(_) | Self::CountOf { .. } | Self::Lambda { .. } => false,
            Self::Call { function, .. } => *function != Function::Now,
            Self::Property(name) => is_property(name),
            _ => true,
        };
        is_own && self.parts().into_iter().all(|part| part.is_of_record_alone(is_property))
    }

    /// Tells whether it says the same whatever record it stands beside: each name in it is of a record that `own` names, or that
    /// is named within; `None` is the record whose properties are named by themselves.
    pub fn is_of_own_alone<'e>(&'e self, own: &mut Vec<Option<&'e str>>) -> bool {
        let is_own = |own: &[Option<&str>], from: Option<&str>| own.contains(&from);
        let (over, inner) = match self {
            Self::Property(_) => return is_own(own, None),
            Self::Path(path) | Self::Count(path) => return is_own(own, path.from.as_deref()),
            Self::Lambda { over, variable, .. } => (over, Some(variable.as_str())),
            Self::CountOf { over, .. } => (over, None),
            Self::Logic { op, .. } => return self.chain(*op).into_iter().all(|term| term.is_of_own_alone(own)),
            _ => return self.parts().into_iter().all(|part| part.is_of_own_alone(own)),
        };
        if !is_own(own, over.from.as_deref()) {
            return false;
        }
        own.push(inner);
        let is_alone = self.parts().into_iter().all(|part| part.is_of_own_alone(own));
        own.pop();
        is_alone
    }

    /// Collects the operands of a chain of one operator, however it is bracketed: thousands of them are one level to whoever
    /// walks it so.
    pub fn chain(&self, operator: Logic) -> Vec<&Expr> {
        let (mut waiting, mut terms) = (vec![self], Vec::new());
        while let Some(next) = waiting.pop() {
            match next {
                Self::Logic { op, left, right } if *op == operator => waiting.extend([&**right, &**left]),
                term => terms.push(term),
            }
        }
        terms
    }

    /// Returns the expressions that this one is made of.
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            Self::Literal(_) | Self::Property(_) | Self::Path(_) | Self::Count(_) => Vec::new(),
            Self::Not(part) | Self::Negate(part) | Self::In { left: part, .. } => vec![part],
            Self::Cast { value: part, .. } | Self::IsOf { value: part, .. } => vec![part],
            Self::Logic { left, right, .. }
            | Self::Compare { left, right, .. }
            | Self::Arithmetic { left, right, .. } => vec![left, right],
            Self::Call { arguments, .. } => arguments.iter().collect(),
            Self::Case(pairs) => pairs.iter().flat_map(|(condition, value)| [condition, value]).collect(),
            Self::Lambda { condition: part, .. } | Self::CountOf { filter: part, .. } => {
                part.iter().map(|part| &**part).collect()
            }
        }
    }

    fn parts_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Self::Literal(_) | Self::Property(_) | Self::Path(_) | Self::Count(_) => Vec::new(),
            Self::Not(part) | Self::Negate(part) | Self::In { left: part, .. } => vec![part],
            Self::Cast { value: part, .. } | Self::IsOf { value: part, .. } => vec![part],
            Self::Logic { left, right, .. }
            | Self::Compare { left, right, .. }
            | Self::Arithmetic { left, right, .. } => vec![left, right],
            Self::Call { arguments, .. } => arguments.iter_mut().collect(),
            Self::Case(pairs) => pairs.iter_mut().flat_map(|(condition, value)| [condition, value]).collect(),
            Self::Lambda { condition: part, .. } | Self::CountOf { filter: part, .. } => {
                part.iter_mut().map(|part| &mut **part).collect()
            }
        }
    }

    /// Puts an instant in place of every `now()`.
    pub(super) fn at(&mut self, now: i64) {
        if matches!(self, Self::Call { function: Function::Now, .. }) {
            *self = Self::Literal(Literal::instant(now));
        }
        for part in self.parts_mut() {
            part.at(now);
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

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `add`.
    Add,
    /// `sub`.
    Sub,
    /// `mul`.
    Mul,
    /// `div`: of whole numbers, how often the right one fits into the left.
    Div,
    /// `divby`: with a fraction always.
    DivBy,
    /// `mod`.
    Mod,
}

/// What a lambda asks of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// `any`.
    Any,
    /// `all`.
    All,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(name: &str) -> Box<Expr> {
        Box::new(Expr::Property(name.to_owned()))
    }

    fn everywhere(a: &Expr) -> Vec<Expr> {
        let (a, b) = (|| Box::new(a.clone()), || property("B"));
        let over = Path { from: None, names: vec!["Items".into()] };
        vec![
            Expr::Not(a()),
            Expr::Negate(a()),
            Expr::Compare { op: Compare::Eq, left: a(), right: b() },
            Expr::Logic { op: Logic::Or, left: b(), right: a() },
            Expr::Arithmetic { op: Arithmetic::Add, left: b(), right: a() },
            Expr::In { left: a(), list: vec![Literal::Null] },
            Expr::Call { function: Function::Concat, arguments: vec![*b(), *a()] },
            Expr::Case(vec![(*b(), *a())]),
            Expr::Case(vec![(*b(), *b()), (*a(), *b())]),
            Expr::Cast { value: a(), to: "Edm.String".into() },
            Expr::IsOf { value: a(), of: "Edm.String".into() },
            Expr::Lambda { quantifier: Quantifier::Any, over, variable: "i".into(), condition: Some(a()) },
        ]
    }

    #[test]
    fn a_property_is_named_wherever_it_stands() {
        for expr in everywhere(&property("A")) {
            assert!(expr.names("A") && !expr.names("C"), "{expr:?}");
        }
        let elsewhere = Expr::Path(Path { from: Some("i".into()), names: vec!["A".into()] });
        assert!(!elsewhere.names("A") && !Expr::Literal(Literal::Null).names("A"));
    }

    #[test]
    fn what_is_named_outside_is_seen_wherever_it_stands() {
        let path = |from: &str| Expr::Path(Path { from: Some(from.into()), names: vec!["A".into()] });
        let is_alone = |expr: &Expr| expr.is_of_own_alone(&mut vec![Some("o")]);
        for expr in everywhere(&path("o")) {
            assert!(!is_alone(&expr) || !format!("{expr:?}").contains("Property"), "{expr:?}");
        }
        let over = |from: &str| Path { from: Some(from.into()), names: vec!["Items".into()] };
        let lambda = |from: &str, condition: Expr| Expr::Lambda {
            quantifier: Quantifier::All,
            over: over(from),
            variable: "i".into(),
            condition: Some(condition.into()),
        };
        assert!(is_alone(&path("o")) && !is_alone(&path("x")) && !is_alone(&property("A")));
        assert!(is_alone(&lambda("o", path("i"))) && is_alone(&lambda("o", path("o"))));
        assert!(!is_alone(&lambda("x", path("i"))) && !is_alone(&lambda("o", *property("A"))));
        let counted = |filter: Expr| Expr::CountOf { over: over("o"), filter: Some(filter.into()), search: Vec::new() };
        assert!(is_alone(&counted(*property("A"))) && !is_alone(&counted(path("i"))));
        assert!(is_alone(&Expr::Count(over("o"))) && !is_alone(&Expr::Count(over("x"))));
    }

    #[test]
    fn the_present_is_put_everywhere() {
        for mut expr in everywhere(&Expr::Call { function: Function::Now, arguments: Vec::new() }) {
            expr.at(5);
            let text = format!("{expr:?}");
            assert!(text.contains("micros: 5") && !text.contains("Now"), "{text}");
        }
    }
}
