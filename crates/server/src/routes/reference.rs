//! `…/$ref`: the addresses of records instead of the records (OData Protocol 4.01 section 11.2.10).
//!
//! Owns: how they are written. Refuses: changing references: they are properties of records, and written as such.

use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::routes::set;
use crate::server::Server;
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tidemark_model::{ID, RecordId};
use tidemark_odata::{Format, WireError, entity_url};

/// Answers the address of one record.
pub(crate) fn of_record(call: &Call, format: Format, set: &str, id: RecordId) -> Answer {
    let prefix = call.version.prefix();
    let mut body = Map::new();
    if !format.is_none() {
        body.insert(format!("{prefix}context"), format!("{}$metadata#$ref", call.base()).into());
    }
    body.insert(format!("{prefix}id"), entity_url(set, id).into());
    Answer::new(StatusCode::OK, format.content_type(), Value::Object(body).to_string())
}

/// Answers the addresses of the records of a set.
///
/// # Errors
/// As the list of them.
pub(crate) async fn of_set(server: &Arc<Server>, call: &Call, name: &str) -> Reply {
    let list = set::list_at(server, &only_ids(call)?, name, &format!("{name}/$ref")).await?;
    of_list(call, list, name)
}

/// Answers the addresses of the records of a list.
///
/// # Errors
/// The list is none: a mistake of ours.
pub(crate) fn of_list(call: &Call, list: Answer, set: &str) -> Reply {
    let unread = |_| WireError::new(500, tidemark_odata::Code::DatabaseFailed, "The addresses could not be written");
    let mut page: Map<String, Value> = serde_json::from_slice(&list.body).map_err(unread)?;
    let prefix = call.version.prefix();
    let records = page.get_mut("value").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    let address = |record: &Value| {
        let id: Option<RecordId> = record[ID].as_str().and_then(|id| id.parse().ok());
        id.map(|id| json!({ format!("{prefix}id"): entity_url(set, id) }))
    };
    page.insert("value".into(), records.iter().filter_map(address).collect());
    if page.contains_key(&format!("{prefix}context")) {
        page.insert(format!("{prefix}context"), format!("{}$metadata#Collection($ref)", call.base()).into());
    }
    Ok(Answer { body: Value::Object(page).to_string().into_bytes(), ..list })
}

/// Returns the call of the list, in which nothing is read but keys.
///
/// # Errors
/// 400 for a choice of other properties.
pub(crate) fn only_ids(call: &Call) -> Result<Call, WireError> {
    let mut query = call.query.clone();
    let options = call.options()?;
    set::refuse_beside(&options)?;
    match &options.query.select[..] {
        // A next link has it already.
        [only] if only == ID => {}
        [] => {
            let and = if query.is_empty() { "" } else { "&" };
            query += &format!("{and}$select={ID}");
        }
        _ => return Err(WireError::bad_request("$select has no meaning for the addresses of records").about("$select")),
    }
    Ok(Call { query, ..call.clone() })
}
