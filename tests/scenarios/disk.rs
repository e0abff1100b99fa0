//! The laptop's own disk: a lost write-ahead log, flipped bytes, rows that are no longer the server's (FAULTS D7, D10,
//! I27). What was acknowledged is there again, what is the server's comes back from the server, and it is said once.

use rusqlite::Connection;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tidemark_tests::{Device, Office, Server, eventually};

fn database(device: &Device) -> PathBuf {
    device.dir().join("tidemark.db")
}

fn sql(device: &Device, statements: &str) {
    let conn = Connection::open(database(device)).unwrap();
    conn.busy_timeout(Duration::from_secs(10)).unwrap();
    conn.execute_batch(statements).unwrap();
}

fn incidents(device: &Device) -> Vec<Value> {
    let conn = Connection::open(database(device)).unwrap();
    let mut statement = conn.prepare("SELECT entry FROM incident ORDER BY order_no").unwrap();
    let found = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    found.map(|text| serde_json::from_str(&text.unwrap()).unwrap()).collect()
}

/// Makes every audit due, as a day does.
fn a_day_passes(device: &Device) {
    sql(device, "UPDATE setting SET value = '0' WHERE key GLOB 'store.audited.*'");
}

fn items(server: &Server, count: usize) -> Vec<String> {
    let office = Office::new(&server.url, "ben");
    (0..count)
        .map(|n| {
            let record = json!({ "Title": format!("Item {n:03}"), "Notes": "from the office" });
            let response = office.send("POST", "TodoItems", &record);
            response.json::<Value>().unwrap()["Id"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn a_lost_write_ahead_log_after_a_kill_loses_no_acknowledged_edit() {
    let server = Server::start();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let shared = ana.add("TodoItems", &json!({ "Title": "at the server" }));
    ana.sync();
    // A process that stays keeps the log from being written back, as the window does.
    let mut holder = ana.spawn(&["sync", "--watch"]);
    let wal = ana.dir().join("tidemark.db-wal");
    eventually("the holder has it open", Duration::from_secs(20), || {
        Connection::open(database(&ana)).is_ok_and(|conn| {
            conn.query_row("SELECT count(*) FROM cycle", [], |row| row.get::<_, i64>(0)).is_ok_and(|n| n >= 2)
        })
    });
    drop(server);
    let mut acknowledged: Vec<String> =
        (0..8).map(|n| ana.add("TodoItems", &json!({ "Title": format!("acknowledged {n}") }))).collect();
    ana.edit("TodoItems", &shared, &json!({ "Notes": "acknowledged too" }));
    assert!(std::fs::metadata(&wal).unwrap().len() > 0);
    holder.kill().unwrap();
    holder.wait().unwrap();
    std::fs::remove_file(&wal).unwrap();
    std::fs::remove_file(ana.dir().join("tidemark.db-shm")).unwrap_or_default();
    let told = ana.run(&["list", "TodoItems"]);
    assert!(told.errors.contains("nothing is lost"), "{}", told.errors);
    acknowledged.push(shared.clone());
    acknowledged.sort();
    let listed: Vec<String> = ana.list("TodoItems").iter().map(|r| r["Id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed, acknowledged);
    assert_eq!(ana.get("TodoItems", &shared)["Notes"], "acknowledged too");
    let status = ana.run(&["status"]);
    assert_eq!((&status.json["pending"], status.errors.as_str()), (&json!(9), ""), "it is said once");
}

#[test]
fn flipped_pages_lose_nothing_that_waits_and_the_rest_comes_back_from_the_server() {
    let server = Server::start();
    let ids = items(&server, 120);
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems", "Sites"]);
    let office = Office::new(&server.url, "ben");
    let file = database(&ana);
    let pages = std::fs::metadata(&file).unwrap().len() / 4096;
    // Page by page, each time on what the last one left.
    for (round, page) in (0..pages).step_by(3).enumerate() {
        ana.edit("TodoItems", &ids[round], &json!({ "Notes": format!("mine {round}") }));
        let added = ana.add("TodoItems", &json!({ "Title": format!("added {round}") }));
        let mut bytes = std::fs::read(&file).unwrap();
        let at = usize::try_from(page * 4096).unwrap().min(bytes.len() - 4096);
        bytes[at..at + 64].iter_mut().for_each(|byte| *byte ^= 0xa5);
        std::fs::write(&file, bytes).unwrap();
        // As a power cut leaves it.
        std::fs::write(ana.dir().join("open.lock"), "open").unwrap();
        let report = ana.sync();
        assert_eq!((&report["conflicts"], &report["parked"]), (&json!(0), &json!(0)), "page {page}: {report}");
        ana.sync();
        ana.sync();
        assert_eq!(office.read(&format!("TodoItems({})", ids[round]))["Notes"], format!("mine {round}"), "page {page}");
        assert_eq!(office.read(&format!("TodoItems({added})"))["Title"], format!("added {round}"), "page {page}");
        assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"), "page {page}");
    }
    assert!(incidents(&ana).iter().any(|incident| incident.get("salvaged").is_some()));
}

#[test]
fn the_audit_finds_and_mends_what_is_otherwise_and_touches_nothing_that_waits() {
    let server = Server::start();
    let ids = items(&server, 60);
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let office = Office::new(&server.url, "ben");
    ana.sync();
    let blob = |id: &str| format!("x'{}'", id.replace('-', ""));
    ana.edit("TodoItems", &ids[0], &json!({ "Notes": "mine" }));
    for (damage, statements) in [
        ("a row is gone", format!("DELETE FROM records_TodoItems WHERE Id = {}", blob(&ids[1]))),
        (
            "a version is another",
            format!("UPDATE records_TodoItems SET _etag = 'W/\"1.0\"' WHERE Id = {}", blob(&ids[2])),
        ),
        ("a text is another", format!("UPDATE records_TodoItems SET Title = 'Itzm' WHERE Id = {}", blob(&ids[3]))),
        (
            "a row too many",
            format!(
                "CREATE TEMP TABLE t AS SELECT * FROM records_TodoItems WHERE Id = {}; UPDATE t SET Id = randomblob(16); \
                 INSERT INTO records_TodoItems SELECT * FROM t",
                blob(&ids[4])
            ),
        ),
    ] {
        ana.sync();
        assert_eq!(incidents(&ana).len(), 0, "{damage}");
        sql(&ana, &statements);
        ana.edit("TodoItems", &ids[0], &json!({ "Notes": format!("mine, before {damage}") }));
        a_day_passes(&ana);
        let synced = ana.run(&["sync"]);
        assert!(synced.errors.contains("fetched again"), "{damage}: {}", synced.errors);
        synced.ok();
        assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"), "{damage}");
        assert_eq!(incidents(&ana), [json!({ "healed": { "set": "TodoItems", "records": 1 } })], "{damage}");
        assert_eq!(office.read(&format!("TodoItems({})", ids[0]))["Notes"], format!("mine, before {damage}"));
        assert_eq!(ana.conflicts(), Vec::<Value>::new());
        sql(&ana, "DELETE FROM incident");
    }
}

#[test]
fn the_audit_finds_what_was_altered_beside_a_record_that_waits() {
    let server = Server::start();
    let (ana, office) = (Device::signed_in(&server.url, "ana", &["TodoItems"]), Office::new(&server.url, "ben"));
    // The digests are sums over records whose keys begin alike.
    let [asked, altered] = ["77000000-0000-4000-8000-000000000001", "77000000-0000-4000-8000-000000000002"];
    for id in [asked, altered] {
        office.send("POST", "TodoItems", &json!({ "Id": id, "Title": "from the office" }));
    }
    ana.sync();
    office.patch("TodoItems", asked, &json!({ "Title": "theirs" }));
    ana.edit("TodoItems", asked, &json!({ "Title": "mine" }));
    ana.sync();
    sql(&ana, &format!("UPDATE records_TodoItems SET Title = 'altered' WHERE Id = x'{}'", altered.replace('-', "")));
    a_day_passes(&ana);
    ana.sync();
    assert_eq!(ana.get("TodoItems", altered)["Title"], "from the office");
    assert_eq!((ana.conflicts().len(), incidents(&ana).len()), (1, 1));
}

#[test]
fn the_audit_is_silent_while_nothing_is_wrong_and_costs_an_idle_cycle_nothing() {
    let server = Server::start();
    let ids = items(&server, 30);
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems", "TodoLists"]);
    let office = Office::new(&server.url, "ben");
    let added =
        ana.add("TodoItems", &json!({ "Title": "Öl é 😀", "Priority": 3, "DueAt": "2026-11-26T10:00:00.123Z" }));
    ana.run(&["delete", "TodoItems", &ids[1]]).ok();
    office.delete("TodoItems", &ids[2]);
    office.patch("TodoItems", &ids[3], &json!({ "Notes": null }));
    ana.edit("TodoItems", &ids[3], &json!({ "Title": "merged" }));
    // One question stays open, one change waits.
    office.patch("TodoItems", &ids[4], &json!({ "Title": "theirs" }));
    ana.edit("TodoItems", &ids[4], &json!({ "Title": "mine" }));
    ana.sync();
    office.patch("TodoItems", &added, &json!({ "Priority": 1 }));
    for _ in 0..3 {
        a_day_passes(&ana);
        let report = ana.sync();
        assert!(report["requests"].as_u64().unwrap() <= 2, "{report}");
        assert_eq!(incidents(&ana), Vec::<Value>::new());
    }
    assert_eq!(ana.conflicts().len(), 1);
    ana.edit("TodoItems", &ids[5], &json!({ "Title": "waits" }));
    let due = Connection::open(database(&ana)).unwrap();
    let audited = "SELECT count(*) FROM setting WHERE key GLOB 'store.audited.*' AND value <> '0'";
    assert_eq!(due.query_row(audited, [], |row| row.get::<_, i64>(0)).unwrap(), 3, "every set was compared");
    ana.sync();
    assert_eq!(ana.sync()["requests"], 1);
}
