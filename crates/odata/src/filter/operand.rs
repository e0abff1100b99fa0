//! What stands between operators: literals, properties and paths, calls, lambdas, parameter aliases.
//!
//! Owns: their grammar (OData ABNF `firstMemberExpr`, `methodCallExpr`, `anyExpr`, `allExpr`, `castExpr`, `isofExpr`,
//! `caseMethodCallExpr`) and how many arguments a function takes. Refuses: what the names are.

use super::cursor::{Cursor, word_is};
use super::parser::Parser;
use crate::WireError;
use tidemark_model::query::{Expr, Function, Literal, Path, Quantifier};

const CASE: &str = "case";
const CAST: &str = "cast";
const IS_OF: &str = "isof";
const LAMBDAS: [(&str, Quantifier); 2] = [("any", Quantifier::Any), ("all", Quantifier::All)];
const COUNT: &str = "$count";
const ROOT: &str = "$root";
const FILTER: &str = "filter";
const SEARCH: &str = "search";
/// What OData has and nothing here serves.
const UNSERVED: [&str; 2] = ["hassubset", "hassubsequence"];
/// The record that the option is about; `$this` is the same where no option stands within another.
const SELF: [&str; 2] = [IT, "$this"];
const IT: &str = "$it";

/// The words of this grammar that are no function.
pub(super) const WORDS: [&str; 5] = [CASE, CAST, IS_OF, "any", "all"];

impl<'t> Parser<'t> {
    /// Reads one operand.
    pub(super) fn operand(&mut self) -> Result<Expr, WireError> {
        if self.cursor.eat('(') {
            let inner = self.nested(Self::expression)?;
            return self.closed(inner);
        }
        if let Some(literal) = self.cursor.literal()? {
            return Ok(Expr::Literal(literal));
        }
        let rest = self.cursor.rest();
        if rest.starts_with('@') {
            let value = self.aliased(Self::expression)?;
            return Ok(value.unwrap_or(Expr::Literal(Literal::Null)));
        }
        if rest.starts_with('$') {
            return self.this();
        }
        let name = self.cursor.name();
        if name.is_empty() {
            return Err(match rest.chars().next() {
                Some('[' | '{') => self.cursor.wrong("a JSON array stands only behind in, and objects nowhere"),
                _ => self.cursor.expected("a property, a function or a literal"),
            });
        }
        if rest[name.len()..].starts_with('(') {
            return self.call(name);
        }
        self.cursor.advance(name);
        let from = self.variables.iter().find(|variable| **variable == name);
        match from {
            Some(variable) => self.path(Some((*variable).to_owned()), Vec::new()),
            None => self.path(None, vec![self.plain(name)?]),
        }
    }

