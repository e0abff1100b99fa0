//! Annotations, from CSDL JSON members such as `@Common.Label` to XML elements.
//!
//! Owns: which annotations an XML reader can be given: those whose vocabulary the document references. A reader
//! refuses a term that it cannot resolve, so terms without a reference (`@Tidemark.…`, our own) stay in the JSON.

use super::xml_text::Xml;
use serde_json::{Map, Value};

/// The vocabulary of `Computed`, which the model itself uses on `_UpdatedBy`.
const CORE: &str = "Org.OData.Core.V1";
const CORE_URL: &str = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml";

/// The vocabularies that a document references.
pub(super) struct Vocabularies<'d> {
    /// Address, namespace, alias.
    included: Vec<(String, &'d str, Option<&'d str>)>,
}

impl<'d> Vocabularies<'d> {
    pub(super) fn of(document: &'d Value) -> Self {
        let references = document["$Reference"].as_object().into_iter().flatten();
        let mut included = Vec::new();
        for (url, reference) in references {
            // The same vocabulary is published in both forms.
            let url = url.strip_suffix(".json").map_or(url.clone(), |stem| format!("{stem}.xml"));
            for include in reference["$Include"].as_array().into_iter().flatten() {
                if let Some(namespace) = include["$Namespace"].as_str() {
                    included.push((url.clone(), namespace, include["$Alias"].as_str()));
                }
            }
        }
        if !included.iter().any(|(_, namespace, _)| *namespace == CORE) {
            included.push((CORE_URL.into(), CORE, None));
        }
        Self { included }
    }

    pub(super) fn write_references(&self, xml: &mut Xml) {
        for (url, namespace, alias) in &self.included {
            xml.open("edmx:Reference", &[("Uri", url)]);
            let mut attributes = vec![("Namespace", *namespace)];
            attributes.extend(alias.map(|alias| ("Alias", alias)));
            xml.empty("edmx:Include", &attributes);
            xml.close("edmx:Reference");
        }
    }

    /// Writes the annotations among an element's members.
    pub(super) fn write_annotations(&self, element: &Value, xml: &mut Xml) {
        for (member, value) in element.as_object().into_iter().flatten() {
            // Annotations of annotations, `@Term@Other`, are left to the JSON.
            let Some(term) = member.strip_prefix('@').filter(|term| !term.contains('@')) else { continue };
            let (term, qualifier) = term.split_once('#').map_or((term, None), |(term, q)| (term, Some(q)));
            let known = |namespace: &str| {
                self.included.iter().any(|(_, known, alias)| *known == namespace || *alias == Some(namespace))
            };
            if !term.rsplit_once('.').is_some_and(|(namespace, _)| known(namespace)) || !is_constant(value) {
                continue;
            }
            let mut attributes = vec![("Term", term)];
            attributes.extend(qualifier.map(|qualifier| ("Qualifier", qualifier)));
            write_with(xml, "Annotation", &attributes, value);
        }
    }
}

/// Paths and other dynamic expressions (`$Path` and so on) have no use here.
fn is_constant(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_constant),
        Value::Object(members) => members.iter().all(|(name, value)| !name.starts_with('$') && is_constant(value)),
        _ => true,
    }
}

fn write_with(xml: &mut Xml, element: &str, attributes: &[(&str, &str)], value: &Value) {
    match scalar(value) {
        Some((kind, text)) => xml.empty(element, &[attributes, &[(kind, &text)]].concat()),
        None => xml.with_inner(element, attributes, |xml| write_value(xml, value)),
    }
}

fn scalar(value: &Value) -> Option<(&'static str, String)> {
    match value {
        Value::String(text) => Some(("String", text.clone())),
        Value::Bool(flag) => Some(("Bool", flag.to_string())),
        Value::Number(number) if number.is_f64() => Some(("Float", number.to_string())),
        Value::Number(number) => Some(("Int", number.to_string())),
        _ => None,
    }
}

fn write_value(xml: &mut Xml, value: &Value) {
    match value {
        Value::Array(items) => xml.with_inner("Collection", &[], |xml| items.iter().for_each(|i| write_value(xml, i))),
        Value::Object(members) => xml.with_inner("Record", &[], |xml| write_members(xml, members)),
        other => match scalar(other) {
            Some((kind, text)) => xml.text(kind, &text),
            None => xml.empty("Null", &[]),
        },
    }
}

fn write_members(xml: &mut Xml, members: &Map<String, Value>) {
    for (name, value) in members.iter().filter(|(name, _)| !name.starts_with('@')) {
        write_with(xml, "PropertyValue", &[("Property", name)], value);
    }
}
