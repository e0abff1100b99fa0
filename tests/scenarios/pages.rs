//! Pages of the server's answers: taken onto the place they were asked from, whole, and never asked for twice.

use rusqlite::OpenFlags;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use tidemark_tests::{Device, Network, Office, Server, Weather, eventually};

/// Lets a second process untick and tick a set again while an answer is held back, then lets the answer through.
fn retick_while_held(ana: &Device, network: &Network, pattern: &str) {
    network.hold(pattern);
    let mut cycle = ana.spawn(&["sync"]);
    network.wait_until_held();
    ana.run(&["entities", "off", "TodoItems"]).ok();
    ana.run(&["entities", "on", "TodoItems"]).ok();
    network.release();
    assert!(cycle.wait().unwrap().success());
}

#[test]
fn a_set_that_is_unticked_and_ticked_again_during_its_enumeration_is_whole() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    office.fill(0..12_000, 40);
    let network = Network::to(&server.url);
    let ana = Device::signed_in(&network.url, "ana", &[]);
    ana.run(&["entities", "on", "TodoItems"]).ok();
    retick_while_held(&ana, &network, "skiptoken");
    assert_eq!(ana.list("TodoItems").len(), 12_000, "the very cycle asks again from where the position stands now");
    ana.sync();
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
}

#[test]
fn a_set_that_is_unticked_and_ticked_again_during_a_delta_is_whole() {
    // The first page of a delta, and one that comes behind it.
    for pattern in ["$batch", "skiptoken"] {
        let server = Server::start();
        let office = Office::new(&server.url, "ben");
        office.fill(0..50, 40);
        let network = Network::to(&server.url);
        let ana = Device::signed_in(&network.url, "ana", &["TodoItems"]);
        ana.sync();
        assert_eq!(ana.sync()["requests"], 1);
        office.fill(50..2_550, 40);
        retick_while_held(&ana, &network, pattern);
        assert_eq!(ana.list("TodoItems").len(), 2_550, "{pattern}: the very cycle asks again");
        ana.sync();
        assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"), "{pattern}");
        assert_eq!(ana.conflicts(), Vec::<serde_json::Value>::new());
    }
}

#[test]
fn a_list_that_comes_in_several_pages_is_read_to_its_end_before_anything_counts_as_gone() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    let network = Network::to(&server.url);
    let ana = Device::signed_in(&network.url, "ana", &["TodoItems"]);
    let ids: Vec<String> = (0..60).map(|n| ana.add("TodoItems", &json!({ "Title": format!("Row {n}") }))).collect();
    network.set(Weather::PushRepliesLost);
    assert_eq!(ana.run(&["sync"]).code, 3);
    assert!(network.lost() > 0);
    // Edited elsewhere before the device hears that its own change arrived: each is read again, singly.
    for id in &ids {
        office.patch("TodoItems", id, &json!({ "Notes": "n".repeat(300_000) }));
    }
    network.set(Weather::Fair);
    ana.sync();
    assert_eq!(ana.list("TodoItems").len(), 60);
    ana.sync();
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
}

#[test]
fn a_first_sync_that_is_cut_three_times_costs_little_more_than_one_that_is_not() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    office.fill(0..20_000, 60);
    let mut costs = Vec::new();
    for (user, cuts) in [("ana", 0), ("ben", 3)] {
        let network = Network::to(&server.url);
        let ana = Device::signed_in(&network.url, user, &[]);
        ana.run(&["entities", "on", "TodoItems"]).ok();
        let before = network.passed();
        for _ in 0..cuts {
            // A quarter of what the first device took, each time.
            network.cut_after(costs[0] / 4);
            assert_eq!(ana.run(&["sync"]).code, 3);
            network.cut_after(u64::MAX);
        }
        ana.sync();
        assert_eq!(ana.list("TodoItems").len(), 20_000);
        costs.push(network.passed() - before);
    }
    println!("bytes, whole and cut three times: {costs:?}");
    assert!(costs[1] * 100 <= costs[0] * 115, "{costs:?}");
}

#[test]
fn a_delta_that_is_cut_after_its_first_page_does_not_begin_again() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    let mut costs = Vec::new();
    let network = Network::to(&server.url);
    let [ana, cut] = [(); 2].map(|()| Device::signed_in(&network.url, "ana", &["TodoItems"]));
    for device in [&ana, &cut] {
        device.sync();
    }
    office.fill(0..6_000, 60);
    for (device, cuts) in [(&ana, 0), (&cut, 3)] {
        let before = network.passed();
        for _ in 0..cuts {
            network.cut_after(costs[0] / 4);
            assert_eq!(device.run(&["sync"]).code, 3);
            network.cut_after(u64::MAX);
        }
        device.sync();
        assert_eq!(device.shared("TodoItems"), office.list("TodoItems"));
        costs.push(network.passed() - before);
    }
    println!("bytes, whole and cut three times: {costs:?}");
    // Begun again each time it would be two and a half times as much.
    assert!(costs[1] * 100 <= costs[0] * 140, "{costs:?}");
}

/// Text that does not get smaller than half.
fn noise(seed: &str, bytes: usize) -> String {
    let of = |n: usize| uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, format!("{seed} {n}").as_bytes());
    (0..bytes / 32).map(|n| of(n).simple().to_string()).collect()
}

