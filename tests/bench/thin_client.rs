//! A thin client: what any client must do to push what waits in its database, and nothing else.

use crate::load::record;
use crate::thin::Thin;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use tidemark_tests::now;

/// Records in a request, as in the product.
const BATCH: usize = 200;

/// Measures pushing so many records, read from a database, 200 a request, each batch settled in one transaction.
pub(crate) fn push(count: usize) -> f64 {
    let server = Thin::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut database = Connection::open(folder.path().join("thin.db")).expect("a database");
    let tables = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \
                  CREATE TABLE t(no INTEGER PRIMARY KEY, body TEXT, state INTEGER, etag TEXT); \
                  CREATE INDEX i ON t(state) WHERE state <> 0;";
    database.execute_batch(tables).expect("tables");
    let filling = database.transaction().expect("a transaction");
    for number in 0..count {
        let values = params![number as i64, record(number).to_string()];
        filling.execute("INSERT INTO t(no, body, state) VALUES (?, ?, 1)", values).expect("stored");
    }
    filling.commit().expect("committed");
    let client = reqwest::blocking::Client::new();
    let url = format!("{}/batch?of=ana&after=0", server.url);
    let started = now();
    loop {
        let batch: Vec<(i64, String)> = {
            let mut waiting = database
                .prepare_cached("SELECT no, body FROM t WHERE state = 1 ORDER BY no LIMIT ?")
                .expect("a statement");
            let rows = waiting.query_map([BATCH as i64], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
            rows.map(|row| row.expect("a row")).collect()
        };
        if batch.is_empty() {
            return started.elapsed().as_secs_f64();
        }
        let parts: Vec<String> = batch.iter().map(|(no, body)| format!(r#"{{"id":"{no}","body":{body}}}"#)).collect();
        let body = format!(r#"{{"requests":[{}]}}"#, parts.join(","));
        let request = client.post(&url).header("content-type", "application/json").body(body);
        let answer: Value = request.send().expect("sent").json().expect("JSON");
        let settling = database.transaction().expect("a transaction");
        for reply in answer["responses"].as_array().expect("replies") {
            let no: i64 = reply["id"].as_str().and_then(|id| id.parse().ok()).expect("a number");
            assert_eq!(reply["status"], json!(201));
            settling
                .prepare_cached("UPDATE t SET state = 0, etag = ? WHERE no = ?")
                .and_then(|mut settle| settle.execute(params![reply["etag"].as_str(), no]))
                .expect("settled");
        }
        settling.commit().expect("committed");
    }
}
