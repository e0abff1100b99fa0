//! The document of a model while it is read.
//!
//! Owns: that a mistake in it is named with its line and element. Refuses: what may stand in it (`parse`, `names`).

use super::ModelError;
use super::locate::line_of;
use serde_json::{Map, Value};

/// A JSON object of the document.
pub(super) type Object = Map<String, Value>;

/// The document being read; makes errors that know their line.
pub(super) struct Source<'s> {
    pub(super) text: &'s str,
}

impl Source<'_> {
    /// Says what is wrong with an element.
    pub(super) fn error(&self, path: &[&str], problem: impl Into<String>) -> ModelError {
        ModelError {
            line: line_of(self.text, path),
            element: if path.is_empty() { "the document".into() } else { path.join("/") },
            problem: problem.into(),
        }
    }

    /// Reads an element that must be a JSON object.
    pub(super) fn object<'v>(&self, value: &'v Value, path: &[&str]) -> Result<&'v Object, ModelError> {
        value.as_object().ok_or_else(|| self.error(path, "must be a JSON object"))
    }
}
