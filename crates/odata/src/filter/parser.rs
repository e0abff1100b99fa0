//! Expressions by precedence (OData URL Conventions 4.01 section 5.1.1.17): `not`, `in`, `gt`…`le`, `eq ne`, `and`, `or`.

use super::cursor::{Cursor, word_is};
use crate::WireError;
use tidemark_model::query::{Compare, Expr, Function, Literal, Logic, NOT, RESERVED_WORDS};

/// How deep parentheses, `not` and calls may nest: an attack with 10,000 of them is refused before it costs stack.
const DEEPEST: u32 = 64;
/// How many operators and operands an expression may have; an `in` list of thousands of keys still fits.
const MOST: u32 = 20_000;

const FUNCTIONS: [(&str, Function, usize); 9] = [
    ("contains", Function::Contains, 2),
    ("startswith", Function::StartsWith, 2),
    ("endswith", Function::EndsWith, 2),
    ("tolower", Function::ToLower, 1),
    ("toupper", Function::ToUpper, 1),
    ("length", Function::Length, 1),
    ("trim", Function::Trim, 1),
    ("indexof", Function::IndexOf, 2),
    ("concat", Function::Concat, 2),
];

const EQUALITY: [(&str, Compare); 2] = [("eq", Compare::Eq), ("ne", Compare::Ne)];
const RELATION: [(&str, Compare); 4] =
    [("gt", Compare::Gt), ("ge", Compare::Ge), ("lt", Compare::Lt), ("le", Compare::Le)];
/// Binary operators that OData has and [`Expr`] has not.
const UNSUPPORTED: [&str; 7] = ["has", "add", "sub", "mul", "div", "divby", "mod"];
const AND: &str = "and";
const OR: &str = "or";
const IN: &str = "in";
const ASCENDING: &str = "asc";
const DESCENDING: &str = "desc";
/// What OData has only behind a property, as in `Tags/any(…)`.
const LAMBDAS: [&str; 2] = ["any", "all"];

/// Returns every word that means something in `$filter` and `$orderby`.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    let functions = FUNCTIONS.iter().map(|(name, ..)| *name);
    let comparisons = EQUALITY.iter().chain(&RELATION).map(|(word, _)| *word);
    let rest = [AND, OR, IN, ASCENDING, DESCENDING];
    functions.chain(comparisons).chain(rest).chain(UNSUPPORTED).chain(LAMBDAS).chain(RESERVED_WORDS)
}

/// Returns the name of a function.
#[cfg(test)]
pub(super) fn function_name(function: Function) -> &'static str {
    FUNCTIONS.iter().find(|(_, f, _)| *f == function).map_or("", |(name, ..)| name)
}

/// Returns the word of a comparison.
#[cfg(test)]
pub(super) fn compare_word(op: Compare) -> &'static str {
    EQUALITY.iter().chain(&RELATION).find(|(_, c)| *c == op).map_or("", |(word, _)| word)
}

/// Reads one query option from left to right.
pub(super) struct Parser<'t> {
    cursor: Cursor<'t>,
    depth: u32,
    nodes: u32,
    /// Comparisons of comparisons, which nest to the left without a parenthesis.
    chained: u32,
}

impl<'t> Parser<'t> {
    pub(super) fn new(option: &'static str, text: &'t str) -> Self {
        Self { cursor: Cursor::new(option, text), depth: 0, nodes: 0, chained: 0 }
    }

    /// Checks that nothing is left.
    pub(super) fn end(&mut self, expected: &str) -> Result<(), WireError> {
        self.cursor.skip_space();
        if self.cursor.rest().is_empty() { Ok(()) } else { Err(self.cursor.expected(expected)) }
    }

    /// Steps over a comma and tells whether there was one.
    pub(super) fn comma(&mut self) -> bool {
        self.cursor.skip_space();
        self.cursor.eat(',')
    }

    /// Reads `asc`, `desc` or nothing; tells whether it was `desc`.
    pub(super) fn direction(&mut self) -> bool {
        let descending = self.keyword(DESCENDING);
        if !descending {
            self.keyword(ASCENDING);
        }
        descending
    }

    /// Reads an expression with every operator.
    pub(super) fn expression(&mut self) -> Result<Expr, WireError> {
        self.logic(Logic::Or)
    }

    fn logic(&mut self, op: Logic) -> Result<Expr, WireError> {
        let word = if op == Logic::Or { OR } else { AND };
        let mut operands = Vec::with_capacity(1);
        loop {
            operands.push(match op {
                Logic::Or => self.logic(Logic::And)?,
                Logic::And => self.comparison(&EQUALITY)?,
            });
            if !self.keyword(word) {
                return Ok(balanced(op, operands));
            }
        }
    }

