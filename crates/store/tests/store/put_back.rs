//! An exported file that is put back: only what differs from the version it was written from is an edit (ADR 0011).

use crate::support::*;
use serde_json::{Map, Value, json};
use tidemark_model::query::Query;
use tidemark_model::{ConflictKind, RecordId, Resolution};
use tidemark_store::{FileRow, Only, OutgoingChange, Store, StoreError};

/// Exports everything and returns the rows as a file holds them.
fn export(store: &Store) -> Vec<FileRow> {
    let records = store.list(ITEMS, &Query::default(), Only::All).unwrap();
    store.remember_exported(ITEMS, &records).unwrap();
    let row = |record: &tidemark_model::Record| {
        let mut members = record.to_json();
        members.retain(|name, _| !name.starts_with('_'));
        FileRow { members, version: Some(record.updated_at..=record.updated_at) }
    };
    records.iter().map(|local| row(&local.record)).collect()
}

fn import(store: &Store, rows: &[FileRow]) -> Result<u64, StoreError> {
    store.import(ITEMS, &mut rows.iter().cloned().map(Ok))
}

fn with(row: &FileRow, edits: Value) -> Vec<FileRow> {
    let mut row = row.clone();
    row.members.extend(object(edits));
    vec![row]
}

/// The server has another version of the record.
fn server_edits(store: &Store, id: RecordId, etag: &str, stamp: i64, edits: Value) {
    let mut json = object(json!({ "Title": "a", "Notes": "n", "_UpdatedAt": stamp }));
    json.extend(object(edits));
    pull_item(store, &server_item(id, etag, Value::Object(json)));
}

fn pending(store: &Store) -> u64 {
    store.counts().unwrap().pending
}

#[test]
fn a_file_that_nobody_edited_changes_nothing() {
    let device = device();
    let store = &device.store;
    let (a, b) = (clean_item(store, 1, "e1"), clean_item(store, 2, "e2"));
    let rows = export(store);
    server_edits(store, a, "e3", 2_000, json!({ "Title": "by bob" }));
    edit(store, b, json!({ "Notes": "by ann" }));
    assert_eq!(import(store, &rows).unwrap(), 2);
    assert_eq!(title(&shown(store, a).unwrap()), "by bob");
    assert_eq!(shown(store, b).unwrap().get("Notes"), "by ann");
    assert_eq!((pending(store), store.conflicts().unwrap().len()), (1, 0));
}

#[test]
fn an_edited_cell_is_an_edit_and_the_others_are_not() {
    let device = device();
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    let rows = export(store);
    server_edits(store, id, "e2", 2_000, json!({ "Notes": "by bob", "Priority": 3 }));
    assert_eq!(import(store, &with(&rows[0], json!({ "Title": "in the file" }))).unwrap(), 1);
    let record = shown(store, id).unwrap();
    assert_eq!(
        (title(&record), record.get("Notes"), record.get("Priority")),
        ("in the file", &json!("by bob"), &json!(3))
    );
    assert_eq!(store.conflicts().unwrap().len(), 0);
    let sent = batch(store);
    let OutgoingChange::Update { if_match, body, .. } = &sent[0].change else { panic!("{sent:?}") };
    let names: Vec<&str> = body.keys().map(String::as_str).filter(|name| !name.starts_with('_')).collect();
    assert_eq!((if_match.as_str(), names), ("e2", vec!["Title"]));
}

#[test]
fn a_cell_changed_on_both_sides_is_asked_with_the_exported_version_as_the_base() {
    for (answer, wanted) in [(Resolution::KeepMine, "in the file"), (Resolution::TakeServer, "by bob")] {
        let device = device();
        let store = &device.store;
        let id = clean_item(store, 1, "e1");
        let rows = export(store);
        server_edits(store, id, "e2", 2_000, json!({ "Title": "by bob", "Priority": 3 }));
        let file = with(&rows[0], json!({ "Title": "in the file", "IsDone": true }));
        assert_eq!(import(store, &file).unwrap(), 1);
        let asked = store.conflicts().unwrap();
        assert_eq!(
            (asked.len(), asked[0].kind, &asked[0].properties),
            (1, ConflictKind::BothEdited, &vec!["Title".to_owned()])
        );
        assert_eq!(title(&asked[0].base.as_ref().unwrap().record), "a");
        assert_eq!(title(&asked[0].mine), "in the file");
        assert_eq!(
            asked[0].server.as_ref().map(|server| (title(&server.record), server.etag.as_str())),
            Some(("by bob", "e2"))
        );
        assert!(batch(store).is_empty(), "an open question is not sent");
        // The same version once more, and the file once more: the same question.
        server_edits(store, id, "e2", 2_000, json!({ "Title": "by bob", "Priority": 3 }));
        assert_eq!(store.conflicts().unwrap()[0].id, asked[0].id);
        store.resolve(asked[0].id, &answer).unwrap();
        let record = shown(store, id).unwrap();
        assert_eq!((title(&record), record.get("IsDone"), record.get("Priority")), (wanted, &json!(true), &json!(3)));
        let sent = batch(store);
        let OutgoingChange::Update { if_match, .. } = &sent[0].change else { panic!("{sent:?}") };
        assert_eq!(if_match, "e2");
    }
}

