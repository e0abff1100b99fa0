//! From CSDL JSON text to an [`EntityModel`]: the document, its entity sets and their types.
//!
//! Owns: what must stand where, and what the server adds by itself. Refuses: what a property may be (`property`).

use super::ModelError;
use super::names::{check_container, check_name, check_property, check_sets};
use super::navigation::{collection, is_collection, navigation_property};
use super::once::members_stand_once;
use super::property::{label, property};
use super::source::{Object, Source};
use crate::cached_entities::{CACHED_ENTITIES, declaration};
use crate::entity::{EntityModel, EntitySet, EntityType, Kind, MergeRule, Property, Role};
use crate::record::{ID, IS_TOMBSTONED, UPDATED_AT, UPDATED_BY};
use indexmap::IndexMap;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(super) fn model(text: &str) -> Result<EntityModel, ModelError> {
    let mut document: Value = serde_json::from_str(text).map_err(|e| ModelError {
        line: e.line().max(1),
        element: format!("column {}", e.column()),
        problem: format!("this is not JSON: {e}"),
    })?;
    members_stand_once(text)?;
    super::capabilities::leave_out(&mut document);
    defaults_as_text(&mut document);
    let source = Source { text };
    let top = source.object(&document, &[])?;
    let qualified = top.get("$EntityContainer").and_then(Value::as_str).ok_or_else(|| {
        source.error(&[], "$EntityContainer must name the entity container, such as Tidemark.Container")
    })?;
    let (namespace, container) = qualified
        .rsplit_once('.')
        .ok_or_else(|| source.error(&["$EntityContainer"], "must be a qualified name, such as Tidemark.Container"))?;
    let (namespace, container) = (namespace.to_owned(), container.to_owned());
    check_container(&source, &namespace, &container)?;
    if let Some(other) = top.keys().find(|k| !k.starts_with(['$', '@']) && **k != namespace) {
        return Err(source.error(&[other], format!("only one schema is supported, {namespace}")));
    }
    let schema = top
        .get(&namespace)
        .ok_or_else(|| source.error(&["$EntityContainer"], format!("there is no schema {namespace}")))?;
    let schema = source.object(schema, &[&namespace])?;
    let sets = entity_sets(&source, &namespace, &container, schema)?;
    let types: Vec<String> = sets.values().map(|s| s.entity_type.name.clone()).collect();
    for name in &types {
        declare_sync_properties(&mut document[&namespace][name]);
    }
    let fingerprint = fingerprint(&document);
    Ok(EntityModel { namespace, container, sets, document, fingerprint })
}

