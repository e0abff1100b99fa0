//! CSDL XML (OData CSDL XML 4.01), the form of `$metadata` that Excel and most libraries read.
//!
//! Owns: the elements and their facets. Every default differs from CSDL JSON's where it can: `Nullable` is true in
//! XML and false in JSON, so both are always said.

use super::annotation::Vocabularies;
use super::capabilities::with_capabilities;
use super::xml_text::Xml;
use crate::Version;
use serde_json::Value;
use tidemark_model::{EntityModel, EntitySet, ID, Kind, Property};

/// Writes the model as CSDL XML.
pub fn metadata_xml(model: &EntityModel, version: Version) -> String {
    let document = with_capabilities(model);
    let schema = &document[model.namespace()];
    let vocabularies = Vocabularies::of(&document);
    let mut xml = Xml::new();
    let edmx = "http://docs.oasis-open.org/odata/ns/edmx";
    xml.open("edmx:Edmx", &[("xmlns:edmx", edmx), ("Version", version.as_str())]);
    vocabularies.write_references(&mut xml);
    xml.open("edmx:DataServices", &[]);
    let edm = "http://docs.oasis-open.org/odata/ns/edm";
    xml.open("Schema", &[("xmlns", edm), ("Namespace", model.namespace())]);
    for set in model.sets() {
        entity_type(model, set, &schema[&set.entity_type.name], &vocabularies, &mut xml);
    }
    xml.open("EntityContainer", &[("Name", model.container())]);
    let container = &schema[model.container()];
    for set in model.sets() {
        entity_set(model, set, &container[&set.name], &vocabularies, &mut xml);
    }
    vocabularies.write_annotations(container, &mut xml);
    xml.close("EntityContainer");
    xml.close("Schema");
    xml.close("edmx:DataServices");
    xml.close("edmx:Edmx");
    xml.into_text()
}

fn entity_type(model: &EntityModel, set: &EntitySet, element: &Value, vocabularies: &Vocabularies<'_>, xml: &mut Xml) {
    let entity_type = &set.entity_type;
    xml.open("EntityType", &[("Name", &entity_type.name)]);
    xml.open("Key", &[]);
    xml.empty("PropertyRef", &[("Name", ID)]);
    xml.close("Key");
    for declared in &entity_type.properties {
        let annotations = &element[&declared.name];
        let facets = facets(declared, annotations);
        let attributes: Vec<(&str, &str)> = facets.iter().map(|(name, value)| (*name, value.as_str())).collect();
        xml.with_inner("Property", &attributes, |xml| vocabularies.write_annotations(annotations, xml));
    }
    for reference in &entity_type.navigation {
        let target = model.set(&reference.target_set).map_or("", |target| &target.entity_type.name);
        let target = format!("{}.{target}", model.namespace());
        let is_nullable = element[&reference.name]["$Nullable"] == Value::Bool(true);
        let nullable = if is_nullable { "true" } else { "false" };
        let mut attributes = vec![("Name", reference.name.as_str()), ("Type", &target), ("Nullable", nullable)];
        attributes.extend(element[&reference.name]["$Partner"].as_str().map(|partner| ("Partner", partner)));
        xml.open("NavigationProperty", &attributes);
        let constraint = [("Property", reference.property.as_str()), ("ReferencedProperty", ID)];
        xml.empty("ReferentialConstraint", &constraint);
        vocabularies.write_annotations(&element[&reference.name], xml);
        xml.close("NavigationProperty");
    }
    for collection in &entity_type.collections {
        let target = model.set(&collection.target_set).map_or("", |target| &target.entity_type.name);
        let target = format!("Collection({}.{target})", model.namespace());
        let attributes = [("Name", collection.name.as_str()), ("Type", &target), ("Partner", &collection.partner)];
        let annotations = &element[&collection.name];
        xml.with_inner("NavigationProperty", &attributes, |xml| vocabularies.write_annotations(annotations, xml));
    }
    vocabularies.write_annotations(element, xml);
    xml.close("EntityType");
}

fn facets(property: &Property, element: &Value) -> Vec<(&'static str, String)> {
    let mut facets = vec![
        ("Name", property.name.clone()),
        ("Type", property.kind.edm_name().to_owned()),
        ("Nullable", property.nullable.to_string()),
    ];
    match property.kind {
        Kind::String { max_length: Some(length) } => facets.push(("MaxLength", length.to_string())),
        Kind::Decimal { precision, scale } => {
            facets.push(("Precision", precision.to_string()));
            facets.push(("Scale", scale.to_string()));
        }
        // The default is whole seconds; what is kept has microseconds.
        Kind::DateTimeOffset => {
            facets.push(("Precision", element["$Precision"].as_u64().unwrap_or(6).to_string()));
        }
        _ => {}
    }
    match &element["$DefaultValue"] {
        Value::Null => {}
        Value::String(text) => facets.push(("DefaultValue", text.clone())),
        other => facets.push(("DefaultValue", other.to_string())),
    }
    facets
}

fn entity_set(model: &EntityModel, set: &EntitySet, element: &Value, vocabularies: &Vocabularies<'_>, xml: &mut Xml) {
    let entity_type = format!("{}.{}", model.namespace(), set.entity_type.name);
    xml.with_inner("EntitySet", &[("Name", &set.name), ("EntityType", &entity_type)], |xml| {
        for reference in &set.entity_type.navigation {
            let binding = [("Path", reference.name.as_str()), ("Target", &reference.target_set)];
            xml.empty("NavigationPropertyBinding", &binding);
        }
        for collection in &set.entity_type.collections {
            let binding = [("Path", collection.name.as_str()), ("Target", &collection.target_set)];
            xml.empty("NavigationPropertyBinding", &binding);
        }
        vocabularies.write_annotations(element, xml);
    });
}