#[test]
fn a_link_that_breaks_within_each_large_answer_brings_everything_nevertheless() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    let network = Network::to(&server.url);
    let add = |title: String, bytes| {
        office.send("POST", "TodoItems", &json!({ "Title": title, "Notes": noise(&title, bytes) }))
    };
    (0..120).for_each(|n| drop(add(format!("Row {n}"), 3_000)));
    let ana = Device::signed_in(&network.url, "ana", &[]);
    ana.run(&["entities", "on", "TodoItems"]).ok();
    network.cut_each_after(40_000);
    for _ in 0..2 {
        ana.run(&["sync"]);
    }
    assert_eq!(ana.list("TodoItems").len(), 120, "the first sync");
    // Of a delta that asks for everything at once, and of records of which the link carries one.
    (0..4).for_each(|n| drop(add(format!("Large {n}"), 60_000)));
    for _ in 0..2 {
        ana.run(&["sync"]);
    }
    assert_eq!(ana.list("TodoItems").len(), 124, "the delta");
    assert_eq!(ana.status()["kind"], "up_to_date");
    // It is remembered: the next one is not asked for what the link cannot carry.
    let before = network.passed();
    (0..4).for_each(|n| drop(add(format!("More {n}"), 60_000)));
    ana.sync();
    assert!(network.passed() - before < 4 * 40_000 + 20_000, "{}", network.passed() - before);
    network.cut_each_after(u64::MAX);
    ana.sync();
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
}

#[test]
fn what_a_break_taught_outlives_a_program_that_is_killed() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    office.fill(0..500, 1_000);
    let network = Network::to(&server.url);
    let ana = Device::signed_in(&network.url, "ana", &[]);
    ana.run(&["entities", "on", "TodoItems"]).ok();
    let learned = || {
        let database = rusqlite::Connection::open(ana.dir().join("tidemark.db")).unwrap();
        let sql = "SELECT count(*) FROM setting WHERE key = 'page_records'";
        database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() == 1
    };
    network.cut_each_after(2_000);
    let mut cycle = ana.spawn(&["sync", "--watch"]);
    eventually("it is written down", std::time::Duration::from_secs(20), learned);
    let _ = cycle.kill();
    let _ = cycle.wait();
}

/// Adds so many lists, each with an item of its own, in one request.
fn add_pairs(office: &Office, numbers: std::ops::Range<u64>) {
    let part = |set: &str, id: String, body: serde_json::Value| {
        json!({ "id": id, "method": "POST", "url": set, "body": body,
                "headers": { "content-type": "application/json", "prefer": "return=minimal" } })
    };
    let requests: Vec<_> = numbers
        .flat_map(|n| {
            let [list, item] = [1, 2].map(|kind| uuid::Uuid::from_u64_pair(kind, n).to_string());
            let item_body = json!({ "Id": item, "Title": format!("item {n}"), "TodoListId": list });
            [
                part("TodoLists", format!("l{n}"), json!({ "Id": list, "Name": format!("list {n}") })),
                part("TodoItems", format!("i{n}"), item_body),
            ]
        })
        .collect();
    let answer: serde_json::Value = office.send("POST", "$batch", &json!({ "requests": requests })).json().unwrap();
    let answers = answer["responses"].as_array().unwrap();
    assert!(answers.iter().all(|answer| answer["status"].as_u64().unwrap() < 300), "{answer}");
}

#[test]
fn what_belongs_together_appears_together_to_whoever_reads_beside_a_pull() {
    const PAIRS: u64 = 90;
    const ROUNDS: u64 = 12;
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    let ana = Device::signed_in(&server.url, "ana", &["TodoLists", "TodoItems"]);
    ana.sync();
    let (database, is_over) = (ana.dir().join("tidemark.db"), AtomicBool::new(false));
    let seen = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let conn = rusqlite::Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
            let mut state = conn
                .prepare(
                    "SELECT (SELECT count(*) FROM records_TodoLists), (SELECT count(*) FROM records_TodoItems), \
                     (SELECT count(*) FROM records_TodoItems WHERE TodoListId NOT IN (SELECT Id FROM records_TodoLists))",
                )
                .unwrap();
            let mut seen = BTreeSet::new();
            while !is_over.load(Ordering::Relaxed) {
                let row = state.query_row([], |row| Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?]));
                match row {
                    Ok(state) => drop(seen.insert(state)),
                    // Whoever ends the last connection but this one clears the log up.
                    Err(error) => assert!(error.to_string().contains("locked"), "{error}"),
                }
            }
            seen
        });
        for round in 0..ROUNDS {
            add_pairs(&office, round * PAIRS..(round + 1) * PAIRS);
            assert_eq!(ana.sync()["pulled"], 2 * PAIRS);
        }
        is_over.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    let whole: BTreeSet<_> = (0..=ROUNDS).map(|round| [(round * PAIRS) as i64, (round * PAIRS) as i64, 0]).collect();
    assert!(seen.is_subset(&whole), "{seen:?}");
    assert!(seen.len() as u64 > ROUNDS / 2, "it read beside most of them: {seen:?}");
}
