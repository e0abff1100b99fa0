//! One navigation property: to one record through a property that holds its `Id`, or to the records that refer to this one.
//!
//! Owns: what such a property must say, and that both sides of a reference agree (OData CSDL JSON 4.01 section 8). Refuses:
//! references through anything but a GUID and `Id`.

use super::ModelError;
use super::source::{Object, Source};
use crate::entity::{Collection, NavigationProperty};
use crate::record::ID;
use serde_json::Value;

/// Tells whether a navigation property leads to several records.
pub(super) fn is_collection(element: &Object) -> bool {
    element.get("$Collection").is_some_and(|v| *v != Value::Bool(false))
}

/// Finds the entity type that a navigation property leads to, and its entity set.
fn target<'s>(
    source: &Source<'_>,
    namespace: &str,
    path: &[&str],
    element: &Object,
    set_of_type: &'s [(String, String)],
) -> Result<&'s (String, String), ModelError> {
    element
        .get("$Type")
        .and_then(Value::as_str)
        .and_then(|t| t.strip_prefix(namespace)?.strip_prefix('.'))
        .and_then(|t| set_of_type.iter().find(|(name, _)| name == t))
        .ok_or_else(|| source.error(path, "$Type must name an entity type that has an entity set"))
}

/// Reads a navigation property that leads to one record.
pub(super) fn navigation_property(
    source: &Source<'_>,
    namespace: &str,
    path: &[&str],
    element: &Object,
    members: &Object,
    set_of_type: &[(String, String)],
) -> Result<NavigationProperty, ModelError> {
    let target = target(source, namespace, path, element, set_of_type)?;
    let constraint = element.get("$ReferentialConstraint").and_then(Value::as_object);
    let (property, referenced) = constraint
        .and_then(|c| c.iter().find(|(k, _)| !k.starts_with(['$', '@']) && !k.contains('@')))
        .ok_or_else(|| source.error(path, "$ReferentialConstraint must name the property that holds the Id"))?;
    let is_guid = members.get(property).and_then(|p| p.get("$Type")).and_then(Value::as_str) == Some("Edm.Guid");
    if !is_guid || referenced.as_str() != Some(ID) {
        let mut path = path.to_vec();
        path.push("$ReferentialConstraint");
        return Err(source.error(&path, format!("must tie an Edm.Guid property of this type to Id, not {property}")));
    }
    Ok(NavigationProperty {
        name: path[path.len() - 1].to_owned(),
        property: property.clone(),
        target_set: target.1.clone(),
    })
}

/// Reads a navigation property that leads to several records: those whose `$Partner` leads back.
pub(super) fn collection(
    source: &Source<'_>,
    namespace: &str,
    path: &[&str],
    element: &Object,
    schema: &Object,
    set_of_type: &[(String, String)],
) -> Result<Collection, ModelError> {
    let (type_name, target_set) = target(source, namespace, path, element, set_of_type)?;
    let refuse = |problem: String| Err(source.error(path, problem));
    let Some(partner) = element.get("$Partner").and_then(Value::as_str) else {
        return refuse(format!("$Partner must name the navigation property of {type_name} that leads back"));
    };
    let back = schema.get(type_name).and_then(|of| of.get(partner)).and_then(Value::as_object);
    let own = back.and_then(|back| back.get("$Type")).and_then(Value::as_str);
    let leads_here = own.and_then(|t| t.strip_prefix(namespace)?.strip_prefix('.')) == path.get(1).copied();
    let constraint = back.filter(|back| leads_here && !is_collection(back));
    let property = constraint
        .and_then(|back| back.get("$ReferentialConstraint"))
        .and_then(Value::as_object)
        .and_then(|c| c.iter().find(|(k, v)| !k.contains(['$', '@']) && v.as_str() == Some(ID)));
    let Some((property, _)) = property else {
        return refuse(format!(
            "{type_name} has no navigation property {partner} that leads back to one record of this type"
        ));
    };
    Ok(Collection {
        name: path[path.len() - 1].to_owned(),
        target_set: target_set.clone(),
        partner: partner.to_owned(),
        property: property.clone(),
    })
}
