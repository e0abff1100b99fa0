//! What this service can do, as annotations in `$metadata` (vocabularies Core, Capabilities and Aggregation): a client reads
//! there what it may ask.
//!
//! Owns: the list, of which each line is true. Refuses: the model's own annotations, and reading any: a model that is read
//! leaves these out (`EntityModel::parse`), as they are no part of what is kept.

use crate::filter::TRANSFORMATIONS;
use serde_json::{Map, Value, json};
use tidemark_model::EntityModel;
use tidemark_model::query::Function;

const REFERENCES: [(&str, &str); 2] =
    [("Capabilities", "Org.OData.Capabilities.V1"), ("Aggregation", "Org.OData.Aggregation.V1")];
/// Returns the model's document with what the service can do.
pub(super) fn with_capabilities(model: &EntityModel) -> Value {
    let mut document = model.document().clone();
    let Some(top) = document.as_object_mut() else { return document };
    let references = top.entry("$Reference").or_insert_with(|| json!({}));
    for (word, namespace) in REFERENCES {
        let text = references.to_string();
        if let Some(references) = references.as_object_mut().filter(|_| !text.contains(&format!("{namespace:?}"))) {
            let url = format!("https://oasis-tcs.github.io/odata-vocabularies/vocabularies/{namespace}.json");
            references.insert(url, json!({ "$Include": [{ "$Namespace": namespace, "$Alias": word }] }));
        }
    }
    let container = top.get_mut(model.namespace()).and_then(|schema| schema.get_mut(model.container()));
    let Some(container) = container.and_then(Value::as_object_mut) else { return document };
    for set in model.sets() {
        if let Some(element) = container.get_mut(&set.name).and_then(Value::as_object_mut) {
            annotate(element, of_set());
        }
    }
    annotate(container, of_service());
    document
}

fn annotate(element: &mut Map<String, Value>, annotations: Vec<(String, Value)>) {
    for (term, value) in annotations {
        // What the model says itself stays.
        element.entry(format!("@{term}")).or_insert(value);
    }
}

fn capability(term: &str, value: Value) -> (String, Value) {
    (format!("Org.OData.Capabilities.V1.{term}"), value)
}

fn of_service() -> Vec<(String, Value)> {
    let functions: Vec<&str> = Function::ALL.into_iter().map(Function::name).collect();
    vec![
        ("Org.OData.Core.V1.ODataVersions".to_owned(), json!("4.0 4.01")),
        ("Org.OData.Aggregation.V1.ApplySupportedDefaults".to_owned(), apply()),
        capability("AsynchronousRequestsSupported", json!(false)),
        capability("CrossJoinSupported", json!(false)),
        capability("AnnotationValuesInQuerySupported", json!(false)),
        capability("KeyAsSegmentSupported", json!(true)),
        capability("QuerySegmentSupported", json!(true)),
        capability("BatchContinueOnErrorSupported", json!(true)),
        capability(
            "BatchSupport",
            json!({
                "Supported": true,
                "ContinueOnErrorSupported": true,
                "ReferencesInRequestBodiesSupported": true,
                "ReferencesAcrossChangeSetsSupported": true,
                "EtagReferencesSupported": true,
                "RequestDependencyConditionsSupported": true,
                "SupportedFormats": ["multipart/mixed", "application/json"]
            }),
        ),
        capability(
            "SupportedFormats",
            json!([
                "application/json;odata.metadata=minimal",
                "application/json;odata.metadata=full",
                "application/json;odata.metadata=none"
            ]),
        ),
        capability("SupportedMetadataFormats", json!(["application/xml", "application/json"])),
        capability("AcceptableEncodings", json!(["gzip", "zstd"])),
        capability("FilterFunctions", json!(functions)),
        capability("DeepInsertSupport", json!({ "Supported": true, "ContentIDSupported": false })),
        capability("DeepUpdateSupport", json!({ "Supported": false })),
        capability("ChangeTracking", json!({ "Supported": true })),
    ]
}

fn of_set() -> Vec<(String, Value)> {
    vec![
        capability("TopSupported", json!(true)),
        capability("SkipSupported", json!(true)),
        capability("ComputeSupported", json!(true)),
        capability("IndexableByKey", json!(true)),
        capability(
            "SelectSupport",
            json!({ "Supported": true, "Expandable": false, "Filterable": false, "Searchable": false, "TopSupported": false,
                "SkipSupported": false, "ComputeSupported": false, "Countable": false, "Sortable": false }),
        ),
        capability("CountRestrictions", json!({ "Countable": true })),
        capability("FilterRestrictions", json!({ "Filterable": true, "RequiresFilter": false, "MaxLevels": -1 })),
        capability("SortRestrictions", json!({ "Sortable": true })),
        capability("SearchRestrictions", json!({ "Searchable": true })),
        capability("ExpandRestrictions", json!({ "Expandable": true, "StreamsExpandable": false, "MaxLevels": 6 })),
        capability("ChangeTracking", json!({ "Supported": true })),
        capability("ReadRestrictions", json!({ "Readable": true, "ReadByKeyRestrictions": { "Readable": true } })),
        capability("InsertRestrictions", json!({ "Insertable": true })),
        capability(
            "UpdateRestrictions",
            json!({ "Updatable": true, "Upsertable": true, "DeltaUpdateSupported": false, "FilterSegmentSupported": false,
                "TypecastSegmentSupported": false }),
        ),
        capability(
            "DeleteRestrictions",
            json!({ "Deletable": true, "FilterSegmentSupported": false, "TypecastSegmentSupported": false }),
        ),
        ("Org.OData.Core.V1.OptimisticConcurrency".to_owned(), json!([])),
    ]
}

fn apply() -> Value {
    json!({
        "Transformations": TRANSFORMATIONS,
        "CustomAggregationMethods": [],
    })
}
