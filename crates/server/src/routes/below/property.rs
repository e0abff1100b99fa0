//! One property of a record, as JSON or as its bare value (OData Protocol 4.01 sections 11.2.4 and 11.2.4.1).

use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::change::Row;
use crate::routes::set::{refuse_beside, refuse_list_options};
use http::{StatusCode, header};
use tidemark_model::{Cell, EntitySet, Property, RecordId};
use tidemark_odata::{Options, WireError, context_url, entity_url, property_json, raw_value};

/// Answers a property as JSON; 204 where it is null.
///
/// # Errors
/// 400 for options that a property has no use for, 406 where JSON is not accepted.
pub(super) fn read(call: &Call, set: &EntitySet, row: &Row, property: &Property) -> Reply {
    let format = call.format(&options(call)?)?;
    let cell = cell(set, row, property);
    if cell == Cell::Null {
        return Ok(Answer::empty(StatusCode::NO_CONTENT).with(header::ETAG, &row.etag()));
    }
    let address = entity_url(&set.name, RecordId(row.id));
    let context = context_url(call.base(), &address, &[], &format!("/{}", property.name));
    let body = property_json(&context, call.version, format, property, &cell);
    Ok(Answer::new(StatusCode::OK, format.content_type(), body).with(header::ETAG, &row.etag()))
}

/// Answers a property's bare value, as text whatever is accepted; 204 where it is null.
///
/// # Errors
/// 400 for options that a property has no use for.
pub(super) fn read_raw(call: &Call, set: &EntitySet, row: &Row, property: &Property) -> Reply {
    options(call)?;
    let answer = match raw_value(property, &cell(set, row, property)) {
        Some(text) => Answer::new(StatusCode::OK, "text/plain;charset=utf-8", text),
        None => Answer::empty(StatusCode::NO_CONTENT),
    };
    Ok(answer.with(header::ETAG, &row.etag()))
}

fn cell<'r>(set: &EntitySet, row: &'r Row, property: &Property) -> Cell<'r> {
    row.cells_of(set, &[property]).pop().unwrap_or(Cell::Null)
}

fn options(call: &Call) -> Result<Options, WireError> {
    let options = call.options()?;
    refuse_list_options(&options, "a property")?;
    refuse_beside(&options)?;
    match options.query.select.is_empty() {
        true => Ok(options),
        false => Err(WireError::bad_request("$select has no meaning for a property").about("$select")),
    }
}
