//! Records that are made with the record around them (OData Protocol 4.01 section 11.4.2.2), and all that is wrong with a body
//! at once (section 9.4).

use crate::running::{Running, id, send, task_url};
use serde_json::{Value, json};

fn list(tasks: Value) -> Value {
    json!({"Id": id(101), "Name": "Pumps", "TodoItems": tasks})
}

async fn count(server: &Running, set: &str) -> String {
    server.get(&format!("/odata/{set}/$count")).await.is(200).text
}

#[tokio::test]
async fn a_list_is_made_with_its_tasks_or_not_at_all() {
    let server = Running::start().await;
    let tasks = json!([{"Title": "a", "Priority": 9_007_199}, {"Id": id(2), "Title": "b"}]);
    let got = server.write("POST", "/odata/TodoLists", &list(tasks)).await.is(201);
    let made = got.json();
    let context = made["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("#TodoLists(TodoItems())/$entity"), "{context}");
    let titles: Vec<_> = made["TodoItems"].as_array().unwrap().iter().map(|task| task["Title"].clone()).collect();
    assert_eq!((titles, &made["TodoItems"][1]["Id"]), (vec![json!("a"), json!("b")], &json!(id(2))));
    assert!(got.header("location").ends_with(&format!("TodoLists({})", id(101))));
    let read =
        server.get(&format!("/odata/TodoLists({})?$expand=TodoItems($orderby=Title)", id(101))).await.is(200).json();
    assert_eq!(read["TodoItems"], made["TodoItems"]);
    assert_eq!(read["TodoItems"][0]["TodoListId"], id(101));
    // One task that cannot be: neither the list nor the other task is made, and the error says which.
    let wrong = json!({"Name": "Roads", "TodoItems": [{"Title": "c"}, {"Priority": "high"}]});
    let error = server.write("POST", "/odata/TodoLists", &wrong).await.is(400).json();
    assert_eq!(error["error"]["target"], "TodoItems/1/Priority");
    let wrong = json!({"Name": "Roads", "TodoItems": [{"Title": "c"}, {"Priority": 1}]});
    let error = server.write("POST", "/odata/TodoLists", &wrong).await.is(400).json();
    assert_eq!(error["error"]["target"], "TodoItems/1/Title", "{error}");
    let wrong = json!({"Name": "Roads", "TodoItems": [{"Title": "c", "TodoListId": id(101)}]});
    let error = server.write("POST", "/odata/TodoLists", &wrong).await.is(400).json();
    assert_eq!(error["error"]["target"], "TodoItems/0/TodoListId", "{error}");
    let deeper = json!({"Name": "Roads", "TodoItems": [{"Title": "c", "Site": {"Name": "d"}}]});
    let error = server.write("POST", "/odata/TodoLists", &deeper).await.is(501).json();
    assert_eq!(error["error"]["target"], "TodoItems/0/Site");
    assert_eq!((count(&server, "TodoLists").await.as_str(), count(&server, "TodoItems").await.as_str()), ("1", "2"));
    server
        .write("PATCH", &format!("/odata/TodoLists({})", id(101)), &json!({"TodoItems": [{"Title": "x"}]}))
        .await
        .is(501);
}

#[tokio::test]
async fn a_task_is_made_with_its_list_and_a_repeat_makes_nothing_more() {
    let server = Running::start().await;
    let body =
        json!({"Title": "a", "TodoList": {"Name": "Pumps"}, "Site": {"@odata.id": format!("Sites({})", id(201))}});
    let ask = || {
        let request = server.request("POST", "/odata/TodoItems").json(&body);
        let request = request.header("Repeatability-Request-ID", "deep-1");
        send(request.header("Repeatability-First-Sent", "Sun, 29 Nov 2026 08:00:00 GMT"))
    };
    let made = ask().await.is(201).json();
    assert_eq!((&made["TodoList"]["Name"], &made["TodoList"]["Id"]), (&json!("Pumps"), &made["TodoListId"]));
    assert_eq!(made["SiteId"], id(201));
    let again = ask().await;
    assert!([201, 204].contains(&again.status.as_u16()), "{}", again.text);
    assert_eq!((count(&server, "TodoLists").await.as_str(), count(&server, "TodoItems").await.as_str()), ("1", "1"));
    // Each is a change of its own in the history.
    let list = made["TodoListId"].as_str().unwrap();
    let history = send(server.request("GET", &format!("/history/TodoLists/{list}"))).await.is(200).json();
    assert_eq!(history["value"].as_array().unwrap().len(), 1);
    let minimal = server.request("POST", "/odata/TodoItems").header("Prefer", "return=minimal");
    let got = send(minimal.json(&json!({"Title": "b", "TodoList": {"Name": "Roads"}}))).await.is(204);
    assert!(got.text.is_empty());
    let two = json!({"Title": "a", "TodoList": {"Name": "Pumps"}, "TodoListId": id(7)});
    server.write("POST", "/odata/TodoItems", &two).await.is(400);
    server.write("POST", "/odata/TodoItems", &json!({"Title": "a", "TodoList": [{"Name": "x"}]})).await.is(400);
    server.write("POST", "/odata/TodoLists", &json!({"Name": "a", "TodoItems": {"Title": "x"}})).await.is(400);
    let many: Vec<Value> = (0..1001).map(|n| json!({"Title": n.to_string()})).collect();
    let refused = server.write("POST", "/odata/TodoLists", &json!({"Name": "a", "TodoItems": many})).await.is(400);
    assert!(refused.text.contains("1000"), "{}", refused.text);
}

#[tokio::test]
async fn records_are_made_within_others_in_a_batch_too() {
    let server = Running::start().await;
    let post = |number: &str, group: Option<&str>, body: Value| json!({"id": number, "method": "POST", "url": "TodoLists", "atomicityGroup": group, "body": body});
    let answers = server
        .batch(json!([
            post("1", None, list(json!([{"Title": "a"}, {"Title": "b"}]))),
            post("2", Some("g"), json!({"Name": "in a group", "TodoItems": [{"Title": "c"}]})),
            post("3", Some("g"), json!({"Name": "with it", "TodoItems": [{"Title": "d"}, {"Title": "e"}]})),
            post("4", Some("h"), json!({"Name": "falls", "TodoItems": [{"Title": "f"}]})),
            post("5", Some("h"), json!({"Name": "by this", "TodoItems": [{"Notes": "no title"}]})),
            {"id": "6", "method": "GET", "url": "TodoItems/$count"},
        ]))
        .await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 201, 201, 424, 400, 200]);
    assert_eq!(answers[2]["body"]["TodoItems"][1]["Title"], "e");
    assert_eq!(answers[4]["body"]["error"]["target"], "TodoItems/0/Title");
    assert_eq!(answers[5]["body"].to_string().trim_matches('"'), "5");
}

