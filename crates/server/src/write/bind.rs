//! Bindings in a body: the address of a related record in place of the property that holds its `Id` (OData JSON Format 4.01
//! section 8.5).
//!
//! Owns: reading addresses, those that a batch's requests have been given too. Refuses: bindings of many records: each of them
//! has the property.

use super::invalid::invalid;
use crate::call::Call;
use crate::change::Body;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use tidemark_model::{Cell, EntitySet, InvalidRecord, NavigationProperty, RecordId};
use tidemark_odata::{Code, Resource, WireError, parse_path};

/// The annotations that bind.
const ANNOTATIONS: [&str; 2] = ["@odata.bind", "@bind"];
/// The members of an object that is an address.
const ADDRESSES: [&str; 2] = ["@id", "@odata.id"];

/// What a binding comes to.
pub(super) struct Bound {
    /// The navigation property.
    pub(super) way: String,
    /// The property that holds the `Id`.
    pub(super) property: String,
    /// The `Id`, or null.
    pub(super) cell: Cell<'static>,
}

/// Returns the navigation property that a member binds, if it binds any.
pub(super) fn way(member: &str) -> Option<&str> {
    ANNOTATIONS.iter().find_map(|annotation| member.strip_suffix(annotation)).filter(|way| !way.is_empty())
}

/// Tells whether a name leads to other records.
pub(super) fn leads_on(set: &EntitySet, name: &str) -> bool {
    let of = &set.entity_type;
    of.navigation.iter().any(|way| way.name == name) || of.collections.iter().any(|way| way.name == name)
}

/// Reads the value of an annotation that binds.
pub(super) fn annotated(set: &EntitySet, name: &str, value: &Value, call: &Call) -> Result<Bound, WireError> {
    let way = one(set, name)?;
    bound(way, value, Some(call))
}

/// Reads the value of a navigation property that is no object: only null is one.
pub(super) fn null(set: &EntitySet, name: &str, value: &Value) -> Result<Bound, WireError> {
    let way = one(set, name)?;
    match value {
        Value::Null => bound(way, value, None),
        _ => {
            let sentence = format!("{name} must be a record, the address of one, or null");
            Err(WireError::new(400, Code::InvalidRecord, sentence).about(name))
        }
    }
}

/// Returns the address that an object is, where it is nothing else.
pub(super) fn address(raw: &RawValue) -> Option<String> {
    let members = members_of_address(raw.get())?;
    let address = ADDRESSES.iter().find_map(|address| members.get(*address))?;
    serde_json::from_str(address.get()).ok()
}

/// Reads the address that the body of a reference is.
///
/// # Errors
/// 400 where it is none.
pub(crate) fn address_in(body: &[u8]) -> Result<String, WireError> {
    let members: Option<BTreeMap<String, &RawValue>> = serde_json::from_slice(body).ok();
    let address = members.as_ref().and_then(|members| ADDRESSES.iter().find_map(|name| members.get(*name)));
    address.and_then(|address| serde_json::from_str(address.get()).ok()).ok_or_else(|| {
        WireError::bad_request("A reference is an object with an address, such as {\"@odata.id\": \"Set(key)\"}")
    })
}

/// Finds the record of a set that an address in a body names, where `$1` is what the request `1` of a batch wrote.
///
/// # Errors
/// What is wrong with the address, as a sentence goes on.
pub(crate) fn record_at(call: &Call, address: &str, set: &str) -> Result<RecordId, String> {
    let address = match address.strip_prefix('$') {
        None => address,
        Some(id) => {
            let found = call.named.iter().find(|(known, _)| known == id);
            &found.ok_or_else(|| format!("refers to ${id}, which no request before this one wrote"))?.1
        }
    };
    match call.split(address).and_then(|(path, _)| parse_path(path)) {
        Ok(Resource::Entity { set: found, id }) if found == set => Ok(id),
        _ => Err(format!("must be the address of one of {set}")),
    }
}

/// Puts a record's `Id` into the property that refers to it.
///
/// # Errors
/// 400 where the property names another one.
pub(crate) fn bind_to(set: &EntitySet, body: &mut Body, property: &str, id: RecordId) -> Result<(), WireError> {
    put(set, body, (property, property), Cell::Guid(id.0))
}

/// Puts the record that a binding names into the property that holds its `Id`.
///
/// # Errors
/// 400 where the property names another one.
pub(super) fn put(
    set: &EntitySet,
    body: &mut Body,
    (way, property): (&str, &str),
    cell: Cell<'static>,
) -> Result<(), WireError> {
    let index = set.entity_type.declared().position(|declared| declared.name == property);
    let Some(place) = index.and_then(|index| body.cells.get_mut(index)) else { return Ok(()) };
    if place.as_ref().is_some_and(|given| *given != cell) {
        let sentence = format!("{way} and {property} name two different records");
        return Err(WireError::new(400, Code::InvalidRecord, sentence).about(way));
    }
    *place = Some(cell);
    Ok(())
}

fn one<'s>(set: &'s EntitySet, name: &str) -> Result<&'s NavigationProperty, WireError> {
    if let Some(way) = set.entity_type.navigation.iter().find(|way| way.name == name) {
        return Ok(way);
    }
    if let Some(way) = set.entity_type.collections.iter().find(|way| way.name == name) {
        let sentence = format!("{name} are many records: set {} of each of the {}", way.property, way.target_set);
        return Err(WireError::new(400, Code::InvalidRecord, sentence).about(name));
    }
    if set.entity_type.property(name).is_some() {
        let sentence = format!("{name} is a value of the {} and leads to no record", set.name);
        return Err(WireError::new(400, Code::InvalidRecord, sentence).about(name));
    }
    let unknown = InvalidRecord::Unknown { set: set.name.clone(), property: name.to_owned() };
    Err(invalid(&unknown))
}

fn bound(way: &NavigationProperty, value: &Value, call: Option<&Call>) -> Result<Bound, WireError> {
    let wrong = |problem: String| {
        WireError::new(400, Code::InvalidRecord, format!("{} {problem}", way.name)).about(way.name.as_str())
    };
    let cell = match value {
        Value::Null => Cell::Null,
        Value::String(address) => {
            let call = call.ok_or_else(|| wrong("cannot be an address here".to_owned()))?;
            Cell::Guid(record_at(call, address, &way.target_set).map_err(wrong)?.0)
        }
        _ => return Err(wrong("must be an address in quotes, or null".to_owned())),
    };
    Ok(Bound { way: way.name.clone(), property: way.property.clone(), cell })
}

/// Returns the ids of a batch's requests that a body binds to.
pub(crate) fn references(body: &str) -> Vec<String> {
    // No annotation is without its sign, however it is written: the bodies of a push cost no second reading.
    if !body.contains(['@', '\\']) {
        return Vec::new();
    }
    let text = |value: &RawValue| serde_json::from_str::<String>(value.get()).ok();
    let members = members(body).unwrap_or_default();
    let addresses = members.iter().filter_map(|(name, value)| match way(name) {
        Some(_) => text(value),
        // The body of a reference is an address itself.
        None if ADDRESSES.contains(&name.as_str()) => text(value),
        None => {
            let inner = members_of_address(value.get())?;
            ADDRESSES.iter().find_map(|address| inner.get(*address)).and_then(|value| text(value))
        }
    });
    addresses.filter_map(|address| address.strip_prefix('$').map(str::to_owned)).collect()
}

fn members(object: &str) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_str(object).ok()
}

/// Takes an object apart that is nothing but an address.
fn members_of_address(object: &str) -> Option<BTreeMap<String, &RawValue>> {
    members(object).filter(|members| members.len() == 1)
}
