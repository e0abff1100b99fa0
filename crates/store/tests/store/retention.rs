//! What is kept of what was sent, for how long, and what it costs; and what nobody is told twice.

use crate::support::*;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use tidemark_store::{Answer, Changed, CycleEntry, Position, Store};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn bytes(device: &Device, tables: &[&str]) -> u64 {
    let database = rusqlite::Connection::open(device.dir.path().join("tidemark.db")).unwrap();
    let sql = "SELECT coalesce(sum(d.payload), 0) FROM dbstat AS d JOIN sqlite_schema AS s ON s.name = d.name \
               WHERE s.tbl_name = ?1";
    let of = |table: &&str| -> i64 { database.query_row(sql, [table], |row| row.get(0)).unwrap() };
    tables.iter().map(of).sum::<i64>().unsigned_abs()
}

fn synced(store: &Store) {
    let entry = json!({
        "started_at": 0, "duration_ms": 0, "outcome": "synced", "pushed": 0, "pulled": 0, "merged": 0, "conflicts": 0,
        "parked": 0, "requests": 1, "bytes_sent": 0, "bytes_received": 0, "error": null
    });
    store.record_cycle(&serde_json::from_value::<CycleEntry>(entry).unwrap()).unwrap();
}

#[test]
fn an_edit_keeps_one_copy_of_its_record_and_not_three() {
    let device = device();
    let store = &device.store;
    let notes = "n".repeat(4_000);
    for n in 0..200 {
        store.add(ITEMS, &object(json!({ "Id": id(n).to_string(), "Title": "a", "Notes": notes }))).unwrap();
    }
    accept_all(store);
    let records = bytes(&device, &["records_TodoItems"]);
    let before = bytes(&device, &["sent", "history"]);
    for n in 0..200 {
        edit(store, id(n), json!({ "Title": "b" }));
    }
    accept_all(store);
    let kept = bytes(&device, &["sent", "history"]) - before;
    println!("{records} bytes of records; {before} kept of adding them, {kept} of one edit of each");
    assert!(kept < records * 5 / 4, "{kept} bytes are kept of edits of {records} bytes of records");
    // What is kept is enough to undo with.
    store.delete(ITEMS, id(7)).unwrap();
    accept_all(store);
    assert_eq!(store.undo_delete(ITEMS, id(7)).unwrap().record.get("Notes"), &json!(notes));
}

#[test]
fn what_is_past_its_time_goes_in_bounded_steps_and_by_an_index() {
    let device = device();
    let store = &device.store;
    store.set_setting("store.clock_offset_ms", "0").unwrap();
    let id = clean_item(store, 1, "e1");
    edit(store, id, json!({ "Title": "b" }));
    accept_all(store);
    let database = rusqlite::Connection::open(device.dir.path().join("tidemark.db")).unwrap();
    let count = |table: &str| -> i64 {
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    let many = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 12000) ";
    let of = "entity_set, id, at, etag, sent) SELECT 'TodoItems', randomblob(16), 1, 'e', '{}' FROM n";
    database.execute_batch(&format!("{many} INSERT INTO sent ({of}")).unwrap();
    let all = count("sent");
    // Times of this device say nothing: the rows count from the first cycle that went through and saw them.
    synced(store);
    assert_eq!(count("sent"), all);
    device.clock.0.fetch_add(31 * DAY_MS, Ordering::Relaxed);
    edit(store, id, json!({ "Title": "young" }));
    accept_all(store);
    synced(store);
    assert_eq!(count("sent"), all + 1 - 5_000, "one cycle drops so many and no more");
    synced(store);
    synced(store);
    assert_eq!(count("sent"), 1, "what is younger stays");
    assert!(!store.history(ITEMS, id).unwrap().is_empty(), "history stays 400 days");
    device.clock.0.fetch_add(401 * DAY_MS, Ordering::Relaxed);
    synced(store);
    assert_eq!(store.history(ITEMS, id).unwrap(), []);
    for table in ["sent", "answered", "attempt", "history", "exported"] {
        let sql = format!("SELECT order_no FROM {table} WHERE order_no <= 5 ORDER BY order_no LIMIT 5");
        let mut plan = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let plan: Vec<String> = plan.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        assert!(plan.iter().all(|step| step.contains("SEARCH") && !step.contains("TEMP B-TREE")), "{plan:?}");
    }
}

