//! Multipart batches as clients write them, over real HTTP: their answers byte for byte as clients read them, change sets
//! whole or not at all.

use crate::running::{Got, Running, id, send};
use serde_json::json;

/// One request as a part of a multipart body.
fn part(content_id: Option<u32>, request: &str, body: &str) -> String {
    let id = content_id.map_or_else(String::new, |id| format!("Content-ID: {id}\r\n"));
    format!(
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{id}\r\n{request} HTTP/1.1\r\n\
         Content-Type: application/json\r\n\r\n{body}\r\n"
    )
}

fn change_set(parts: &[String]) -> String {
    let parts: String = parts.iter().map(|part| format!("--c\r\n{part}")).collect();
    format!("Content-Type: multipart/mixed; boundary=c\r\n\r\n{parts}--c--\r\n")
}

fn whole(parts: &[String]) -> String {
    let parts: String = parts.iter().map(|part| format!("--b\r\n{part}")).collect();
    format!("\r\n{parts}--b--\r\n")
}

fn post(content_id: u32, number: u32, title: &str) -> String {
    part(Some(content_id), "POST TodoItems", &json!({"Id": id(number), "Title": title}).to_string())
}

async fn batch(server: &Running, prefer: &str, body: String) -> Got {
    let request = server.request("POST", "/odata/$batch").header("Content-Type", "multipart/mixed; boundary=b");
    send(request.header("Prefer", prefer).body(body)).await
}

/// The status lines of an answer, in order.
fn statuses(got: &Got) -> Vec<u16> {
    let lines = got.text.split("\r\n").filter_map(|line| line.strip_prefix("HTTP/1.1 "));
    lines.map(|line| line[..3].parse().unwrap()).collect()
}

