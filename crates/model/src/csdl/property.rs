//! One property of an entity type: its kind with its facets, its default, its annotations.
//!
//! Owns: what of CSDL a property may say. Refuses: names (`names`), references (`navigation`), and the sync properties, which
//! the server adds.

use super::ModelError;
use super::source::{Object, Source};
use crate::cell::CellSeed;
use crate::decimal::MOST_DIGITS;
use crate::entity::{Kind, MergeRule, Property, Role};
use serde_json::Value;

pub(super) fn property(source: &Source<'_>, path: &[&str], element: &Object) -> Result<Property, ModelError> {
    if element.get("$Collection").is_some_and(|v| *v != Value::Bool(false)) {
        return Err(source.error(path, "collections are not supported as properties"));
    }
    let kind = kind(source, path, element)?;
    let merge = match element.get("@Tidemark.Merge").map(|v| v.as_str().unwrap_or_default()) {
        None | Some("ask") => MergeRule::Ask,
        Some("later") => MergeRule::Later,
        Some("server") => MergeRule::Server,
        Some("union") => MergeRule::Union,
        Some(_) => return Err(source.error(path, "@Tidemark.Merge must be ask, later, server or union")),
    };
    let indexed = match element.get("@Tidemark.Indexed") {
        None => false,
        Some(Value::Bool(indexed)) => *indexed,
        Some(_) => return Err(source.error(path, "@Tidemark.Indexed must be true or false")),
    };
    let name = path[path.len() - 1].to_owned();
    let value = Value::Object(element.clone());
    let mut property = Property {
        label: label(&value).unwrap_or_else(|| name.clone()),
        multi_line: element.iter().any(|(k, v)| {
            k.starts_with('@')
                && (k.ends_with(".MultiLineText") || k.ends_with(".MultiLine"))
                && *v != Value::Bool(false)
        }),
        indexed,
        nullable: element.get("$Nullable") == Some(&Value::Bool(true)),
        default: None,
        kind,
        merge,
        role: Role::Declared,
        name,
    };
    if let Some(default) = element.get("$DefaultValue") {
        property.default = Some(default_value(&property, default).map_err(|problem| {
            let mut path = path.to_vec();
            path.push("$DefaultValue");
            source.error(&path, problem)
        })?);
    }
    Ok(property)
}

/// Reads `$DefaultValue`: CSDL JSON writes it as a string in URL form, people also write plain JSON.
fn default_value(property: &Property, written: &Value) -> Result<Value, String> {
    let value = match (written, &property.kind) {
        (Value::String(text), Kind::Boolean) => match text.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err("must be true or false".into()),
        },
        (Value::String(text), Kind::Int32) => {
            text.parse::<i32>().map(Value::from).map_err(|_| "must be a whole number".to_owned())?
        }
        (other, _) => other.clone(),
    };
    let cell = CellSeed::written(property).read(&value).map_err(|e| e.problem)?;
    Ok(cell.to_json(property))
}

fn kind(source: &Source<'_>, path: &[&str], element: &Object) -> Result<Kind, ModelError> {
    let name = element.get("$Type").map_or(Some("Edm.String"), Value::as_str);
    let facet = |facet: &str| element.get(facet).and_then(Value::as_u64);
    let at = |member| {
        let mut path = path.to_vec();
        path.push(member);
        path
    };
    let kind = match name.unwrap_or_default() {
        "Edm.String" => {
            let max_length = match element.get("$MaxLength") {
                None => None,
                Some(length) => {
                    let length = length.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
                    Some(length.ok_or_else(|| source.error(&at("$MaxLength"), "must be a whole number above 0"))?)
                }
            };
            Kind::String { max_length }
        }
        "Edm.Boolean" => Kind::Boolean,
        "Edm.Int32" => Kind::Int32,
        "Edm.Int64" => Kind::Int64,
        "Edm.Double" => Kind::Double,
        "Edm.Date" => Kind::Date,
        // Instants are kept to the microsecond; a finer one would be a promise that no value keeps.
        "Edm.DateTimeOffset" if facet("$Precision").is_some_and(|digits| digits > 6) => {
            return Err(source.error(&at("$Precision"), "must be at most 6 digits of a second"));
        }
        "Edm.DateTimeOffset" => Kind::DateTimeOffset,
        "Edm.Guid" => Kind::Guid,
        "Edm.Decimal" => {
            let precision = facet("$Precision").unwrap_or(MOST_DIGITS.into());
            let scale = match element.get("$Scale") {
                Some(Value::String(_)) => {
                    return Err(
                        source.error(&at("$Scale"), "must be a whole number: a variable scale is not supported")
                    );
                }
                _ => facet("$Scale").unwrap_or(0),
            };
            if precision == 0 || precision > u64::from(MOST_DIGITS) {
                return Err(source.error(&at("$Precision"), format!("must be between 1 and {MOST_DIGITS}")));
            }
            if scale > precision {
                return Err(source.error(&at("$Scale"), "must not be above $Precision"));
            }
            Kind::Decimal { precision: precision as u8, scale: scale as u8 }
        }
        other => {
            let known = "Edm.String, Boolean, Int32, Int64, Double, Decimal, Date, DateTimeOffset, Guid";
            return Err(source.error(&at("$Type"), format!("{other:?} is not supported; use one of {known}")));
        }
    };
    Ok(kind)
}

/// Returns what people call an element.
pub(super) fn label(element: &Value) -> Option<String> {
    let element = element.as_object()?;
    let annotated = |suffix: &str| {
        let found = element.iter().find(|(k, v)| k.starts_with('@') && k.ends_with(suffix) && v.is_string());
        found.and_then(|(_, v)| v.as_str()).map(str::to_owned)
    };
    annotated(".Label").or_else(|| annotated(".Description"))
}
