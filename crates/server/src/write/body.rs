//! Reading a request's body: one JSON object to values in storage form.
//!
//! Owns: what members a body may have on the wire. `_UpdatedBy` is ignored, as annotations are (clients send back
//! what they were given); `_State` is a device's own and no property (seed). A binding to one record (`TodoList@odata.bind`, or `"TodoList": {"@id": …}`) sets the
//! property that holds its `Id` (`bind`). Records may stand within one that is made (`deep`), elsewhere they are refused, since
//! ignoring them would be a wrong result; so is a property that the entity type does not have (DESIGN section 2), and one that
//! comes twice. Numbers are read digit for digit, and no array or object is taken apart (`tidemark_model::read_members_apart`).
//! All that is wrong is told at once. Refuses: defaults and required properties, which depend on the stored record (`decide`).

use super::bind;
use super::invalid::invalid;
use super::relation::Relation;
use crate::call::Call;
use crate::change::Body;
use serde_json::Value;
use serde_json::value::RawValue;
use tidemark_model::{
    CellSeed, EntityModel, EntitySet, ID, IS_TOMBSTONED, InvalidRecord, RecordId, UPDATED_AT, UPDATED_BY, UnreadRecord,
    ValueError, read_members_apart,
};
use tidemark_odata::{Code, WireError};

/// A body, read: what it says of its record, and the records that stand within it.
pub(crate) struct Read<'s> {
    /// The `Id` in it.
    pub(crate) id: Option<RecordId>,
    /// The values.
    pub(crate) body: Body,
    /// The records within.
    pub(crate) inside: Vec<Inside<'s>>,
}

/// New records that stand in the place of a navigation property (OData Protocol 4.01 section 11.4.2.2).
pub(crate) struct Inside<'s> {
    /// How they are related.
    pub(crate) relation: Relation<'s>,
    /// What each of them says.
    pub(crate) records: Vec<(Option<RecordId>, Body)>,
}

/// Reads a body in which no record stands within another; the `Id` in it comes beside it.
///
/// # Errors
/// 400 naming what does not fit, 501 for a nested record.
pub(crate) fn read_body(set: &EntitySet, json: &[u8]) -> Result<(Option<RecordId>, Body), WireError> {
    let read = Reading { model: None, call: None, wants_all: false }.read(set, json)?;
    Ok((read.id, read.body))
}

/// Reads the body of a request in which no record stands within another, but which may name others by their addresses.
///
/// # Errors
/// 400 naming what does not fit, 501 for a nested record.
pub(crate) fn read_body_of(call: &Call, set: &EntitySet) -> Result<(Option<RecordId>, Body), WireError> {
    let read = Reading { model: None, call: Some(call), wants_all: false }.read(set, &call.body)?;
    Ok((read.id, read.body))
}

/// Reads the body of a request that makes a record, which may hold others that are made with it, and name others by their
/// addresses.
///
/// # Errors
/// As [`read_body`].
pub(crate) fn read_new<'s>(call: &Call, model: &'s EntityModel, set: &'s EntitySet) -> Result<Read<'s>, WireError> {
    Reading { model: Some(model), call: Some(call), wants_all: true }.read(set, &call.body)
}

/// How bodies are read.
struct Reading<'r, 's> {
    /// The model, where records may stand within the record.
    model: Option<&'s EntityModel>,
    /// The request, where addresses may stand in its body.
    call: Option<&'r Call>,
    /// Whether a required property that is left out has no value: then it is told with what else is wrong.
    wants_all: bool,
}

