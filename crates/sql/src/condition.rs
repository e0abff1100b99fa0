//! Conditions in OData's three-valued logic, which is SQL's: true, false and null, and only true selects.
//!
//! Owns: `and or not`, bare booleans, `in`, and how deep and long a condition may be. Refuses: single comparisons
//! (`compare`) and functions (`function`). OData URL Conventions 4.01, section 5.1.1.1.

use crate::compare;
use crate::error::QueryError;
use crate::name::quoted;
use crate::operand::{Operand, Side, Type, describe};
use crate::statement::{Builder, Dialect};
use tidemark_model::query::{Expr, Function, Literal, Logic};
use tidemark_model::{EntitySet, Role};

/// Nesting of expressions. SQLite parses up to 1,000 levels, and one of ours takes up to a dozen of its own.
pub(crate) const DEEPEST: usize = 50;
/// Conditions in one chain of `and` or `or`, and literals in one `in`.
const LONGEST: usize = 5_000;
/// Bytes of SQL: half of what SQLite takes. Comparing conditions repeats their text, so it can grow quickly.
const LARGEST: usize = 500_000;
/// SQLite's parser counts a chain of operators as that many levels; a longer one is split in halves.
const CHAIN: usize = 8;

/// Turns expressions into SQL over the table `t`, collecting binds.
pub(crate) struct Compiler<'a> {
    pub(crate) set: &'a EntitySet,
    pub(crate) dialect: Dialect,
    pub(crate) builder: Builder,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(set: &'a EntitySet, dialect: Dialect) -> Self {
        Self { set, dialect, builder: Builder::new(dialect) }
    }

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

    /// Reads one side as a condition.
    pub(crate) fn as_condition(&self, side: Side<'_>) -> Result<String, QueryError> {
        match side {
            Side::Condition(sql) => Ok(sql),
            Side::Operand(Operand { sql, of: Type::Boolean, .. }) => Ok(format!("({sql} <> 0)")),
            Side::Literal(Literal::Boolean(true)) => Ok("TRUE".into()),
            Side::Literal(Literal::Boolean(false)) => Ok("FALSE".into()),
            Side::Literal(Literal::Null) => Ok("NULL".into()),
            Side::Operand(operand) => Err(QueryError::TypeMismatch {
                problem: format!("{} is {}, not a condition: compare it with something", operand.name, operand.edm),
                property: operand.property,
            }),
            Side::Literal(literal) => Err(QueryError::TypeMismatch {
                property: None,
                problem: format!("{} is not a condition: compare a property with it", describe(literal)),
            }),
        }
    }

    /// Finds a property's column. Only these three are never null in storage (`table`), whatever the model says.
    pub(crate) fn column(&self, name: &str) -> Result<Operand, QueryError> {
        let property = self
            .set
            .entity_type
            .property(name)
            .ok_or_else(|| QueryError::UnknownProperty { set: self.set.name.clone(), property: name.to_owned() })?;
        Ok(Operand {
            sql: column(self.dialect, name),
            of: Type::of(&property.kind),
            nullable: !matches!(property.role, Role::Key | Role::UpdatedAt | Role::IsTombstoned),
            name: name.to_owned(),
            property: Some(name.to_owned()),
            edm: property.kind.edm_name(),
        })
    }
}

/// Writes a column of the table. Always qualified: SQLite reads a lone quoted name that no column has as text.
pub(crate) fn column(dialect: Dialect, name: &str) -> String {
    format!("t.{}", quoted(dialect, name))
}

/// Joins conditions by an operator, in brackets where there are several; there must be one at least.
pub(crate) fn join(texts: &[String], operator: &str) -> String {
    match texts {
        [one] => one.clone(),
        _ if texts.len() <= CHAIN => format!("({})", texts.join(operator)),
        _ => {
            let (left, right) = texts.split_at(texts.len() / 2);
            format!("({}{operator}{})", join(left, operator), join(right, operator))
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
