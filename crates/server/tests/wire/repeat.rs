//! Sending a change k times applies it once, and each time is answered as the first.

use crate::running::{Got, Running, id, send, task_url};
use serde_json::{Value, json};

async fn sent(server: &Running, method: &str, path: &str, request: &str, body: Option<&Value>) -> Got {
    let call = server
        .request(method, path)
        .header("Repeatability-Request-ID", request)
        .header("Repeatability-First-Sent", "Tue, 31 Mar 2026 08:00:00 GMT");
    send(match body {
        Some(body) => call.json(body),
        None => call,
    })
    .await
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_time_even_after_others_wrote() {
    let server = Running::start().await;
    let url = task_url(&id(1));
    let body = json!({"Id": id(1), "Title": "mine", "Notes": "n", "_UpdatedAt": 1_000});
    let first = sent(&server, "POST", "/odata/TodoItems", &id(100), Some(&body)).await.is(201);
    assert_eq!(first.header("repeatability-result"), "accepted");
    let change = json!({"Title": "changed", "_UpdatedAt": 2_000});
    let changed = sent(&server, "PATCH", &url, &id(101), Some(&change)).await.is(204);
    server.write("PATCH", &url, &json!({"Title": "theirs", "Notes": null, "_UpdatedAt": 3_000})).await.is(204);
    let gone = sent(&server, "DELETE", &url, &id(102), None).await.is(204);
    let before = server.get("/odata/TodoItems?$filter=_IsTombstoned eq true").await.text;
    for _ in 0..2 {
        let again = sent(&server, "POST", "/odata/TodoItems", &id(100), Some(&body)).await.is(201);
        assert_eq!(again.header("etag"), first.header("etag"));
        assert_eq!(again.json(), first.json());
        let again = sent(&server, "PATCH", &url, &id(101), Some(&change)).await.is(204);
        assert_eq!(again.header("etag"), changed.header("etag"));
        let again = sent(&server, "DELETE", &url, &id(102), None).await.is(204);
        assert_eq!(again.header("etag"), gone.header("etag"));
    }
    assert_eq!(server.get("/odata/TodoItems?$filter=_IsTombstoned eq true").await.text, before);
}

#[tokio::test]
async fn the_same_name_for_another_change_is_refused() {
    let server = Running::start().await;
    let body = json!({"Id": id(1), "Title": "a", "_UpdatedAt": 1_000});
    sent(&server, "POST", "/odata/TodoItems", &id(100), Some(&body)).await.is(201);
    let other = json!({"Id": id(1), "Title": "b", "_UpdatedAt": 2_000});
    let refused = sent(&server, "POST", "/odata/TodoItems", &id(100), Some(&other)).await;
    assert_eq!(refused.header("repeatability-result"), "rejected");
    refused.refused(400, "RepeatabilityConflict");
    sent(&server, "DELETE", &task_url(&id(1)), &id(100), None).await.refused(400, "RepeatabilityConflict");
    assert_eq!(server.get(&task_url(&id(1))).await.json()["Title"], "a");
    // Another user's names are other names.
    server.add_user("bea", "one");
    let bea = server.new_token("bea");
    let hers = server.request_as(&bea, "PUT", &task_url(&id(2))).header("Repeatability-Request-ID", id(100));
    send(hers.json(&json!({"Title": "c"}))).await.is(201);
}

#[tokio::test]
async fn a_key_made_by_the_server_is_the_same_in_the_repeat_and_a_batch_repeats_too() {
    let server = Running::start().await;
    let body = json!({"Title": "a"});
    let first = sent(&server, "POST", "/odata/TodoItems", "not-a-guid", Some(&body)).await.is(201).json();
    let again = sent(&server, "POST", "/odata/TodoItems", "not-a-guid", Some(&body)).await.is(201).json();
    assert_eq!(first["Id"], again["Id"]);
    let part = |part: &str| {
        json!({
            "id": part, "method": "POST", "url": "TodoItems",
            "headers": {"repeatability-request-id": id(7), "prefer": "return=minimal", "if-none-match": "*"},
            "body": {"Id": id(1), "Title": "in a batch"}
        })
    };
    let once = server.batch(json!([part("1"), part("2")])).await;
    let later = server.batch(json!([part("3")])).await;
    for answer in once.iter().chain(&later) {
        assert_eq!((&answer["status"], &answer["headers"]["etag"]), (&json!(204), &once[0]["headers"]["etag"]));
    }
    assert_eq!(server.get("/odata/TodoItems/$count").await.text, "2");
}

#[tokio::test]
async fn a_record_made_without_a_key_has_one_by_the_name_of_its_request() {
    let (server, other) = (Running::start().await, Running::start().await);
    let body = json!({"Title": "made"});
    let made = sent(&server, "POST", "/odata/TodoItems", &id(300), Some(&body)).await.is(201).json();
    // Where nobody remembers the request any more, the record itself says that it was made.
    let again = sent(&other, "POST", "/odata/TodoItems", &id(300), Some(&body)).await.is(201).json();
    assert_eq!(made["Id"], again["Id"]);
    let next = sent(&server, "POST", "/odata/TodoItems", &id(301), Some(&body)).await.is(201).json();
    assert_ne!(made["Id"], next["Id"]);
}

/// Whatever somebody has made possible since: the request is the one that was refused.
#[tokio::test]
async fn what_was_refused_is_refused_again() {
    let server = Running::start().await;
    let (url, body) = (task_url(&id(1)), json!({"Title": "theirs"}));
    let patch = json!({"Priority": 3});
    let property = format!("{url}/Notes");
    let first = async |again: bool| {
        sent(&server, "DELETE", &url, &id(100), None).await.refused(404, "RecordNotFound");
        let must_exist =
            server.request("PATCH", &url).header("Repeatability-Request-ID", id(101)).header("If-Match", "*");
        let missing = send(must_exist.json(&patch)).await;
        assert_eq!(missing.header("repeatability-result"), "accepted");
        missing.refused(412, "RecordNotFound");
        sent(&server, "PATCH", &url, &id(102), Some(&patch)).await.refused(400, "InvalidRecord");
        sent(&server, "DELETE", &property, &id(103), None).await.refused(404, "RecordNotFound");
        let within = format!("/odata/TodoLists({})/TodoItems", id(9));
        let made = json!({"Title": "within"});
        sent(&server, "POST", &within, &id(107), Some(&made)).await.refused(404, "RecordNotFound");
        let part = |part: &str, method: &str, id: u32, group: Option<&str>, body: Option<&Value>, to: &str| {
            let mut part =
                json!({"id": part, "method": method, "url": to, "headers": {"repeatability-request-id": self::id(id)}});
            let members = part.as_object_mut().unwrap();
            group.map(|group| members.insert("atomicityGroup".into(), json!(group)));
            body.map(|body| members.insert("body".into(), body.clone()));
            part
        };
        let task = format!("TodoItems({})", id(1));
        let other = format!("TodoItems({})", id(2));
        let answers = server
            .batch(json!([
                part("1", "DELETE", 104, None, None, &task),
                part("2", "DELETE", 104, None, None, &task),
                part("3", "PUT", 105, Some("g"), Some(&json!({"Title": "with it"})), &other),
                part("4", "DELETE", 106, Some("g"), None, &task),
            ]))
            .await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, [404, 404, 424, 404], "again: {again}");
    };
    first(false).await;
    // However often it comes.
    first(true).await;
    let made = server.write("PUT", &url, &body).await.is(201);
    server.write("PUT", &format!("/odata/TodoLists({})", id(9)), &json!({"Name": "L"})).await.is(201);
    server.write("PATCH", &url, &json!({"Notes": "kept"})).await.is(204);
    first(true).await;
    let now = server.get(&url).await.json();
    assert_eq!((&now["Title"], &now["Priority"], &now["Notes"]), (&json!("theirs"), &json!(0), &json!("kept")));
    server.get(&task_url(&id(2))).await.is(404);
    // Under another name it is another request.
    assert!(made.header("etag") != sent(&server, "DELETE", &url, &id(110), None).await.is(204).header("etag"));
    // The name of what was refused is no other request's either.
    let other = json!({"Title": "b"});
    sent(&server, "PATCH", &url, &id(102), Some(&other)).await.refused(400, "RepeatabilityConflict");
}