    fn comparison(&mut self, operators: &'static [(&'static str, Compare)]) -> Result<Expr, WireError> {
        let is_equality = operators.len() == EQUALITY.len();
        let operand = |parser: &mut Self| {
            if is_equality { parser.comparison(&RELATION) } else { parser.membership() }
        };
        let mut left = operand(self)?;
        let mut is_chained = false;
        while let Some((_, op)) = operators.iter().find(|(word, _)| self.keyword(word)) {
            if is_chained {
                self.chained += 1;
                if self.chained > DEEPEST {
                    return Err(self.too_deep());
                }
            }
            is_chained = true;
            let right = operand(self)?;
            left = Expr::Compare { op: *op, left: Box::new(left), right: Box::new(right) };
        }
        Ok(left)
    }

    fn membership(&mut self) -> Result<Expr, WireError> {
        let left = self.unary()?;
        if self.keyword(IN) {
            let list = self.literals()?;
            return Ok(Expr::In { left: Box::new(left), list });
        }
        let name = self.cursor.name();
        match UNSUPPORTED.iter().find(|word| word_is(name, word)) {
            Some(word) => Err(self.cursor.unsupported(format_args!("The operator {word}"))),
            None => Ok(left),
        }
    }

    fn literals(&mut self) -> Result<Vec<Literal>, WireError> {
        self.cursor.skip_space();
        if !self.cursor.eat('(') {
            return Err(self.cursor.expected("a list of literals in parentheses after in"));
        }
        let mut list = Vec::new();
        loop {
            self.cursor.skip_space();
            self.count()?;
            match self.cursor.literal()? {
                Some(literal) => list.push(literal),
                None => return Err(self.cursor.expected("a literal in the list of in")),
            }
            if self.comma() {
                continue;
            }
            return if self.cursor.eat(')') { Ok(list) } else { Err(self.cursor.expected("a comma or )")) };
        }
    }

    fn unary(&mut self) -> Result<Expr, WireError> {
        self.cursor.skip_space();
        self.count()?;
        let name = self.cursor.name();
        // No property is called so (`csdl::names`).
        if word_is(name, NOT) {
            self.cursor.advance(name);
            return self.nested(|parser| Ok(Expr::Not(Box::new(parser.unary()?))));
        }
        if self.cursor.eat('(') {
            let inner = self.nested(Self::expression)?;
            return self.closed(inner);
        }
        match self.cursor.literal()? {
            Some(literal) => Ok(Expr::Literal(literal)),
            None => self.named(),
        }
    }

    fn named(&mut self) -> Result<Expr, WireError> {
        let name = self.cursor.name();
        if name.is_empty() {
            return Err(match self.cursor.rest().chars().next() {
                Some('-') => self.cursor.unsupported("The operator -"),
                Some('$') => self.cursor.unsupported("A name such as $it or $root"),
                Some('@') => self.cursor.unsupported("A parameter alias"),
                Some('[' | '{') => self.cursor.unsupported("A JSON literal"),
                _ => self.cursor.expected("a property, a function or a literal"),
            });
        }
        let after = &self.cursor.rest()[name.len()..];
        if after.starts_with('(') {
            return self.call(name);
        }
        if let Some(below) = after.strip_prefix('/') {
            let below = Cursor::new("", below).name();
            if let Some(lambda) = LAMBDAS.iter().find(|word| word_is(below, word)) {
                return Err(self.cursor.unsupported(format_args!("The lambda {name}/{lambda}(…)")));
            }
            return Err(self.cursor.unsupported(format_args!("A property path such as {name}/…")));
        }
        if name.contains('.') {
            return Err(self.cursor.unsupported(format_args!("The qualified name {name}")));
        }
        self.cursor.advance(name);
        Ok(Expr::Property(name.to_owned()))
    }

    fn call(&mut self, name: &'t str) -> Result<Expr, WireError> {
        let Some((canonical, function, arity)) = FUNCTIONS.iter().find(|(known, ..)| word_is(name, known)) else {
            return Err(self.cursor.unsupported(format_args!("The function {name}")));
        };
        self.cursor.advance(name);
        self.cursor.eat('(');
        let mut arguments = Vec::with_capacity(*arity);
        self.cursor.skip_space();
        if !self.cursor.rest().starts_with(')') {
            loop {
                arguments.push(self.nested(Self::expression)?);
                if !self.comma() {
                    break;
                }
            }
        }
        if arguments.len() != *arity {
            let given = arguments.len();
            return Err(self.cursor.wrong(format_args!("{canonical} takes {arity} argument(s), not {given}")));
        }
        self.closed(Expr::Call { function: *function, arguments })
    }

    fn closed(&mut self, inner: Expr) -> Result<Expr, WireError> {
        self.cursor.skip_space();
        if self.cursor.eat(')') { Ok(inner) } else { Err(self.cursor.expected(") or an operator")) }
    }

    /// Steps over a keyword, in any case, and tells whether it was there.
    fn keyword(&mut self, keyword: &str) -> bool {
        self.cursor.skip_space();
        let name = self.cursor.name();
        let found = word_is(name, keyword);
        if found {
            self.cursor.advance(name);
        }
        found
    }

    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, WireError>) -> Result<T, WireError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.too_deep());
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn count(&mut self) -> Result<(), WireError> {
        self.nodes += 1;
        if self.nodes > MOST {
            Err(self.cursor.wrong(format_args!("there are more than {MOST} operands")))
        } else {
            Ok(())
        }
    }

    fn too_deep(&self) -> WireError {
        self.cursor.wrong(format_args!("it nests more than {DEEPEST} levels deep"))
    }
}

/// Makes a tree of a chain such as `a or b or c or …`, as flat as it can be: `or` and `and` are associative, and a
/// thousand alternatives must not become a tree a thousand levels deep, here and in the SQL made of it.
fn balanced(op: Logic, mut operands: Vec<Expr>) -> Expr {
    while operands.len() > 1 {
        let mut paired = Vec::with_capacity(operands.len().div_ceil(2));
        let mut rest = operands.into_iter();
        while let Some(left) = rest.next() {
            paired.push(match rest.next() {
                Some(right) => Expr::Logic { op, left: Box::new(left), right: Box::new(right) },
                None => left,
            });
        }
        operands = paired;
    }
    operands.pop().unwrap_or(Expr::Literal(Literal::Null))
}
