//! `$compute` (OData URL Conventions 4.01 section 5.1.3) and `$apply` (Data Aggregation 4.0 section 3), text to steps.
//!
//! Owns: their grammar (OData Aggregation ABNF). Refuses: by name what of it is not served: `concat`, `rollup`, hierarchies,
//! joins, `from`, methods and aggregates of one's own.

use super::aliases::Aliases;
use super::cursor::word_is;
use super::parser::Parser;
use crate::WireError;
use tidemark_model::query::{Aggregate, Computed, Expr, Literal, Method, OrderBy, Transformation};

const AS: &str = "as";
const WITH: &str = "with";
const FROM: &str = "from";
const COUNT: &str = "$count";
const AGGREGATE: &str = "aggregate";
const IDENTITY: &str = "identity";
/// The longest name that OData has (CSDL 4.01 section 15.2).
const LONGEST_NAME: usize = 128;

/// The transformations that are served.
pub(crate) const TRANSFORMATIONS: [&str; 11] = [
    IDENTITY,
    "filter",
    "search",
    "compute",
    "orderby",
    "top",
    "skip",
    "topcount",
    "bottomcount",
    AGGREGATE,
    "groupby",
];

/// What OData has and nothing here serves.
const UNSUPPORTED: [&str; 15] = [
    "concat",
    "topsum",
    "toppercent",
    "bottomsum",
    "bottompercent",
    "nest",
    "addnested",
    "join",
    "outerjoin",
    "ancestors",
    "descendants",
    "traverse",
    "rollup",
    "rolluprecursive",
    "expand",
];

/// Reads a decoded `$compute`.
pub(crate) fn compute(text: &str, aliases: &Aliases, is_within: bool) -> Result<Vec<Computed>, WireError> {
    let mut parser = Parser::new("$compute", text, aliases, is_within);
    let computed = parser.computed()?;
    parser.end("as, a comma or the end")?;
    Ok(computed)
}

/// Reads a decoded `$apply`.
pub(crate) fn apply(text: &str, aliases: &Aliases) -> Result<Vec<Transformation>, WireError> {
    let mut parser = Parser::new("$apply", text, aliases, false);
    let mut steps = Vec::new();
    loop {
        steps.push(parser.step()?);
        parser.cursor.skip_space();
        if !parser.cursor.eat('/') {
            break;
        }
    }
    parser.end("/ and another transformation, or the end")?;
    Ok(steps)
}