#[tokio::test]
async fn what_was_applied_is_answered_so_whatever_became_of_what_it_asked_for() {
    let server = Running::start().await;
    let (list, within) = (format!("/odata/TodoLists({})", id(9)), format!("/odata/TodoLists({})/TodoItems", id(9)));
    server.write("PUT", &list, &json!({"Name": "L"})).await.is(201);
    let body = json!({"Title": "within"});
    let made = sent(&server, "POST", &within, &id(100), Some(&body)).await.is(201).json();
    send(server.request("DELETE", &list)).await.is(204);
    for _ in 0..3 {
        let again = sent(&server, "POST", &within, &id(100), Some(&body)).await.is(201).json();
        assert_eq!(again["Id"], made["Id"]);
    }
    // Another is refused, and so is every part of a batch that repeats it; what stands beside it in a set may come again.
    sent(&server, "POST", &within, &id(101), Some(&body)).await.refused(404, "RecordNotFound");
    let part = |part: &str, id: u32, group: Option<&str>, to: &str, method: &str| {
        let mut part = json!({"id": part, "method": method, "url": to, "body": {"Title": "b"},
            "headers": {"repeatability-request-id": self::id(id)}});
        group.map(|group| part.as_object_mut().unwrap().insert("atomicityGroup".into(), json!(group)));
        part
    };
    let (into, task) = (format!("TodoLists({})/TodoItems", id(9)), format!("TodoItems({})", id(50)));
    let statuses = async |parts: Value| -> Vec<u64> {
        server.batch(parts).await.iter().map(|answer| answer["status"].as_u64().unwrap()).collect()
    };
    for _ in 0..2 {
        let twice = json!([part("1", 102, None, &into, "POST"), part("2", 102, None, &into, "POST")]);
        assert_eq!(statuses(twice).await, [404, 404]);
        let set = json!([part("1", 103, Some("g"), &into, "POST"), part("2", 104, Some("g"), &task, "PUT")]);
        assert_eq!(statuses(set).await, [404, 424]);
    }
    assert_eq!(statuses(json!([part("1", 104, None, &task, "PUT")])).await, [201]);
}