#[tokio::test]
async fn all_that_is_wrong_with_a_record_is_said_at_once() {
    let server = Running::start().await;
    let body = json!({"Priority": "high", "DueAt": "soon", "Titel": "a", "Notes": "n"});
    let error = server.write("POST", "/odata/TodoItems", &body).await.is(400).json()["error"].clone();
    let mut targets: Vec<_> =
        error["details"].as_array().unwrap().iter().map(|d| d["target"].as_str().unwrap().to_owned()).collect();
    targets.sort();
    assert_eq!(targets, ["DueAt", "Priority", "Titel", "Title"]);
    assert!(error["details"].as_array().unwrap().iter().all(|d| d["code"].is_string() && d["message"].is_string()));
    assert_eq!((&error["target"], &error["code"]), (&error["details"][0]["target"], &json!("InvalidRecord")));
    // One thing has no list, and what a change leaves out is not missing.
    let error = server.write("POST", "/odata/TodoItems", &json!({"Notes": "n"})).await.is(400).json()["error"].clone();
    assert_eq!((&error["target"], error.get("details")), (&json!("Title"), None));
    let task = server.task(1, "a").await;
    let error = server.write("PATCH", &task_url(&task), &json!({"Priority": "x", "DueAt": 5})).await.is(400).json();
    assert_eq!(error["error"]["details"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_change_that_says_nothing_makes_no_version() {
    let server = Running::start().await;
    let task = server.task(1, "a").await;
    let etag = server.get(&task_url(&task)).await.header("etag").to_owned();
    for body in [json!({}), json!({"@odata.etag": "x", "_UpdatedBy": "eve"})] {
        let got = server.write("PATCH", &task_url(&task), &body).await.is(204);
        assert_eq!(got.header("etag"), etag);
    }
    let history = send(server.request("GET", &format!("/history/TodoItems/{task}"))).await.is(200).json();
    assert_eq!(history["value"].as_array().unwrap().len(), 1);
    // A condition is asked all the same, and nobody's record stays nobody's.
    let stale = server.request("PATCH", &task_url(&task)).header("If-Match", "W/\"9.00000000\"").json(&json!({}));
    send(stale).await.is(412);
    server.write("PATCH", &task_url(&task), &json!({"Notes": "n"})).await.is(204);
    assert_ne!(server.get(&task_url(&task)).await.header("etag"), etag);
}

/// What is there already is somebody's: making something with it inside is no way to write over it.
#[tokio::test]
async fn what_is_there_already_is_not_made_again_by_what_is_around_it() {
    let server = Running::start().await;
    server.write("POST", "/odata/TodoLists", &json!({"Id": id(101), "Name": "Pumps"})).await.is(201);
    server.write("POST", "/odata/TodoItems", &json!({"Id": id(1), "Title": "mine"})).await.is(201);
    // The record around is there: what is within is not made either, also where the record around would have lost.
    for stamp in [1, 4_000_000_000_000u64] {
        let body = json!({"Id": id(101), "Name": "Roads", "_UpdatedAt": stamp, "TodoItems": [{"Title": "a"}]});
        let got = server.write("POST", "/odata/TodoLists", &body).await.is(412);
        assert!(got.text.contains("already"), "{}", got.text);
    }
    // One within is there: nothing is made.
    let within = json!({"Name": "Roads", "TodoItems": [{"Title": "a"}, {"Id": id(1), "Title": "yours"}]});
    let error = server.write("POST", "/odata/TodoLists", &within).await.is(412).json();
    assert_eq!(error["error"]["target"], "TodoItems/1");
    let around = json!({"Title": "b", "TodoList": {"Id": id(101), "Name": "Roads"}});
    server.write("POST", "/odata/TodoItems", &around).await.is(412);
    assert_eq!((count(&server, "TodoLists").await.as_str(), count(&server, "TodoItems").await.as_str()), ("1", "1"));
    let names = (format!("/odata/TodoLists({})/Name/$value", id(101)), format!("{}/Title/$value", task_url(&id(1))));
    assert_eq!((server.get(&names.0).await.text, server.get(&names.1).await.text), ("Pumps".into(), "mine".into()));
}

/// A batch of a few requests is not to hold up everybody for the hundred thousand records within them.
#[tokio::test]
async fn records_within_count_among_the_requests_of_a_batch() {
    let server = Running::start().await;
    let tasks: Vec<Value> = (0..1000).map(|n| json!({"Title": n.to_string()})).collect();
    let part = |number: usize| {
        json!({"id": number.to_string(), "method": "POST", "url": "TodoLists",
               "headers": {"content-type": "application/json"}, "body": {"Name": "a", "TodoItems": tasks}})
    };
    let answers = server.batch(json!((1..=11).map(part).collect::<Vec<_>>())).await;
    let statuses: Vec<u64> = answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 9, "{statuses:?}");
    assert_eq!(statuses.get(9), Some(&413), "{statuses:?}");
}
