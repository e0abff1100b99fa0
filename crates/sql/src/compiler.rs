//! An expression on its way to SQL: the entity set, the dialect, the binds.
//!
//! Owns: how a column, one side and a chain of texts are written. Refuses: conditions (`condition`), comparisons
//! (`compare`) and functions (`function`), which are written with it.

use crate::error::QueryError;
use crate::name::quoted;
use crate::operand::{Operand, Side, Type, describe};
use crate::statement::{Builder, Dialect};
use tidemark_model::query::Literal;
use tidemark_model::{EntitySet, Role};

/// Nesting of expressions. SQLite parses up to 1,000 levels, and one of ours takes up to a dozen of its own.
pub(crate) const DEEPEST: usize = 50;
/// SQLite's parser counts a chain of operators as that many levels; a longer one is split in halves.
const CHAIN: usize = 8;

/// Turns expressions into SQL over the table `t`, collecting binds.
pub(crate) struct Compiler<'a> {
    pub(crate) set: &'a EntitySet,
    pub(crate) dialect: Dialect,
    pub(crate) builder: Builder,
}

impl<'a> Compiler<'a> {
    /// Begins.
    pub(crate) fn new(set: &'a EntitySet, dialect: Dialect) -> Self {
        Self { set, dialect, builder: Builder::new(dialect) }
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
