//! The account of a data dir changes while another process is at work: nobody's records cross over, and no token is taken
//! for another.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidemark_tests::{Device, Network, Office, Server, Weather, eventually};

const SOON: Duration = Duration::from_secs(20);

/// What the request of a push has in it.
const PUSH: &str = "\"POST\"";
/// What the request for all delta links has in it.
const PULL: &str = "$deltatoken";

/// Starts a cycle and returns once the server's answer to the request with `pattern` waits at the proxy.
fn cycle_in_mid_air(device: &Device, network: &Network, pattern: &str) -> Child {
    network.hold(pattern);
    let child = device.spawn(&["sync"]);
    network.wait_until_held();
    child
}

fn land(network: &Network, mut cycle: Child) {
    network.release();
    cycle.wait().unwrap();
}

fn titles(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["Title"].as_str().unwrap()).collect()
}

/// Signs ana out and eve of another workspace in, who keeps the same set offline. The sign-in may still be fetching
/// eve's choices when this returns.
fn eve_takes_the_laptop(laptop: &Device, server: &Server) -> Child {
    laptop.run(&["sign-out", "--discard"]).ok();
    let sign_in = sign_in(laptop, &server.url, &server.token("eve"));
    eventually("eve is signed in", SOON, || laptop.status()["user"] == "eve");
    laptop.run(&["entities", "on", "TodoItems"]).ok();
    sign_in
}

fn sign_in(laptop: &Device, server: &str, token: &str) -> Child {
    laptop.spawn(&["sign-in", server, &format!("--token={token}")])
}

fn ends_well(mut child: Child) {
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_push_that_is_under_way_sends_nothing_of_the_next_account() {
    let server = Server::start();
    server.add_user("eve", "harbour");
    let network = Network::to(&server.url);
    let laptop = Device::signed_in(&network.url, "ana", &["TodoItems"]);
    laptop.add("TodoItems", &json!({ "Title": "ana's" }));
    let cycle = cycle_in_mid_air(&laptop, &network, PUSH);

    let sign_in = eve_takes_the_laptop(&laptop, &server);
    laptop.add("TodoItems", &json!({ "Title": "eve's" }));
    land(&network, cycle);
    ends_well(sign_in);

    assert_eq!(laptop.status()["pending"], 1, "nobody has sent it yet");
    laptop.sync();
    assert_eq!(titles(&Office::new(&server.url, "ana").list("TodoItems")), ["ana's"]);
    assert_eq!(titles(&Office::new(&server.url, "eve").list("TodoItems")), ["eve's"]);
    assert_eq!(titles(&laptop.list("TodoItems")), ["eve's"]);
}

#[test]
fn a_pull_that_is_under_way_brings_nothing_to_the_next_account() {
    let server = Server::start();
    server.add_user("eve", "harbour");
    let network = Network::to(&server.url);
    let laptop = Device::signed_in(&network.url, "ana", &["TodoItems"]);
    let desk = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    desk.add("TodoItems", &json!({ "Title": "ana's" }));
    desk.sync();
    let cycle = cycle_in_mid_air(&laptop, &network, PULL);

    let sign_in = eve_takes_the_laptop(&laptop, &server);
    land(&network, cycle);
    ends_well(sign_in);

    assert_eq!(titles(&laptop.list("TodoItems")), [""; 0]);
    Office::new(&server.url, "eve").send("POST", "TodoItems", &json!({ "Title": "eve's" }));
    laptop.sync();
    assert_eq!(titles(&laptop.list("TodoItems")), ["eve's"]);
    let cycles = laptop.status();
    assert_eq!((&cycles["user"], &cycles["pending"]), (&json!("eve"), &json!(0)));
}

#[test]
fn a_refusal_of_the_old_token_says_nothing_about_the_new_one() {
    let server = Server::start();
    let network = Network::to(&server.url);
    let laptop = Device::blank();
    let token = server.token("ana");
    laptop.run(&["sign-in", &network.url, &format!("--token={token}")]).ok();
    laptop.run(&["entities", "on", "TodoItems"]).ok();
    laptop.sync();
    laptop.add("TodoItems", &json!({ "Title": "ana's" }));
    server.admin(&["token", "revoke", &token], "");
    let cycle = cycle_in_mid_air(&laptop, &network, PULL);

    let sign_in = sign_in(&laptop, &network.url, &server.token("ana"));
    eventually("the new token is taken", SOON, || laptop.status()["kind"] != "sign_in");
    land(&network, cycle);
    ends_well(sign_in);

    assert_ne!(laptop.status()["kind"], "sign_in");
    laptop.sync();
    assert_eq!(titles(&Office::new(&server.url, "ana").list("TodoItems")), ["ana's"]);
}

/// Stops a process as a debugger or a suspended session does, and lets it go on.
fn signal(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill").arg(name).arg(child.id().to_string()).status();
    assert!(sent.unwrap().success());
}

/// Tells whether a process stands still.
fn is_stopped(child: &Child) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
}

