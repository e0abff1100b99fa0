//! Small syncs: many clients that each push ten records and pull ten by their link, as fast as they are answered; and idle
//! polls: the same clients when nothing happens, which is what a server does most of the day.
//!
//! Each client is in a workspace of its own, so that ten is what it pulls: its own. Reported as seconds a sync beside those
//! of a thin server (`thin`) under the same clients in the same run, with syncs a second and the 95th percentile.

use crate::load::{id, record};
use crate::measure::report;
use crate::thin::Thin;
use serde_json::{Value, json};
use std::time::Duration;
use tidemark_test_postgres::Cluster;
use tidemark_tests::{Server, now};

const CLIENTS: usize = 50;
const EACH: usize = 10;
const MEASURED: Duration = Duration::from_secs(8);

/// What a run of all clients came to.
struct Run {
    a_second: f64,
    p95: Duration,
}

/// Measures on SQLite, and on PostgreSQL with one, two and four processes.
pub(crate) fn run(wanted: &dyn Fn(&str) -> bool) {
    let names = ["small_syncs", "idle_polls"].into_iter();
    let all = names.flat_map(|name| ["", "_postgres_1", "_postgres_2", "_postgres_4"].map(|on| format!("{name}{on}")));
    if !all.into_iter().any(|name| wanted(&name)) {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let thin = runtime.block_on(on_thin());
    let told = |name: &str, run: Run| {
        let more = json!({
            "syncs_a_second": run.a_second.round(), "thin_syncs_a_second": thin.a_second.round(),
            "of_thin": (run.a_second / thin.a_second * 100.0).round() / 100.0,
            "p95_ms": run.p95.as_millis() as u64, "thin_p95_ms": thin.p95.as_millis() as u64, "clients": CLIENTS,
        });
        report(name, 1.0 / run.a_second, 1.0 / thin.a_second, more);
    };
    for (name, each) in [("small_syncs", EACH), ("idle_polls", 0)] {
        if wanted(name) {
            let server = Server::start_on_a_file();
            told(name, runtime.block_on(on_servers(&[&server], each)));
        }
        for processes in [1, 2, 4] {
            let name = format!("{name}_postgres_{processes}");
            if wanted(&name) {
                let cluster = durable();
                let first = Server::start_at(cluster.database().superuser_url());
                let others: Vec<Server> = (1..processes).map(|_| first.beside()).collect();
                let servers: Vec<&Server> = std::iter::once(&first).chain(&others).collect();
                told(&name, runtime.block_on(on_servers(&servers, each)));
            }
        }
    }
}

/// Starts a PostgreSQL that keeps what it has answered, as one does in use.
pub(crate) fn durable() -> Cluster {
    let settings = [("fsync", "on"), ("full_page_writes", "on"), ("shared_buffers", "256MB"), ("max_wal_size", "1GB")];
    Cluster::start_with(&settings)
}

async fn on_servers(servers: &[&Server], each: usize) -> Run {
    let clients = (0..CLIENTS).map(|number| {
        let server = servers[number % servers.len()];
        let name = format!("client{number}");
        server.add_user(&name, &format!("workspace{number}"));
        (server.url.clone(), server.token(&name), number)
    });
    let clients: Vec<_> = clients.collect();
    all(clients, |client, (url, token, number)| async move {
        let ask = |request: reqwest::RequestBuilder| request.bearer_auth(&token);
        let first = ask(client.get(format!("{url}/odata/TodoItems"))).header("prefer", "odata.track-changes");
        let page: Value = json_of(first).await;
        let mut link = page["@odata.deltaLink"].as_str().expect("a link").to_owned();
        let mut next = number * 1_000_000;
        let mut taken = Vec::new();
        let started = now();
        while started.elapsed() < MEASURED {
            let begun = now();
            if each > 0 {
                let parts: Vec<Value> = (next..next + each)
                    .map(|n| {
                        json!({ "id": n.to_string(), "method": "PUT", "url": format!("TodoItems({})", id(n)),
                            "headers": { "content-type": "application/json", "prefer": "return=minimal",
                                "repeatability-request-id": id(n) },
                            "body": record(n) })
                    })
                    .collect();
                next += each;
                let push = ask(client.post(format!("{url}/odata/$batch"))).json(&json!({ "requests": parts }));
                let replies = json_of(push).await;
                assert_eq!(replies["responses"].as_array().map(Vec::len), Some(each), "{replies}");
            }
            let page: Value = json_of(ask(client.get(&link))).await;
            assert_eq!(page["value"].as_array().map(Vec::len), Some(each), "{page}");
            link = page["@odata.deltaLink"].as_str().expect("a link").to_owned();
            taken.push(begun.elapsed());
        }
        taken
    })
    .await
}

async fn on_thin() -> Run {
    let server = Thin::start();
    let clients: Vec<_> = (0..CLIENTS).map(|number| (server.url.clone(), number)).collect();
    all(clients, |client, (url, number)| async move {
        let (mut next, mut after, mut taken) = (number * 1_000_000, 0, Vec::new());
        let started = now();
        while started.elapsed() < MEASURED {
            let begun = now();
            let part = |n: usize| json!({ "id": n.to_string(), "body": record(n) });
            let parts: Vec<Value> = (next..next + EACH).map(part).collect();
            next += EACH;
            let of = format!("of=client{number}&after={after}");
            let replies = json_of(client.post(format!("{url}/batch?{of}")).json(&json!({ "requests": parts }))).await;
            assert_eq!(replies["responses"].as_array().map(Vec::len), Some(EACH), "{replies}");
            let page: Value = json_of(client.get(format!("{url}/changes?{of}"))).await;
            assert_eq!(page["value"].as_array().map(Vec::len), Some(EACH), "{page}");
            after = page["after"].as_i64().expect("a number");
            taken.push(begun.elapsed());
        }
        taken
    })
    .await
}

/// Lets all clients work at the same time.
async fn all<C, F>(clients: Vec<C>, work: impl Fn(reqwest::Client, C) -> F) -> Run
where
    F: Future<Output = Vec<Duration>> + Send + 'static,
{
    let working: Vec<_> = clients
        .into_iter()
        .map(|client| tokio::spawn(work(reqwest::Client::builder().no_proxy().build().expect("a client"), client)))
        .collect();
    let mut taken = Vec::new();
    for client in working {
        taken.extend(client.await.expect("a client ends"));
    }
    taken.sort_unstable();
    let a_second = taken.len() as f64 / MEASURED.as_secs_f64();
    Run { a_second, p95: taken[taken.len() * 95 / 100] }
}

async fn json_of(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.expect("sent");
    let status = answer.status();
    let text = answer.text().await.expect("read");
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).expect("JSON")
}
