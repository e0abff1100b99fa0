//! Sizes: what is accepted, what is refused, and how.

use crate::running::{Running, id, send, task_url};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Sends bytes as they are and reads what comes back until the answer's head is there.
pub(crate) fn raw(server: &Running, head: &str, body: &[u8]) -> String {
    let address = server.root.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(head.replace("TOKEN", &server.token).as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&answer).contains("}") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn large_things_within_the_limits_are_accepted() {
    let server = Running::start().await;
    let notes = "ä".repeat(512 * 1024);
    let body = json!({"Title": "a", "Notes": notes});
    server.write("PUT", &task_url(&id(1)), &body).await.is(201);
    assert_eq!(server.get(&task_url(&id(1))).await.json()["Notes"], notes);
    let mut padded = json!({"Title": "b"}).to_string();
    padded.push_str(&" ".repeat(4 * 1024 * 1024));
    let request = server.request("PUT", &task_url(&id(2))).header("Content-Type", "application/json").body(padded);
    send(request).await.is(201);
    let filter = format!("Title eq '{}'", "x".repeat(16 * 1024 - 200));
    assert_eq!(server.get(&format!("/odata/TodoItems?$filter={filter}")).await.is(200).json()["value"], json!([]));
    // Pages end early where records are large, and go on.
    for number in 3..15 {
        server.write("PUT", &task_url(&id(number)), &body).await.is(201);
    }
    let page = server.get("/odata/TodoItems").await.is(200);
    assert!(page.text.len() < 12 * 1024 * 1024 && page.json()["@odata.nextLink"].is_string());
    let (all, _) = crate::running::follow(&server, "/odata/TodoItems", "odata.track-changes").await;
    assert_eq!(all.len(), 14);
}

#[tokio::test]
async fn thirty_three_megabytes_are_refused_before_they_come_where_they_are_announced() {
    let server = Running::start().await;
    let length = 33 * 1024 * 1024;
    let head = format!(
        "POST /odata/TodoItems HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    // The rest of the body never comes: the answer goes by what was announced.
    let answer = raw(&server, &head, b"{");
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("\"TooLarge\""), "{answer}");
    // A client that sends all of it before it reads still gets the answer, announced or not.
    let body = vec![b' '; length];
    let request = || server.request("POST", "/odata/TodoItems").header("Content-Type", "application/json");
    send(request().body(body.clone())).await.refused(413, "TooLarge");
    let pieces = body.chunks(1 << 20).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect::<Vec<_>>();
    let stream = reqwest::Body::wrap_stream(futures::stream::iter(pieces));
    send(request().body(stream)).await.refused(413, "TooLarge");
    server.get("/odata/TodoItems").await.is(200);
}

#[tokio::test]
async fn compressed_bodies_are_read_and_bombs_are_not() {
    let server = Running::start().await;
    // gzip of {"Title":"zipped"} and of 64 MiB of spaces, by the system's gzip.
    let gzip = |text: &str| {
        let mut child = std::process::Command::new("gzip")
            .args(["-c", "-1"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let (mut stdin, text) = (child.stdin.take().unwrap(), text.to_owned());
        let writing = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
        let output = child.wait_with_output().unwrap().stdout;
        writing.join().unwrap();
        output
    };
    let request = |encoding: &str, body: Vec<u8>| {
        let request = server.request("POST", "/odata/TodoItems").header("Content-Type", "application/json");
        send(request.header("Content-Encoding", encoding).body(body))
    };
    let made = request("gzip", gzip(r#"{"Title":"zipped"}"#)).await.is(201);
    assert_eq!(made.json()["Title"], "zipped");
    let bomb = gzip(&" ".repeat(64 * 1024 * 1024));
    assert!(bomb.len() < 1024 * 1024);
    request("gzip", bomb).await.refused(413, "TooLarge");
    request("gzip", b"not gzip".to_vec()).await.refused(400, "BadRequest");
    request("br", b"x".to_vec()).await.refused(415, "UnsupportedEncoding");
}

#[tokio::test]
async fn nesting_bombs_and_nonsense_get_a_4xx_that_says_where_reading_ended() {
    let server = Running::start().await;
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let in_a_part = format!(r#"{{"requests":[{{"id":"1","method":"POST","url":"TodoItems","body":{deep}}}]}}"#);
    let parts_in_parts = "{\"requests\":[".to_owned() + &"{\"id\":\"1\",\"requests\":[".repeat(50_000);
    for (path, body, reason) in [
        ("/odata/TodoItems", deep.clone(), "must be a JSON object"),
        ("/odata/TodoItems", format!("{{\"Title\":{deep}}}"), "Title must be text"),
        ("/odata/$batch", deep.clone(), "expected a string at line 1 column 3"),
        ("/odata/$batch", in_a_part, "must be a JSON object"),
        ("/odata/$batch", parts_in_parts, "while parsing a list"),
        ("/session", deep.clone(), "larger than 64 KiB"),
        ("/session", "[".repeat(10_000), "expected a string at line 1 column 1"),
    ] {
        let request = server.request("POST", path).header("Content-Type", "application/json").body(body);
        let got = send(request).await;
        let is_refused = match got.status.as_u16() {
            200 => got.json()["responses"][0]["status"] == 400,
            status => (400..500).contains(&status),
        };
        assert!(is_refused && got.text.contains(reason), "{path}: {} {}", got.status, got.text);
    }
    let filter = format!("{}true{}", "(".repeat(5_000), ")".repeat(5_000));
    let got = server.get(&format!("/odata/TodoItems?$filter={filter}")).await;
    assert!(got.is(400).text.contains("nests more than 64 levels deep"));
    let many: Vec<_> = (0..10_000).map(|n| json!({"id": n.to_string(), "method": "GET", "url": "Sites"})).collect();
    let got = server.write("POST", "/odata/$batch", &json!({ "requests": many })).await;
    assert!(got.is(413).text.contains("more requests than the 1000 that are allowed"));
    server.get(&format!("/odata/TodoItems?$filter=Title eq '{}'", "x".repeat(62_000))).await.refused(414, "UrlTooLong");
    assert!(
        raw(&server, "GET /odata/%ff%zz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\n\r\n", b"")
            .contains("error")
    );
    server.get("/odata/TodoItems").await.is(200);
}

#[tokio::test]
async fn large_answers_are_compressed_and_small_ones_are_not() {
    let server = Running::start().await;
    for number in 0..20 {
        server.task(number, "the same words again and again").await;
    }
    let ask = |path: &str, encoding: &str| {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n\r\n"
        );
        raw(&server, &head, b"").to_lowercase()
    };
    assert!(ask("/odata/TodoItems", "gzip, zstd").contains("content-encoding: zstd"));
    assert!(ask("/odata/TodoItems", "gzip").contains("content-encoding: gzip"));
    assert!(!ask("/odata/TodoItems", "identity").contains("content-encoding"));
    assert!(!ask("/odata/Sites", "gzip, zstd").contains("content-encoding"));
}
