//! JSON batches: every part has its own answer, and groups stand or fall together.

use crate::running::{Running, follow, id, send, task_url};
use serde_json::{Value, json};

fn post(part: &str, number: u32, title: &str) -> Value {
    json!({
        "id": part, "method": "POST", "url": "TodoItems", "headers": {"content-type": "application/json"},
        "body": {"Id": id(number), "Title": title}
    })
}

fn statuses(answers: &[Value]) -> Vec<(&str, u64)> {
    answers.iter().map(|answer| (answer["id"].as_str().unwrap(), answer["status"].as_u64().unwrap())).collect()
}

#[tokio::test]
async fn with_continue_on_error_each_part_is_answered_in_order() {
    let server = Running::start().await;
    let mut bad = post("2", 2, "bad");
    bad["body"]["Nope"] = json!(1);
    let answers = server
        .batch(json!([
            post("1", 1, "one"),
            bad,
            {"id": "3", "method": "PATCH", "url": format!("/odata/TodoItems({})", id(1)), "body": {"Notes": "n"}},
            {"id": "4", "method": "GET", "url": format!("TodoItems({})", id(1))},
            {"id": "5", "method": "DELETE", "url": format!("{}/odata/TodoItems({})", server.root, id(1))},
            {"id": "6", "method": "GET", "url": format!("TodoItems({})", id(1))},
            {"id": "7", "method": "GET", "url": "TodoItems/$count"},
            {"id": "8", "method": "GET", "url": "Nothing"},
            {"id": "9", "method": "PUT", "url": "TodoItems"},
            {"id": "10", "method": "GET", "url": "https://elsewhere.example/odata/TodoItems"},
        ]))
        .await;
    let expected = [201, 400, 204, 200, 204, 404, 200, 404];
    let got: Vec<u64> = answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect();
    assert_eq!(got[..8], expected);
    assert_eq!(got[8], 405);
    assert!([200, 400].contains(&got[9]), "{}", answers[9]);
    assert_eq!(answers[0]["body"]["Title"], "one");
    assert_eq!(answers[1]["body"]["error"]["target"], "Nope");
    assert_eq!((&answers[3]["body"]["Notes"], &answers[6]["body"]), (&json!("n"), &json!("0")));
    assert!(answers[2]["headers"]["etag"].is_string());
}

#[tokio::test]
async fn without_it_the_answers_end_with_the_first_failure() {
    let server = Running::start().await;
    let requests = json!({"requests": [
        post("1", 1, "one"),
        {"id": "2", "method": "DELETE", "url": format!("TodoItems({})", id(9))},
        post("3", 3, "three"),
    ]});
    let answer = send(server.request("POST", "/odata/$batch").json(&requests)).await.is(200).json();
    assert_eq!(statuses(answer["responses"].as_array().unwrap()), [("1", 201), ("2", 404)]);
    assert_eq!(server.get("/odata/TodoItems/$count").await.text, "1");
}

