//! Parameter aliases (OData URL Conventions 4.01 section 5.3): `$filter=Title eq @t&@t='x'`.
//!
//! Owns: their values. Refuses: one that is given twice, and reading them (`list`): what they are says the place where one is
//! named.

use crate::{Code, WireError};
use std::collections::BTreeMap;

/// The values of parameter aliases, by name with `@`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Aliases(BTreeMap<String, String>);

impl Aliases {
    /// Takes one.
    pub(crate) fn insert(&mut self, name: &str, value: &str) -> Result<(), WireError> {
        match self.0.insert(name.to_owned(), value.to_owned()) {
            None => Ok(()),
            Some(_) => {
                let message = format!("The parameter alias {name} is given twice");
                Err(WireError::new(400, Code::InvalidQuery, message).about(name))
            }
        }
    }

    /// Returns the name, with `@`, and the value of one that has any.
    pub(super) fn get(&self, bare: &str) -> Option<(&str, &str)> {
        self.0.get_key_value(&format!("@{bare}")).map(|(name, text)| (name.as_str(), text.as_str()))
    }
}