impl<'s> Reading<'_, 's> {
    fn read(&self, set: &'s EntitySet, json: &[u8]) -> Result<Read<'s>, WireError> {
        if json.iter().all(u8::is_ascii_whitespace) {
            return Err(WireError::bad_request("The request has no body; a record is wanted, as a JSON object"));
        }
        let members = read_members_apart(set, json).map_err(|error| match error {
            UnreadRecord::NotJson(error) => WireError::bad_request(format!("The body is not JSON: {error}")),
            UnreadRecord::Invalid(error) => invalid(&error),
        })?;
        let cells = vec![None; set.entity_type.declared().count()];
        let mut read = Read { id: None, body: Body { cells, ..Body::default() }, inside: Vec::new() };
        let (mut bound, mut wrong) = (Vec::new(), Vec::new());
        for (name, value) in &members.values {
            if let Err(error) = self.value(set, name, value, &mut read, &mut bound) {
                wrong.push(error);
            }
        }
        for (name, raw) in &members.nested {
            if let Err(error) = self.nested(set, name, raw, &mut read, &mut bound) {
                wrong.push(error);
            }
        }
        for bind::Bound { way, property, cell } in bound {
            if let Err(error) = bind::put(set, &mut read.body, (&way, &property), cell) {
                wrong.push(error);
            }
        }
        if wrong.is_empty() {
            return Ok(read);
        }
        if self.wants_all {
            let told: Vec<Option<String>> = wrong.iter().map(|error| error.target.clone()).collect();
            let without = set.entity_type.declared().zip(&read.body.cells).filter(|(property, cell)| {
                let is_asked_for = !property.nullable && property.default.is_none() && cell.is_none();
                is_asked_for && !told.iter().any(|target| target.as_deref() == Some(&property.name))
            });
            wrong.extend(without.map(|(property, _)| invalid(&InvalidRecord::Missing(property.name.clone()))));
        }
        Err(WireError::of_all(wrong))
    }

    fn value(
        &self,
        set: &EntitySet,
        name: &str,
        value: &Value,
        read: &mut Read<'s>,
        bound: &mut Vec<bind::Bound>,
    ) -> Result<(), WireError> {
        match name {
            ID => read.id = read_id(value)?,
            UPDATED_AT => read.body.stamp = read_sync(set, name, value)?.as_i64(),
            IS_TOMBSTONED => read.body.is_tombstoned = read_sync(set, name, value)?.as_bool(),
            UPDATED_BY => {}
            name if bind::way(name).is_some() => {
                bound.extend(bind::way(name).map(|way| self.bound(set, way, value)).transpose()?);
            }
            name if name.contains('@') => {}
            name => match set.entity_type.declared().position(|p| p.name == name) {
                Some(index) => {
                    let property = set.entity_type.declared().nth(index);
                    let cell = property.map(|p| CellSeed::written(p).read(value)).transpose();
                    read.body.cells[index] =
                        cell.map_err(|e| invalid(&e.into()))?.map(tidemark_model::Cell::into_owned);
                }
                None if bind::leads_on(set, name) => bound.push(bind::null(set, name, value)?),
                None => return Err(unknown(set, name)),
            },
        }
        Ok(())
    }

    fn bound(&self, set: &EntitySet, way: &str, value: &Value) -> Result<bind::Bound, WireError> {
        match self.call {
            Some(call) => bind::annotated(set, way, value, call),
            None => bind::null(set, way, value),
        }
    }

    /// Reads an array or object: the address of a record, or records that are made.
    fn nested(
        &self,
        set: &'s EntitySet,
        name: &str,
        raw: &RawValue,
        read: &mut Read<'s>,
        bound: &mut Vec<bind::Bound>,
    ) -> Result<(), WireError> {
        if let Some(way) = bind::way(name) {
            bound.push(self.bound(set, way, &Value::Array(Vec::new()))?);
            return Ok(());
        }
        if name.contains('@') {
            return Ok(());
        }
        let Some(relation) = Relation::of(set, name) else { return Err(unknown(set, name)) };
        if let Some(address) = bind::address(raw) {
            bound.push(self.bound(set, name, &Value::String(address))?);
            return Ok(());
        }
        let Some(model) = self.model else {
            return Err(WireError::not_supported(format!("A record inside a record ({name})")).about(name));
        };
        let target = model.set(relation.target()).ok_or_else(|| unknown(set, name))?;
        // One level: what stands deeper is a request of its own.
        let within = Reading { model: None, call: self.call, wants_all: self.wants_all };
        let mut records = Vec::new();
        for (place, raw) in relation.records(raw)?.into_iter().enumerate() {
            let place = if relation.is_one() { name.to_owned() } else { format!("{name}/{place}") };
            let inner = within.read(target, raw.get().as_bytes()).map_err(|error| error.within(&place))?;
            records.push((inner.id, inner.body));
        }
        read.inside.push(Inside { relation, records });
        Ok(())
    }
}

fn unknown(set: &EntitySet, name: &str) -> WireError {
    invalid(&InvalidRecord::Unknown { set: set.name.clone(), property: name.to_owned() })
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
            "@odata.etag": "x", "Title@odata.type": "String", "Title": "a", "_UpdatedBy": "eve",
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
            (json!({"_State": "update"}), Some("_State"), 400),
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