async fn titles(server: &Running) -> Vec<String> {
    let list = server.get("/odata/TodoItems?$orderby=Title").await.is(200).json();
    list["value"].as_array().unwrap().iter().map(|record| record["Title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn answers_have_the_form_that_clients_read() {
    let server = Running::start().await;
    let got = batch(
        &server,
        "",
        whole(&[
            change_set(&[post(1, 1, "one"), part(Some(2), "PATCH $1", "{\"Notes\":\"n\"}")]),
            part(None, &format!("GET {}/odata/TodoItems({})?$select=Notes", server.root, id(1)), ""),
            part(None, "GET /odata/TodoItems/$count", ""),
        ]),
    )
    .await
    .is(200);
    let boundary = got.header("content-type").strip_prefix("multipart/mixed; boundary=").unwrap();
    let inner = format!("changeset_{}_0", boundary.strip_prefix("batch_").unwrap());
    let etags: Vec<&str> = got.text.split("\r\n").filter_map(|line| line.strip_prefix("ETag: ")).collect();
    let bodies: Vec<&str> = got.text.split("\r\n").filter(|line| line.starts_with('{')).collect();
    let root = &server.root;
    let url = format!("{root}/odata/TodoItems({})", id(1));
    let expected = [
        format!("--{boundary}"),
        format!("Content-Type: multipart/mixed; boundary={inner}"),
        String::new(),
        format!("--{inner}"),
        "Content-Type: application/http".into(),
        "Content-Transfer-Encoding: binary".into(),
        "Content-ID: 1".into(),
        String::new(),
        "HTTP/1.1 201 Created".into(),
        "Content-ID: 1".into(),
        "Content-Type: application/json;odata.metadata=minimal".into(),
        format!("ETag: {}", etags[0]),
        format!("OData-EntityId: {url}"),
        format!("Location: {url}"),
        "OData-Version: 4.01".into(),
        format!("Content-Length: {}", bodies[0].len()),
        String::new(),
        bodies[0].into(),
        format!("--{inner}"),
        "Content-Type: application/http".into(),
        "Content-Transfer-Encoding: binary".into(),
        "Content-ID: 2".into(),
        String::new(),
        "HTTP/1.1 204 No Content".into(),
        "Content-ID: 2".into(),
        format!("ETag: {}", etags[1]),
        format!("OData-EntityId: {url}"),
        "OData-Version: 4.01".into(),
        String::new(),
        String::new(),
        format!("--{inner}--"),
        format!("--{boundary}"),
        "Content-Type: application/http".into(),
        "Content-Transfer-Encoding: binary".into(),
        String::new(),
        "HTTP/1.1 200 OK".into(),
        "Content-Type: application/json;odata.metadata=minimal".into(),
        format!("ETag: {}", etags[1]),
        "OData-Version: 4.01".into(),
        format!("Content-Length: {}", bodies[1].len()),
        String::new(),
        bodies[1].into(),
        format!("--{boundary}"),
        "Content-Type: application/http".into(),
        "Content-Transfer-Encoding: binary".into(),
        String::new(),
        "HTTP/1.1 200 OK".into(),
        "Content-Type: text/plain".into(),
        "OData-Version: 4.01".into(),
        "Content-Length: 1".into(),
        String::new(),
        "1".into(),
        format!("--{boundary}--"),
        String::new(),
    ];
    assert_eq!(got.text.split("\r\n").collect::<Vec<_>>(), expected);
    assert!(bodies[0].contains("\"Title\":\"one\"") && bodies[1].contains("\"Notes\":\"n\""), "{bodies:?}");
}

#[tokio::test]
async fn a_change_set_that_fails_is_one_answer_and_ends_the_batch_unless_told_to_go_on() {
    for (prefer, expected, left) in [
        ("", [201, 404].as_slice(), ["before"].as_slice()),
        ("odata.continue-on-error", &[201, 404, 201, 201], &["after", "before", "last"]),
        ("continue-on-error=false", &[201, 404], &["before"]),
    ] {
        let server = Running::start().await;
        let got = batch(
            &server,
            prefer,
            whole(&[
                post(1, 1, "before"),
                change_set(&[
                    post(2, 2, "never"),
                    part(Some(3), &format!("DELETE TodoItems({})", id(9)), ""),
                    post(4, 4, "never either"),
                ]),
                post(5, 5, "after"),
                change_set(&[post(6, 6, "last")]),
            ]),
        )
        .await
        .is(200);
        assert_eq!(statuses(&got), expected, "{}", got.text);
        assert_eq!(titles(&server).await, left);
        let failed = got.text.split("HTTP/1.1 404").nth(1).unwrap();
        assert!(
            failed.starts_with(" Not Found\r\nContent-ID: 3\r\n") && failed.contains("\"RecordNotFound\""),
            "{failed}"
        );
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_answered_in_its_place() {
    let server = Running::start().await;
    let got = batch(
        &server,
        "continue-on-error",
        whole(&[
            part(None, "POST TodoItems", "{\"Title\":"),
            part(None, "BREW TodoItems", ""),
            part(None, "GET $7", ""),
            part(None, "GET https://elsewhere.example/other/TodoItems", ""),
            post(1, 1, "good"),
        ]),
    )
    .await
    .is(200);
    assert_eq!(statuses(&got), [400, 405, 404, 400, 201], "{}", got.text);
    assert_eq!(got.header("preference-applied"), "odata.continue-on-error");
}

#[tokio::test]
async fn a_batch_that_was_cut_changes_nothing() {
    let server = Running::start().await;
    let body = whole(&[post(1, 1, "one"), change_set(&[post(2, 2, "two"), post(3, 3, "three")]), post(4, 4, "four")]);
    let last = body.find("--b--").unwrap();
    for end in (0..last).step_by(7).chain([last, last + 3, last + 4]) {
        let got = batch(&server, "", body[..end].to_owned()).await;
        got.refused(400, "InvalidBatch");
    }
    assert_eq!(titles(&server).await, [""; 0]);
    assert_eq!(statuses(&batch(&server, "", body[..last + 5].to_owned()).await.is(200)), [201, 201, 201, 201]);
}

#[tokio::test]
async fn two_hundred_changes_are_one_change_set_and_sizes_have_limits() {
    let server = Running::start().await;
    let posts = |range: std::ops::Range<u32>| range.map(|n| post(n + 1, n, "many")).collect::<Vec<_>>();
    let got = batch(&server, "", whole(&[change_set(&posts(0..200))])).await.is(200);
    assert_eq!(statuses(&got), [201; 200]);
    batch(&server, "", whole(&[change_set(&posts(200..1201))])).await.refused(413, "TooManyRequests");
    batch(&server, "", whole(&posts(200..1201))).await.refused(413, "TooManyRequests");
    assert_eq!(server.get("/odata/TodoItems/$count").await.text, "200");
}

#[tokio::test]
async fn the_answer_is_in_the_format_that_was_asked_for() {
    let server = Running::start().await;
    let ask = |accept: &'static str, version: &'static str| {
        let request = server.request("POST", "/odata/$batch").header("Content-Type", "multipart/mixed; boundary=\"b\"");
        let body =
            whole(&[part(None, "GET TodoItems/$count", ""), change_set(&[part(Some(7), "GET TodoItems/$count", "")])]);
        send(request.header("Accept", accept).header("OData-MaxVersion", version).body(body))
    };
    for (accept, version) in [("application/json", "4.0"), ("*/*", "4.01"), ("multipart/mixed", "4.01")] {
        let got = ask(accept, version).await.is(200);
        assert!(got.header("content-type").starts_with("multipart/mixed; boundary=batch_"), "{accept} {version}");
        assert_eq!(statuses(&got), [200, 200]);
    }
    let answers = ask("application/json", "4.01").await.is(200).json()["responses"].clone();
    assert_eq!((&answers[0]["status"], answers[0].get("id")), (&json!(200), None));
    assert_eq!((&answers[1]["id"], &answers[1]["atomicityGroup"]), (&json!("7"), &json!("change set 2")));
    ask("text/html", "4.01").await.refused(406, "NotAcceptable");
    let asked = json!({"requests": [{"id": "x", "method": "GET", "url": "TodoItems/$count"}]});
    let request = server.request("POST", "/odata/$batch").header("Accept", "multipart/mixed").json(&asked);
    let got = send(request).await.is(200);
    assert!(got.header("content-type").starts_with("multipart/mixed") && got.text.contains("\r\nContent-ID: x\r\n"));
}
