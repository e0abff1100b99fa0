//! Many writers at once: the sequence has no gaps, and a reader that follows along misses nothing.

use crate::running::{Running, follow, id, send, task_url};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::JoinSet;

const WRITERS: u32 = 24;
const EACH: u32 = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_share_transactions_and_a_follower_sees_every_change_in_order() {
    let server = Arc::new(Running::start().await);
    let (_, last) = follow(&server, "/odata/TodoItems", "odata.track-changes").await;
    let mut link = last["@odata.deltaLink"].as_str().unwrap().to_owned();
    let is_over = Arc::new(AtomicBool::new(false));
    let follower = tokio::spawn({
        let (server, is_over) = (Arc::clone(&server), Arc::clone(&is_over));
        async move {
            let mut held: BTreeMap<String, u64> = BTreeMap::new();
            let mut newest = 0;
            loop {
                let was_over = is_over.load(Ordering::SeqCst);
                let (changes, last) = follow(&server, &link, "odata.maxpagesize=10").await;
                for change in &changes {
                    let sequence = sequence(change);
                    assert!(sequence > newest, "the feed went back");
                    newest = sequence;
                    held.insert(change["Id"].as_str().unwrap().to_owned(), sequence);
                }
                link = last["@odata.deltaLink"].as_str().unwrap().to_owned();
                if was_over && changes.is_empty() {
                    return held;
                }
            }
        }
    });
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let mut given = Vec::new();
                for number in 0..EACH {
                    // Half of the writes are of a record that everybody writes.
                    let shared = number % 2 == 1;
                    let id = if shared { id(9_999) } else { id(writer * 100 + number) };
                    let request = server.request("PATCH", &format!("/odata/TodoItems({id})"));
                    let body = json!({"Title": format!("{writer} {number}"), "Notes": "x"});
                    let request = request.header("Prefer", "return=minimal").json(&body);
                    let got = send(request).await;
                    assert!(got.status.is_success(), "{}", got.text);
                    let etag = got.header("etag")[3..].split('.').next().unwrap().parse::<u64>().unwrap();
                    given.push(etag);
                }
                given
            })
        })
        .collect();
    let mut given = BTreeSet::new();
    for writer in writers {
        for sequence in writer.await.unwrap() {
            assert!(given.insert(sequence), "{sequence} was given twice");
        }
    }
    is_over.store(true, Ordering::SeqCst);
    let all = u64::from(WRITERS * EACH);
    assert_eq!(given, (1..=all).collect(), "every number once, none left out");
    let held = follower.await.unwrap();
    let (records, _) = follow(&server, "/odata/TodoItems", "").await;
    let truth: BTreeMap<String, u64> =
        records.iter().map(|record| (record["Id"].as_str().unwrap().to_owned(), sequence(record))).collect();
    assert_eq!(held, truth);
}

fn body(number: u32) -> Value {
    json!({"Title": format!("number {number}"), "_UpdatedAt": 1_000})
}

/// Writes a record under a request id of its own.
fn put(server: &Running, number: u32) -> impl Future<Output = reqwest::Result<reqwest::Response>> + use<> {
    let request = server.request("PUT", &task_url(&id(number)));
    request.header("Repeatability-Request-ID", id(50_000 + number)).json(&body(number)).send()
}

/// Sends the same and never reads the answer. Returns once the server is at work on it: it has asked for the body.
fn put_unread(server: &Running, number: u32) -> TcpStream {
    let (body, url, request) = (body(number).to_string(), task_url(&id(number)), id(50_000 + number));
    let mut stream = TcpStream::connect(server.root.trim_start_matches("http://")).unwrap();
    let head = format!(
        "PUT {url} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nRepeatability-Request-ID: {request}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        server.token,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut goes_on = [0; 25];
    stream.read_exact(&mut goes_on).unwrap();
    assert_eq!(&goes_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    stream
}

/// Returns the numbers and etags of the records that are there.
async fn there(server: &Running) -> BTreeMap<String, String> {
    let (records, _) = follow(server, "/odata/TodoItems", "").await;
    let of = |record: &Value, name: &str| record[name].as_str().unwrap().to_owned();
    records.iter().map(|record| (of(record, "Id"), of(record, "@odata.etag"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_a_kill_and_what_was_not_is_applied_once() {
    const EACH: u32 = 200;
    const UNREAD: u32 = 10;
    let mut server = Running::start().await;
    // What each record's version must be for ever: of what was answered, and of what was committed and not answered.
    let mut kept = BTreeMap::new();
    for round in 0..3 {
        // Committed, as others see, and answered to nobody.
        let unread = 10_000 + round * UNREAD..10_000 + (round + 1) * UNREAD;
        let streams: Vec<_> = unread.clone().map(|number| put_unread(&server, number)).collect();
        let committed = loop {
            let there = there(&server).await;
            if unread.clone().all(|number| there.contains_key(&id(number))) {
                break there;
            }
        };
        // Others are under way; the kill comes when some of them are answered, more each round.
        let mut sending = JoinSet::new();
        for number in round * EACH..(round + 1) * EACH {
            let sent = put(&server, number);
            sending.spawn(async move { (number, sent.await) });
        }
        let (mut answered, mut unanswered) = (0, 0);
        while let Some(ended) = sending.join_next().await {
            let (number, reply) = ended.unwrap();
            let Ok(reply) = reply else {
                unanswered += 1;
                continue;
            };
            assert_eq!(reply.status(), 201);
            kept.insert(id(number), reply.headers()["etag"].to_str().unwrap().to_owned());
            answered += 1;
            if answered == 10 * (round + 1) {
                server.kill();
            }
        }
        assert!(unanswered > 0, "the kill came after the last answer");
        drop(streams);
        kept.extend(unread.map(|number| (id(number), committed[&id(number)].clone())));
        server.serve(&[]);
        let there = there(&server).await;
        assert!(kept.iter().all(|(id, etag)| there.get(id) == Some(etag)), "a commit was lost");
    }
    // At work, and not committed: somebody else writes.
    let held = server.hold_writes();
    let before = there(&server).await;
    let streams: Vec<_> = (20_000..20_000 + UNREAD).map(|number| put_unread(&server, number)).collect();
    server.kill();
    drop(streams);
    held.release();
    server.serve(&[]);
    assert!(there(&server).await == before, "something of it was written");

    // Every device sends again what it heard nothing about, and what it did hear about.
    let numbers: Vec<u32> = (0..3 * EACH).chain(10_000..10_000 + 3 * UNREAD).chain(20_000..20_000 + UNREAD).collect();
    for number in &numbers {
        let reply = put(&server, *number).await.unwrap();
        assert_eq!(reply.status(), 201, "{number}");
        let etag = reply.headers()["etag"].to_str().unwrap();
        assert_eq!(kept.entry(id(*number)).or_insert_with(|| etag.to_owned()), etag);
    }
    let (records, _) = follow(&server, "/odata/TodoItems", "").await;
    let sequences: BTreeSet<u64> = records.iter().map(sequence).collect();
    assert_eq!(sequences, (1..=numbers.len() as u64).collect(), "each was applied once");
}

fn sequence(record: &Value) -> u64 {
    record["@odata.etag"].as_str().unwrap()[3..].split('.').next().unwrap().parse().unwrap()
}
