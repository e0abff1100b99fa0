//! Conditions in OData's three-valued logic, which is SQL's: true, false and null, and only true selects.
//!
//! Owns: `and or not`, bare booleans, `in`, and how deep and long a condition may be. Refuses: single comparisons
//! (`compare`), paths (`path`), calculations and functions. OData URL Conventions 4.01, section 5.1.1.1.

use crate::compare;
use crate::compiler::{Compiler, DEEPEST, all_of, any_of};
use crate::error::QueryError;
use crate::operand::Side;
use tidemark_model::query::{Expr, Function, Logic};

/// Conditions in one chain of `and` or `or`, and literals in one `in`.
const LONGEST: usize = 5_000;
/// Bytes of SQL: half of what SQLite takes. Comparing conditions repeats their text, so it can grow quickly.
const LARGEST: usize = 500_000;
/// Bytes of SQL that are written for one statement, where the text of a deep part counts at every level again.
const MOST_WRITTEN: usize = 32 * LARGEST;

impl Compiler<'_> {
    /// Writes a condition; the text is in brackets or a keyword.
    pub(crate) fn condition(&mut self, expr: &Expr, depth: usize) -> Result<String, QueryError> {
        if depth > DEEPEST {
            return Err(QueryError::TooComplex);
        }
        let sql = match expr {
            Expr::Not(inner) => format!("(NOT {})", self.condition(inner, depth + 1)?),
            Expr::Logic { op, .. } => self.chained(*op, expr, depth)?,
            Expr::Compare { op, left, right } => {
                let left = self.side(left, depth + 1)?;
                let right = self.side(right, depth + 1)?;
                compare::compare(self, *op, left, right)?
            }
            Expr::In { left, list } => {
                if list.len() > LONGEST {
                    return Err(QueryError::TooComplex);
                }
                let left = self.side(left, depth + 1)?;
                compare::is_in(self, left, list)?
            }
            Expr::Call { function: Function::MatchesPattern, arguments } => self.pattern(arguments, depth + 1)?,
            Expr::Call { function, arguments } if is_condition(*function) => {
                self.text_condition(*function, arguments, depth + 1)?
            }
            Expr::Lambda { quantifier, over, variable, condition } => {
                self.lambda(*quantifier, over, variable, condition.as_deref(), depth + 1)?
            }
            Expr::IsOf { value, of } => self.is_of(value, of, depth + 1)?,
            _ => {
                let side = self.value(expr, depth)?;
                self.as_condition(side)?
            }
        };
        self.wrote(&sql)?;
        Ok(sql)
    }

    /// Writes an expression as one side of a comparison.
    pub(crate) fn side<'e>(&mut self, expr: &'e Expr, depth: usize) -> Result<Side<'e>, QueryError> {
        match expr {
            Expr::Not(_) | Expr::Logic { .. } | Expr::Compare { .. } | Expr::In { .. } => self.as_side(expr, depth),
            Expr::Lambda { .. } | Expr::IsOf { .. } => self.as_side(expr, depth),
            Expr::Call { function, .. } if is_condition(*function) => self.as_side(expr, depth),
            _ => self.value(expr, depth),
        }
    }

    fn as_side<'e>(&mut self, expr: &Expr, depth: usize) -> Result<Side<'e>, QueryError> {
        self.condition(expr, depth + 1).map(Side::Condition)
    }

    /// Writes what is no condition by its form.
    fn value<'e>(&mut self, expr: &'e Expr, depth: usize) -> Result<Side<'e>, QueryError> {
        // The sides of the deepest comparison are a level below it.
        if depth > DEEPEST + 1 {
            return Err(QueryError::TooComplex);
        }
        let side = match expr {
            Expr::Literal(literal) => Side::Literal(literal),
            Expr::Property(name) => match self.computed_as(name, depth + 1)? {
                Some(side) => side,
                None => Side::Operand(self.named(name)?),
            },
            Expr::Path(path) => Side::Operand(self.reached(path)?),
            Expr::Count(path) => Side::Operand(self.counted(path, None, &[], depth)?),
            Expr::CountOf { over, filter, search } => {
                Side::Operand(self.counted(over, filter.as_deref(), search, depth + 1)?)
            }
            Expr::Arithmetic { op, left, right } => self.arithmetic(*op, left, right, depth + 1)?,
            Expr::Negate(inner) => self.negated(inner, depth + 1)?,
            Expr::Call { function, arguments } => self.call(*function, arguments, depth + 1)?,
            Expr::Case(pairs) => self.case(pairs, depth + 1)?,
            Expr::Cast { value, to } => self.cast(value, to, depth + 1)?,
            _ => Side::Condition(self.condition(expr, depth + 1)?),
        };
        if let Side::Operand(operand) = &side {
            self.wrote(&operand.sql)?;
        }
        Ok(side)
    }

    /// Counts text that was written, at whatever depth.
    fn wrote(&mut self, sql: &str) -> Result<(), QueryError> {
        self.written += sql.len();
        if sql.len() > LARGEST || self.written > MOST_WRITTEN { Err(QueryError::TooComplex) } else { Ok(()) }
    }

    fn chained(&mut self, op: Logic, expr: &Expr, depth: usize) -> Result<String, QueryError> {
        let terms = expr.chain(op);
        if terms.len() > LONGEST {
            return Err(QueryError::TooComplex);
        }
        let (mut safe, mut failing) = (Vec::with_capacity(terms.len()), Vec::new());
        for term in terms {
            let before = self.failing;
            let text = self.condition(term, depth + 1)?;
            if self.failing > before { failing.push(text) } else { safe.push(text) }
        }
        Ok(match op {
            Logic::And => all_of(&safe, &failing),
            Logic::Or => any_of(&safe, &failing),
        })
    }
}

fn is_condition(function: Function) -> bool {
    matches!(function, Function::Contains | Function::StartsWith | Function::EndsWith | Function::MatchesPattern)
}
