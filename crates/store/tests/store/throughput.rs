//! How fast pages are written and changes pushed, beside what SQLite itself needs for the same records.
//!
//! `cargo test --release -p tidemark-store --test store -- --ignored throughput --nocapture --test-threads 1`

use crate::support::*;
use serde_json::json;
use std::time::{Duration, Instant};
use tidemark_model::query::{Expr, Literal, OrderBy, Query};
use tidemark_model::{Cell, Incoming, IncomingRow, RecordId, RowSink};
use tidemark_store::{Only, Position, Reply, Store, StoreError};
use uuid::Uuid;

const RECORDS: u64 = 100_000;
/// Records in one commit, as a pull does it.
const COMMIT: usize = 25_000;

/// A key for `n`: rising, or spread over the whole range as version 4 GUIDs are.
fn key(n: u64, random: bool) -> RecordId {
    let spread =
        |n: u64| (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    RecordId(if random { Uuid::from_u64_pair(spread(n), spread(!n)) } else { Uuid::from_u64_pair(1, n) })
}

/// The cells of a task of about 480 bytes of JSON.
fn cells(n: u64, title: &mut String) -> Vec<Cell<'_>> {
    const NOTES: &str = "Bring the long ladder and the spare gasket; the key to the pump house hangs behind the door. \
                         Read the meter before and after, and take a picture of the plate.";
    use std::fmt::Write as _;
    title.clear();
    let _ = write!(title, "Check pump {n} at the northern reservoir");
    let declared = model().set(ITEMS).unwrap().entity_type.declared();
    declared
        .map(|property| match property.name.as_str() {
            "Title" => Cell::Text(title.as_str().into()),
            "Notes" => Cell::Text(NOTES.into()),
            "Assignee" => Cell::Text("ann.example".into()),
            "DueAt" => Cell::Integer(1_760_000_000_000_000 + n as i64),
            "TodoListId" | "SiteId" => Cell::Guid(Uuid::from_u64_pair(3, n % 40)),
            _ => Cell::Integer(0),
        })
        .collect()
}

fn pull_all(store: &Store, random: bool, mark: &str) -> (Duration, u64) {
    let mut spent = Duration::ZERO;
    let mut pulled = 0;
    for chunk in 0..RECORDS / COMMIT as u64 {
        let started = Instant::now();
        let taken = pull(store, ITEMS, |tx| {
            let mut sink = tx.sink()?;
            let (mut title, mut etag) = (String::new(), String::new());
            for n in chunk * COMMIT as u64..(chunk + 1) * COMMIT as u64 {
                use std::fmt::Write as _;
                etag.clear();
                let _ = write!(etag, "W/\"{n}.{mark}\"");
                sink.take(Incoming::Row(IncomingRow {
                    id: key(n, random),
                    etag: &etag,
                    cells: &cells(n, &mut title),
                    updated_at: 1_760_000_000_000,
                    is_tombstoned: false,
                    updated_by: Some("bob"),
                    extra: None,
                }))?;
            }
            Ok::<_, StoreError>(())
        });
        pulled += taken.unwrap().1.pulled;
        spent += started.elapsed();
    }
    (spent, pulled)
}

/// The same records by one prepared statement into a bare table.
fn limit(random: bool) -> Duration {
    let dir = tempfile::tempdir().unwrap();
    let mut conn = rusqlite::Connection::open(dir.path().join("limit.db")).unwrap();
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768;
         CREATE TABLE t (id BLOB NOT NULL PRIMARY KEY, a, b, c, d, e, f, g, h, u, x, w, s, etag, extra, g2)",
    )
    .unwrap();
    let started = Instant::now();
    let tx = conn.transaction().unwrap();
    {
        let columns = cells(0, &mut String::new()).len();
        let binds = vec!["?"; columns + 3].join(",");
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"][..columns].join(",");
        let sql = format!("INSERT INTO t (id, {names}, etag, u) VALUES ({binds})");
        let mut statement = tx.prepare(&sql).unwrap();
        let (mut title, mut etag) = (String::new(), String::new());
        for n in 0..RECORDS {
            use std::fmt::Write as _;
            etag.clear();
            let _ = write!(etag, "W/\"{n}.abcdef01\"");
            statement.raw_bind_parameter(1, key(n, random).0.as_bytes().as_slice()).unwrap();
            for (index, cell) in cells(n, &mut title).iter().enumerate() {
                let at = index + 2;
                match cell {
                    Cell::Null => statement.raw_bind_parameter(at, rusqlite::types::Null),
                    Cell::Integer(n) => statement.raw_bind_parameter(at, n),
                    Cell::Real(n) => statement.raw_bind_parameter(at, n),
                    Cell::Text(text) => statement.raw_bind_parameter(at, text.as_ref()),
                    Cell::Guid(id) => statement.raw_bind_parameter(at, id.as_bytes().as_slice()),
                }
                .unwrap();
            }
            statement.raw_bind_parameter(columns + 2, &etag).unwrap();
            statement.raw_bind_parameter(columns + 3, 1_760_000_000_000_i64).unwrap();
            statement.raw_execute().unwrap();
        }
    }
    tx.commit().unwrap();
    started.elapsed()
}

