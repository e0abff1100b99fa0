//! The measurements themselves.

use crate::load::{fill, id, record, touch};
use crate::measure::{Cost, cpu_seconds, report};
use crate::{limits, load, small, thin_client};
use serde_json::{Value, json};
use tidemark_tests::{Device, Server, program};

const PUSHED: usize = 10_000;

/// Runs the measurements whose names are wanted.
pub(crate) fn run(wanted: &dyn Fn(&str) -> bool, records: usize) {
    if wanted("push_10000") {
        push("push_10000", Server::start_on_a_file());
    }
    if wanted("push_10000_postgres") {
        let cluster = small::durable();
        push("push_10000_postgres", Server::start_at(cluster.database().superuser_url()));
    }
    small::run(wanted);
    let large = ["first_sync", "idle_cycle", "cycle_after_100_changes", "first_page", "search"];
    if large.iter().any(|name| wanted(name)) {
        over_a_large_set(wanted, records);
    }
}

fn sync(server: &Server, device: &Device) -> (Cost, f64) {
    let before = cpu_seconds(server.pid());
    let cost = run_command(device, &["sync"]);
    assert_eq!(cost.output["outcome"], "synced", "{}", cost.output);
    (cost, cpu_seconds(server.pid()) - before)
}

fn run_command(device: &Device, arguments: &[&str]) -> Cost {
    crate::measure::run(device.command(arguments))
}

fn figures(server: &Server, cost: &Cost, server_cpu: f64) -> Value {
    json!({
        "client_cpu_seconds": (cost.cpu_seconds * 100.0).round() / 100.0,
        "server_cpu_seconds": (server_cpu * 100.0).round() / 100.0,
        "requests": cost.output["requests"],
        "bytes_sent": cost.output["bytes_sent"],
        "bytes_received": cost.output["bytes_received"],
        "client_peak_mb": cost.peak_kb / 1024,
        "server_peak_mb": server.peak_memory_kb() / 1024,
    })
}

/// 60 % additions, 30 % updates, 10 % deletions, made offline.
fn push(name: &str, server: Server) {
    let existing = PUSHED * 4 / 10;
    fill(&server, 0..existing);
    let device = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let file = device.dir().join("changes.jsonl");
    let rows = |numbers: &mut dyn Iterator<Item = Value>| -> String { numbers.map(|r| format!("{r}\n")).collect() };
    // A row whose Id is there is an edit.
    let changed = rows(&mut (0..PUSHED * 3 / 10).map(|n| json!({ "Id": id(n), "Title": format!("changed {n}") })));
    let added = rows(&mut (existing..existing + PUSHED * 6 / 10).map(record));
    std::fs::write(&file, changed + &added).expect("written");
    device.run(&["import", "TodoItems", &file.to_string_lossy()]).ok();
    for number in PUSHED * 3 / 10..existing {
        device.run(&["delete", "TodoItems", &id(number)]).ok();
    }
    let (cost, server_cpu) = sync(&server, &device);
    assert_eq!(cost.output["pushed"], PUSHED, "{}", cost.output);
    report(name, cost.seconds, thin_client::push(PUSHED), figures(&server, &cost, server_cpu));
}

fn over_a_large_set(wanted: &dyn Fn(&str) -> bool, records: usize) {
    let server = Server::start();
    fill(&server, 0..records);
    let device = Device::blank();
    device.sign_in(&server.url, "ana");
    device.run(&["entities", "on", "TodoItems"]).ok();
    let (cost, server_cpu) = sync(&server, &device);
    let json = limits::json_of(records);
    if wanted("first_sync") {
        let (parse, insert) = limits::parse_and_insert(&json);
        let wire = cost.output["bytes_received"].as_u64().unwrap_or(0) as usize;
        let transfer = limits::transfer(wire);
        let mut more = figures(&server, &cost, server_cpu);
        more["records"] = json!(records);
        more["limit_parts"] = json!({ "parse": parse, "insert": insert, "transfer": transfer });
        report("first_sync", cost.seconds, parse + insert + transfer, more);
    }
    let client = program("tidemark");
    if wanted("idle_cycle") {
        let (cost, server_cpu) = sync(&server, &device);
        report(
            "idle_cycle",
            cost.seconds,
            limits::start_and_exchange(&client, &server.url),
            figures(&server, &cost, server_cpu),
        );
    }
    if wanted("cycle_after_100_changes") {
        after_changes("cycle_after_100_changes_large", &server, &device, records);
        let small = Server::start();
        fill(&small, 0..records / 10);
        let device = Device::signed_in(&small.url, "ana", &["TodoItems"]);
        after_changes("cycle_after_100_changes_small", &small, &device, records / 10);
    }
    let (page, scan) = limits::page_and_scan(&json);
    let start = || limits::start_and_exchange(&client, &server.url);
    if wanted("first_page") {
        let cost = run_command(&device, &["list", "TodoItems", "--filter", "Priority ge 0", "--top", "100"]);
        report("first_page", cost.seconds, page + start(), json!({ "records": records }));
    }
    if wanted("search") {
        let cost = run_command(&device, &["list", "TodoItems", "--search", "valve", "--top", "100"]);
        report("search", cost.seconds, scan + start(), json!({ "records": records }));
    }
}

fn after_changes(name: &str, server: &Server, device: &Device, cached: usize) {
    touch(server, 0..100, 1);
    let (cost, server_cpu) = sync(server, device);
    assert_eq!(cost.output["pulled"], 100, "{}", cost.output);
    let changed: Vec<u8> = serde_json::to_vec(&(0..100).map(load::record).collect::<Vec<_>>()).expect("JSON");
    let (parse, insert) = limits::parse_and_insert(&changed);
    let limit = parse + insert + limits::start_and_exchange(&program("tidemark"), &server.url);
    let mut more = figures(server, &cost, server_cpu);
    more["cached"] = json!(cached);
    report(name, cost.seconds, limit, more);
}
