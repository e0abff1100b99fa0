//! Records: kept here, and not kept here while the server cannot be reached.

use super::{app, id_of, object};
use crate::{App, Host, ListRequest};
use serde_json::json;

fn list(set: &str, filter: Option<&str>) -> ListRequest {
    ListRequest { set: set.into(), filter: filter.map(Into::into), limit: 100, ..ListRequest::default() }
}

#[tokio::test]
async fn a_record_lives_here_without_a_network() {
    let (app, _dir) = app(&["Sites"]).await;
    let added = app.add("Sites", object(json!({ "Name": "Pump house" }))).await.unwrap();
    assert_eq!((&added["_State"], &added["_IsTombstoned"]), (&json!("add"), &json!(false)));
    assert!(added["_UpdatedAt"].as_i64().unwrap() > 0);
    let id = id_of(&added);
    let edited = app.edit("Sites", &id, object(json!({ "Address": "Quay 1" }))).await.unwrap();
    assert_eq!((&edited["Name"], &edited["Address"]), (&json!("Pump house"), &json!("Quay 1")));
    assert_eq!(app.get("Sites", &id).await.unwrap(), edited);
    let found = app.list(list("Sites", Some("Address eq 'Quay 1'"))).await.unwrap();
    assert_eq!((found.total, found.live, found.records.len()), (1, false, 1));
    assert_eq!(app.list(list("Sites", Some("Address eq 'Quay 2'"))).await.unwrap().total, 0);
    app.remove("Sites", &id).await.unwrap();
    assert_eq!(app.list(list("Sites", None)).await.unwrap().total, 0);
}

#[tokio::test]
async fn a_window_says_how_many_there_are_in_all() {
    let (app, _dir) = app(&["Sites"]).await;
    for n in 0..5 {
        app.add("Sites", object(json!({ "Name": format!("Site {n}") }))).await.unwrap();
    }
    for (offset, limit, names, total) in
        [(0, 2, vec!["Site 0", "Site 1"], 5), (4, 2, vec!["Site 4"], 5), (9, 2, vec![], 5), (0, 0, vec![], 5)]
    {
        let request = ListRequest { set: "Sites".into(), offset, limit, ..ListRequest::default() };
        let window = app.list(request).await.unwrap();
        let found: Vec<&str> = window.records.iter().map(|record| record["Name"].as_str().unwrap()).collect();
        assert_eq!((found, window.total), (names, total), "{offset} {limit}");
    }
}

#[tokio::test]
async fn bad_input_is_named_and_changes_nothing() {
    let (app, _dir) = app(&["Sites"]).await;
    let id = id_of(&app.add("Sites", object(json!({ "Name": "Pump house" }))).await.unwrap());
    let error = app.add("Pumps", object(json!({}))).await.unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("Pumps")), ("unknown_set", true));
    let error = app.get("Pumps", "not-a-guid").await.unwrap_err();
    assert_eq!(error.code(), "unknown_set");
    let error = app.get("Sites", "not-a-guid").await.unwrap_err();
    assert_eq!((error.code(), error.property()), ("invalid", Some("Id")));
    let nowhere = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";
    for error in [
        app.get("Sites", nowhere).await.unwrap_err(),
        app.edit("Sites", nowhere, object(json!({ "Name": "x" }))).await.unwrap_err(),
        app.remove("Sites", nowhere).await.unwrap_err(),
    ] {
        assert_eq!((error.code(), error.to_string().contains(nowhere)), ("not_found", true), "{error}");
    }
    for (changes, property) in [
        (json!({ "Name": "" , "Colour": "red" }), "Colour"),
        (json!({ "Name": null }), "Name"),
        (json!({ "Name": "x".repeat(201) }), "Name"),
        (json!({ "Latitude": "north" }), "Latitude"),
        (json!({ "Notes": "a\u{0}b" }), "Notes"),
    ] {
        let error = app.edit("Sites", &id, object(changes)).await.unwrap_err();
        assert_eq!((error.code(), error.property()), ("invalid", Some(property)), "{error}");
        assert!(error.to_string().contains(property), "{error}");
    }
    assert_eq!(app.get("Sites", &id).await.unwrap()["Name"], "Pump house");
    for filter in ["Name eq", "Colour eq 'red'", "Name eq 5"] {
        assert_eq!(app.list(list("Sites", Some(filter))).await.unwrap_err().code(), "invalid", "{filter}");
    }
}

#[tokio::test]
async fn a_set_that_is_not_kept_here_is_refused_with_the_reason() {
    let (app, _dir) = app(&[]).await;
    let id = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";
    for error in [
        app.list(list("Sites", None)).await.unwrap_err(),
        app.get("Sites", id).await.unwrap_err(),
        app.add("Sites", object(json!({ "Name": "x" }))).await.unwrap_err(),
        app.edit("Sites", id, object(json!({ "Name": "x" }))).await.unwrap_err(),
        app.remove("Sites", id).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "offline");
        let sentence = error.to_string();
        assert!(
            sentence.starts_with("Sites is not kept offline on this device, and the server cannot be"),
            "{sentence}"
        );
    }
    assert_eq!(app.status().await.unwrap().pending, 0);
}

#[tokio::test]
async fn without_an_account_every_command_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let app = App::open(dir.path(), Host::once()).await.unwrap();
    assert!(!app.session().await.unwrap().signed_in);
    assert_eq!(app.list(list("Sites", None)).await.unwrap_err().code(), "not_signed_in");
    assert_eq!(app.sync_now().await.unwrap_err().code(), "not_signed_in");
    assert_eq!(app.sign_out(false).await.unwrap_err().code(), "not_signed_in");
    assert_eq!(app.status().await.unwrap().kind, crate::StatusKind::NotSetUp);
}
