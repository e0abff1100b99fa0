//! Who changed a record, when, on which device, property by property.

use crate::running::{Running, id, send};
use serde_json::{Value, json};

/// Signs in from a device and returns the token.
async fn token_of(server: &Running, name: &str, device: &str) -> String {
    let ask = json!({"name": name, "password": format!("{name}-password"), "device": device});
    let answer = send(server.bare("POST", "/session").json(&ask)).await.is(201).json();
    answer["token"].as_str().unwrap().to_owned()
}

fn path(number: u32) -> String {
    format!("/history/TodoItems/{}", id(number))
}

#[tokio::test]
async fn every_accepted_change_is_told_newest_first() {
    let server = Running::start().await;
    server.add_user("bob", "one");
    let bob = token_of(&server, "bob", "Bob's laptop").await;
    server.task(1, "a").await;
    let item = format!("/odata/TodoItems({})", id(1));
    let change = |body: Value| send(server.request_as(&bob, "PATCH", &item).json(&body));
    change(json!({"Title": "b", "Notes": "n"})).await.is(204);
    change(json!({"Title": "b"})).await.is(204);
    send(server.request_as(&bob, "DELETE", &item)).await.is(204);
    change(json!({"Title": "c"})).await.is(204);
    let lines = server.get(&path(1)).await.is(200).json()["value"].as_array().unwrap().clone();
    let told: Vec<Value> = lines.iter().map(|line| json!([line["kind"], line["changes"]])).collect();
    assert_eq!(told[0], json!(["restore", {"Title": {"from": "b", "to": "c"}}]));
    assert_eq!(told[1], json!(["delete", {}]));
    assert_eq!(told[2], json!(["update", {}]));
    let both = json!({"Title": {"from": "a", "to": "b"}, "Notes": {"from": null, "to": "n"}});
    assert_eq!(told[3], json!(["update", both]));
    assert_eq!(told[4][1]["Title"], json!({"from": null, "to": "a"}));
    assert_eq!((told.len(), &told[4][0]), (5, &json!("create")));
    let numbers: Vec<u64> = lines.iter().map(|line| line["sequence"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a > b), "{numbers:?}");
    assert!(lines.iter().map(|line| line["at"].as_i64()).is_sorted_by(|a, b| a > b));
    assert_eq!((&lines[0]["user"], &lines[0]["device"]), (&json!("bob"), &json!("Bob's laptop")));
    let newest = server.get(&item).await.is(200).json();
    assert_eq!(lines[0]["etag"], newest["@odata.etag"]);
    // A tombstone keeps its history; a purge takes the values and leaves who and when.
    send(server.request_as(&bob, "DELETE", &item)).await.is(204);
    server.succeeds(&["purge", "--older-than", "0"], "");
    let lines = server.get(&path(1)).await.is(200).json()["value"].as_array().unwrap().clone();
    assert_eq!(lines.len(), 6);
    assert!(lines.iter().all(|line| line["changes"] == json!({})), "{lines:?}");
    assert_eq!(lines[5]["kind"], "create");
}

#[tokio::test]
async fn a_history_ends_with_the_two_hundredth_change() {
    let server = Running::start().await;
    server.task(1, "0").await;
    for n in 1..=205 {
        let body = json!({"Title": n.to_string()});
        server.write("PATCH", &format!("/odata/TodoItems({})", id(1)), &body).await.is(204);
    }
    let lines = server.get(&path(1)).await.is(200).json()["value"].as_array().unwrap().clone();
    assert_eq!((lines.len(), &lines[199]["changes"]["Title"]), (200, &json!({"from": "5", "to": "6"})));
}

#[tokio::test]
async fn what_a_caller_may_not_see_answers_as_what_never_was() {
    let server = Running::start().await;
    server.add_user("bob", "two");
    server.add_user("eve", "one");
    let (bob, eve) = (token_of(&server, "bob", "b").await, token_of(&server, "eve", "e").await);
    server.task(1, "a").await;
    send(server.bare("GET", &path(1))).await.refused(401, "SignInFirst");
    let foreign = send(server.request_as(&bob, "GET", &path(1))).await;
    let unknown = send(server.request_as(&bob, "GET", &path(2))).await;
    let (foreign, unknown) = (foreign.is(404), unknown.is(404));
    assert_eq!(foreign.text.replace(&id(1), ""), unknown.text.replace(&id(2), ""));
    assert!(foreign.json()["error"]["code"].is_string(), "{}", foreign.text);
    send(server.request_as(&eve, "GET", &path(1))).await.is(200);
    for wrong in ["/history/Nothing/x", "/history/TodoItems/not-a-guid"] {
        assert!(server.get(wrong).await.is(404).json()["error"]["code"].is_string());
    }
    // A set that each user has their own of.
    let choice = json!({"Id": id(3), "EntitySet": "TodoItems", "UserName": "ana", "IsOffline": true});
    server.write("POST", "/odata/CachedEntities", &choice).await.is(201);
    let own = format!("/history/CachedEntities/{}", id(3));
    server.get(&own).await.is(200);
    send(server.request_as(&eve, "GET", &own)).await.is(404);
}
