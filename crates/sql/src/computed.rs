//! What `$compute` makes of each row (OData URL Conventions 4.01, section 5.1.3), and the values that rows have beside their
//! properties.
//!
//! Owns: naming them in later expressions, and the text that a payload has for them. Refuses: writing payloads.

use crate::cast::text;
use crate::compiler::{Compiler, unknown};
use crate::error::QueryError;
use crate::operand::{Exact, Operand, Side, Type};
use tidemark_model::EntitySet;
use tidemark_model::query::{Computed, Literal};

/// More are nobody's need, and each one costs.
const MOST: usize = 100;

/// A value that a query makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its name; a path where a group has it of a related record.
    pub name: String,
    /// The name of its type, such as `Edm.Decimal`.
    pub edm: &'static str,
    /// Whether it is a property's value as it is.
    pub is_declared: bool,
}

impl<'a> Compiler<'a> {
    /// Makes values known that are made of each row.
    ///
    /// # Errors
    /// Two have one name, or one has the name of a property.
    pub(crate) fn compute(&mut self, computed: &'a [Computed]) -> Result<(), QueryError> {
        if computed.len() > MOST {
            return Err(QueryError::TooComplex);
        }
        let root = &self.scopes[0];
        for (place, one) in computed.iter().enumerate() {
            let is_property = root.is_record && is_of(root.set, &one.name);
            let is_made = root.made.iter().any(|made| made.name == one.name);
            if is_property || is_made || computed[..place].iter().any(|earlier| earlier.name == one.name) {
                let problem = format!("{} is the name of something else already: choose another one", one.name);
                return Err(QueryError::TypeMismatch { property: Some(one.name.clone()), problem });
            }
        }
        self.computed = computed;
        Ok(())
    }

    /// Writes one of them; only earlier ones are known in it.
    pub(crate) fn made_of(&mut self, one: &Computed) -> Result<Operand, QueryError> {
        self.computed_value(&one.name, 0)?.ok_or_else(|| no_type(&one.name))
    }

    /// Finds what a name stands for where it is computed.
    pub(crate) fn computed_as<'e>(&mut self, name: &str, depth: usize) -> Result<Option<Side<'e>>, QueryError> {
        // A counted record has none of them.
        let is_counted = self.scopes.iter().skip(1).any(|scope| scope.variable.is_empty());
        if is_counted || !self.computed.iter().any(|one| one.name == name) {
            return Ok(None);
        }
        let operand = self.computed_value(name, depth)?;
        Ok(Some(operand.map_or(Side::Literal(&Literal::Null), Side::Operand)))
    }

    /// Writes the value of a computed name; `None` for a null that has no type.
    fn computed_value(&mut self, name: &str, depth: usize) -> Result<Option<Operand>, QueryError> {
        let all = self.computed;
        let Some(place) = all.iter().position(|one| one.name == name) else { return Err(unknown(self.set(), name)) };
        self.computed = &all[..place];
        let operand = self.operand(&all[place].expr, depth);
        self.computed = all;
        Ok(operand?.map(|operand| Operand { name: name.to_owned(), property: None, ..operand }))
    }

    /// Refuses a name that a row has nothing for.
    pub(crate) fn refuse_unknown(&self, names: &[String]) -> Result<(), QueryError> {
        let root = &self.scopes[0];
        let is_known = |name: &str| {
            name == "*"
                || self.computed.iter().any(|one| one.name == name)
                || root.made.iter().any(|made| is_within(&made.name, name))
                || (root.is_record && is_of(root.set, name))
        };
        match names.iter().find(|name| !is_known(name)) {
            Some(unknown_name) if root.is_record => Err(unknown(root.set, unknown_name)),
            Some(unknown_name) => Err(crate::compiler::gone(unknown_name)),
            None => Ok(()),
        }
    }

    /// Writes the values that are wanted, as texts.
    pub(crate) fn values(&mut self, select: &[String]) -> Result<Vec<(Value, String)>, QueryError> {
        let is_wanted = |name: &str| select.is_empty() || select.iter().any(|wanted| is_within(name, wanted));
        let mut values = Vec::new();
        for made in self.scopes[0].made.clone() {
            if is_wanted(&made.name) {
                values.push(self.written(&made)?);
            }
        }
        for one in self.computed {
            if is_wanted(&one.name) {
                let made = self.made_of(one)?;
                values.push(self.written(&made)?);
            } else {
                self.tried(|compiler| compiler.made_of(one).map(drop))?;
            }
        }
        Ok(values)
    }

    fn written(&self, value: &Operand) -> Result<(Value, String), QueryError> {
        let sql = text(self.dialect, value, value.of).ok_or_else(|| no_type(&value.name))?;
        let edm = match value.of {
            // A sum of whole numbers may have more digits than 64 bits.
            Type::Exact(Exact { is_wide: true, .. }) => "Edm.Decimal",
            _ => value.edm,
        };
        Ok((Value { name: value.name.clone(), edm, is_declared: value.property.is_some() }, sql))
    }

    /// Writes something only to see whether it can be written: a bind that is nowhere in the text would be a mistake.
    pub(crate) fn tried(&mut self, write: impl FnOnce(&mut Self) -> Result<(), QueryError>) -> Result<(), QueryError> {
        let (binds, joins, failing) = (self.builder.len(), self.scopes[0].joins.len(), self.failing);
        let written = write(self);
        self.builder.truncate(binds);
        self.scopes[0].joins.truncate(joins);
        self.failing = failing;
        written
    }
}

/// Tells whether a record has a property of this name, or leads on by it.
fn is_of(set: &EntitySet, name: &str) -> bool {
    let (of, first) = (&set.entity_type, name.split('/').next().unwrap_or_default());
    of.property(name).is_some()
        || of.navigation.iter().any(|way| way.name == first)
        || of.collections.iter().any(|way| way.name == first)
}

/// Tells whether a name is that of a value, or of the related record that a path to it leads over.
fn is_within(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn no_type(name: &str) -> QueryError {
    let problem = format!("{name} has no type: cast null to one, as in cast(null,Edm.String)");
    QueryError::TypeMismatch { property: Some(name.to_owned()), problem }
}
