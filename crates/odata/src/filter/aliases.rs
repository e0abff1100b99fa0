//! Parameter aliases (OData URL Conventions 4.01 section 5.3): `$filter=Title eq @t&@t='x'`.
//!
//! Owns: their values. Refuses: one that is given twice, and reading them (`list`): what they are says the place where one is
//! named.

use crate::{Code, WireError};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Bytes that are read of aliases for one request: one may name others twice, and they others.
const MOST_BYTES: usize = 1024 * 1024;
/// What reading one takes beside its bytes.
const USE: usize = 64;

/// The values of parameter aliases, by name with `@`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Aliases {
    values: BTreeMap<String, String>,
    /// Bytes read so far, in all options.
    read: Cell<usize>,
}

impl Aliases {
    /// Takes one.
    pub(crate) fn insert(&mut self, name: &str, value: &str) -> Result<(), WireError> {
        match self.values.insert(name.to_owned(), value.to_owned()) {
            None => Ok(()),
            Some(_) => {
                let message = format!("The parameter alias {name} is given twice");
                Err(WireError::new(400, Code::InvalidQuery, message).about(name))
            }
        }
    }

    /// Returns the name, with `@`, and the value of one that has any, to be read once.
    ///
    /// # Errors
    /// 400 where the request has had too much of them read.
    pub(super) fn get(&self, bare: &str) -> Result<Option<(&str, &str)>, WireError> {
        let Some((name, text)) = self.values.get_key_value(&format!("@{bare}")) else { return Ok(None) };
        self.read.set(self.read.get().saturating_add(text.len() + USE));
        if self.read.get() > MOST_BYTES {
            let message = "The parameter aliases name each other too often".to_owned();
            return Err(WireError::new(400, Code::InvalidQuery, message).about(name.as_str()));
        }
        Ok(Some((name, text)))
    }
}
