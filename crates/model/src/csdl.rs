//! Reading the entity model from one CSDL JSON document (OASIS OData CSDL JSON 4.01).
//!
//! Owns: what a model file may say and the sentence for each mistake, with its line and element. Refuses: files
//! (the caller reads them) and CSDL features that nothing here could keep (complex types, enumerations, inheritance,
//! actions): they are mistakes, not silently dropped. DESIGN section 2, "A model file".

mod capabilities;
mod locate;
mod names;
mod navigation;
mod once;
mod parse;
mod property;
mod source;

pub use names::BATCH_PATH;

use crate::cached_entities::{CACHED_ENTITIES, declaration};
use crate::entity::EntityModel;
use serde_json::Value;

/// A mistake in a model document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model has a mistake in line {line}, at {element}: {problem}")]
pub struct ModelError {
    /// The line, counted from 1.
    pub line: usize,
    /// The path of the element, such as `Tidemark.TodoItem/Title/$Type`.
    pub element: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

const DEFAULT_DOCUMENT: &str = include_str!("../entities.csdl.json");

impl EntityModel {
    /// Reads a model document.
    ///
    /// # Errors
    /// Returns the first mistake, with its line and element.
    pub fn parse(source: &str) -> Result<Self, ModelError> {
        parse::model(source)
    }

    /// Returns the model that `tidemark-server` serves without `--model`.
    pub fn default_document() -> &'static str {
        DEFAULT_DOCUMENT
    }

    /// Reads a model document to serve it: with `CachedEntities` added.
    ///
    /// # Errors
    /// As [`EntityModel::parse`]; a model that declares `CachedEntities` itself is refused: the server owns that set.
    pub fn to_serve(source: &str) -> Result<Self, ModelError> {
        let model = Self::parse(source)?;
        parse::refuse_cached_entities(source, &model)?;
        model.with_cached_entities()
    }

    /// Returns the model with `CachedEntities` added; [`EntityModel::to_serve`] knows the line of a mistake.
    ///
    /// # Errors
    /// A model that declares `CachedEntities` itself is refused.
    pub fn with_cached_entities(&self) -> Result<Self, ModelError> {
        let clash = |element: String| ModelError {
            line: 1,
            element,
            problem: format!("{CACHED_ENTITIES} is added by the server and must not be declared"),
        };
        if self.sets.contains_key(CACHED_ENTITIES) {
            return Err(clash(format!("{}/{CACHED_ENTITIES}", self.container)));
        }
        let (type_name, entity_type, set) = declaration(&self.namespace);
        let mut document = self.document.clone();
        let schema = document.get_mut(&self.namespace).and_then(Value::as_object_mut);
        let Some(schema) = schema else { return Err(clash(self.namespace.clone())) };
        if schema.contains_key(type_name) {
            return Err(clash(format!("{}.{type_name}", self.namespace)));
        }
        schema.insert(type_name.into(), entity_type);
        if let Some(container) = schema.get_mut(&self.container).and_then(Value::as_object_mut) {
            container.insert(CACHED_ENTITIES.into(), set);
        }
        Self::parse(&document.to_string())
    }
}

#[cfg(test)]
mod tests;
