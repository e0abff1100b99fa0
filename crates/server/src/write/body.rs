//! Reading a request's body: one JSON object to values in storage form.
//!
//! Owns: what members a body may have on the wire. `_State` and `_UpdatedBy` are ignored, as annotations are (clients
//! send back what they were given). A binding to one record (`TodoList@odata.bind`, or `"TodoList": {"@id": …}`) sets the
//! property that holds its `Id` (`bind`); a nested record is refused, since ignoring it would be a wrong result; so is a property that the entity type does not have (DESIGN section 2), and one that comes twice. Numbers are
//! read digit for digit (`tidemark_model::read_members`). Refuses: defaults and required
//! properties, which depend on the stored record (`decide`).

use super::bind;
use super::invalid::invalid;
use crate::change::Body;
use serde_json::{Map, Value};
use tidemark_model::{
    CellSeed, EntitySet, ID, IS_TOMBSTONED, InvalidRecord, RecordId, STATE, UPDATED_AT, UPDATED_BY, UnreadRecord,
    ValueError, read_members,
};
use tidemark_odata::{Code, WireError};

/// Reads a body; the `Id` in it comes beside it.
///
/// # Errors
/// 400 naming the member that does not fit, 501 for a nested record.
pub(crate) fn read_body(set: &EntitySet, json: &[u8]) -> Result<(Option<RecordId>, Body), WireError> {
    read_body_naming(set, json, &[])
}

/// Reads a body that may name records by the ids of a batch's requests before it; `named` has their addresses.
///
/// # Errors
/// As [`read_body`].
pub(crate) fn read_body_naming(
    set: &EntitySet,
    json: &[u8],
    named: &[(String, String)],
) -> Result<(Option<RecordId>, Body), WireError> {
    if json.iter().all(u8::is_ascii_whitespace) {
        return Err(WireError::bad_request("The request has no body; a record is wanted, as a JSON object"));
    }
    let members = read_members(set, json).map_err(|error| match error {
        UnreadRecord::NotJson(error) => WireError::bad_request(format!("The body is not JSON: {error}")),
        UnreadRecord::Invalid(error) => invalid(&error),
    })?;
    members_to_body(set, &members, named)
}

fn members_to_body(
    set: &EntitySet,
    members: &Map<String, Value>,
    named: &[(String, String)],
) -> Result<(Option<RecordId>, Body), WireError> {
    let mut id = None;
    let mut bound = Vec::new();
    let mut body = Body { cells: vec![None; set.entity_type.declared().count()], ..Body::default() };
    for (name, value) in members {
        match name.as_str() {
            ID => id = read_id(value)?,
            UPDATED_AT => body.stamp = read_sync(set, name, value)?.as_i64(),
            IS_TOMBSTONED => body.is_tombstoned = read_sync(set, name, value)?.as_bool(),
            UPDATED_BY | STATE => {}
            name if bind::way(name).is_some() => {
                bound.extend(bind::way(name).map(|way| bind::annotated(set, way, value, named)).transpose()?);
            }
            name if name.contains('@') => {}
            name => match set.entity_type.declared().position(|p| p.name == name) {
                Some(index) => {
                    let property = set.entity_type.declared().nth(index);
                    let cell = property.map(|p| CellSeed::written(p).read(value)).transpose();
                    body.cells[index] = cell.map_err(|e| invalid(&e.into()))?.map(tidemark_model::Cell::into_owned);
                }
                None if bind::leads_on(set, name) => bound.push(bind::nested(set, name, value, named)?),
                None => {
                    let unknown = InvalidRecord::Unknown { set: set.name.clone(), property: name.to_owned() };
                    return Err(invalid(&unknown));
                }
            },
        }
    }
    for bind::Bound { way, property, cell } in bound {
        let index = set.entity_type.declared().position(|declared| declared.name == property);
        let Some(place) = index.and_then(|index| body.cells.get_mut(index)) else { continue };
        if place.as_ref().is_some_and(|given| *given != cell) {
            let sentence = format!("{way} and {property} name two different records");
            return Err(WireError::new(400, Code::InvalidRecord, sentence).about(way));
        }
        *place = Some(cell);
    }
    Ok((id, body))
}

fn read_id(value: &Value) -> Result<Option<RecordId>, WireError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => match text.parse() {
            Ok(id) => Ok(Some(id)),
            Err(error) => Err(WireError::new(400, Code::InvalidRecord, format!("Id: {error}")).about(ID)),
        },
        _ => Err(WireError::new(400, Code::InvalidRecord, "Id must be a GUID in quotes").about(ID)),
    }
}

fn read_sync(set: &EntitySet, name: &str, value: &Value) -> Result<Value, WireError> {
    let Some(property) = set.entity_type.property(name) else { return Ok(Value::Null) };
    let cell = CellSeed::written(property).read(value).map_err(|error: ValueError| invalid(&error.into()))?;
    Ok(cell.to_json(property))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tidemark_model::{Cell, EntityModel};

    fn read(body: &str) -> Result<(Option<RecordId>, Body), WireError> {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        read_body(model.set("TodoItems").unwrap(), body.as_bytes())
    }

    #[test]
    fn what_clients_send_back_is_ignored_and_stamps_come_as_numbers_and_strings() {
        let body = json!({
            "@odata.etag": "x", "Title@odata.type": "String", "Title": "a", "_State": "update", "_UpdatedBy": "eve",
            "_UpdatedAt": "12", "_IsTombstoned": null
        });
        let (id, body) = read(&body.to_string()).unwrap();
        assert_eq!((id, body.stamp, body.is_tombstoned), (None, Some(12), None));
        assert_eq!(body.cells[0], Some(Cell::Text("a".into())));
        assert_eq!(body.cells[1], None);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (body, target, status) in [
            (json!({"Titel": "a"}), Some("Titel"), 400),
            (json!({"Title": 1}), Some("Title"), 400),
            (json!({"_UpdatedAt": "yesterday"}), Some("_UpdatedAt"), 400),
            (json!({"Id": "1"}), Some("Id"), 400),
            (json!({"Id": 1}), Some("Id"), 400),
            (json!({"Site": {"Name": "a"}}), Some("Site"), 501),
            (json!({"TodoItems@odata.bind": []}), Some("TodoItems"), 400),
            (json!([]), None, 400),
        ] {
            let error = read(&body.to_string()).unwrap_err();
            assert_eq!((error.target.as_deref(), error.status), (target, status), "{body}");
        }
        for (body, target) in [
            (r#"{"Title":"a","Title":"b"}"#, "Title"),
            (r#"{"Title":"a","Notes":null,"\u0054itle":"a"}"#, "Title"),
            (r#"{"Id":null,"Id":null}"#, "Id"),
            (r#"{"Title":"\udc00"}"#, "Title"),
            (r#"{"Priority":0.99999999999999999999}"#, "Priority"),
            (r#"{"_UpdatedAt":1.00000000000000000001}"#, "_UpdatedAt"),
        ] {
            let error = read(body).unwrap_err();
            assert_eq!((error.target.as_deref(), error.status), (Some(target), 400), "{body}");
        }
        for body in ["", "  ", "{", "nul", &format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))] {
            assert_eq!(read(body).unwrap_err().status, 400);
        }
    }
}
