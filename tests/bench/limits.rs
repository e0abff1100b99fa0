//! The limits: the work that no implementation could leave out, done in the plainest way.

use crate::load::record;
use rusqlite::{Connection, params};
use serde::Deserialize;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use tidemark_tests::now;

/// The same record as the offline database keeps it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item<'a> {
    id: &'a str,
    title: &'a str,
    notes: &'a str,
    is_done: bool,
    priority: i64,
    due_at: &'a str,
    assignee: &'a str,
}

/// Returns the same records as one JSON array, ordered by id as pages are.
pub(crate) fn json_of(count: usize) -> Vec<u8> {
    let mut records: Vec<_> = (0..count).map(record).collect();
    records.sort_by_key(|r| r["Id"].as_str().unwrap_or_default().to_owned());
    serde_json::to_vec(&records).expect("JSON")
}

/// Measures parsing the JSON and inserting the records with one prepared statement in one transaction.
pub(crate) fn parse_and_insert(json: &[u8]) -> (f64, f64) {
    let started = now();
    let items: Vec<Item<'_>> = serde_json::from_slice(json).expect("JSON");
    let parsed = started.elapsed().as_secs_f64();
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut database = Connection::open(dir.path().join("limit.db")).expect("a database");
    database
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
             CREATE TABLE t(seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, title TEXT, notes TEXT, is_done INTEGER,
               priority INTEGER, due_at TEXT, assignee TEXT, updated_at INTEGER, etag TEXT);",
        )
        .expect("a table");
    let started = now();
    let transaction = database.transaction().expect("a transaction");
    {
        let mut insert = transaction
            .prepare("INSERT INTO t(id,title,notes,is_done,priority,due_at,assignee,updated_at,etag) VALUES(?,?,?,?,?,?,?,?,?)")
            .expect("a statement");
        for (number, item) in items.iter().enumerate() {
            let id = uuid::Uuid::parse_str(item.id).expect("an id");
            let etag = "W/\"123456.0a1b2c3d\"";
            insert
                .execute(params![
                    &id.as_bytes()[..],
                    item.title,
                    item.notes,
                    item.is_done,
                    item.priority,
                    item.due_at,
                    item.assignee,
                    number as i64,
                    etag
                ])
                .expect("inserted");
        }
    }
    transaction.commit().expect("committed");
    (parsed, started.elapsed().as_secs_f64())
}

/// Measures sending this many bytes through a socket on loopback.
pub(crate) fn transfer(bytes: usize) -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let sender = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let chunk = vec![7_u8; 64 << 10];
        let mut left = bytes;
        while left > 0 {
            let part = left.min(chunk.len());
            stream.write_all(&chunk[..part]).expect("sent");
            left -= part;
        }
    });
    let started = now();
    let mut received = Vec::new();
    TcpStream::connect(address).expect("connected").read_to_end(&mut received).expect("received");
    let seconds = started.elapsed().as_secs_f64();
    sender.join().expect("the sender ends");
    assert_eq!(received.len(), bytes);
    seconds
}

/// Measures starting a process that does nothing, and one exchange of a small request over loopback.
pub(crate) fn start_and_exchange(program: &std::path::Path, url: &str) -> f64 {
    let started = now();
    std::process::Command::new(program).arg("--version").output().expect("it starts");
    let start = started.elapsed().as_secs_f64();
    let client = reqwest::blocking::Client::new();
    let exchange = || client.get(format!("{url}/health/live")).send().expect("answered").bytes().expect("a body");
    exchange();
    let started = now();
    exchange();
    start + started.elapsed().as_secs_f64()
}

/// Measures reading a window in index order, and a scan that looks for a word, over a plain table of the same records.
pub(crate) fn page_and_scan(json: &[u8]) -> (f64, f64) {
    let items: Vec<Item<'_>> = serde_json::from_slice(json).expect("JSON");
    let mut database = Connection::open_in_memory().expect("a database");
    database
        .execute_batch("CREATE TABLE t(seq INTEGER PRIMARY KEY, title TEXT, notes TEXT, assignee TEXT); CREATE INDEX i ON t(title);")
        .expect("a table");
    let transaction = database.transaction().expect("a transaction");
    for item in &items {
        transaction
            .prepare_cached("INSERT INTO t(title,notes,assignee) VALUES(?,?,?)")
            .and_then(|mut insert| insert.execute(params![item.title, item.notes, item.assignee]))
            .expect("inserted");
    }
    transaction.commit().expect("committed");
    let read = |sql: &str| {
        let started = now();
        let mut statement = database.prepare(sql).expect("a statement");
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows").count();
        assert!(rows > 0);
        started.elapsed().as_secs_f64()
    };
    read("SELECT title FROM t ORDER BY title LIMIT 100");
    let page = read("SELECT title FROM t ORDER BY title LIMIT 100");
    let scan =
        read("SELECT title FROM t WHERE title LIKE '%valve%' OR notes LIKE '%valve%' OR assignee LIKE '%valve%'");
    (page, scan)
}
