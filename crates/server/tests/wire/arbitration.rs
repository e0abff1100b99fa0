//! The seed's rules (step 9) as clients without conditions see them, and conditional requests.

use crate::running::{Running, id, send, task_url};
use serde_json::{Value, json};

#[tokio::test]
async fn the_newer_stamp_wins_and_the_loser_is_shown_the_stored_record() {
    let server = Running::start().await;
    let (url, body) = (task_url(&id(1)), |title: &str, stamp: i64| json!({"Title": title, "_UpdatedAt": stamp}));
    let made = server.write("PUT", &url, &body("first", 1_000)).await.is(201);
    assert_eq!(made.json()["_UpdatedAt"], 1_000);
    let won = server.write("PATCH", &url, &body("second", 1_001)).await.is(204);
    assert!(won.text.is_empty());
    assert_ne!(won.header("etag"), made.header("etag"));
    for (method, stamp) in [("PUT", 1_001), ("PATCH", 1_000), ("PATCH", 1), ("PUT", -5)] {
        for prefer in ["return=minimal", "return=representation"] {
            let request = server.request(method, &url).header("Prefer", prefer).json(&body("late", stamp));
            let lost = send(request).await.is(200);
            assert_eq!(lost.json()["Title"], "second");
            assert_eq!(lost.header("etag"), won.header("etag"));
            assert_eq!(lost.json()["@odata.etag"], won.header("etag"));
        }
    }
    // POST on a key that exists never puts older content over newer.
    let post = |stamp: i64| json!({"Id": id(1), "Title": "posted", "_UpdatedAt": stamp});
    assert_eq!(server.write("POST", "/odata/TodoItems", &post(900)).await.is(200).json()["Title"], "second");
    assert_eq!(server.write("POST", "/odata/TodoItems", &post(1_002)).await.is(200).json()["Title"], "posted");
    // Without a stamp it is now, and a stamp in the future is clamped to now.
    server.write("PATCH", &url, &json!({"Title": "third"})).await.is(204);
    let request = server.request("PATCH", &url).header("Prefer", "return=representation");
    let future = send(request.json(&body("fourth", i64::MAX))).await.is(200);
    assert_eq!(future.header("preference-applied"), "return=representation");
    let stamp = future.json()["_UpdatedAt"].as_i64().unwrap();
    assert!(stamp > 1_700_000_000_000 && stamp < 5_000_000_000_000, "{stamp}");
}

#[tokio::test]
async fn a_tombstone_hides_the_record_and_only_something_newer_restores_it() {
    let server = Running::start().await;
    let url = task_url(&id(1));
    let first = json!({"Title": "a", "Notes": "n", "Priority": 3, "_UpdatedAt": 1_000});
    server.write("PUT", &url, &first).await.is(201);
    server.write("PATCH", &url, &json!({"_IsTombstoned": true, "_UpdatedAt": 2_000})).await.is(204);
    server.get(&url).await.refused(404, "RecordNotFound");
    assert_eq!(server.get("/odata/TodoItems").await.json()["value"], json!([]));
    assert_eq!(server.get("/odata/TodoItems/$count").await.text, "0");
    let dead = server.get("/odata/TodoItems?$filter=_IsTombstoned eq true").await.is(200).json();
    assert_eq!((&dead["value"][0]["Notes"], &dead["value"][0]["_UpdatedAt"]), (&json!("n"), &json!(2_000)));
    assert_eq!(server.get("/odata/TodoItems/$count?$filter=_IsTombstoned eq true").await.text, "1");
    // Losing over a tombstone is 404, winning restores: PATCH keeps the other values, PUT resets them.
    server.write("PATCH", &url, &json!({"Title": "b", "_UpdatedAt": 2_000})).await.refused(404, "RecordNotFound");
    server.write("PUT", &url, &json!({"Title": "b", "_UpdatedAt": 1_500})).await.refused(404, "RecordNotFound");
    server.write("PATCH", &url, &json!({"Title": "b", "_UpdatedAt": 2_001})).await.is(204);
    let live = server.get(&url).await.is(200).json();
    assert_eq!((&live["Title"], &live["Notes"], &live["Priority"]), (&json!("b"), &json!("n"), &json!(3)));
    server.delete(&url).await.is(204);
    server.delete(&url).await.is(404);
    let later =
        server.get("/odata/TodoItems?$filter=_IsTombstoned eq true").await.json()["value"][0]["_UpdatedAt"].clone();
    let later = later.as_i64().unwrap();
    // DELETE stamps the server's now, so the restore has to be newer than that.
    server.write("PUT", &url, &json!({"Title": "c", "_UpdatedAt": 3_000})).await.is(404);
    server.write("PUT", &url, &json!({"Title": "c", "_UpdatedAt": later + 1})).await.is(204);
    let live = server.get(&url).await.is(200).json();
    assert_eq!((&live["Notes"], &live["Priority"], &live["_IsTombstoned"]), (&Value::Null, &json!(0), &json!(false)));
    server.delete(&task_url(&id(99))).await.refused(404, "RecordNotFound");
}