#[test]
fn signing_in_does_not_wait_for_a_cycle_that_hangs() {
    let server = Server::start();
    server.add_user("eve", "harbour");
    let network = Network::to(&server.url);
    let laptop = Device::signed_in(&network.url, "ana", &["TodoItems"]);
    laptop.add("TodoItems", &json!({ "Title": "ana's" }));
    let cycle = cycle_in_mid_air(&laptop, &network, PUSH);
    signal(&cycle, "-STOP");

    // Nobody overtakes the cycle today: whoever waited for it would wait for ever.
    let patient = |arguments: &[&str]| {
        let mut command = laptop.command(arguments);
        let mut child = command.env("TIDEMARK_OVERTAKE_AFTER_MS", "86400000").stdout(Stdio::null()).spawn().unwrap();
        eventually("it does not wait for the cycle", SOON, || child.try_wait().unwrap().is_some());
        ends_well(child);
    };
    patient(&["sign-out", "--discard"]);
    patient(&["sign-in", &server.url, &format!("--token={}", server.token("eve"))]);
    assert!(is_stopped(&cycle));

    signal(&cycle, "-CONT");
    land(&network, cycle);
    laptop.run(&["entities", "on", "TodoItems"]).ok();
    laptop.sync();
    assert_eq!(titles(&laptop.list("TodoItems")), [""; 0]);
}

#[test]
fn a_cycle_that_stands_still_is_overtaken_and_writes_nothing_stale() {
    let server = Server::start();
    let network = Network::to(&server.url);
    let laptop = Device::signed_in(&network.url, "ana", &["TodoItems"]);
    let id = laptop.add("TodoItems", &json!({ "Title": "first" }));
    let cycle = cycle_in_mid_air(&laptop, &network, PUSH);
    signal(&cycle, "-STOP");
    // What is held is the answer to the stopped process alone; the next one has a way of its own.
    laptop.sign_in(&server.url, "ana");
    laptop.edit("TodoItems", &id, &json!({ "Notes": "on top of what was sent" }));

    let mut command = laptop.command(&["sync"]);
    let output = command.env("TIDEMARK_OVERTAKE_AFTER_MS", "1500").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(is_stopped(&cycle), "it was overtaken as it stood");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["outcome"], &report["conflicts"]), (&json!("synced"), &json!(0)), "{report}");
    let office = Office::new(&server.url, "ana");
    assert_eq!(office.list("TodoItems")[0]["Notes"], "on top of what was sent");
    let there = office.read(&format!("TodoItems({id})"));

    signal(&cycle, "-CONT");
    land(&network, cycle);
    assert_eq!(office.read(&format!("TodoItems({id})")), there, "nothing was written by the one that stood still");
    let status = laptop.status();
    assert_eq!((&status["pending"], &status["kind"]), (&json!(0), &json!("up_to_date")), "{status}");
    let report = laptop.sync();
    assert_eq!((&report["requests"], &report["pulled"]), (&json!(1), &json!(0)), "{report}");
    assert_eq!(laptop.shared("TodoItems"), office.list("TodoItems"));
}

