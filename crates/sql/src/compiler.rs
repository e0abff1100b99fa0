//! An expression on its way to SQL: the entity set, the dialect, the binds, and the records that names lead to.
//!
//! Owns: how a column, one side and a chain of texts are written. Refuses: conditions (`condition`), comparisons
//! (`compare`), paths (`path`) and calculations, which are written with it.

use crate::error::QueryError;
use crate::name::quoted;
use crate::neighbour::Neighbours;
use crate::operand::{Operand, Side, Type, describe};
use crate::statement::{Builder, Dialect};
use tidemark_model::query::{Computed, Literal};
use tidemark_model::{EntitySet, Role};

/// Nesting of expressions. SQLite parses up to 1,000 levels, and one of ours takes up to a dozen of its own.
pub(crate) const DEEPEST: usize = 50;
/// SQLite's parser counts a chain of operators as that many levels; a longer one is split in halves.
const CHAIN: usize = 8;
/// The table that is read.
pub(crate) const ROOT: &str = "t";

/// Turns expressions into SQL over the table `t`, collecting binds.
pub(crate) struct Compiler<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) builder: Builder,
    /// The records that names lead from: the one of the table that is read, then those of the lambdas around.
    pub(crate) scopes: Vec<Scope<'a>>,
    /// The other tables, where they can be asked.
    pub(crate) neighbours: Option<&'a dyn Neighbours>,
    /// How many tables have been named so far.
    pub(crate) tables: usize,
    /// How many columns the steps of `$apply` have made.
    pub(crate) columns: usize,
    /// What `$compute` makes of each row, as far as it can be named here.
    pub(crate) computed: &'a [Computed],
    /// How many calculations may fail: no row may be calculated that the other conditions leave out.
    pub(crate) failing: usize,
    /// Bytes of text that were written for conditions and sides, at all depths together.
    pub(crate) written: usize,
}

/// A record that names lead from.
pub(crate) struct Scope<'a> {
    /// What a lambda calls it; empty for the one of the table that is read.
    pub(crate) variable: String,
    pub(crate) set: &'a EntitySet,
    /// What the statement calls its table.
    pub(crate) alias: String,
    /// The tables that paths from it lead to.
    pub(crate) joins: Vec<Join<'a>>,
    /// What the steps of `$apply` made, each called by its name or path.
    pub(crate) made: Vec<Operand>,
    /// Whether it is a record of the set: a group of them has its made values alone.
    pub(crate) is_record: bool,
}

impl<'a> Scope<'a> {
    /// Takes a record of a set.
    pub(crate) fn of(variable: &str, set: &'a EntitySet, alias: &str) -> Self {
        let (variable, alias) = (variable.to_owned(), alias.to_owned());
        Self { variable, set, alias, joins: Vec::new(), made: Vec::new(), is_record: true }
    }
}

/// A table that a path over a navigation property leads to.
pub(crate) struct Join<'a> {
    /// What the statement calls the table that the path comes from, and the property.
    pub(crate) via: (String, String),
    pub(crate) set: &'a EntitySet,
    pub(crate) alias: String,
    /// The text: `LEFT JOIN … ON …`.
    pub(crate) sql: String,
}

impl<'a> Compiler<'a> {
    /// Begins.
    pub(crate) fn new(set: &'a EntitySet, dialect: Dialect, neighbours: Option<&'a dyn Neighbours>) -> Self {
        let root = Scope::of("", set, ROOT);
        Self {
            dialect,
            builder: Builder::new(dialect),
            scopes: vec![root],
            neighbours,
            tables: 0,
            columns: 0,
            computed: &[],
            failing: 0,
            written: 0,
        }
    }

    /// Returns the entity set of the record that names without a variable lead from.
    pub(crate) fn set(&self) -> &'a EntitySet {
        self.here().set
    }

    /// Returns the record that names without a variable lead from: the one of the table that is read, or one that is counted.
    pub(crate) fn here(&self) -> &Scope<'a> {
        self.scopes.iter().rfind(|scope| scope.variable.is_empty()).unwrap_or(&self.scopes[0])
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

    /// Finds the column of a property of the table that is read, or of what a step of `$apply` made.
    pub(crate) fn column(&self, name: &str) -> Result<Operand, QueryError> {
        let root = self.here();
        if let Some(made) = root.made.iter().find(|made| made.name == name) {
            return Ok(made.clone());
        }
        if !root.is_record {
            return Err(gone(name));
        }
        column_of(self.dialect, root.set, &root.alias, name, name).ok_or_else(|| unknown(root.set, name))
    }
}

/// Finds the column of a property. Only these three are never null in storage (`table`), whatever the model says.
pub(crate) fn column_of(dialect: Dialect, set: &EntitySet, alias: &str, name: &str, shown_as: &str) -> Option<Operand> {
    let property = set.entity_type.property(name)?;
    Some(Operand {
        sql: format!("{alias}.{}", quoted(dialect, name)),
        of: Type::of(&property.kind),
        nullable: !matches!(property.role, Role::Key | Role::UpdatedAt | Role::IsTombstoned),
        may_be_nan: false,
        is_normal: false,
        name: shown_as.to_owned(),
        property: Some(shown_as.to_owned()),
        edm: property.kind.edm_name(),
    })
}

/// Says that an entity type has no such property.
pub(crate) fn unknown(set: &EntitySet, name: &str) -> QueryError {
    QueryError::UnknownProperty { set: set.name.clone(), property: name.to_owned() }
}

/// Says that rows of `$apply` have no such value.
pub(crate) fn gone(name: &str) -> QueryError {
    let problem = format!("What $apply makes here has nothing that is called {name}");
    QueryError::TypeMismatch { property: Some(name.to_owned()), problem }
}

/// Writes a column of the table. Always qualified: SQLite reads a lone quoted name that no column has as text.
pub(crate) fn column(dialect: Dialect, name: &str) -> String {
    format!("{ROOT}.{}", quoted(dialect, name))
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

/// Writes conditions of which some are calculated only where the others let the row through: a division by zero in a
/// record that nobody asked for is nobody's mistake. Databases choose the order of conditions themselves, but not that of
/// a CASE.
pub(crate) fn all_of(safe: &[String], failing: &[String]) -> String {
    match (safe.is_empty(), failing.is_empty()) {
        (_, true) => join(safe, " AND "),
        (true, false) => join(failing, " AND "),
        (false, false) => {
            let (safe, failing) = (join(safe, " AND "), join(failing, " AND "));
            format!("(CASE WHEN {safe} IS FALSE THEN FALSE ELSE ({safe} AND {failing}) END)")
        }
    }
}

/// The same for alternatives: those that may fail are calculated only where no other one holds.
pub(crate) fn any_of(safe: &[String], failing: &[String]) -> String {
    match (safe.is_empty(), failing.is_empty()) {
        (_, true) => join(safe, " OR "),
        (true, false) => join(failing, " OR "),
        (false, false) => {
            let (safe, failing) = (join(safe, " OR "), join(failing, " OR "));
            format!("(CASE WHEN {safe} IS TRUE THEN TRUE ELSE ({safe} OR {failing}) END)")
        }
    }
}