    /// Reads a path from the record that the option is about.
    fn this(&mut self) -> Result<Expr, WireError> {
        let word = SELF.iter().find(|word| {
            let behind = self.cursor.rest().strip_prefix(**word);
            behind.is_some_and(|behind| !behind.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        });
        match word {
            // There it is the record that the whole request reads, which the statement for the related ones does not have.
            Some(&IT) if self.is_within => Err(self
                .cursor
                .unsupported("$it within $expand (the record that is read itself; $this is the related one)")),
            Some(word) => {
                self.cursor.advance(word);
                self.path(None, Vec::new())
            }
            None if self.cursor.rest().starts_with(ROOT) => Err(self.cursor.unsupported("A path from $root")),
            None => Err(self.cursor.expected("a property, a function or a literal")),
        }
    }

    /// Reads the rest of a path whose beginning has been read.
    fn path(&mut self, from: Option<String>, mut names: Vec<String>) -> Result<Expr, WireError> {
        while self.cursor.eat('/') {
            self.count()?;
            let rest = self.cursor.rest();
            if rest.starts_with(COUNT) {
                self.cursor.advance(COUNT);
                let over = Path { from, names };
                return if self.cursor.eat('(') { self.count_of(over) } else { Ok(Expr::Count(over)) };
            }
            let name = self.cursor.name();
            if name.is_empty() {
                return Err(self.cursor.expected("the name of a property behind /"));
            }
            let lambda = LAMBDAS.iter().find(|(word, _)| word_is(name, word));
            if let Some((_, quantifier)) = lambda.filter(|_| rest[name.len()..].starts_with('(')) {
                self.cursor.advance(name);
                return self.lambda(*quantifier, Path { from, names });
            }
            self.cursor.advance(name);
            names.push(self.plain(name)?);
        }
        Ok(match (&from, &names[..]) {
            (None, [name]) => Expr::Property(name.clone()),
            _ => Expr::Path(Path { from, names }),
        })
    }

    /// Reads the options of a count, behind its parenthesis (section 4.8).
    fn count_of(&mut self, over: Path) -> Result<Expr, WireError> {
        let (mut filter, mut search) = (None, Vec::new());
        // There `$it` is the record around.
        let outside = std::mem::replace(&mut self.is_within, true);
        loop {
            self.cursor.skip_space();
            self.cursor.eat('$');
            let name = self.cursor.name();
            let is = |word| word_is(name, word);
            let is_new = is(FILTER) && filter.is_none() || is(SEARCH) && search.is_empty();
            if !is_new {
                return Err(self.cursor.expected("$filter=… or $search=…, each once"));
            }
            self.cursor.advance(name);
            if !self.cursor.eat('=') {
                return Err(self.cursor.expected("="));
            }
            match is(FILTER) {
                true => filter = Some(Box::new(self.nested(Self::expression)?)),
                false => search = self.searched()?,
            }
            self.cursor.skip_space();
            if !self.cursor.eat(';') {
                break;
            }
        }
        self.is_within = outside;
        self.closed(Expr::CountOf { over, filter, search })
    }

    /// Takes a name that is no qualified one.
    fn plain(&self, name: &str) -> Result<String, WireError> {
        if name.contains('.') {
            return Err(self.cursor.wrong(format_args!("{name} is no property: no type here is derived from another")));
        }
        Ok(name.to_owned())
    }

    fn lambda(&mut self, quantifier: Quantifier, over: Path) -> Result<Expr, WireError> {
        self.cursor.eat('(');
        self.cursor.skip_space();
        if quantifier == Quantifier::Any && self.cursor.eat(')') {
            return Ok(Expr::Lambda { quantifier, over, variable: String::new(), condition: None });
        }
        let variable = self.cursor.name();
        if variable.is_empty() || variable.contains('.') {
            return Err(self.cursor.expected("a name for the record and a colon, as in any(i:i/IsDone)"));
        }
        if self.variables.contains(&variable) {
            return Err(self.cursor.wrong(format_args!("{variable} is the name of another record around it")));
        }
        self.cursor.advance(variable);
        self.colon()?;
        self.variables.push(variable);
        let condition = self.nested(Self::expression);
        self.variables.pop();
        let condition = Some(Box::new(condition?));
        self.closed(Expr::Lambda { quantifier, over, variable: variable.to_owned(), condition })
    }

    fn colon(&mut self) -> Result<(), WireError> {
        self.cursor.skip_space();
        if self.cursor.eat(':') { Ok(()) } else { Err(self.cursor.expected("a colon")) }
    }

    fn call(&mut self, name: &'t str) -> Result<Expr, WireError> {
        let function = Function::ALL.into_iter().find(|known| word_is(name, known.name()));
        let is_special = [CASE, CAST, IS_OF].iter().any(|word| word_is(name, word));
        if function.is_none() && !is_special {
            // Those of places, of collections and of one's own (sections 5.1.1.13 and 5.1.1.5.4).
            let is_of_odata = name.contains('.') || UNSERVED.iter().any(|word| word_is(name, word));
            return Err(match is_of_odata {
                true => self.cursor.unsupported(format_args!("The function {name}")),
                false => self.cursor.wrong(format_args!("{name} is no function of OData")),
            });
        }
        self.cursor.advance(name);
        self.cursor.eat('(');
        if let Some(function) = function {
            return self.arguments(function);
        }
        if word_is(name, CASE) {
            return self.cases();
        }
        let (value, to) = self.typed()?;
        self.closed(if word_is(name, CAST) {
            Expr::Cast { value: Box::new(value), to }
        } else {
            Expr::IsOf { value: Box::new(value), of: to }
        })
    }

    fn arguments(&mut self, function: Function) -> Result<Expr, WireError> {
        let mut arguments = Vec::new();
        self.cursor.skip_space();
        if !self.cursor.rest().starts_with(')') {
            loop {
                arguments.push(self.nested(Self::expression)?);
                if !self.comma() {
                    break;
                }
            }
        }
        let (least, most) = arity(function);
        let given = arguments.len();
        if !(least..=most).contains(&given) {
            let takes = if least == most { least.to_string() } else { format!("{least} or {most}") };
            let name = function.name();
            return Err(self.cursor.wrong(format_args!("{name} takes {takes} argument(s), not {given}")));
        }
        self.closed(Expr::Call { function, arguments })
    }

    /// Reads the pairs of `case`.
    fn cases(&mut self) -> Result<Expr, WireError> {
        let mut pairs = Vec::new();
        loop {
            let condition = self.nested(Self::expression)?;
            self.colon()?;
            pairs.push((condition, self.nested(Self::expression)?));
            if !self.comma() {
                return self.closed(Expr::Case(pairs));
            }
        }
    }

    /// Reads a value and a type, or a type alone, which is asked of the record itself.
    fn typed(&mut self) -> Result<(Expr, String), WireError> {
        self.cursor.skip_space();
        let name = self.cursor.name();
        let mut behind = Cursor::new("", &self.cursor.rest()[name.len()..]);
        behind.skip_space();
        if name.contains('.') && behind.rest().starts_with(')') {
            self.cursor.advance(name);
            return Ok((Expr::Path(Path { from: None, names: Vec::new() }), name.to_owned()));
        }
        let value = self.nested(Self::expression)?;
        if !self.comma() {
            return Err(self.cursor.expected("a comma and a type such as Edm.String"));
        }
        self.cursor.skip_space();
        let to = self.cursor.name();
        if !to.contains('.') {
            return Err(self.cursor.expected("a type such as Edm.String"));
        }
        self.cursor.advance(to);
        Ok((value, to.to_owned()))
    }

    fn closed(&mut self, inner: Expr) -> Result<Expr, WireError> {
        self.cursor.skip_space();
        if self.cursor.eat(')') { Ok(inner) } else { Err(self.cursor.expected(") or an operator")) }
    }
}

/// Returns how many arguments a function takes, at the least and at the most.
fn arity(function: Function) -> (usize, usize) {
    match function {
        Function::MaxDateTime | Function::MinDateTime | Function::Now => (0, 0),
        Function::Concat | Function::Contains | Function::EndsWith | Function::IndexOf | Function::StartsWith => (2, 2),
        Function::Substring | Function::MatchesPattern => (2, 3),
        _ => (1, 1),
    }
}
