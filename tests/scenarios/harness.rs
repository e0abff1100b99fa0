//! The UI harness's real host: the table of commands over the loopback, asked as the harness's page asks it, with a server
//! and a colleague behind it.

use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tidemark_tests::{Device, Server, program};

const PAGE: &str = "http://localhost:1420";

/// A running host on a data dir of its own; it is killed when dropped.
struct Host {
    child: Child,
    url: String,
    client: Client,
    _data_dir: TempDir,
}

impl Host {
    fn start() -> Self {
        let data_dir = tempfile::tempdir().expect("a temporary folder");
        let mut command = host(&data_dir);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its stdout")).read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("listening on ").expect("where it listens").to_owned();
        let client = Client::builder().timeout(Duration::from_secs(30)).build().expect("a client");
        Self { child, url, client, _data_dir: data_dir }
    }

    fn post(&self, name: &str, arguments: &Value) -> RequestBuilder {
        self.client.post(format!("{}/command/{name}", self.url)).json(arguments)
    }

    /// Asks as the page does; returns the status with the answer.
    fn ask(&self, name: &str, arguments: Value) -> (u16, Value) {
        let answer = self.post(name, &arguments).header("origin", PAGE).send().expect("an answer");
        (answer.status().as_u16(), answer.json().expect("JSON"))
    }

    /// Asks what has to work.
    fn done(&self, name: &str, arguments: Value) -> Value {
        let (status, answer) = self.ask(name, arguments);
        assert_eq!(status, 200, "{name}: {answer}");
        answer
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn host(data_dir: &TempDir) -> Command {
    let mut command = Command::new(program("tidemark-harness-host"));
    command.arg("--data-dir").arg(data_dir.path());
    command
}

/// Waits for the next event of a name and returns its payload.
fn heard(lines: &mut impl Iterator<Item = std::io::Result<String>>, name: &str) -> Value {
    let mut lines = lines.map_while(Result::ok);
    lines.find(|line| *line == format!("event: {name}")).unwrap_or_else(|| panic!("no {name} was told"));
    let payload = lines.find_map(|line| line.strip_prefix("data: ").map(str::to_owned)).expect("a payload");
    serde_json::from_str(&payload).expect("JSON")
}

#[test]
fn a_page_works_with_a_colleague_through_it() {
    let (server, host) = (Server::start(), Host::start());
    let colleague = Device::signed_in(&server.url, "ben", &["Sites"]);
    let sign_in = json!({ "server": server.url, "name": "ana", "password": "ana-secret" });
    assert_eq!(host.done("sign_in", sign_in)["user"], "ana");
    let events = host.client.get(format!("{}/events", host.url)).header("origin", PAGE).send().expect("a stream");
    let mut events = BufReader::new(events).lines();

    assert_eq!(host.done("entity_on", json!({ "set": "Sites" })), Value::Null);
    assert_eq!(heard(&mut events, "entities-changed"), Value::Null);
    let added = host.done("add", json!({ "set": "Sites", "record": { "Name": "North" } }));
    // The choice was a record too, and told before it.
    let changed = json!({ "set": "Sites", "ids": [added["Id"]] });
    while heard(&mut events, "records-changed") != changed {}
    host.done("sync_now", json!({}));
    colleague.sync();
    assert_eq!(colleague.list("Sites")[0]["Name"], "North");

    let edit = json!({ "set": "Sites", "id": added["Id"], "changes": { "Name": "South" }, "shown": added });
    assert_eq!(host.done("edit", edit)["Name"], "South");
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let host = Host::start();
    assert_eq!(host.done("session", json!({}))["signed_in"], false);
    for (name, arguments, code, property) in [
        ("model", json!({}), "not_signed_in", Value::Null),
        ("query", json!({}), "unknown_command", Value::Null),
        ("get", json!({ "set": "Sites" }), "invalid", json!("id")),
        ("status", json!({ "path": "/etc/passwd" }), "invalid", json!("path")),
        ("import_file", json!({ "set": "Sites" }), "invalid", Value::Null),
    ] {
        let (status, refused) = host.ask(name, arguments);
        assert_eq!(
            (status, &refused["code"], &refused["property"]),
            (422, &json!(code), &property),
            "{name}: {refused}"
        );
    }
}

#[test]
fn another_page_is_refused_whatever_it_asks() {
    let host = Host::start();
    let asked = || host.post("session", &json!({}));
    let status = |request: RequestBuilder| request.send().expect("an answer").status().as_u16();
    assert_eq!(status(asked().header("origin", PAGE)), 200);
    assert_eq!(status(asked()), 403, "what is no page");
    for origin in ["http://localhost:1421", "https://localhost:1420", "http://example.org", "null", ""] {
        assert_eq!(status(asked().header("origin", origin)), 403, "{origin}");
    }
    assert_eq!(status(asked().header("origin", PAGE).header("host", "example.org")), 403, "a name of somebody else's");
    assert_eq!(status(host.client.get(format!("{}/events", host.url))), 403);

    // A browser asks first whether it may; the answer names the one page.
    let preflight = |origin: &str| {
        let options = host.client.request(reqwest::Method::OPTIONS, format!("{}/command/session", host.url));
        options.header("origin", origin).send().expect("an answer")
    };
    assert_eq!(preflight(PAGE).headers()["access-control-allow-origin"], PAGE);
    assert!(!preflight("http://example.org").headers().contains_key("access-control-allow-origin"));
}

#[test]
fn it_listens_on_the_loopback_alone() {
    let data_dir = tempfile::tempdir().expect("a temporary folder");
    let ended = host(&data_dir).args(["--listen", "0.0.0.0:0"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success() && said.contains("can be reached from elsewhere"), "{said}");
}
