//! What a server's `$metadata` says of the service beside the model: what it can do.
//!
//! Owns: leaving it out, so that both ends have the same document and the same fingerprint. Refuses: reading it; nothing here
//! goes by it, and a model file that says so would promise what nobody keeps.

use serde_json::{Map, Value};

const VOCABULARIES: [&str; 2] = ["Org.OData.Capabilities.V1", "Org.OData.Aggregation.V1"];
/// Terms of another vocabulary that say the same.
const TERMS: [&str; 2] = ["@Org.OData.Core.V1.ODataVersions", "@Org.OData.Core.V1.OptimisticConcurrency"];
const REFERENCE: &str = "$Reference";

/// Leaves it out of a document.
pub(super) fn leave_out(document: &mut Value) {
    let Some(top) = document.as_object_mut() else { return };
    if let Some(references) = top.get_mut(REFERENCE).and_then(Value::as_object_mut) {
        references.retain(|_, reference| !is_of_capabilities(reference));
        if references.is_empty() {
            top.remove(REFERENCE);
        }
    }
    for schema in top.values_mut().filter_map(Value::as_object_mut) {
        let containers = schema.values_mut().filter_map(Value::as_object_mut);
        for container in containers.filter(|element| element.get("$Kind") == Some(&"EntityContainer".into())) {
            strip(container);
            container.values_mut().filter_map(Value::as_object_mut).for_each(strip);
        }
    }
}

fn is_of_capabilities(reference: &Value) -> bool {
    let includes = reference["$Include"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_ours = |include: &Value| include["$Namespace"].as_str().is_some_and(|name| VOCABULARIES.contains(&name));
    !includes.is_empty() && includes.iter().all(is_ours)
}

fn strip(element: &mut Map<String, Value>) {
    element.retain(|name, _| {
        let term = name.strip_prefix('@').unwrap_or_default();
        !VOCABULARIES.iter().any(|vocabulary| term.starts_with(vocabulary)) && !TERMS.contains(&name.as_str())
    });
}