#[test]
fn the_same_server_at_another_address_is_followed_with_everything_pending() {
    let server = Server::start();
    let old = Network::to(&server.url);
    let laptop = Device::signed_in(&old.url, "ana", &["TodoItems"]);
    laptop.add("TodoItems", &json!({ "Title": "sent" }));
    laptop.sync();
    laptop.add("TodoItems", &json!({ "Title": "unsent" }));
    old.set(Weather::Cut);

    let moved = server.url.replace("127.0.0.1", "LOCALHOST") + "/odata/";
    laptop.sign_in(&moved, "ana");
    assert_eq!(laptop.status()["server"], server.url.replace("127.0.0.1", "localhost"));
    let report = laptop.sync();
    assert_eq!((&report["pushed"], &report["pulled"]), (&json!(1), &json!(0)), "{report}");
    assert_eq!(laptop.shared("TodoItems"), Office::new(&server.url, "ana").list("TodoItems"));
    let ben = laptop.run_with(&["sign-in", &server.url, "--user", "ben"], "ben-secret\n").refused();
    assert!(ben.contains("ana"), "{ben}");
}

/// Answers every request in one way and keeps what it was sent.
fn web_site(answer: &'static str) -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut request = vec![0; 4096];
            let read = client.read(&mut request).unwrap_or(0);
            ear.lock().unwrap().extend_from_slice(&request[..read]);
            let _ = client.write_all(answer.as_bytes());
        }
    });
    (url, heard)
}

#[test]
fn an_address_without_a_tidemark_server_is_never_a_wrong_password() {
    let server = Server::start();
    let port = server.url.rsplit(':').next().unwrap().to_owned();
    let (basic, basic_heard) = web_site(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    let (moved, moved_heard) = web_site(
        "HTTP/1.1 308 Permanent Redirect\r\nLocation: https://login.example.org/health/live\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n",
    );
    let laptop = Device::blank();
    for address in [
        format!("{}/wrong/path", server.url),
        format!("http://{basic}"),
        basic,
        format!("http://{moved}"),
        format!("https://127.0.0.1:{port}"),
    ] {
        let ran = laptop.run_with(&["sign-in", &address, "--user", "ana"], "ana-secret\n");
        let sentence = ran.refused();
        assert!(sentence.contains("there is no Tidemark server at this address"), "{address}: {sentence}");
        let token = laptop.run(&["sign-in", &address, "--token", "no-token"]).refused();
        assert!(token.contains("there is no Tidemark server at this address"), "{address}: {token}");
    }
    // A server that starts, or its proxy, is not absent.
    let (busy, busy_heard) =
        web_site("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let sentence = laptop.run_with(&["sign-in", &format!("http://{busy}"), "--user", "ana"], "ana-secret\n").refused();
    assert!(sentence.contains("is busy or just starting") && sentence.contains("Try again"), "{sentence}");
    for heard in [basic_heard, moved_heard, busy_heard] {
        let heard = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
        assert!(
            heard.contains("GET /health/live") && !heard.contains("secret") && !heard.contains("no-token"),
            "{heard}"
        );
    }
    let secret = laptop
        .run_with(&["sign-in", &server.url.replace("//", "//ana:hunter2@"), "--user", "ana"], "ana-secret\n")
        .refused();
    assert!(secret.contains("password out of") && !secret.contains("hunter2"), "{secret}");
    assert_eq!(laptop.status()["user"], Value::Null);

    laptop.sign_in(&format!("127.0.0.1:{port}"), "ana");
    assert_eq!(laptop.status()["server"], server.url, "this computer may be asked in plain");
}

#[test]
fn a_script_signs_in_by_the_environment() {
    let server = Server::start();
    let laptop = Device::blank();
    let mut command = laptop.command(&["sign-in"]);
    command.env("TIDEMARK_SERVER", &server.url).env("TIDEMARK_TOKEN", server.token("ana"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(laptop.status()["user"], "ana");
    let strange = Device::blank().run(&["sign-in", &server.url, "--token", "-x"]).refused();
    assert!(strange.contains("token"), "{strange}");
}