#[test]
fn a_newer_version_of_the_server_meets_the_question() {
    let device = device();
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    let rows = export(store);
    server_edits(store, id, "e2", 2_000, json!({ "Title": "by bob" }));
    import(store, &with(&rows[0], json!({ "Title": "in the file" }))).unwrap();
    server_edits(store, id, "e3", 3_000, json!({ "Title": "by bob again" }));
    let asked = store.conflicts().unwrap();
    assert_eq!(asked[0].server.as_ref().map(|server| title(&server.record)), Some("by bob again"));
    // Somebody writes what the file says: that answers it.
    server_edits(store, id, "e4", 4_000, json!({ "Title": "in the file" }));
    assert_eq!((store.conflicts().unwrap().len(), pending(store)), (0, 0));
}

#[test]
fn deleting_a_record_while_the_files_question_is_open_asks_about_the_deletion() {
    let device = device();
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    let rows = export(store);
    server_edits(store, id, "e2", 2_000, json!({ "Title": "by bob" }));
    import(store, &with(&rows[0], json!({ "Title": "in the file" }))).unwrap();
    store.delete(ITEMS, id).unwrap();
    let asked = store.conflicts().unwrap();
    assert_eq!((asked.len(), asked[0].kind), (1, ConflictKind::EditedOnServer));
}

#[test]
fn what_was_edited_here_and_is_not_sent_is_not_overwritten_by_a_file() {
    let device = device();
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    let rows = export(store);
    edit(store, id, json!({ "Title": "by ann" }));
    let error = import(store, &with(&rows[0], json!({ "Title": "in the file" }))).unwrap_err();
    assert_eq!(error.property(), Some("Title"));
    assert!(error.to_string().contains("was changed on this device since the file was written"), "{error}");
    assert_eq!(title(&shown(store, id).unwrap()), "by ann");
    assert_eq!(import(store, &with(&rows[0], json!({ "Notes": "in the file" }))).unwrap(), 1);
    let record = shown(store, id).unwrap();
    assert_eq!((title(&record), record.get("Notes")), ("by ann", &json!("in the file")));
    // Once it is sent, it can be asked.
    accept_all(store);
    import(store, &with(&rows[0], json!({ "Title": "in the file" }))).unwrap();
    let asked = store.conflicts().unwrap();
    assert_eq!((asked.len(), title(&asked[0].mine)), (1, "in the file"));
}

#[test]
fn a_file_of_another_device_is_no_reason_to_overwrite() {
    let device = device();
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    let row = |edits: Value, version| {
        let mut members = object(json!({ "Id": id.to_string(), "Title": "a", "Notes": "n" }));
        members.extend(object(edits));
        FileRow { members, version }
    };
    // The version that is here: an edit as any other.
    assert_eq!(import(store, &[row(json!({ "Title": "b" }), Some(1_000..=1_000))]).unwrap(), 1);
    assert_eq!((title(&shown(store, id).unwrap()), store.conflicts().unwrap().len()), ("b", 0));
    accept_all(store);
    server_edits(store, id, "e2", 3_000, json!({ "Title": "by bob", "Priority": 3 }));
    // An older one: what differs is asked, what is alike is no edit.
    assert_eq!(import(store, &[row(json!({ "Title": "c" }), Some(1_000..=1_000))]).unwrap(), 1);
    let asked = store.conflicts().unwrap();
    assert_eq!((asked.len(), &asked[0].properties), (1, &vec!["Title".to_owned()]));
    assert_eq!((title(&asked[0].mine), asked[0].mine.get("Priority")), ("c", &json!(3)));
    store.resolve(asked[0].id, &Resolution::TakeServer).unwrap();
    assert_eq!(title(&shown(store, id).unwrap()), "by bob");
    // A rounded stamp says no single version.
    import(store, &[row(json!({ "Title": "d" }), Some(2_500..=3_500))]).unwrap();
    assert_eq!(store.conflicts().unwrap().len(), 1);
    // A newer one: this device has not seen what the file was written from.
    let error =
        import(store, &[row(json!({ "Title": "e" }), Some(9_000_000_000_000..=9_000_000_000_000))]).unwrap_err();
    assert_eq!(error.property(), Some("_UpdatedAt"));
    assert!(error.to_string().contains("synchronise first"), "{error}");
}

