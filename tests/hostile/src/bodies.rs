//! JSON bodies in both directions: batches, pages, records, errors; and batches in parts, which a server reads.

use crate::machine::model;
use serde_json::{Map, Value, json};
use tidemark_model::{
    EntitySet, Incoming, IncomingRow, Removal, RowSink, Strictness, read_changes, read_members, read_record,
};
use tidemark_odata::{
    BatchAnswer, BatchPart, MAX_BATCH_PARTS, Version, WireError, read_batch_answers, read_batch_request, read_entity,
    read_multipart_request, read_page, write_batch_answers, write_batch_request, write_entity,
};

/// A batch, its requests and its answers; a multipart one has the boundary `b`.
pub(crate) fn batch(bytes: &[u8]) {
    if let Ok(parts) = read_multipart_request("multipart/mixed; boundary=b", bytes) {
        assert!(parts.len() <= MAX_BATCH_PARTS);
        assert!(parts.iter().all(|part| part.problem.is_some() || !(part.method.is_empty() || part.url.is_empty())));
    }
    let of_part = |part: &BatchPart| {
        let body = part.body.as_ref().map(|raw| raw.get().to_owned());
        let (id, method, url) = (part.id.clone(), part.method.clone(), part.url.clone());
        let dependencies = (part.group.clone(), part.depends_on.clone(), part.condition.clone());
        (id, method, url, part.headers.clone(), body, dependencies)
    };
    if let Ok(parts) = read_batch_request(bytes) {
        let again = read_batch_request(&write_batch_request(&parts)).expect("a batch that was read is written");
        let (first, second): (Vec<_>, Vec<_>) =
            (parts.iter().map(of_part).collect(), again.iter().map(of_part).collect());
        assert_eq!(first, second);
    }
    let of_answer = |answer: &BatchAnswer| {
        let body = answer.body.as_ref().map(|raw| raw.get().to_owned());
        (answer.id.clone(), answer.status, answer.headers.clone(), body, answer.group.clone())
    };
    if let Ok(answers) = read_batch_answers(bytes) {
        let again = read_batch_answers(&write_batch_answers(&answers)).expect("answers that were read are written");
        let (first, second): (Vec<_>, Vec<_>) =
            (answers.iter().map(of_answer).collect(), again.iter().map(of_answer).collect());
        assert_eq!(first, second);
    }
}

/// Keeps the items of a page as JSON.
struct Kept<'m> {
    set: &'m EntitySet,
    items: Vec<Value>,
}

impl Kept<'_> {
    fn row(&self, row: &IncomingRow<'_>) -> Value {
        let mut json = Map::new();
        json.insert("@etag".into(), row.etag.into());
        json.insert("Id".into(), row.id.to_string().into());
        json.insert("_UpdatedAt".into(), row.updated_at.into());
        json.insert("_IsTombstoned".into(), row.is_tombstoned.into());
        json.insert("_UpdatedBy".into(), row.updated_by.into());
        for (property, cell) in self.set.entity_type.declared().zip(row.cells) {
            json.insert(property.name.clone(), cell.to_json(property));
        }
        if let Some(extra) = row.extra {
            // It is read into a tree later, once nested deeper than here.
            let nested = format!("[{{\"record\":{{\"properties\":{extra}}}}}]");
            let _: Value = serde_json::from_str(&nested).expect("what is kept of unknown properties can be read");
            let extra: Map<String, Value> = serde_json::from_str(extra).expect("an object");
            json.extend(extra);
        }
        json.into()
    }
}

impl RowSink for Kept<'_> {
    type Error = String;

    fn take(&mut self, item: Incoming<'_>) -> Result<(), String> {
        let item = match item {
            Incoming::Row(row) => self.row(&row),
            Incoming::Removed { id, reason, etag, updated_at, updated_by } => {
                let reason = if reason == Removal::Deleted { "deleted" } else { "changed" };
                json!({
                    "@removed": { "reason": reason }, "Id": id.to_string(), "@etag": etag, "_UpdatedAt": updated_at,
                    "_UpdatedBy": updated_by
                })
            }
        };
        self.items.push(item);
        Ok(())
    }
}

/// A page or a delta, as a client reads it; what was read and is written says the same again.
pub(crate) fn page(bytes: &[u8]) {
    let model = model();
    for set in model.sets() {
        let mut kept = Kept { set, items: Vec::new() };
        let Ok(end) = read_page(bytes, set, &mut kept) else { continue };
        assert_eq!(end.items, kept.items.len() as u64);
        // A removed item without an ETag has none, not an empty one.
        let mut items = kept.items.clone();
        for item in items.iter_mut().filter_map(Value::as_object_mut).filter(|item| item.contains_key("@removed")) {
            item.retain(|_, value| !value.is_null());
        }
        let written = json!({ "value": items, "@nextLink": end.next_link.clone().unwrap_or_default() }).to_string();
        let mut again = Kept { set, items: Vec::new() };
        if let Err(error) = read_page(written.as_bytes(), set, &mut again) {
            panic!("{error}: {written}");
        }
        assert_eq!(kept.items, again.items);
    }
}

/// One record: as Save and the server read it, and as a client reads what a server sends.
pub(crate) fn record(bytes: &[u8]) {
    let model = model();
    for set in model.sets() {
        let Ok(members) = read_members(set, bytes) else { continue };
        let _ = read_changes(set, &members, Strictness::RefuseUnknown);
        if let Ok(record) = read_record(set, None, &members, Strictness::RefuseUnknown) {
            let again = read_record(set, None, &record.to_json(), Strictness::RefuseUnknown);
            assert_eq!(again.expect("a record that was read can be read"), record);
        }
        if let Ok(read) = read_entity(&members, set) {
            for version in [Version::V40, Version::V401] {
                let written = write_entity(&read.record, &read.etag, version);
                assert_eq!(read_entity(&written, set).expect("a record that was read can be read"), read);
            }
        }
    }
}

/// An error's body.
pub(crate) fn error(bytes: &[u8]) {
    for status in [400, 404, 410, 412, 503] {
        let error = WireError::from_json(status, bytes);
        let again = WireError::from_json(status, &error.to_json());
        assert_eq!(again, error);
        let _ = error.inner("current");
    }
}
