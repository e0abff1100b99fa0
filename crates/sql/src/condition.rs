//! Conditions in OData's three-valued logic, which is SQL's: true, false and null, and only true selects.
//!
//! Owns: `and or not`, bare booleans, `in`, and how deep and long a condition may be. Refuses: single comparisons
//! (`compare`) and functions (`function`). OData URL Conventions 4.01, section 5.1.1.1.

use crate::compare;
use crate::compiler::{Compiler, DEEPEST, join};
use crate::error::QueryError;
use crate::operand::Side;
use tidemark_model::query::{Expr, Function, Logic};

/// Conditions in one chain of `and` or `or`, and literals in one `in`.
const LONGEST: usize = 5_000;
/// Bytes of SQL: half of what SQLite takes. Comparing conditions repeats their text, so it can grow quickly.
const LARGEST: usize = 500_000;

impl Compiler<'_> {
    /// Writes a condition; the text is in brackets or a keyword.
    pub(crate) fn condition(&mut self, expr: &Expr, depth: usize) -> Result<String, QueryError> {
        if depth > DEEPEST {
            return Err(QueryError::TooComplex);
        }
        let sql = match expr {
            Expr::Not(inner) => format!("(NOT {})", self.condition(inner, depth + 1)?),
            Expr::Logic { op, .. } => {
                let terms = chain(expr, *op);
                if terms.len() > LONGEST {
                    return Err(QueryError::TooComplex);
                }
                let mut texts = Vec::with_capacity(terms.len());
                for term in terms {
                    texts.push(self.condition(term, depth + 1)?);
                }
                join(&texts, if *op == Logic::And { " AND " } else { " OR " })
            }
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
            Expr::Call { function, arguments } if is_condition(*function) => {
                self.text_condition(*function, arguments, depth + 1)?
            }
            Expr::Literal(_) | Expr::Property(_) | Expr::Call { .. } => {
                let side = self.side(expr, depth)?;
                self.as_condition(side)?
            }
        };
        if sql.len() > LARGEST { Err(QueryError::TooComplex) } else { Ok(sql) }
    }

    /// Writes an expression as one side of a comparison.
    pub(crate) fn side<'e>(&mut self, expr: &'e Expr, depth: usize) -> Result<Side<'e>, QueryError> {
        match expr {
            Expr::Literal(literal) => Ok(Side::Literal(literal)),
            Expr::Property(name) => self.column(name).map(Side::Operand),
            Expr::Call { function, arguments } if !is_condition(*function) => {
                self.text_value(*function, arguments, depth + 1).map(Side::Operand)
            }
            _ => self.condition(expr, depth + 1).map(Side::Condition),
        }
    }
}

/// Collects the operands of a chain of one operator, however it is bracketed, without recursion.
fn chain(expr: &Expr, operator: Logic) -> Vec<&Expr> {
    let mut waiting = vec![expr];
    let mut terms = Vec::new();
    while let Some(next) = waiting.pop() {
        match next {
            Expr::Logic { op, left, right } if *op == operator => waiting.extend([&**right, &**left]),
            _ => terms.push(next),
        }
    }
    terms
}

fn is_condition(function: Function) -> bool {
    matches!(function, Function::Contains | Function::StartsWith | Function::EndsWith)
}