#[tokio::test]
async fn a_condition_that_fails_answers_412_with_the_current_record() {
    let server = Running::start().await;
    let url = task_url(&id(1));
    let first = server.write("PUT", &url, &json!({"Title": "a"})).await.is(201);
    let second = server.write("PATCH", &url, &json!({"Title": "b"})).await.is(204);
    let stale = |method: &str| server.request(method, &url).header("If-Match", first.header("etag"));
    for request in
        [stale("PATCH").json(&json!({"Title": "c"})), stale("DELETE"), stale("PUT").json(&json!({"Title": "c"}))]
    {
        let error = send(request).await.refused(412, "PreconditionFailed");
        assert_eq!(error["innererror"]["current"]["Title"], "b");
        assert_eq!(error["innererror"]["current"]["@odata.etag"], second.header("etag"));
    }
    let add = |number: u32| {
        let body = json!({"Id": id(number), "Title": "x", "_UpdatedAt": i64::MAX});
        send(server.request("POST", "/odata/TodoItems").header("If-None-Match", "*").json(&body))
    };
    assert_eq!(add(1).await.refused(412, "PreconditionFailed")["innererror"]["current"]["Title"], "b");
    add(2).await.is(201);
    // The right ETag wins whatever the stamp says; so does its strong form.
    let strong = second.header("etag").trim_start_matches("W/").to_owned();
    let request = server.request("PATCH", &url).header("If-Match", format!("\"1.0\", {strong}"));
    send(request.json(&json!({"Title": "c", "_UpdatedAt": 1}))).await.is(204);
    let etag = server.get(&url).await.header("etag").to_owned();
    let gone = send(server.request("DELETE", &url).header("If-Match", &etag)).await.is(204);
    let error = send(server.request("PATCH", &url).header("If-Match", &etag).json(&json!({"Title": "d"}))).await;
    let error = error.refused(412, "PreconditionFailed");
    assert_eq!(error["innererror"]["current"]["_IsTombstoned"], true);
    assert_eq!(error["innererror"]["current"]["@odata.etag"], gone.header("etag"));
    // The restore that a person chose names the tombstone's own ETag.
    let request = server.request("PUT", &url).header("If-Match", gone.header("etag"));
    send(request.json(&json!({"Title": "back", "_UpdatedAt": 1}))).await.is(204);
    let nowhere = server.request("PATCH", &task_url(&id(9))).header("If-Match", &etag).json(&json!({"Title": "d"}));
    let error = send(nowhere).await.refused(412, "RecordNotFound");
    assert_eq!(error.get("innererror"), None);
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_refused_by_name_and_changes_nothing() {
    let server = Running::start().await;
    let set = "/odata/TodoItems";
    for (body, target) in [
        (json!({"Titel": "a"}), "Titel"),
        (json!({"Notes": "a"}), "Title"),
        (json!({"Title": null}), "Title"),
        (json!({"Title": "x".repeat(201)}), "Title"),
        (json!({"Title": "a\u{0}b"}), "Title"),
        (json!({"Title": "a", "Priority": 2_147_483_648_i64}), "Priority"),
        (json!({"Title": "a", "DueAt": "tomorrow"}), "DueAt"),
        (json!({"Title": "a", "SiteId": "1"}), "SiteId"),
        (json!({"Title": "a", "_UpdatedAt": "soon"}), "_UpdatedAt"),
        (json!({"Title": "a", "_IsTombstoned": 1}), "_IsTombstoned"),
        (json!({"Title": "a", "Id": "nobody"}), "Id"),
    ] {
        let error = server.write("POST", set, &body).await.refused(400, "InvalidRecord");
        assert_eq!(error["target"], target, "{body}");
    }
    let mismatch = server.write("PUT", &task_url(&id(1)), &json!({"Id": id(2), "Title": "a"})).await;
    assert_eq!(mismatch.refused(400, "InvalidRecord")["target"], "Id");
    for (content_type, body, status) in [
        ("application/json", "", 400),
        ("application/json", "[1]", 400),
        ("application/json", "{\"Title\":\"\\ud800\"}", 400),
        ("application/xml", "<a/>", 415),
    ] {
        let request = server.request("POST", set).header("Content-Type", content_type).body(body);
        assert!(send(request).await.is(status).json()["error"]["code"].is_string());
    }
    assert_eq!(server.get("/odata/TodoItems/$count").await.text, "0");
    // What clients send back, and stamps as text, are taken; the server makes the key where there is none.
    let body = json!({
        "@odata.type": "#Tidemark.TodoItem", "Title": "a", "Title@odata.type": "#String", "_UpdatedAt": "12",
        "_UpdatedBy": "eve"
    });
    let made = server.write("POST", set, &body).await.is(201);
    let record = made.json();
    assert_eq!((&record["_UpdatedAt"], &record["_UpdatedBy"]), (&json!(12), &json!("ann")));
    assert_eq!(made.header("location"), format!("{}/odata/TodoItems({})", server.root, record["Id"].as_str().unwrap()));
    assert_eq!(server.get(made.header("location")).await.is(200).json()["Title"], "a");
}

#[tokio::test]
async fn preferences_and_etags_are_honoured_on_single_records() {
    let server = Running::start().await;
    let minimal = server.request("POST", "/odata/TodoItems").header("Prefer", "return=minimal");
    let made = send(minimal.json(&json!({"Id": id(1), "Title": "a"}))).await.is(204);
    assert_eq!(made.header("preference-applied"), "return=minimal");
    assert!(made.header("odata-entityid").ends_with(&task_url(&id(1))));
    assert!(!made.header("location").is_empty());
    let got = server.get(&task_url(&id(1))).await.is(200);
    assert_eq!(got.header("etag"), made.header("etag"));
    let again = server.request("GET", &task_url(&id(1))).header("If-None-Match", made.header("etag"));
    let again = send(again).await.is(304);
    assert!(again.text.is_empty());
    let selected = server.get(&format!("{}?$select=Title", task_url(&id(1)))).await.is(200).json();
    assert_eq!((selected.get("Title"), selected.get("Notes")), (Some(&json!("a")), None));
    for path in ["TodoItems/$value", "TodoItems(1)", "Nothing", "TodoItems?$expand=Nope", "TodoItems?$filter=Nope eq 1"]
    {
        let got = server.get(&format!("/odata/{path}")).await;
        assert!([400, 404, 501].contains(&got.status.as_u16()), "{path}: {}", got.text);
        assert!(got.json()["error"]["message"].is_string());
    }
    let wrong = server.write("POST", &task_url(&id(1)), &json!({})).await;
    assert_eq!(wrong.header("allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
    wrong.refused(405, "MethodNotAllowed");
}

#[tokio::test]
async fn a_stamp_that_was_clamped_is_told_beside_the_etag_and_no_other() {
    let server = Running::start().await;
    let url = task_url(&id(1));
    let body = json!({"Id": id(1), "Title": "a", "_UpdatedAt": 1_000});
    let made = server.write("POST", "/odata/TodoItems", &body).await.is(201);
    assert_eq!(made.headers.get("tidemark-updated-at"), None);
    let patched = server.write("PATCH", &url, &json!({"Title": "b", "_UpdatedAt": 9_000_000_000_000_000_i64})).await;
    let told = patched.header("tidemark-updated-at").to_owned();
    assert_eq!(server.get(&url).await.json()["_UpdatedAt"].to_string(), told);
}
