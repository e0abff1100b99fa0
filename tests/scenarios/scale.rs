//! A hundred thousand records: flat memory, resumed after a kill, costs that follow the change and not the table.

use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;
use tidemark_tests::{Device, Office, Phase, Proxy, Server, eventually, pause};

const RECORDS: usize = 100_000;

/// Fills the server through the office's own door: `$batch` requests of 200 records.
fn fill(server: &Server, count: usize) {
    let client = reqwest::blocking::Client::new();
    for start in (0..count).step_by(200) {
        let requests: Vec<Value> = (start..count.min(start + 200))
            .map(|n| {
                json!({ "id": n.to_string(), "method": "POST", "url": "TodoItems", "headers": { "content-type": "application/json", "prefer": "return=minimal" },
                    "body": { "Id": uuid::Uuid::from_u128((n as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)).to_string(), "Title": format!("Inspect valve {n}"), "Notes": format!("Row {n}. {}", "Check the seal and write down the pressure. ".repeat(5)), "Priority": n % 4 } })
            })
            .collect();
        let answer: Value = client
            .post(format!("{}/odata/$batch", server.url))
            .basic_auth("ben", Some("ben-secret"))
            .json(&json!({ "requests": requests }))
            .send()
            .unwrap()
            .json()
            .unwrap();
        assert!(
            answer["responses"].as_array().unwrap().iter().all(|r| r["status"].as_u64().unwrap() < 300),
            "{answer}"
        );
    }
}

#[test]
fn a_first_sync_of_a_hundred_thousand_records_is_resumed_and_flat() {
    let server = Server::start();
    fill(&server, RECORDS);
    let ana = Device::blank();
    let proxy = Proxy::to(&server.url);
    ana.sign_in(&proxy.url, "ana");
    ana.run(&["entities", "on", "TodoItems"]).ok();

    // Kill the first sync while a page is on its way and those before it have been committed.
    let mut pages = 0;
    proxy.stop_at(Phase::Answered, move |passing| {
        pages += usize::from(passing.is_page_of("TodoItems"));
        pages == 5
    });
    let mut child = ana.spawn(&["sync"]);
    let here = || {
        let entities = ana.run(&["entities"]).ok();
        let row = entities.as_array().unwrap().iter().find(|e| e["name"] == "TodoItems").cloned().unwrap();
        row["records"].as_u64().unwrap()
    };
    proxy.wait_until_stopped();
    eventually("something has been committed", Duration::from_secs(60), || here() > 0);
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    proxy.cut();
    let before = here();
    assert!((1..RECORDS as u64).contains(&before), "{before}");
    let asked = proxy.passed().iter().filter(|passing| passing.is_page_of("TodoItems")).count();

    let mut child = ana.spawn(&["sync"]);
    let mut peak_kb = 0;
    let status = loop {
        peak_kb = peak_kb.max(peak_memory_kb(child.id()));
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => pause(Duration::from_millis(5)),
        }
    };
    assert!(status.success());
    assert_eq!(here(), RECORDS as u64);
    let activity = ana.sync();
    assert_eq!(activity["requests"], 1, "nothing is left to do");
    println!("resumed from {before}; client peak {peak_kb} kB, server peak {} kB", server.peak_memory_kb());
    assert!(peak_kb < 150_000, "the client took {peak_kb} kB");
    assert!(server.peak_memory_kb() < 150_000, "the server took {} kB", server.peak_memory_kb());
    let resumed = ana.run(&["status"]).ok();
    assert!(resumed["last_sync"].is_number(), "{resumed}");
    let next = proxy.passed().into_iter().filter(|passing| passing.is_page_of("TodoItems")).nth(asked).unwrap();
    assert!(next.head.contains("skiptoken"), "it went on behind what was here: {}", next.head);

    // One change costs the same with a thousand and with a hundred thousand records cached.
    let small = Server::start();
    fill(&small, 1_000);
    let ben = Device::signed_in(&small.url, "ben", &["TodoItems"]);
    let mut costs = Vec::new();
    for (server, device) in [(&small, &ben), (&server, &ana)] {
        let office = Office::new(&server.url, "ana");
        let id = office.read("TodoItems?$top=1&$select=Id")["value"][0]["Id"].as_str().unwrap().to_owned();
        office.patch("TodoItems", &id, &json!({ "Title": "changed" }));
        let report = device.sync();
        assert_eq!(report["pulled"], 1);
        costs.push((report["requests"].as_u64().unwrap(), report["bytes_received"].as_u64().unwrap()));
    }
    println!("one change: {costs:?} (requests, bytes received)");
    assert_eq!(costs[0].0, costs[1].0);
    assert!(costs[0].1.abs_diff(costs[1].1) < 200, "{costs:?}");
}

fn peak_memory_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
