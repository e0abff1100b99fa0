//! Expressions by precedence (OData URL Conventions 4.01 section 5.1.1.17): `- not`, `mul div divby mod`, `add sub`,
//! `gt`…`le`, `eq ne`, `and`, `or`.
//!
//! Owns: operators, and how deep and long an expression may be. Refuses: what stands between them (`operand`, `list`).

use super::aliases::Aliases;
use super::cursor::{Cursor, word_is};
use crate::WireError;
use tidemark_model::query::{Arithmetic, Compare, Expr, Literal, Logic, NOT};

/// How deep parentheses, `not` and calls may nest: an attack with 10,000 of them is refused before it costs stack.
const DEEPEST: u32 = 64;
/// How many operators and operands an expression may have; an `in` list of thousands of keys still fits.
const MOST: u32 = 20_000;

const EQUALITY: [(&str, Compare); 2] = [("eq", Compare::Eq), ("ne", Compare::Ne)];
const RELATION: [(&str, Compare); 4] =
    [("gt", Compare::Gt), ("ge", Compare::Ge), ("lt", Compare::Lt), ("le", Compare::Le)];
const SUM: [(&str, Arithmetic); 2] = [("add", Arithmetic::Add), ("sub", Arithmetic::Sub)];
const PRODUCT: [(&str, Arithmetic); 4] =
    [("mul", Arithmetic::Mul), ("divby", Arithmetic::DivBy), ("div", Arithmetic::Div), ("mod", Arithmetic::Mod)];
const HAS: &str = "has";
const AND: &str = "and";
const OR: &str = "or";
const IN: &str = "in";
const ASCENDING: &str = "asc";
const DESCENDING: &str = "desc";

/// The words of operators and directions.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    let comparisons = EQUALITY.iter().chain(&RELATION).map(|(word, _)| *word);
    let arithmetic = SUM.iter().chain(&PRODUCT).map(|(word, _)| *word);
    comparisons.chain(arithmetic).chain([AND, OR, IN, HAS, ASCENDING, DESCENDING])
}

/// Returns the word of a comparison.
#[cfg(test)]
pub(super) fn compare_word(op: Compare) -> &'static str {
    EQUALITY.iter().chain(&RELATION).find(|(_, c)| *c == op).map_or("", |(word, _)| word)
}

/// Returns the word of an arithmetic operator.
#[cfg(test)]
pub(super) fn arithmetic_word(op: Arithmetic) -> &'static str {
    SUM.iter().chain(&PRODUCT).find(|(_, a)| *a == op).map_or("", |(word, _)| word)
}

/// Reads one query option from left to right.
pub(super) struct Parser<'t> {
    pub(super) cursor: Cursor<'t>,
    pub(super) aliases: &'t Aliases,
    /// Whether the option stands within `$expand`, where `$it` is another record.
    pub(super) is_within: bool,
    /// What records are called in the lambdas around the cursor.
    pub(super) variables: Vec<&'t str>,
    depth: u32,
    nodes: u32,
    /// Operators of one precedence in a row, which nest to the left without a parenthesis.
    chained: u32,
}

impl<'t> Parser<'t> {
    pub(super) fn new(option: &'static str, text: &'t str, aliases: &'t Aliases, is_within: bool) -> Self {
        let cursor = Cursor::new(option, text);
        Self { cursor, aliases, is_within, variables: Vec::new(), depth: 0, nodes: 0, chained: 0 }
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
                Logic::And => self.chain(&EQUALITY, compared, |parser| {
                    parser.chain(&RELATION, compared, |parser| {
                        parser.chain(&SUM, calculated, |parser| parser.chain(&PRODUCT, calculated, Self::unary))
                    })
                })?,
            });
            if !self.keyword(word) {
                return Ok(balanced(op, operands));
            }
        }
    }

    /// Reads operands with operators of one precedence between them, which bind to the left.
    fn chain<Op: Copy>(
        &mut self,
        operators: &[(&str, Op)],
        make: fn(Op, Expr, Expr) -> Expr,
        mut operand: impl FnMut(&mut Self) -> Result<Expr, WireError>,
    ) -> Result<Expr, WireError> {
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
            left = make(*op, left, operand(self)?);
        }
        Ok(left)
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
        if self.cursor.rest().starts_with('-')
            && let Some(minus) = self.minus()?
        {
            return Ok(minus);
        }
        self.membership()
    }

    /// Reads a minus that is an operator: a literal has its own.
    fn minus(&mut self) -> Result<Option<Expr>, WireError> {
        let before = self.cursor.place();
        if self.cursor.literal()?.is_some() {
            self.cursor.back_to(before);
            return Ok(None);
        }
        self.cursor.eat('-');
        self.nested(|parser| Ok(Some(Expr::Negate(Box::new(parser.unary()?)))))
    }

    fn membership(&mut self) -> Result<Expr, WireError> {
        let left = self.operand()?;
        if self.keyword(IN) {
            let list = self.list()?;
            return Ok(Expr::In { left: Box::new(left), list });
        }
        if self.keyword(HAS) {
            return Err(self.cursor.wrong("has needs an enumeration, and there is no property of such a type here"));
        }
        Ok(left)
    }

    /// Steps over a keyword, in any case, and tells whether it was there.
    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        self.cursor.skip_space();
        let name = self.cursor.name();
        let found = word_is(name, keyword);
        if found {
            self.cursor.advance(name);
        }
        found
    }

    /// Reads what stands a level deeper.
    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, WireError>) -> Result<T, WireError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.too_deep());
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Counts one operand more.
    pub(super) fn count(&mut self) -> Result<(), WireError> {
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

fn compared(op: Compare, left: Expr, right: Expr) -> Expr {
    Expr::Compare { op, left: Box::new(left), right: Box::new(right) }
}

fn calculated(op: Arithmetic, left: Expr, right: Expr) -> Expr {
    Expr::Arithmetic { op, left: Box::new(left), right: Box::new(right) }
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