fn ms(spent: Duration) -> u64 {
    spent.as_millis() as u64
}

fn timed<T>(f: impl FnOnce() -> T) -> (u64, T) {
    let started = Instant::now();
    let value = f();
    (ms(started.elapsed()), value)
}

#[test]
#[ignore = "a measurement; run it in release"]
fn throughput_of_a_pull() {
    for random in [false, true] {
        let device = device();
        let store = &device.store;
        let (first, pulled) = pull_all(store, random, "abcdef01");
        assert_eq!(pulled, RECORDS);
        let (again, pulled) = pull_all(store, random, "abcdef01");
        assert_eq!(pulled, 0);
        let (changed, pulled) = pull_all(store, random, "abcdef02");
        assert_eq!(pulled, RECORDS);
        let (sweep, ()) = timed(|| {
            pull(store, ITEMS, |tx| tx.move_to(&Position::Start { restored: false })).unwrap();
            pull(store, ITEMS, |tx| tx.start_enumeration(None)).unwrap();
            pull_all(store, random, "abcdef02");
            pull(store, ITEMS, |tx| tx.finish_enumeration()).unwrap();
        });
        let limit = limit(random);
        let (entities, _) = timed(|| store.entities().unwrap());
        let by_due = OrderBy { expr: Expr::Property("DueAt".into()), descending: true };
        let page = Query { top: Some(100), order_by: vec![by_due], ..Query::default() };
        let (page_ms, _) = timed(|| store.list(ITEMS, &page, Only::All).unwrap());
        let (count_ms, n) = timed(|| store.count(ITEMS, &Query::default(), Only::All).unwrap());
        assert_eq!(n, RECORDS);
        let title = || Box::new(Expr::Property("Title".into()));
        let needle = Box::new(Expr::Literal(Literal::String("Check pump 77777 at the northern reservoir".into())));
        let filter = Expr::Compare { op: tidemark_model::query::Compare::Eq, left: title(), right: needle };
        let query = Query { filter: Some(filter), ..Query::default() };
        let (filter_ms, found) = timed(|| store.list(ITEMS, &query, Only::All).unwrap().len());
        assert_eq!(found, 1);
        let per_second = |spent: Duration| (RECORDS as f64 / spent.as_secs_f64()) as u64;
        println!(
            "{}",
            json!({
                "order": if random { "random" } else { "key" }, "records": RECORDS,
                "first_ms": ms(first), "first_per_s": per_second(first), "limit_ms": ms(limit),
                "limit_per_s": per_second(limit), "ratio": first.as_secs_f64() / limit.as_secs_f64(),
                "unchanged_ms": ms(again), "changed_ms": ms(changed), "enumeration_with_sweep_ms": sweep,
                "entities_ms": entities, "first_page_by_date_ms": page_ms, "count_ms": count_ms, "equals_ms": filter_ms,
            })
        );
    }
}

#[test]
#[ignore = "a measurement; run it in release"]
fn throughput_of_a_push() {
    const CHANGES: u64 = 10_000;
    let device = device();
    let store = &device.store;
    let json = |n: u64| {
        let title = format!("Check pump {n}");
        Ok(object(json!({ "Id": key(n, true).to_string(), "Title": title, "Notes": "x".repeat(300) })).into())
    };
    let (import, _) = timed(|| store.import(ITEMS, &mut (0..CHANGES).map(json)).unwrap());
    let (mut batches, mut settles, mut requests) = (Duration::ZERO, Duration::ZERO, 0);
    loop {
        let started = Instant::now();
        let sent = batch(store);
        batches += started.elapsed();
        if sent.is_empty() {
            break;
        }
        requests += 1;
        let replies: Vec<Reply> = sent.iter().map(|o| reply(o, done(&o.request_id.to_string()))).collect();
        let started = Instant::now();
        store.settle(&replies).unwrap();
        settles += started.elapsed();
    }
    let one = Instant::now();
    edit(store, key(5, true), json!({ "Title": "b" }));
    let one = one.elapsed();
    println!(
        "{}",
        json!({
            "changes": CHANGES, "import_ms": import, "requests": requests, "next_batch_ms": ms(batches),
            "settle_ms": ms(settles), "one_edit_us": one.as_micros() as u64,
        })
    );
}
