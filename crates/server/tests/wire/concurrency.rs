//! Many writers at once: the sequence has no gaps, and a reader that follows along misses nothing.

use crate::running::{Running, follow, id, send};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_a_kill_and_what_was_not_is_applied_once() {
    let mut server = Running::start().await;
    let put = |server: &Running, number: u32| {
        let url = format!("/odata/TodoItems({})", id(number));
        let request = server.request("PUT", &url).header("Repeatability-Request-ID", id(50_000 + number));
        request.json(&json!({"Title": format!("number {number}"), "_UpdatedAt": 1_000})).send()
    };
    let mut answered = BTreeMap::new();
    let mut sent = 0;
    for round in 0..3 {
        let mut sending = JoinSet::new();
        for number in round * 200..(round + 1) * 200 {
            let sent = put(&server, number);
            sending.spawn(async move { (number, sent.await) });
        }
        sent += 200;
        // The kill comes when some are answered, more of them each round, and the others are under way.
        let until = answered.len() + 10 * (round as usize + 1);
        while let Some(ended) = sending.join_next().await {
            let (number, reply) = ended.unwrap();
            let Ok(reply) = reply else { continue };
            assert_eq!(reply.status(), 201);
            answered.insert(number, reply.headers()["etag"].to_str().unwrap().to_owned());
            if answered.len() == until {
                server.kill();
            }
        }
        server.serve(&[]);
    }
    assert!(answered.len() < sent as usize, "every kill came after the last answer");
    // Every device sends again what it heard nothing about, and one that it did hear about.
    for number in 0..sent {
        let reply = put(&server, number).await.unwrap();
        assert_eq!(reply.status(), 201, "{number}");
        if let Some(etag) = answered.get(&number) {
            assert_eq!(reply.headers()["etag"].to_str().unwrap(), etag);
        }
    }
    let (records, _) = follow(&server, "/odata/TodoItems", "").await;
    let sequences: BTreeSet<u64> = records.iter().map(sequence).collect();
    assert_eq!(sequences, (1..=u64::from(sent)).collect());
}

fn sequence(record: &Value) -> u64 {
    record["@odata.etag"].as_str().unwrap()[3..].split('.').next().unwrap().parse().unwrap()
}