#[test]
fn a_rounded_stamp_finds_the_exported_version() {
    let device = device();
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    let mut rows = export(store);
    server_edits(store, id, "e2", 3_000, json!({ "Notes": "by bob" }));
    rows[0].version = Some(500..=1_500);
    import(store, &with(&rows[0], json!({ "Title": "in the file" }))).unwrap();
    let record = shown(store, id).unwrap();
    assert_eq!((title(&record), record.get("Notes")), ("in the file", &json!("by bob")));
    assert_eq!(store.conflicts().unwrap().len(), 0);
    // Two contents under one stamp: a cell is no edit only if both have it.
    let rows = export(store);
    let here = shown(store, id).unwrap();
    edit(store, id, json!({ "Title": "later" }));
    export(store);
    let mut both = with(&rows[0], json!({}));
    both[0].version = Some(here.updated_at..=i64::MAX);
    let error = import(store, &both).unwrap_err();
    assert_eq!(error.property(), Some("Title"));
}

#[test]
fn a_deleted_record_does_not_come_back_with_a_file() {
    let device = device();
    let store = &device.store;
    let (a, b, c) = (clean_item(store, 1, "e1"), clean_item(store, 2, "e2"), clean_item(store, 3, "e3"));
    let rows = export(store);
    store.delete(ITEMS, a).unwrap();
    accept_all(store);
    store.delete(ITEMS, b).unwrap();
    pull_removed(store, ITEMS, c, "e9");
    assert_eq!(import(store, &rows).unwrap(), 3);
    for id in [a, b, c] {
        assert!(shown(store, id).is_none(), "nobody edited {id} in the file");
    }
    for version in [rows[1].version.clone(), None] {
        let mut edited = with(&rows[1], json!({ "Title": "in the file" }));
        edited[0].version = version;
        let error = import(store, &edited).unwrap_err();
        assert_eq!(error.property(), Some("Id"), "{error}");
        assert!(error.to_string().contains("deleted"), "{error}");
    }
    assert_eq!(pending(store), 1);
    assert!(batch(store).iter().all(|sent| matches!(sent.change, OutgoingChange::Delete { .. })));
    // What is gone already is an addition: the server's tombstone asks.
    for row in [&rows[0], &rows[2]] {
        import(store, &with(row, json!({ "Title": "in the file" }))).unwrap();
    }
    let added = batch(store).into_iter().filter(|sent| matches!(sent.change, OutgoingChange::Add { .. })).count();
    assert_eq!(added, 2);
}

#[test]
fn a_file_without_stamps_is_an_edit_unless_it_is_an_export_that_lost_them() {
    let device = device();
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    let row = |edits: Value| {
        let mut members: Map<String, Value> = object(json!({ "Id": id.to_string() }));
        members.extend(object(edits));
        [FileRow::from(members)]
    };
    import(store, &row(json!({ "Title": "b" }))).unwrap();
    assert_eq!((title(&shown(store, id).unwrap()), store.conflicts().unwrap().len()), ("b", 0));
    accept_all(store);
    export(store);
    server_edits(store, id, "e2", 2_000_000_000_000, json!({ "Title": "by bob" }));
    import(store, &row(json!({ "Title": "b", "Priority": 2 }))).unwrap();
    let record = shown(store, id).unwrap();
    assert_eq!((title(&record), record.get("Priority"), store.conflicts().unwrap().len()), ("by bob", &json!(2), 0));
    accept_all(store);
    import(store, &row(json!({ "Title": "c" }))).unwrap();
    assert_eq!(store.conflicts().unwrap().len(), 1);
}

#[test]
fn a_record_is_in_a_file_once_in_whatever_spelling() {
    let device = device();
    let store = &device.store;
    let spelled = |id: &str| FileRow::from(object(json!({ "Id": id, "Title": "x" })));
    let rows = [
        "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01",
        "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e02",
        "8F0E6A52-6D5F-4A55-9D5E-2F7B4C1D9E01",
    ];
    let error = import(store, &rows.map(spelled)).unwrap_err();
    assert!(matches!(error, StoreError::SameRecord { row: 3, first: 1 }), "{error}");
    assert_eq!((error.code(), error.property(), pending(store)), ("invalid", Some("Id"), 0));
}

#[test]
fn what_came_together_has_a_stamp_of_its_own() {
    let device = device();
    let store = &device.store;
    let id = clean_item(store, 1, "e1");
    edit(store, id, json!({ "Title": "by ann" }));
    let rows = export(store);
    server_edits(store, id, "e2", 2_000, json!({ "Notes": "by bob" }));
    let record = shown(store, id).unwrap();
    assert_eq!((title(&record), record.get("Notes")), ("by ann", &json!("by bob")));
    assert!(!rows[0].version.as_ref().unwrap().contains(&record.updated_at));
    import(store, &with(&rows[0], json!({ "Priority": 4 }))).unwrap();
    let record = shown(store, id).unwrap();
    assert_eq!((record.get("Notes"), record.get("Priority")), (&json!("by bob"), &json!(4)));
}
