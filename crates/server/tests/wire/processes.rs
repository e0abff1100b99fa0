//! Several server processes on one PostgreSQL: whoever follows a delta link misses nothing, whatever happens meanwhile.
//!
//! The test run makes 20,000 changes; `TIDEMARK_CHANGES` names another number (docs/reliability.md says what was run).

use crate::running::{Running, follow, id};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tidemark_test_postgres::{Cluster, apart};
use tokio::sync::watch;
use tokio::task::JoinSet;

const PROCESSES: usize = 4;
const WRITERS: usize = 64;

/// The processes; the one that is killed comes back on another port.
struct Team {
    server: Running,
    processes: Mutex<Vec<(Child, String)>>,
    /// Batches that had been sent when their process was killed.
    unanswered: AtomicUsize,
}

impl Drop for Team {
    fn drop(&mut self) {
        for (process, _) in self.processes.get_mut().unwrap() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Team {
    fn root(&self, number: usize) -> String {
        self.processes.lock().unwrap()[number % PROCESSES].1.clone()
    }

    /// Kills one in whatever it does and starts another in its place.
    fn replace(&self, number: usize) {
        self.processes.lock().unwrap()[number].0.kill().unwrap();
        let another = self.server.try_serve(&[]).unwrap();
        let mut gone = std::mem::replace(&mut self.processes.lock().unwrap()[number], another);
        gone.0.wait().unwrap();
    }

    /// Sends a batch until it is answered whole, each time to the next process, under the same request ids.
    async fn push(&self, first: usize, parts: &Value) {
        for turn in first.. {
            let request = self.server.request("POST", &format!("{}/odata/$batch", self.root(turn)));
            let request = request.header("Prefer", "continue-on-error").json(parts);
            let answers = match request.send().await {
                Ok(reply) => reply.json::<Value>().await,
                Err(error) => Err(error),
            };
            let answers = match answers {
                Ok(answers) => answers,
                Err(error) => {
                    self.unanswered.fetch_add(usize::from(!error.is_connect()), Ordering::Relaxed);
                    continue;
                }
            };
            let Some(answers) = answers["responses"].as_array() else { continue };
            if answers.iter().all(|answer| answer["status"] == 201) {
                return;
            }
            let is_busy = |answer: &Value| matches!(answer["status"].as_u64(), Some(201 | 503));
            assert!(answers.iter().all(is_busy), "{answers:?}");
        }
    }

    /// Reads everything behind a link, at one process after another; returns how far it came.
    async fn changes(&self, turn: &mut usize, link: &str, seen: &mut BTreeMap<u64, String>) -> String {
        let mut url = link.to_owned();
        loop {
            *turn += 1;
            let request = self.server.request("GET", &format!("{}{url}", self.root(*turn)));
            let Ok(reply) = request.header("Prefer", "odata.maxpagesize=1000").send().await else { continue };
            if reply.status() == 503 {
                continue;
            }
            assert_eq!(reply.status(), 200);
            let Ok(page) = reply.json::<Value>().await else { continue };
            for change in page["value"].as_array().unwrap() {
                let etag = change["@odata.etag"].as_str().unwrap();
                let sequence = etag[3..].split('.').next().unwrap().parse().unwrap();
                let twice = seen.insert(sequence, change["Id"].as_str().unwrap().to_owned());
                assert_eq!(twice, None, "{sequence} came twice");
            }
            match page["@odata.nextLink"].as_str() {
                Some(next) => url = path(next),
                None => return path(page["@odata.deltaLink"].as_str().unwrap()),
            }
        }
    }
}

/// Cuts the process off a link: the next one is to follow it.
fn path(link: &str) -> String {
    let (_, below) = link.split_once("/odata/").unwrap();
    format!("/odata/{below}")
}

fn parts(numbers: std::ops::Range<usize>) -> Value {
    let part = |number: usize| {
        let key = id(u32::try_from(number).unwrap());
        json!({
            "id": number.to_string(), "method": "PUT", "url": format!("TodoItems({key})"),
            "headers": { "Repeatability-Request-ID": key }, "body": { "Title": number.to_string(), "_UpdatedAt": 1 },
        })
    };
    json!({ "requests": numbers.map(part).collect::<Vec<_>>() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delta_link_skips_nothing_of_what_four_processes_write() {
    let changes = std::env::var("TIDEMARK_CHANGES").map_or(20_480, |changes| changes.parse().unwrap());
    let each = changes / (PROCESSES * WRITERS);
    let size = (each / 4).clamp(1, 100);
    let database = Cluster::shared().database();
    let mut server = Running::stopped_at(database.superuser_url());
    server.add_user("ann", "one");
    server.token = server.new_token("ann");
    let processes = (0..PROCESSES).map(|_| server.try_serve(&[]).unwrap()).collect();
    let team = Arc::new(Team { server, processes: Mutex::new(processes), unanswered: AtomicUsize::new(0) });
    let (_, last) = follow(&team.server, &format!("{}/odata/TodoItems", team.root(0)), "odata.track-changes").await;
    let start = path(last["@odata.deltaLink"].as_str().unwrap());

    let made = Arc::new(watch::channel(0).0);
    let (over, is_over) = watch::channel(false);
    let mut writers = JoinSet::new();
    for writer in 0..PROCESSES * WRITERS {
        let (team, made) = (Arc::clone(&team), Arc::clone(&made));
        writers.spawn(async move {
            for begin in (0..each).step_by(size) {
                let numbers = writer * each + begin..writer * each + (begin + size).min(each);
                let count = numbers.len() as u64;
                team.push(writer, &parts(numbers)).await;
                made.send_modify(|made| *made += count);
            }
        });
    }
    let followers: Vec<_> = (0..2)
        .map(|number| {
            let (team, is_over, mut link) = (Arc::clone(&team), is_over.clone(), start.clone());
            tokio::spawn(async move {
                let (mut turn, mut seen) = (number, BTreeMap::new());
                loop {
                    let was_over = *is_over.borrow();
                    link = team.changes(&mut turn, &link, &mut seen).await;
                    if was_over {
                        return seen;
                    }
                }
            })
        })
        .collect();
    // Others in the same database: one that holds the counter for a moment now and then, one whose snapshot stays open.
    let holding = std::thread::spawn({
        let mut holder = apart(|| database.superuser());
        let mut reader = apart(|| database.superuser());
        let is_over = is_over.clone();
        move || {
            reader.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM journal").unwrap();
            while !*is_over.borrow() {
                holder.batch_execute("BEGIN; SELECT 1 FROM workspace FOR UPDATE; SELECT pg_sleep(0.05)").unwrap();
                holder.batch_execute("ROLLBACK; SELECT pg_sleep(0.2)").unwrap();
            }
            reader.batch_execute("ROLLBACK").unwrap();
        }
    });
    let all = (each * PROCESSES * WRITERS) as u64;
    // In the middle of it.
    made.subscribe().wait_for(|made| *made > all / 3).await.unwrap();
    let killing = Arc::clone(&team);
    tokio::task::spawn_blocking(move || killing.replace(1)).await.unwrap();
    while let Some(written) = writers.join_next().await {
        written.unwrap();
    }
    assert!(team.unanswered.load(Ordering::Relaxed) > 0, "no batch was under way at the process that was killed");
    over.send_replace(true);
    holding.join().unwrap();
    for follower in followers {
        let seen = follower.await.unwrap();
        assert!(seen.keys().copied().eq(1..=all), "{} of {all} changes came", seen.len());
        let records: BTreeSet<&String> = seen.values().collect();
        assert_eq!(records.len() as u64, all, "each change is another record");
    }
}