/// Keeps every default as text, however JSON has it: a document that is read from a server is then the one it was made of.
fn defaults_as_text(document: &mut Value) {
    match document {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::Bool(_) | Value::Number(_) if name == "$DefaultValue" => *value = value.to_string().into(),
                    value => defaults_as_text(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(defaults_as_text),
        _ => {}
    }
}

/// Refuses what the server adds by itself.
pub(super) fn refuse_cached_entities(text: &str, model: &EntityModel) -> Result<(), ModelError> {
    let source = Source { text };
    let (type_name, ..) = declaration(&model.namespace);
    let problem = |name: &str| format!("{name} is added by the server and must not be declared");
    if model.sets.contains_key(CACHED_ENTITIES) {
        return Err(source.error(&[&model.namespace, &model.container, CACHED_ENTITIES], problem(CACHED_ENTITIES)));
    }
    match model.document[&model.namespace].get(type_name) {
        Some(_) => Err(source.error(&[&model.namespace, type_name], problem(type_name))),
        None => Ok(()),
    }
}

fn fingerprint(document: &Value) -> String {
    let digest = Sha256::digest(document.to_string().as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn entity_sets(
    source: &Source<'_>,
    namespace: &str,
    container: &str,
    schema: &Object,
) -> Result<IndexMap<String, EntitySet>, ModelError> {
    let path = [namespace, container];
    let members = schema
        .get(container)
        .ok_or_else(|| source.error(&["$EntityContainer"], format!("there is no element {namespace}.{container}")))?;
    let members = source.object(members, &path)?;
    if members.get("$Kind").and_then(Value::as_str) != Some("EntityContainer") {
        return Err(source.error(&path, "$Kind must be EntityContainer"));
    }
    refuse_unknown(source, &path, members, &["$Kind"])?;
    // Which set holds the records of a type, for navigation properties.
    let mut set_of_type: Vec<(String, String)> = Vec::new();
    for (name, value) in members.iter().filter(|(k, _)| !k.starts_with(['$', '@'])) {
        let path = [namespace, container, name];
        let set = source.object(value, &path)?;
        if set.get("$Collection") != Some(&Value::Bool(true)) {
            return Err(source.error(&path, "must be an entity set: \"$Collection\": true"));
        }
        let type_name = set
            .get("$Type")
            .and_then(Value::as_str)
            .and_then(|t| t.strip_prefix(namespace)?.strip_prefix('.'))
            .ok_or_else(|| source.error(&path, format!("$Type must name an entity type of {namespace}")))?;
        if !schema.contains_key(type_name) {
            return Err(
                source.error(&[namespace, container, name, "$Type"], format!("there is no entity type {type_name}"))
            );
        }
        set_of_type.push((type_name.to_owned(), name.clone()));
    }
    if set_of_type.is_empty() {
        return Err(source.error(&path, "must have at least one entity set"));
    }
    let names: Vec<&str> = set_of_type.iter().map(|(_, name)| name.as_str()).collect();
    check_sets(source, path, &names)?;
    if let Some((name, _)) = schema.iter().find(|(name, value)| {
        !name.starts_with(['$', '@'])
            && *name != container
            && value.get("$Kind").and_then(Value::as_str) != Some("EntityType")
    }) {
        return Err(source.error(&[namespace, name], "only entity types are supported: \"$Kind\": \"EntityType\""));
    }
    let mut sets = IndexMap::new();
    for (type_name, name) in &set_of_type {
        if set_of_type.iter().filter(|(t, _)| t == type_name).count() > 1 {
            return Err(source.error(&[namespace, container, name], format!("{type_name} already has an entity set")));
        }
        let entity_type = entity_type(source, namespace, type_name, schema, &set_of_type)?;
        let set = &members[name];
        let label = label(set).or_else(|| label(&schema[type_name])).unwrap_or_else(|| name.clone());
        let per_user = set.get("@Tidemark.PerUser").and_then(Value::as_str).map(str::to_owned);
        if let Some(owner) = &per_user
            && entity_type.property(owner).is_none()
        {
            return Err(source
                .error(&[namespace, container, name, "@Tidemark.PerUser"], format!("there is no property {owner}")));
        }
        sets.insert(name.clone(), EntitySet { name: name.clone(), label, entity_type, per_user });
    }
    Ok(sets)
}

fn entity_type(
    source: &Source<'_>,
    namespace: &str,
    name: &str,
    schema: &Object,
    set_of_type: &[(String, String)],
) -> Result<EntityType, ModelError> {
    let path = [namespace, name];
    let members = source.object(&schema[name], &path)?;
    check_name(source, name, &path)?;
    const UNSUPPORTED: [&str; 4] = ["$BaseType", "$Abstract", "$OpenType", "$HasStream"];
    refuse_unknown(source, &path, members, &[&UNSUPPORTED[..], &["$Kind", "$Key"]].concat())?;
    for unsupported in UNSUPPORTED {
        if members.get(unsupported).is_some_and(|v| *v != Value::Bool(false)) {
            return Err(source.error(&[namespace, name, unsupported], "is not supported"));
        }
    }
    if members.get("$Key") != Some(&json!([ID])) {
        return Err(source.error(&path, "$Key must be [\"Id\"]"));
    }
    let id = members.get(ID).and_then(|id| id.get("$Type")).and_then(Value::as_str);
    if id != Some("Edm.Guid") {
        return Err(source.error(&[namespace, name, ID], "Id must be there, of type Edm.Guid"));
    }
    let mut properties = vec![fixed(ID, Kind::Guid, false, Role::Key)];
    let (mut navigation, mut collections) = (Vec::new(), Vec::new());
    for (member, value) in members.iter().filter(|(k, _)| !k.starts_with(['$', '@']) && *k != ID) {
        let path = [namespace, name, member];
        let element = source.object(value, &path)?;
        if let Some(expected) = sync_kind(member) {
            let declared = element.get("$Type").and_then(Value::as_str).unwrap_or("Edm.String");
            if declared != expected.edm_name() {
                return Err(source.error(&path, format!("is a sync property and must be {}", expected.edm_name())));
            }
            continue;
        }
        check_property(source, member, &path)?;
        match element.get("$Kind").and_then(Value::as_str).unwrap_or("Property") {
            "Property" => properties.push(property(source, &path, element)?),
            "NavigationProperty" if is_collection(element) => {
                collections.push(collection(source, namespace, &path, element, schema, set_of_type)?);
            }
            "NavigationProperty" => {
                navigation.push(navigation_property(source, namespace, &path, element, members, set_of_type)?);
            }
            other => return Err(source.error(&path, format!("$Kind {other} is not supported"))),
        }
    }
    let mut seen = std::collections::HashSet::new();
    if let Some(twice) = properties.iter().find(|p| !seen.insert(p.name.to_lowercase())) {
        return Err(source.error(&[namespace, name, &twice.name], "differs from another property only in case"));
    }
    properties.push(fixed(UPDATED_AT, Kind::Int64, true, Role::UpdatedAt));
    properties.push(fixed(IS_TOMBSTONED, Kind::Boolean, true, Role::IsTombstoned));
    properties.push(fixed(UPDATED_BY, Kind::String { max_length: None }, true, Role::UpdatedBy));
    let label = label(&schema[name]).unwrap_or_else(|| name.to_owned());
    let qualified_name = format!("{namespace}.{name}");
    Ok(EntityType { name: name.to_owned(), qualified_name, label, properties, navigation, collections })
}

/// A set or property whose name begins with `$` would be read as a word of CSDL and dropped in silence.
fn refuse_unknown(source: &Source<'_>, path: &[&str], members: &Object, known: &[&str]) -> Result<(), ModelError> {
    match members.keys().find(|name| name.starts_with('$') && !known.contains(&name.as_str())) {
        Some(name) => Err(source.error(&[path, &[name]].concat(), "is not supported, and no name may begin with $")),
        None => Ok(()),
    }
}

fn sync_kind(name: &str) -> Option<Kind> {
    match name {
        UPDATED_AT => Some(Kind::Int64),
        IS_TOMBSTONED => Some(Kind::Boolean),
        UPDATED_BY => Some(Kind::String { max_length: None }),
        _ => None,
    }
}

fn fixed(name: &str, kind: Kind, nullable: bool, role: Role) -> Property {
    Property {
        name: name.to_owned(),
        kind,
        nullable,
        default: None,
        label: name.to_owned(),
        multi_line: false,
        indexed: false,
        merge: MergeRule::Ask,
        role,
    }
}

/// Adds the sync properties to an entity type of the document, so that `$metadata` shows them (DESIGN section 5).
fn declare_sync_properties(entity_type: &mut Value) {
    let Some(members) = entity_type.as_object_mut() else { return };
    let computed = "@Org.OData.Core.V1.Computed";
    members.insert(UPDATED_AT.into(), json!({ "$Type": "Edm.Int64", "$Nullable": true }));
    members
        .insert(IS_TOMBSTONED.into(), json!({ "$Type": "Edm.Boolean", "$Nullable": true, "$DefaultValue": "false" }));
    members.insert(UPDATED_BY.into(), json!({ "$Nullable": true, computed: true }));
}
