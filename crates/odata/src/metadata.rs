//! `$metadata`, the service document and the OpenAPI document, all from the one model document (DESIGN section 2, Declared once).
//!
//! Owns: CSDL JSON and the service document (OData CSDL JSON 4.01, JSON Format section 5); `xml` owns CSDL XML,
//! `openapi` what tools read that know no OData.
//! Refuses: reading a model; a client gives the JSON to `EntityModel::parse`.

mod annotation;
mod capabilities;
mod openapi;
#[cfg(test)]
mod tests;
mod xml;
mod xml_text;

pub use openapi::openapi;
pub use xml::metadata_xml;

use crate::Version;
use serde_json::{Map, Value, json};
use tidemark_model::{EntityModel, Property};

/// Writes the model as CSDL JSON: the document the model was read from, with what the service can do, in the version
/// negotiated.
pub fn metadata_json(model: &EntityModel, version: Version) -> Vec<u8> {
    let mut document = capabilities::with_capabilities(model);
    if let Some(members) = document.as_object_mut() {
        members.insert("$Version".into(), version.as_str().into());
    }
    for set in model.sets() {
        for property in &set.entity_type.properties {
            let element =
                document.pointer_mut(&format!("/{}/{}/{}", model.namespace(), set.entity_type.name, property.name));
            if let Some(default) = element.and_then(|element| element.get_mut("$DefaultValue")) {
                default_in_json(property, default);
            }
        }
    }
    // Writing JSON values to memory cannot fail, here and below.
    serde_json::to_vec(&document).unwrap_or_default()
}

/// Writes a default as JSON has the value (CSDL JSON section 7.2.7); a model keeps it as text.
fn default_in_json(property: &Property, default: &mut Value) {
    let Some(text) = default.as_str() else { return };
    if let Some(value) = serde_json::from_str(text).ok().filter(|_| property.kind.is_bare()) {
        *default = value;
    }
}

/// Writes the service document; `base` as in [`crate::context_url`].
pub fn service_document(model: &EntityModel, version: Version, base: &str) -> Vec<u8> {
    let sets = model.sets().map(|set| {
        let mut entry = json!({ "name": set.name, "kind": "EntitySet", "url": set.name });
        if set.label != set.name {
            entry["title"] = set.label.as_str().into();
        }
        entry
    });
    let mut document = Map::new();
    document.insert(format!("{}context", version.prefix()), format!("{base}$metadata").into());
    document.insert("value".into(), Value::Array(sets.collect()));
    serde_json::to_vec(&document).unwrap_or_default()
}