#[test]
fn what_is_confirmed_after_all_before_it_has_gone_is_kept_as_long_as_any() {
    let device = device();
    let store = &device.store;
    store.set_setting("store.clock_offset_ms", "0").unwrap();
    let id = clean_item(store, 1, "e1");
    let confirm = |title: &str| {
        edit(store, id, json!({ "Title": title }));
        accept_all(store);
    };
    confirm("old");
    synced(store);
    device.clock.0.fetch_add(31 * DAY_MS, Ordering::Relaxed);
    // Everything is old now and goes, as far as anything goes.
    synced(store);
    confirm("young");
    synced(store);
    let database = rusqlite::Connection::open(device.dir.path().join("tidemark.db")).unwrap();
    let sql = "SELECT count(*) FROM sent WHERE sent LIKE '%young%'";
    let kept: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 1);
}

#[test]
fn what_is_pending_over_a_lost_change_that_was_kept_long_enough_goes_over_nobody() {
    let device = device();
    let store = &device.store;
    store.set_setting("store.clock_offset_ms", "0").unwrap();
    let theirs = |etag: &str, title: &str| server_item(id(1), etag, json!({ "Title": title, "_UpdatedAt": 1_000 }));
    pull_item(store, &theirs("e1", "before"));
    edit(store, id(1), json!({ "Title": "lost" }));
    accept_all(store);
    // The server is put back to before that, which is offered again; its answer comes more than 30 days later.
    pull(store, ITEMS, |tx| {
        tx.move_to(&Position::Start { restored: true })?;
        tx.start_enumeration(None)?;
        take(tx, ITEMS, &theirs("e1", "before"))?;
        tx.finish_enumeration()?;
        tx.move_to(&Position::Delta { link: "d".into() })
    })
    .unwrap();
    let offered = batch(store).remove(0);
    edit(store, id(1), json!({ "Title": "typed since" }));
    device.clock.0.fetch_add(31 * DAY_MS, Ordering::Relaxed);
    synced(store);
    let current = theirs("e2", "theirs");
    store.settle(&[reply(&offered, Answer::Stale { current })]).unwrap();
    assert_eq!((store.counts().unwrap().conflicts, batch(store)), (1, Vec::new()));
    assert_eq!(title(&store.conflicts().unwrap()[0].server.as_ref().unwrap().record), "theirs");
}

#[test]
fn the_echo_of_an_own_push_announces_nothing() {
    let device = device();
    let store = &device.store;
    let heard: Arc<Mutex<Vec<Changed>>> = Arc::default();
    let listener = heard.clone();
    store.on_change(Box::new(move |changes| listener.lock().unwrap().extend(changes.iter().cloned())));
    for n in [1, 2] {
        clean_item(store, n, &format!("e{n}"));
        edit(store, id(n), json!({ "Title": "b" }));
    }
    let sent = batch(store);
    // The second is edited again while its change is on its way.
    edit(store, id(2), json!({ "Notes": "later" }));
    store.settle(&sent.iter().map(|o| reply(o, done(&format!("f{}", o.id)))).collect::<Vec<_>>()).unwrap();
    heard.lock().unwrap().clear();
    for n in [1, 2] {
        let echo = json!({ "Title": "b", "Notes": "n", "IsDone": false, "Priority": 0, "_UpdatedAt": 9_000, "_UpdatedBy": "ann" });
        pull_item(store, &server_item(id(n), &format!("f{}", id(n)), echo));
    }
    assert_eq!(*heard.lock().unwrap(), []);
    assert_eq!((mark(store, id(1)), mark(store, id(2))), ("none", "waiting"));
    // News is told.
    pull_item(store, &server_item(id(1), "g", json!({ "Title": "bob's", "_UpdatedAt": 9_001 })));
    assert_eq!(heard.lock().unwrap().len(), 1);
}