impl Parser<'_> {
    fn computed(&mut self) -> Result<Vec<Computed>, WireError> {
        let mut computed = Vec::new();
        loop {
            let expr = self.expression()?;
            let name = self.called()?;
            computed.push(Computed { expr, name });
            if !self.comma() {
                return Ok(computed);
            }
        }
    }

    /// Reads `as` and a name.
    fn called(&mut self) -> Result<String, WireError> {
        if !self.keyword(AS) {
            return Err(self.cursor.expected("as and a name for the value"));
        }
        self.cursor.skip_space();
        let name = self.cursor.name();
        if name.is_empty() || name.contains('.') {
            return Err(self.cursor.expected("a name for the value"));
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(self.cursor.wrong(format_args!("a name has at most {LONGEST_NAME} characters")));
        }
        self.cursor.advance(name);
        Ok(name.to_owned())
    }

    fn step(&mut self) -> Result<Transformation, WireError> {
        self.cursor.skip_space();
        self.count()?;
        let name = self.cursor.name();
        if name.is_empty() {
            return Err(self.cursor.expected("a transformation such as filter(…) or groupby((…),aggregate(…))"));
        }
        let is = |word| word_is(name, word);
        if let Some(word) = UNSUPPORTED.iter().find(|word| is(word)) {
            return Err(self.cursor.unsupported(format_args!("The transformation {word}")));
        }
        let Some(word) = TRANSFORMATIONS.into_iter().find(|word| is(word)) else {
            return Err(self.cursor.wrong(format_args!("{name} is no transformation of OData")));
        };
        self.cursor.advance(name);
        if word == IDENTITY {
            return Ok(Transformation::Identity);
        }
        self.open()?;
        let step = match word {
            "filter" => Transformation::Filter(self.nested(Self::expression)?),
            "search" => Transformation::Search(self.searched()?),
            "compute" => Transformation::Compute(self.nested(Self::computed)?),
            "orderby" => Transformation::OrderBy(self.nested(Self::keys)?),
            "top" => Transformation::Top(self.number()?),
            "skip" => Transformation::Skip(self.number()?),
            AGGREGATE => Transformation::Aggregate(self.aggregates()?),
            "groupby" => self.grouped()?,
            most => {
                let count = self.number()?;
                if !self.comma() {
                    return Err(self.cursor.expected("a comma and a value"));
                }
                let expr = self.nested(Self::expression)?;
                Transformation::Most { count, by: OrderBy { expr, descending: most == "topcount" } }
            }
        };
        self.close()?;
        Ok(step)
    }

    /// Reads the keys of `orderby(…)`.
    pub(super) fn keys(&mut self) -> Result<Vec<OrderBy>, WireError> {
        let mut keys = Vec::new();
        loop {
            let expr = self.expression()?;
            let descending = self.direction();
            keys.push(OrderBy { expr, descending });
            if !self.comma() {
                return Ok(keys);
            }
        }
    }

    /// Reads what is looked for, up to its parenthesis or a semicolon.
    pub(super) fn searched(&mut self) -> Result<Vec<tidemark_model::query::Search>, WireError> {
        let rest = self.cursor.rest();
        let (mut depth, mut is_quoted, mut is_escaped) = (0u32, false, false);
        for (place, character) in rest.char_indices() {
            match character {
                _ if is_escaped => is_escaped = false,
                '\\' if is_quoted => is_escaped = true,
                '"' => is_quoted = !is_quoted,
                '(' if !is_quoted => depth += 1,
                ')' | ';' if !is_quoted && depth == 0 => {
                    let text = &rest[..place];
                    self.cursor.advance(text);
                    return crate::options::search(text);
                }
                ')' if !is_quoted => depth -= 1,
                _ => {}
            }
        }
        Err(self.cursor.expected("what is looked for, and )"))
    }

    fn number(&mut self) -> Result<u64, WireError> {
        self.cursor.skip_space();
        let rest = self.cursor.rest();
        let digits = &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())];
        let number = digits.parse().map_err(|_| self.cursor.expected("a whole number, 0 or above"))?;
        self.cursor.advance(digits);
        Ok(number)
    }

    fn aggregates(&mut self) -> Result<Vec<Aggregate>, WireError> {
        let mut aggregates = Vec::new();
        loop {
            aggregates.push(self.aggregate()?);
            if !self.comma() {
                return Ok(aggregates);
            }
        }
    }

    fn aggregate(&mut self) -> Result<Aggregate, WireError> {
        self.cursor.skip_space();
        self.count()?;
        if self.cursor.rest().starts_with(COUNT) {
            self.cursor.advance(COUNT);
            let name = self.called()?;
            return Ok(Aggregate { method: Method::Count, expr: Expr::Literal(Literal::Null), name });
        }
        let expr = self.nested(Self::expression)?;
        let method = match &expr {
            _ if self.keyword(WITH) => self.method()?,
            // How many records are related to all of them together.
            Expr::Count(_) | Expr::CountOf { .. } => Method::Sum,
            _ => return Err(self.cursor.expected("with and sum, min, max, average or countdistinct")),
        };
        if self.keyword(FROM) {
            return Err(self.cursor.unsupported("from within aggregate"));
        }
        let name = self.called()?;
        Ok(Aggregate { method, expr, name })
    }

    fn method(&mut self) -> Result<Method, WireError> {
        self.cursor.skip_space();
        let name = self.cursor.name();
        let Some(method) = Method::NAMED.into_iter().find(|method| word_is(name, method.name())) else {
            return Err(match name.contains('.') {
                true => self.cursor.unsupported(format_args!("The aggregation method {name}")),
                false => self.cursor.expected("sum, min, max, average or countdistinct"),
            });
        };
        self.cursor.advance(name);
        Ok(method)
    }

    fn grouped(&mut self) -> Result<Transformation, WireError> {
        self.open()?;
        let mut by = Vec::new();
        loop {
            by.push(self.group_path()?);
            if !self.comma() {
                break;
            }
        }
        self.close()?;
        let mut aggregates = Vec::new();
        if self.comma() {
            self.cursor.skip_space();
            let name = self.cursor.name();
            if !word_is(name, AGGREGATE) {
                return Err(self.cursor.unsupported("Another transformation than aggregate within groupby"));
            }
            self.cursor.advance(name);
            self.open()?;
            aggregates = self.aggregates()?;
            self.close()?;
            if self.cursor.rest().starts_with('/') {
                return Err(self.cursor.unsupported("A second transformation within groupby"));
            }
        }
        Ok(Transformation::GroupBy { by, aggregates })
    }

    /// Reads the path of a value that groups agree in.
    fn group_path(&mut self) -> Result<Vec<String>, WireError> {
        let mut names = Vec::new();
        loop {
            self.cursor.skip_space();
            self.count()?;
            let name = self.cursor.name();
            if self.cursor.rest()[name.len()..].starts_with('(') {
                return Err(self.cursor.unsupported(format_args!("{name} within groupby")));
            }
            if name.is_empty() || name.contains('.') {
                return Err(self.cursor.expected("the name of a property"));
            }
            self.cursor.advance(name);
            names.push(name.to_owned());
            if !self.cursor.eat('/') {
                return Ok(names);
            }
        }
    }

    fn open(&mut self) -> Result<(), WireError> {
        self.cursor.skip_space();
        if self.cursor.eat('(') { Ok(()) } else { Err(self.cursor.expected("(")) }
    }

    fn close(&mut self) -> Result<(), WireError> {
        self.cursor.skip_space();
        if self.cursor.eat(')') { Ok(()) } else { Err(self.cursor.expected("a comma or )")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{parse_filter, parse_order_by};

    fn steps(text: &str) -> Vec<Transformation> {
        apply(text, &Aliases::default()).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn value(text: &str) -> Expr {
        parse_filter(text).unwrap()
    }

    #[test]
    fn steps_are_read_in_their_order() {
        let text = "filter( Title eq ')' )/ search(a OR (\"b)\" c))/compute(Cost mul 2 as Twice,Rank as R)/identity/\
                    orderby(Cost desc,Title)/skip(1)/top(3)/topcount(2,Cost)/bottomcount(1,Rank)/\
                    groupby((Site/Name, IsDone),aggregate($count as N,Cost with SUM as Total,TodoItems/$count as All))/\
                    groupby((N))/aggregate(N with average as Mean)";
        let read = steps(text);
        assert_eq!(read[0], Transformation::Filter(value("Title eq ')'")));
        assert!(matches!(&read[1], Transformation::Search(parts) if !parts.is_empty()));
        let computed = |expr: &str, name: &str| Computed { expr: value(expr), name: name.to_owned() };
        assert_eq!(read[2], Transformation::Compute(vec![computed("Cost mul 2", "Twice"), computed("Rank", "R")]));
        assert_eq!(read[3], Transformation::Identity);
        assert_eq!(read[4], Transformation::OrderBy(parse_order_by("Cost desc,Title").unwrap()));
        assert_eq!((&read[5], &read[6]), (&Transformation::Skip(1), &Transformation::Top(3)));
        let most = |count, name: &str, descending| Transformation::Most {
            count,
            by: OrderBy { expr: value(name), descending },
        };
        assert_eq!((&read[7], &read[8]), (&most(2, "Cost", true), &most(1, "Rank", false)));
        let one = |method, expr: &str, name: &str| Aggregate { method, expr: value(expr), name: name.to_owned() };
        assert_eq!(
            read[9],
            Transformation::GroupBy {
                by: vec![vec!["Site".into(), "Name".into()], vec!["IsDone".into()]],
                aggregates: vec![
                    one(Method::Count, "null", "N"),
                    one(Method::Sum, "Cost", "Total"),
                    one(Method::Sum, "TodoItems/$count", "All"),
                ],
            }
        );
        assert_eq!(read[10], Transformation::GroupBy { by: vec![vec!["N".into()]], aggregates: Vec::new() });
        assert_eq!(read[11], Transformation::Aggregate(vec![one(Method::Average, "N", "Mean")]));
    }

    #[test]
    fn what_cannot_be_read_says_so() {
        for (text, status) in [
            ("", 400),
            ("filter", 400),
            ("filter()", 400),
            ("filter(a eq 1", 400),
            ("filter(a eq 1)/", 400),
            ("nothing(a)", 400),
            ("top(-1)", 400),
            ("top(1e3)", 400),
            ("search(a", 400),
            ("aggregate()", 400),
            ("aggregate(Cost)", 400),
            ("aggregate(Cost as C)", 400),
            ("aggregate(Cost with sum)", 400),
            ("aggregate(Cost with best as C)", 400),
            ("aggregate(Cost with My.best as C)", 501),
            ("aggregate(Cost with sum from Day with average as C)", 501),
            ("groupby(A)", 400),
            ("groupby(())", 400),
            ("groupby((A),top(1))", 501),
            ("groupby((A),aggregate($count as N)/top(1))", 501),
            ("groupby((rollup(A,B)))", 501),
            ("concat(identity,identity)", 501),
            ("compute(1 as a.b)", 400),
            ("compute(1)", 400),
        ] {
            let error = apply(text, &Aliases::default()).expect_err(text);
            assert_eq!((error.status, error.target.as_deref()), (status, Some("$apply")), "{text}: {error}");
        }
        assert_eq!(compute("1 as", &Aliases::default(), false).unwrap_err().target.as_deref(), Some("$compute"));
        let long = "x".repeat(129);
        assert!(compute(&format!("1 as {long}"), &Aliases::default(), false).is_err());
        assert_eq!(compute(&format!("1 as {}", &long[1..]), &Aliases::default(), false).unwrap().len(), 1);
    }
}
