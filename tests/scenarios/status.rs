//! The status line tells the truth about sets that are kept offline and not here yet.

use serde_json::{Value, json};
use std::time::Duration;
use tidemark_tests::{Device, Network, Office, Proxy, Server, Weather, eventually, html};

#[test]
fn a_ticked_set_is_not_up_to_date_before_it_is_here() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    office.send("POST", "Sites", &json!({ "Name": "Pump house" }));
    let network = Network::to(&server.url);
    let ana = Device::signed_in(&network.url, "ana", &["TodoItems"]);
    let before = ana.status();
    assert_eq!((&before["kind"], &before["awaited"]), (&json!("up_to_date"), &json!([])), "{before}");

    ana.run(&["entities", "on", "Sites"]).ok();
    let ticked = ana.status();
    assert_eq!((&ticked["kind"], &ticked["awaited"][0]["set"]), (&json!("not_fetched"), &json!("Sites")), "{ticked}");

    // The choice goes out; the enumeration that was to follow does not come to its end.
    network.set(Weather::EnumerationsLost);
    let report = ana.run(&["sync"]);
    assert_ne!(report.code, 0, "{report:?}");
    network.set(Weather::Fair);
    let failed = ana.status();
    assert_ne!(failed["kind"], "up_to_date", "{failed}");
    assert_eq!(
        (&failed["awaited"][0]["set"], &failed["last_sync"]),
        (&json!("Sites"), &before["last_sync"]),
        "{failed}"
    );

    ana.sync();
    eventually("the line is calm again", Duration::from_secs(5), || ana.status()["kind"] == "up_to_date");
    let after = ana.status();
    assert_eq!(after["awaited"], Value::Array(Vec::new()));
    assert!(after["last_sync"].as_i64() > before["last_sync"].as_i64(), "{after}");
}

#[test]
fn a_cycle_that_never_gets_through_is_told_though_the_server_answers_the_question() {
    for (answer, reason) in [("502 Bad Gateway", "502"), ("413 Request Entity Too Large", "413"), ("200 OK", "sign-in")]
    {
        let server = Server::start();
        let proxy = Proxy::to(&server.url);
        let ana = Device::signed_in(&proxy.url, "ana", &["TodoItems"]);
        Office::new(&server.url, "ben").send("POST", "TodoItems", &json!({ "Title": "stays there" }));
        proxy.set(move |passing| passing.head.starts_with("POST /odata/$batch").then(|| html(answer, "")));
        for _ in 0..3 {
            assert_eq!(ana.run(&["sync"]).code, 3, "{answer}");
        }
        let status = ana.status();
        assert_eq!((&status["kind"], &status["online"]), (&json!("failed"), &json!(true)), "{answer}: {status}");
        assert!(status["error"].as_str().unwrap().contains(reason), "{answer}: {status}");
        ana.add("TodoItems", &json!({ "Title": "waits" }));
        let status = ana.status();
        assert_eq!((&status["kind"], &status["pending"]), (&json!("failed"), &json!(1)), "{answer}: {status}");
        proxy.set(|_| None);
        ana.sync();
        assert_eq!(ana.status()["kind"], "up_to_date");
    }
}