#[tokio::test]
async fn a_group_is_applied_whole_or_not_at_all() {
    let server = Running::start().await;
    let group = |mut part: Value, name: &str| {
        part["atomicityGroup"] = json!(name);
        part
    };
    let gone = json!({"id": "b", "method": "DELETE", "url": format!("TodoItems({})", id(9))});
    let mut invalid = post("f", 6, "x");
    invalid["body"]["Title"] = json!(7);
    let answers = server
        .batch(json!([
            group(post("a", 1, "one"), "g"),
            group(gone, "g"),
            group(post("c", 3, "three"), "g"),
            post("d", 4, "four"),
            group(post("e", 5, "five"), "h"),
            group(invalid, "h"),
            group(post("i", 7, "seven"), "k"),
            group(post("j", 8, "eight"), "k"),
            {"id": "l", "method": "GET", "url": "TodoItems", "dependsOn": ["g"]},
            {"id": "m", "method": "PATCH", "url": "$i", "body": {"Notes": "n"}, "dependsOn": ["k"]},
        ]))
        .await;
    let expected = [
        ("a", 424),
        ("b", 404),
        ("c", 424),
        ("d", 201),
        ("e", 424),
        ("f", 400),
        ("i", 201),
        ("j", 201),
        ("l", 424),
        ("m", 204),
    ];
    assert_eq!(statuses(&answers), expected);
    let (records, _) = follow(&server, "/odata/TodoItems?$orderby=Title", "").await;
    let titles: Vec<_> = records.iter().map(|record| record["Title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["eight", "four", "seven"]);
    assert_eq!(records[2]["Notes"], "n");
    // Numbers of a step that was undone are given again: the feed has no gaps.
    let mut sequences: Vec<u64> = records
        .iter()
        .map(|record| record["@odata.etag"].as_str().unwrap()[3..].split('.').next().unwrap().parse().unwrap())
        .collect();
    sequences.sort_unstable();
    assert_eq!(sequences, [1, 3, 4]);
}

#[tokio::test]
async fn what_reads_in_a_group_is_asked_before_it_and_fails_it() {
    let server = Running::start().await;
    server.task(1, "stored").await;
    let read = |part: &str, number: u32, more: Value| {
        let mut part =
            json!({"id": part, "atomicityGroup": "g", "method": "GET", "url": format!("TodoItems({})", id(number))});
        part.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        part
    };
    let in_group = |number: u32| {
        let mut part = post("w", number, "written");
        part["atomicityGroup"] = json!("g");
        part
    };
    let answers = server.batch(json!([in_group(2), read("r", 1, json!({}))])).await;
    assert_eq!(statuses(&answers), [("w", 201), ("r", 200)]);
    assert_eq!((&answers[1]["body"]["Title"], &answers[1]["atomicityGroup"]), (&json!("stored"), &json!("g")));
    // Only reads are a group too.
    assert_eq!(statuses(&server.batch(json!([read("r", 1, json!({}))])).await), [("r", 200)]);
    for (number, more, status) in
        [(9, json!({}), 404), (1, json!({"dependsOn": ["w"]}), 400), (1, json!({"url": "$w"}), 400)]
    {
        let answers = server.batch(json!([in_group(3), read("r", number, more)])).await;
        assert_eq!(statuses(&answers), [("w", 424), ("r", status)]);
    }
    let mut gone = json!({"id": "d", "atomicityGroup": "g", "method": "DELETE"});
    gone["url"] = json!(format!("TodoItems({})", id(9)));
    let answers = server.batch(json!([in_group(3), read("r", 1, json!({})), gone])).await;
    assert_eq!(statuses(&answers), [("w", 424), ("r", 424), ("d", 404)]);
    assert_eq!(server.get("/odata/TodoItems/$count").await.text, "2");
}

#[tokio::test]
async fn what_a_group_reads_counts_while_it_is_kept_back() {
    let server = Running::start().await;
    let notes = "n".repeat(1 << 20);
    server.write("PUT", &task_url(&id(1)), &json!({"Title": "large", "Notes": notes})).await.is(201);
    let parts: Vec<Value> = (0..70)
        .map(|n| json!({"id": n.to_string(), "atomicityGroup": "g", "method": "GET", "url": format!("TodoItems({})", id(1))}))
        .collect();
    let answers = server.batch(json!(parts)).await;
    let refused = answers.iter().filter(|answer| answer["status"] == 413).count();
    assert!((1..10).contains(&refused), "{refused}");
    assert!(answers.iter().all(|answer| answer["status"] == 413 || answer["status"] == 424));
}

#[tokio::test]
async fn a_condition_says_whether_a_request_is_carried_out() {
    let server = Running::start().await;
    let with = |part: &str, number: u32, condition: Value, depends_on: Value| {
        let mut part = post(part, number, "made");
        part["if"] = condition;
        part["dependsOn"] = depends_on;
        part
    };
    let answers = server
        .batch(json!([
            with("a", 1, json!("true"), json!([])),
            with("b", 2, json!("false"), json!([])),
            with("c", 3, json!(false), json!([])),
            {"id": "gone", "method": "DELETE", "url": format!("TodoItems({})", id(9))},
            with("d", 4, json!("$gone/$succeeded"), json!(["gone"])),
            with("e", 5, json!("not $gone/$succeeded and $a/$succeeded"), json!(["gone", "a"])),
            with("f", 6, json!("$a/Title eq 'made'"), json!(["a"])),
            with("g", 7, Value::Null, json!(["e"])),
        ]))
        .await;
    let expected = [("a", 201), ("b", 424), ("c", 424), ("gone", 404), ("d", 424), ("e", 201), ("f", 424), ("g", 201)];
    assert_eq!(statuses(&answers), expected);
    assert_eq!(server.get("/odata/TodoItems/$count").await.text, "3");
}

#[tokio::test]
async fn the_etag_of_an_answer_is_referred_to() {
    let server = Running::start().await;
    server.task(1, "first").await;
    let url = format!("TodoItems({})", id(1));
    let patch = |part: &str, reference: &str| json!({"id": part, "method": "PATCH", "url": url, "headers": {"if-match": reference}, "body": {"Notes": part}});
    let answers = server
        .batch(json!([
            {"id": "1", "method": "GET", "url": url},
            patch("2", "$1"),
            patch("3", "$1"),
            patch("4", "$2"),
            patch("5", "$nobody"),
            {"id": "6", "method": "GET", "url": "$1"},
        ]))
        .await;
    assert_eq!(statuses(&answers), [("1", 200), ("2", 204), ("3", 412), ("4", 204), ("5", 400), ("6", 200)]);
    assert_eq!(answers[5]["body"]["Notes"], "4");
}

#[tokio::test]
async fn a_loser_does_not_fail_its_group() {
    let server = Running::start().await;
    server.task(1, "stored").await;
    let late = json!({
        "id": "1", "atomicityGroup": "g", "method": "PATCH", "url": format!("TodoItems({})", id(1)),
        "body": {"Title": "late", "_UpdatedAt": 5}
    });
    let mut other = post("2", 2, "two");
    other["atomicityGroup"] = json!("g");
    let answers = server.batch(json!([late, other])).await;
    assert_eq!(statuses(&answers), [("1", 200), ("2", 201)]);
    assert_eq!(answers[0]["body"]["Title"], "stored");
}

#[tokio::test]
async fn two_hundred_records_are_one_request_and_its_form_is_checked() {
    let server = Running::start().await;
    let parts: Vec<Value> = (0..200).map(|number| post(&number.to_string(), number, "many")).collect();
    let answers = server.batch(json!(parts)).await;
    assert!(answers.len() == 200 && answers.iter().all(|answer| answer["status"] == 201));
    assert_eq!(server.get("/odata/TodoItems/$count").await.text, "200");
    for (content_type, body, statuses) in [
        ("application/json", r#"{"requests": [{"id": "1"}]}"#.to_owned(), [400, 400]),
        ("application/json", "[]".to_owned(), [400, 400]),
        ("application/json", json!({"requests": [post("1", 900, "a"), post("1", 901, "b")]}).to_string(), [400, 400]),
        ("multipart/mixed; boundary=b", "--b\r\n".to_owned(), [400, 400]),
        ("text/plain", "x".to_owned(), [415, 415]),
    ] {
        let request = server.request("POST", "/odata/$batch").header("Content-Type", content_type).body(body);
        let got = send(request).await;
        assert!(statuses.contains(&got.status.as_u16()), "{}", got.text);
        assert!(got.json()["error"]["message"].is_string());
    }
    assert_eq!(server.get("/odata/TodoItems/$count").await.text, "200");
}

#[tokio::test]
async fn one_request_asks_for_every_delta_and_a_quiet_day_is_small() {
    let server = Running::start().await;
    server.task(1, "a").await;
    let mut parts = Vec::new();
    for set in ["TodoItems", "Sites", "Contacts", "TodoLists", "CachedEntities"] {
        let request = server.request("GET", &format!("/odata/{set}")).header("OData-MaxVersion", "4.01");
        let page = send(request.header("Prefer", "track-changes")).await.is(200);
        parts.push(json!({
            "id": set, "method": "GET", "url": page.json()["@deltaLink"],
            "headers": {"if-none-match": page.header("etag")}
        }));
    }
    let ask = |parts: &[Value]| {
        let request = server.request("POST", "/odata/$batch").header("OData-MaxVersion", "4.01");
        send(request.header("Prefer", "continue-on-error").json(&json!({"requests": parts})))
    };
    let quiet = ask(&parts).await.is(200);
    assert!(quiet.json()["responses"].as_array().unwrap().iter().all(|answer| answer["status"] == 304));
    assert!(quiet.text.len() < 800, "{}", quiet.text);
    server.write("PATCH", &task_url(&id(1)), &json!({"Title": "b"})).await.is(204);
    let moved = ask(&parts).await.is(200).json();
    assert_eq!(moved["responses"][0]["body"]["value"][0]["Title"], "b");
}
