//! What one request or one user may cost: another user goes on working meanwhile, and the memory of the process has a
//! bound (promise 10).

use crate::running::{Running, id, send, task_url};
use serde_json::{Value, json};
use std::sync::Arc;

/// A user in another workspace, with a token of their own.
fn other_user(server: &Running) -> String {
    server.add_user("eve", "two");
    server.new_token("eve")
}

/// Adds records with a long text each.
async fn with_notes(server: &Running, records: u32, notes: &str) {
    for number in 0..records {
        let body = json!({"Title": format!("{number}"), "Notes": notes, "_UpdatedAt": 1_000});
        server.write("PUT", &task_url(&id(number)), &body).await.is(201);
    }
}

/// How often another user signs in, writes and reads, one after the other and each to the end, while `busy` is not over.
async fn rounds_during(server: &Running, token: &str, busy: impl Future<Output = ()>) -> u32 {
    tokio::pin!(busy);
    let mut rounds = 0;
    loop {
        let number = rounds;
        let others = async {
            let url = task_url(&id(number));
            send(server.request_as(token, "PUT", &url).json(&json!({"Title": "eve's"}))).await.is(201);
            send(server.request_as(token, "GET", &url)).await.is(200);
            send(server.request_as(token, "GET", "/odata/TodoItems?$top=5")).await.is(200);
            send(server.bare("GET", "/health/ready")).await.is(200);
        };
        let is_over = tokio::select! {
            biased;
            () = others => false,
            () = &mut busy => true,
        };
        if is_over {
            return rounds;
        }
        rounds += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_slow_lists_of_one_user_make_nobody_else_wait() {
    let server = Arc::new(Running::start().await);
    let eve = other_user(&server);
    with_notes(&server, 60, &"ä".repeat(64 * 1024)).await;
    let slow = "/odata/TodoItems/$count?$filter=contains(tolower(concat(Notes,concat(Notes,Notes))),'zz')";
    let lists: Vec<_> = (0..8)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.get(slow).await.status.as_u16() })
        })
        .collect();
    let busy = async {
        for list in lists {
            // Answered, or told that they are too many or too slow: never an error of the server's.
            let status = list.await.unwrap();
            assert!([200, 400, 503].contains(&status), "{status}");
        }
    };
    let rounds = rounds_during(&server, &eve, busy).await;
    // Hundreds of times where she has a reader of her own, single times where she waits for lists to end.
    assert!(rounds > 30, "she came round {rounds} times only");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_repeats_of_an_old_change_hold_up_no_other_write() {
    let server = Arc::new(Running::start().await);
    let eve = other_user(&server);
    let first = |part: usize| {
        json!({
            "id": part.to_string(), "method": "put", "url": format!("TodoItems({})", id(1)),
            "headers": {"Repeatability-Request-ID": id(77), "Repeatability-First-Sent": "Tue, 31 Mar 2026 08:00:00 GMT",
                        "Content-Type": "application/json", "Prefer": "return=representation"},
            "body": {"Title": "first", "_UpdatedAt": 1},
        })
    };
    assert_eq!(server.batch(json!([first(0)])).await[0]["status"], 201);
    let edit = |version: u32| {
        json!({
            "id": version.to_string(), "method": "patch", "url": format!("TodoItems({})", id(1)),
            "headers": {"Content-Type": "application/json"},
            "body": {"Title": format!("version {version}"), "_UpdatedAt": 2 + version},
        })
    };
    for round in 0..4 {
        let edits: Vec<Value> = (0..500).map(|edit_no| edit(round * 500 + edit_no)).collect();
        assert!(server.batch(json!(edits)).await.iter().all(|answer| answer["status"] == 204));
    }
    let repeats: Vec<Value> = (0..1_000).map(first).collect();
    let repeating = Arc::clone(&server);
    let busy = async move {
        let answers = repeating.batch(json!(repeats)).await;
        assert!(answers.iter().all(|answer| answer["status"] == 204), "{}", answers[0]);
        assert!(answers.iter().all(|answer| answer["headers"]["etag"].as_str().unwrap().starts_with("W/\"1.")));
    };
    let rounds = rounds_during(&server, &eve, busy).await;
    assert!(rounds > 0, "she waited until all of it was answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_that_grow_within_a_query_end_in_a_refusal_and_not_in_the_memory() {
    let server = Running::start().await;
    with_notes(&server, 3, &"a".repeat(1024 * 1024)).await;
    let mut doubled = "Notes".to_owned();
    for _ in 0..9 {
        doubled = format!("concat({doubled},{doubled})");
    }
    server.get(&format!("/odata/TodoItems?$filter=length({doubled}) gt 1")).await.refused(400, "BadRequest");
    // Within what may be joined: a database that has a longest value refuses it, and none calls it its own failure.
    let mut joined = "Notes".to_owned();
    for _ in 0..6 {
        joined = format!("concat({joined},{joined})");
    }
    let status = server.get(&format!("/odata/TodoItems?$filter=length({joined}) gt 1")).await.status.as_u16();
    assert!([200, 400].contains(&status), "{status}");
    let most = server.peak_memory();
    assert!(most < 700 * 1024 * 1024, "{} MiB", most / 1024 / 1024);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_for_a_long_text_in_a_long_text_takes_no_longer_than_reading_both() {
    let server = Running::start().await;
    with_notes(&server, 20, &"a".repeat(1024 * 1024)).await;
    let needle = format!("{}b", "a".repeat(50 * 1024));
    // Tried at every place it would be fifty thousand times as much work, and end at the time that a read may take.
    let found = server.get(&format!("/odata/TodoItems/$count?$filter=contains(Notes,'{needle}')")).await.is(200).text;
    assert_eq!(found, "0");
}

#[tokio::test]
async fn a_devices_name_is_short() {
    let server = Running::start().await;
    let ask = |device: String| json!({"name": "ann", "password": "ann-password", "device": device});
    send(server.bare("POST", "/session").json(&ask("x".repeat(200)))).await.is(201);
    send(server.bare("POST", "/session").json(&ask("x".repeat(201)))).await.is(400);
}

#[tokio::test]
async fn a_batch_of_stale_writes_shows_no_more_than_an_answer_has_room_for() {
    let server = Running::start().await;
    let text = "x".repeat(4 * 1024 * 1024);
    let body = json!({"Id": id(1), "Title": "large", "Notes": text, "_UpdatedAt": 1_900_000_000_000_i64});
    server.write("POST", "/odata/TodoItems", &body).await.is(201);
    let before = server.peak_memory();
    for headers in [json!({}), json!({"if-match": "W/\"9.00000000\""})] {
        let stale = |n: u32| json!({"id": n.to_string(), "method": "PATCH", "url": format!("TodoItems({})", id(1)), "headers": headers, "body": {"Title": "late", "_UpdatedAt": 5}});
        let parts: Vec<_> = (0..100).map(stale).collect();
        let request = server.request("POST", "/odata/$batch").header("Prefer", "odata.continue-on-error");
        let got = send(request.json(&json!({"requests": parts}))).await.is(200);
        assert!(got.text.len() < 80 * 1024 * 1024, "{} MiB", got.text.len() >> 20);
        let answers = got.json()["responses"].as_array().unwrap().clone();
        let with = |status: u64| answers.iter().filter(|answer| answer["status"] == status).count();
        let shown = with(200) + with(412);
        assert_eq!((shown, with(503)), (15, 85));
    }
    assert_eq!(server.get(&task_url(&id(1))).await.json()["Title"], "large");
    #[cfg(target_os = "linux")]
    assert!(server.peak_memory() - before < 600 * 1024 * 1024, "{} MiB", (server.peak_memory() - before) >> 20);
}

#[tokio::test]
async fn a_tree_of_json_costs_no_more_than_its_bytes() {
    let server = Running::start().await;
    server.task(1, "a").await;
    let before = server.peak_memory();
    let zeros = format!("[{}0]", "0,".repeat(8 * 1024 * 1024));
    for name in ["Title", "x", "x@y", "@odata.bind", "TodoList@odata.bind", "Site"] {
        let body = format!("{{\"{name}\":{zeros}}}");
        let request = server.request("POST", "/odata/TodoItems").header("Content-Type", "application/json").body(body);
        let got = send(request).await;
        assert_eq!(got.status.as_u16(), 400, "{name}: {}", got.text);
    }
    assert!(server.peak_memory() - before < 200 * 1024 * 1024, "{} MiB", (server.peak_memory() - before) >> 20);
}

#[tokio::test]
async fn a_history_shows_no_more_than_an_answer_has_room_for() {
    let server = Running::start().await;
    for n in 0..8 {
        let text = format!("{n}").repeat(2 * 1024 * 1024);
        server.write("PUT", &task_url(&id(1)), &json!({"Title": "t", "Notes": text})).await;
    }
    let got = send(server.request("GET", &format!("/history/TodoItems/{}", id(1)))).await.is(200);
    let lines = got.json()["value"].as_array().unwrap().len();
    assert!((1..8).contains(&lines) && got.text.len() < 16 * 1024 * 1024, "{lines} lines, {} bytes", got.text.len());
}
