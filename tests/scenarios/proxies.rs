//! A proxy in between, and a batch that kills what it passes: the one at fault is set aside, the others go on, and what
//! a proxy says is neither the server's word nor a sign-in page.

use serde_json::{Value, json};
use tidemark_tests::{Device, Office, Proxy, Server, html};

fn import(device: &Device, titles: impl Iterator<Item = String>) {
    let file = device.dir().join("in.jsonl");
    let rows: String =
        titles.map(|title| format!("{}\n", json!({ "Title": title, "Notes": "x".repeat(300) }))).collect();
    std::fs::write(&file, rows).unwrap();
    device.run(&["import", "TodoItems", file.to_str().unwrap()]).ok();
}

#[test]
fn one_record_that_kills_every_batch_is_set_aside_and_the_others_go_on() {
    let server = Server::start();
    let proxy = Proxy::to(&server.url);
    let ana = Device::signed_in(&proxy.url, "ana", &["TodoItems"]);
    let office = Office::new(&server.url, "ben");
    import(&ana, (0..60).map(|n| if n == 37 { "poison".into() } else { format!("row {n}") }));
    office.send("POST", "TodoItems", &json!({ "Title": "from the office" }));
    proxy.set(|passing| passing.holds("poison").then(|| html("502 Bad Gateway", "")));

    let report = ana.run(&["sync"]).ok();
    assert_eq!(office.list("TodoItems").len(), 60, "every other record is there: {report}");
    assert_eq!(
        (&report["pushed"], &report["parked"], &report["pulled"]),
        (&json!(59), &json!(1), &json!(1)),
        "{report}"
    );
    let parked = ana.run(&["parked"]).ok();
    assert_eq!((parked.as_array().unwrap().len(), &parked[0]["record"]["Title"]), (1, &json!("poison")));
    assert!(parked[0]["reason"].as_str().unwrap().contains("502"), "{parked}");
    assert_eq!(ana.sync()["requests"], 1, "it costs nothing any more");

    proxy.set(|_| None);
    let id = parked[0]["record"]["Id"].as_str().unwrap();
    ana.edit("TodoItems", id, &json!({ "Title": "antidote" }));
    ana.sync();
    ana.sync();
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
    assert_eq!(office.list("TodoItems").len(), 61);
}

#[test]
fn where_no_push_gets_through_nothing_is_set_aside_and_the_pull_goes_on() {
    let server = Server::start();
    let proxy = Proxy::to(&server.url);
    let ana = Device::signed_in(&proxy.url, "ana", &["TodoItems"]);
    let office = Office::new(&server.url, "ben");
    import(&ana, (0..10).map(|n| format!("row {n}")));
    office.send("POST", "TodoItems", &json!({ "Title": "from the office" }));
    proxy.set(|passing| passing.holds("\"POST\"").then(|| html("502 Bad Gateway", "")));
    for round in 0..4 {
        let report = ana.run(&["sync"]);
        assert_eq!((report.code, &report.json["parked"]), (3, &json!(0)), "{report:?}");
        assert_eq!(report.json["pulled"], if round == 0 { 1 } else { 0 });
    }
    assert_eq!(ana.status()["pending"], 10);
    proxy.set(|_| None);
    ana.sync();
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
}

#[test]
fn a_proxys_413_halves_the_batch() {
    let server = Server::start();
    let proxy = Proxy::to(&server.url);
    let ana = Device::signed_in(&proxy.url, "ana", &["TodoItems"]);
    import(&ana, (0..150).map(|n| format!("row {n}")));
    proxy.set(|passing| (passing.body.len() > 30_000).then(|| html("413 Request Entity Too Large", "")));
    let report = ana.sync();
    assert_eq!((&report["pushed"], &report["parked"]), (&json!(150), &json!(0)), "{report}");
    let refused = proxy.passed().iter().filter(|passing| passing.body.len() > 30_000).count();
    import(&ana, (0..20).map(|n| format!("more {n}")));
    assert_eq!(ana.sync()["pushed"], 20);
    let again = proxy.passed().iter().filter(|passing| passing.body.len() > 30_000).count();
    assert_eq!(again, refused, "it is remembered");
}

/// That the next process obeys what is kept here is told in paused time, where it can be seen not to ask for minutes:
/// `a_request_to_wait_is_obeyed_by_edits_and_the_next_process_but_not_by_a_person` of `crates/sync`.
#[test]
fn a_request_to_wait_is_kept_for_every_process_and_does_not_hold_a_person_up() {
    let server = Server::start();
    let proxy = Proxy::to(&server.url);
    let ana = Device::signed_in(&proxy.url, "ana", &["TodoItems"]);
    let kept = || {
        let database = rusqlite::Connection::open(ana.dir().join("tidemark.db")).unwrap();
        let sql = "SELECT value FROM setting WHERE key = 'hold_off' AND value <> ''";
        let moments = database.query_row(sql, [], |row| row.get::<_, String>(0)).ok();
        moments.map(|moments| {
            let moments: Vec<i64> = moments.split(' ').map(|moment| moment.parse().unwrap()).collect();
            moments[1] - moments[0]
        })
    };
    ana.add("TodoItems", &json!({ "Title": "a" }));
    assert_eq!(kept(), None);
    for (status, seconds, told) in
        [("503 Service Unavailable", 90, "90 seconds"), ("429 Too Many Requests", 3_000, "50 minutes")]
    {
        proxy.set(move |_| Some(html(status, &format!("Retry-After: {seconds}\r\n"))));
        let asked = proxy.passed().len();
        let report = ana.run(&["sync"]);
        assert_eq!((report.code, &report.json["outcome"]), (1, &json!("failed")), "{report:?}");
        assert!(report.errors.contains(told), "{}", report.errors);
        assert_eq!(proxy.passed().len() - asked, 1, "nothing more is asked after that");
        assert_eq!(kept(), Some(seconds * 1000));
    }
    proxy.set(|_| None);
    ana.sync();
    assert_eq!((kept(), &ana.status()["pending"]), (None, &json!(0)));
}

#[test]
fn a_link_that_is_of_no_use_is_dropped_and_the_set_starts_anew() {
    let server = Server::start();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems", "Sites"]);
    let office = Office::new(&server.url, "ben");
    for (kind, link) in [
        (2, "http://evil.example/odata/TodoItems?$deltatoken=x"),
        (2, "//evil.example/odata/TodoItems?$deltatoken=x"),
        (2, "..\\..\\session"),
        (2, "TodoItems?$filter=nonsense("),
        (2, "TodoItems?$filter=Title eq"),
        (2, "Nowhere/At/All?$deltatoken=x"),
        (1, "https://evil.example/odata/TodoItems?$skiptoken=x"),
        (1, "TodoItems?$filter=nonsense("),
    ] {
        let database = rusqlite::Connection::open(ana.dir().join("tidemark.db")).unwrap();
        let sql = "UPDATE position SET kind = ?1, link = ?2 WHERE entity_set = 'TodoItems'";
        assert_eq!(database.execute(sql, (kind, link)).unwrap(), 1);
        drop(database);
        office.send("POST", "TodoItems", &json!({ "Title": link }));
        ana.add("Sites", &json!({ "Name": link }));
        ana.sync();
        assert_eq!(ana.sync()["requests"], 1, "{link}");
        assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"), "{link}");
    }
    assert_eq!(ana.conflicts(), Vec::<Value>::new());
}
