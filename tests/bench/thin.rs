//! A thin server: what any server must do for a push and a pull, and nothing else.
//!
//! Owns: the plainest way to take a batch of records into one SQLite transaction that is on the disk before it is answered,
//! and to hand out what changed behind a number. Refuses: accounts, rules, conditions, history; that is the difference
//! which a measurement shows. It runs as a process of its own, as the server does.

use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// The argument by which the bench starts itself as this server, in the folder that follows.
pub(crate) const ARGUMENT: &str = "--thin-server";

/// A thin server that runs; it is killed when dropped.
pub(crate) struct Thin {
    child: Child,
    pub(crate) url: String,
    _folder: tempfile::TempDir,
}

impl Drop for Thin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Thin {
    /// Starts one on an empty database.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let own = std::env::current_exe().expect("a program knows its own path");
        let mut command = Command::new(own);
        command.arg(ARGUMENT).arg(folder.path()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut url).expect("it says where it listens");
        Self { child, url: url.trim().to_owned(), _folder: folder }
    }
}

#[derive(Deserialize)]
struct Batch {
    requests: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    id: String,
    body: Box<RawValue>,
}

#[derive(Deserialize)]
struct Keys<'a> {
    #[serde(rename = "Id")]
    id: &'a str,
}

#[derive(Serialize)]
struct Reply {
    id: String,
    status: u16,
    etag: String,
}

#[derive(Serialize)]
struct Replies {
    responses: Vec<Reply>,
}

#[derive(Deserialize)]
struct After {
    after: i64,
    of: String,
}

#[derive(Serialize)]
struct Changes {
    value: Vec<Box<RawValue>>,
    after: i64,
}

type Database = Arc<Mutex<Connection>>;

/// Serves until it is killed.
pub(crate) fn serve(folder: &Path) {
    let database = Connection::open(folder.join("thin.db")).expect("a database");
    let tables = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \
         CREATE TABLE t(id TEXT PRIMARY KEY, of TEXT, seq INTEGER, body TEXT); CREATE INDEX i ON t(of, seq); \
         CREATE TABLE counter(of TEXT PRIMARY KEY, seq INTEGER);";
    database.execute_batch(tables).expect("tables");
    let router = Router::new()
        .route("/batch", post(take))
        .route("/changes", get(changes))
        .with_state(Arc::new(Mutex::new(database)) as Database);
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("http://{}", listener.local_addr().expect("an address"));
        axum::serve(listener, router).await.expect("it serves");
    });
}

async fn take(State(database): State<Database>, Query(after): Query<After>, Json(batch): Json<Batch>) -> Json<Replies> {
    let work = move || {
        let mut database = database.lock().expect("nobody panics");
        let transaction = database.transaction().expect("a transaction");
        let mut responses = Vec::with_capacity(batch.requests.len());
        {
            let mut put = transaction
                .prepare_cached("INSERT OR REPLACE INTO t(id, of, seq, body) VALUES (?, ?, ?, ?)")
                .expect("a statement");
            let newest = "SELECT seq FROM counter WHERE of = ?";
            let mut seq: i64 = transaction
                .prepare_cached(newest)
                .and_then(|mut newest| newest.query_row([&after.of], |row| row.get(0)))
                .unwrap_or(0);
            for part in batch.requests {
                seq += 1;
                let keys: Keys<'_> = serde_json::from_str(part.body.get()).expect("a record");
                put.execute(params![keys.id, after.of, seq, part.body.get()]).expect("stored");
                responses.push(Reply { id: part.id, status: 201, etag: format!("W/\"{seq}.00000000\"") });
            }
            transaction
                .prepare_cached("INSERT OR REPLACE INTO counter(of, seq) VALUES (?, ?)")
                .and_then(|mut store| store.execute(params![after.of, seq]))
                .expect("stored");
        }
        transaction.commit().expect("committed");
        Json(Replies { responses })
    };
    tokio::task::spawn_blocking(work).await.expect("it ends")
}

async fn changes(State(database): State<Database>, Query(after): Query<After>) -> Json<Changes> {
    let work = move || {
        let database = database.lock().expect("nobody panics");
        let mut select = database
            .prepare_cached("SELECT seq, body FROM t WHERE of = ? AND seq > ? ORDER BY seq LIMIT 1000")
            .expect("a statement");
        let mut answer = Changes { value: Vec::new(), after: after.after };
        let mut rows = select.query(params![after.of, after.after]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            answer.after = row.get(0).expect("a number");
            answer.value.push(RawValue::from_string(row.get(1).expect("a text")).expect("JSON"));
        }
        Json(answer)
    };
    tokio::task::spawn_blocking(work).await.expect("it ends")
}
