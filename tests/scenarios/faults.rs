//! Faults between two real processes: nothing is lost, nothing comes twice, nobody conflicts with themselves.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Child;
use tidemark_tests::{Device, Network, Office, Passing, Phase, Proxy, Server, Weather};

fn import(device: &Device, count: usize) {
    let file = device.dir().join("in.jsonl");
    let rows: String = (0..count)
        .map(|n| format!("{}\n", json!({ "Title": format!("Row {n:05}"), "Notes": "x".repeat(200) })))
        .collect();
    std::fs::write(&file, rows).unwrap();
    device.run(&["import", "TodoItems", file.to_str().unwrap()]).ok();
}

#[test]
fn a_reply_lost_after_the_server_committed_is_answered_from_the_journal() {
    let server = Server::start();
    let network = Network::to(&server.url);
    let ana = Device::signed_in(&network.url, "ana", &["TodoItems"]);
    let office = Office::new(&server.url, "ben");
    let added = ana.add("TodoItems", &json!({ "Title": "a" }));
    ana.sync();
    ana.edit("TodoItems", &added, &json!({ "Title": "b" }));
    let gone = ana.add("TodoItems", &json!({ "Title": "to be deleted" }));
    ana.sync();
    ana.run(&["delete", "TodoItems", &gone]).ok();
    ana.edit("TodoItems", &added, &json!({ "Title": "c" }));
    let fresh = ana.add("TodoItems", &json!({ "Title": "fresh" }));

    network.set(Weather::PushRepliesLost);
    let report = ana.run(&["sync"]);
    assert_eq!((report.code, &report.json["outcome"]), (3, &json!("offline")), "{report:?}");
    assert!(network.lost() > 0);
    assert_eq!(office.list("TodoItems").len(), 2, "the server has committed what it could not say");
    assert_eq!(ana.status()["pending"], 3, "on this device everything still waits");
    // An edit on top of what was sent and not answered.
    ana.edit("TodoItems", &fresh, &json!({ "Notes": "on top of a lost reply" }));
    // Another device's edit on top of it.
    office.patch("TodoItems", &added, &json!({ "Priority": 3 }));

    network.set(Weather::Fair);
    let report = ana.sync();
    assert_eq!(report["conflicts"], 0, "{report}");
    ana.sync();
    assert_eq!(ana.conflicts(), Vec::<Value>::new());
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
    let there = office.read(&format!("TodoItems({added})"));
    assert_eq!((&there["Title"], &there["Priority"]), (&json!("c"), &json!(3)));
    assert_eq!(office.read(&format!("TodoItems({fresh})"))["Notes"], "on top of a lost reply");
}

/// A push that stands still at the proxy: the records of it, and the cycle that it is of.
struct Push {
    ids: BTreeSet<String>,
    cycle: Child,
}

impl Push {
    /// Starts a cycle and returns once its `nth` push stands at a phase.
    fn under_way(device: &Device, proxy: &Proxy, phase: Phase, nth: usize) -> Self {
        let mut pushes = 0;
        proxy.stop_at(phase, move |passing| {
            pushes += usize::from(passing.is_push());
            pushes == nth
        });
        let mut cycle = device.spawn(&["sync"]);
        let standing = proxy.wait_until_stopped();
        let parts: Value = serde_json::from_slice(&standing.body).unwrap();
        let of = |part: &Value| part["body"]["Id"].as_str().expect("an addition names its record").to_owned();
        let ids: BTreeSet<String> = parts["requests"].as_array().unwrap().iter().map(of).collect();
        assert_eq!(ids.len(), 200, "a full batch");
        assert!(cycle.try_wait().unwrap().is_none(), "the cycle is under way");
        Self { ids, cycle }
    }

    /// The server has all of it or none, as the phase says, and the device has not heard of it.
    fn prove(&self, phase: Phase, device: &Device, office: &Office) {
        let there = |record: &Value| self.ids.contains(record["Id"].as_str().unwrap());
        let committed = office.list("TodoItems").iter().filter(|record| there(record)).count();
        match phase {
            Phase::Reached => assert_eq!(committed, 0, "nothing of it is at the server"),
            // On either side of the commit; nobody can aim at it.
            Phase::Forwarded => {}
            Phase::Answered | Phase::PartlyPassed => assert_eq!(committed, 200, "committed, and unanswered"),
        }
        let waits = |record: &&Value| record["_State"] == "add";
        assert_eq!(device.list("TodoItems").iter().filter(|record| there(record)).filter(waits).count(), 200);
    }
}

/// Everything is there once, on both sides.
fn arrived_once(device: &Device, office: &Office, pushes: &[Push]) {
    let report = device.sync();
    assert_eq!(report["conflicts"], 0, "{report}");
    assert_eq!(office.list("TodoItems").len(), 3_000);
    assert_eq!(device.shared("TodoItems"), office.list("TodoItems"));
    assert_eq!(device.sync()["requests"], 1, "a further cycle has nothing to do");
    for id in pushes.iter().flat_map(|push| push.ids.iter().take(5)) {
        let lines = office.read(&format!("../history/TodoItems/{id}"))["value"].clone();
        assert_eq!(lines.as_array().unwrap().len(), 1, "{lines}");
    }
}

/// How far which push of a cycle has come when the kill comes; each begins with the one that was killed before.
const KILLS: [(Phase, usize); 5] =
    [(Phase::Reached, 1), (Phase::Forwarded, 2), (Phase::Answered, 3), (Phase::PartlyPassed, 2), (Phase::Answered, 1)];

#[test]
fn kill_minus_nine_of_the_client_in_the_middle_of_a_push() {
    let server = Server::start();
    let proxy = Proxy::to(&server.url);
    let ana = Device::signed_in(&proxy.url, "ana", &["TodoItems"]);
    let office = Office::with_token(&server.url, server.token("ana"));
    import(&ana, 3_000);
    let mut pushes = Vec::new();
    for (phase, nth) in KILLS {
        let mut push = Push::under_way(&ana, &proxy, phase, nth);
        push.cycle.kill().unwrap();
        assert_eq!(push.cycle.wait().unwrap().signal(), Some(9));
        push.prove(phase, &ana, &office);
        proxy.cut();
        pushes.push(push);
    }
    arrived_once(&ana, &office, &pushes);
}

#[test]
fn kill_minus_nine_of_the_server_in_the_middle_of_a_push() {
    let mut server = Server::start();
    let proxy = Proxy::to(&server.url);
    let ana = Device::signed_in(&proxy.url, "ana", &["TodoItems"]);
    let office = Office::with_token(&server.url, server.token("ana"));
    import(&ana, 3_000);
    let mut pushes = Vec::new();
    for (phase, nth) in KILLS {
        let mut push = Push::under_way(&ana, &proxy, phase, nth);
        server.kill();
        proxy.cut();
        assert_eq!(push.cycle.wait().unwrap().code(), Some(3), "the device is offline");
        server.revive();
        push.prove(phase, &ana, &office);
        pushes.push(push);
    }
    arrived_once(&ana, &office, &pushes);
}

#[test]
fn two_processes_on_one_data_dir_take_turns() {
    let server = Server::start();
    let proxy = Proxy::to(&server.url);
    let ana = Device::signed_in(&proxy.url, "ana", &["TodoItems"]);
    import(&ana, 1_000);
    let before = proxy.passed().len();
    proxy.stop_at(Phase::Answered, Passing::is_push);
    let mut cycles: Vec<_> = (0..3).map(|_| ana.spawn(&["sync"])).collect();
    proxy.wait_until_stopped();
    // Saves do not wait for a push that is under way, and no other cycle sends anything.
    for n in 0..10 {
        ana.add("TodoItems", &json!({ "Title": format!("meanwhile {n}") }));
    }
    let pushes = proxy.passed()[before..].iter().filter(|passing| passing.is_push()).count();
    assert!(pushes == 1 && cycles.iter_mut().all(|child| child.try_wait().unwrap().is_none()), "{pushes}");
    proxy.go_on();
    assert!(cycles.iter_mut().all(|child| child.wait().unwrap().success()));
    ana.sync();
    let parts = |passing: &Passing| {
        let batch: Value = serde_json::from_slice(&passing.body).unwrap();
        batch["requests"].as_array().unwrap().len()
    };
    let sent: usize = proxy.passed()[before..].iter().filter(|passing| passing.is_push()).map(parts).sum();
    assert_eq!(sent, 1_010, "nobody sent what another one was sending");
    let office = Office::new(&server.url, "ana");
    assert_eq!(office.list("TodoItems").len(), 1_010);
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
}

#[test]
fn no_network_a_portal_and_another_server_are_told_apart_from_tidemark() {
    let server = Server::start();
    let network = Network::to(&server.url);
    let ana = Device::signed_in(&network.url, "ana", &["TodoItems"]);
    ana.add("TodoItems", &json!({ "Title": "safe" }));
    for weather in [Weather::Cut, Weather::Portal, Weather::RepliesLost] {
        network.set(weather);
        let ran = ana.run(&["sync"]);
        assert_eq!((ran.code, &ran.json["outcome"]), (3, &json!("offline")), "{weather:?}: {ran:?}");
        assert!(ran.json["error"].is_string());
        let status = ana.status();
        assert_eq!((&status["online"], &status["pending"]), (&json!(false), &json!(1)), "{weather:?}");
    }
    network.set(Weather::Fair);
    ana.sync();
    assert_eq!(ana.status()["pending"], 0);
    assert_eq!(Office::new(&server.url, "ana").list("TodoItems").len(), 1);
}

#[test]
fn a_revoked_token_asks_to_sign_in_again_and_keeps_everything() {
    let server = Server::start();
    let ana = Device::blank();
    let token = server.token("ana");
    ana.run(&["sign-in", &server.url, "--token", &token]).ok();
    ana.run(&["entities", "on", "TodoItems"]).ok();
    ana.sync();
    ana.add("TodoItems", &json!({ "Title": "safe" }));
    server.admin(&["token", "revoke", &token], "");
    let ran = ana.run(&["sync"]);
    assert_eq!((ran.code, &ran.json["outcome"]), (1, &json!("signed_out")), "{ran:?}");
    assert_eq!(ana.list("TodoItems").len(), 1);
    ana.sign_in(&server.url, "ana");
    assert_eq!(ana.sync()["pushed"], 1);
}

#[test]
fn a_restored_server_gets_back_what_it_forgot() {
    let mut server = Server::start_on_a_file();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let before = ana.add("TodoItems", &json!({ "Title": "before the backup" }));
    ana.sync();
    let backup = server.path("backup.db");
    server.admin(&["backup", backup.to_str().unwrap()], "");
    let after = ana.add("TodoItems", &json!({ "Title": "after the backup" }));
    ana.edit("TodoItems", &before, &json!({ "Notes": "after the backup" }));
    ana.sync();
    server.kill();
    server.admin(&["restore", backup.to_str().unwrap()], "");
    server.revive();
    let office = Office::new(&server.url, "ben");
    assert_eq!(office.list("TodoItems").len(), 1, "the server has forgotten");
    for _ in 0..3 {
        ana.sync();
    }
    assert_eq!(office.read(&format!("TodoItems({after})"))["Title"], "after the backup");
    assert_eq!(office.read(&format!("TodoItems({before})"))["Notes"], "after the backup");
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
}

#[test]
fn a_restored_server_gets_every_lost_change_back_in_order_with_what_waited_on_top() {
    let mut server = Server::start_on_a_file();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let office = Office::new(&server.url, "ben");
    let kept = ana.add("TodoItems", &json!({ "Title": "one" }));
    let forgotten = ana.add("TodoItems", &json!({ "Title": "old" }));
    ana.sync();
    let backup = server.path("backup.db");
    server.admin(&["backup", backup.to_str().unwrap()], "");
    let added = ana.add("TodoItems", &json!({ "Title": "a" }));
    ana.sync();
    for (title, again) in [("two", "b"), ("three", "c"), ("one", "a"), ("five", "e")] {
        ana.edit("TodoItems", &kept, &json!({ "Title": title }));
        ana.edit("TodoItems", &added, &json!({ "Title": again }));
        ana.sync();
    }
    // Ben's edit, which ana has pulled.
    office.patch("TodoItems", &forgotten, &json!({ "Title": "ben's" }));
    ana.sync();
    let kinds = |id: &str| -> Vec<_> {
        let lines = office.read(&format!("../history/TodoItems/{id}"))["value"].as_array().cloned().unwrap_or_default();
        lines.iter().rev().map(|line| (line["kind"].clone(), line["changes"]["Title"]["to"].clone())).collect()
    };
    let before = [kinds(&kept), kinds(&added)];
    assert_eq!(before.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5]);
    // On top of what will be lost.
    ana.edit("TodoItems", &kept, &json!({ "Notes": "waited" }));
    server.kill();
    server.admin(&["restore", backup.to_str().unwrap()], "");
    server.revive();

    for _ in 0..3 {
        ana.sync();
    }
    let there = office.read(&format!("TodoItems({kept})"));
    assert_eq!((&there["Title"], &there["Notes"]), (&json!("five"), &json!("waited")));
    assert_eq!(office.read(&format!("TodoItems({added})"))["Title"], "e");
    assert_eq!(kinds(&kept)[..5], before[0], "every lost change is in the journal again, in order");
    assert_eq!(kinds(&added), before[1]);
    // What the server forgot of ben's is asked about, and nothing else is.
    let open = ana.conflicts();
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!((&open[0]["record_id"], &open[0]["kind"]), (&json!(forgotten), &json!("both_edited")));
    ana.run(&["resolve", open[0]["id"].as_str().unwrap(), "keep-mine"]).ok();
    ana.sync();
    assert_eq!(office.read(&format!("TodoItems({forgotten})"))["Title"], "ben's");
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
    assert_eq!(ana.sync()["requests"], 1, "a further cycle has nothing to do");
}

#[test]
fn a_restored_server_is_known_before_anything_is_written_on_it() {
    let mut server = Server::start_on_a_file();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let before = ana.add("TodoItems", &json!({ "Title": "before the backup" }));
    let doomed = ana.add("TodoItems", &json!({ "Title": "to be deleted" }));
    ana.sync();
    let backup = server.path("backup.db");
    server.admin(&["backup", backup.to_str().unwrap()], "");
    // Confirmed after the backup, and more on the same records that waits while the server is restored.
    ana.edit("TodoItems", &before, &json!({ "Notes": "confirmed", "Priority": 1 }));
    let after = ana.add("TodoItems", &json!({ "Title": "after the backup" }));
    ana.edit("TodoItems", &doomed, &json!({ "Notes": "confirmed too" }));
    ana.sync();
    ana.edit("TodoItems", &before, &json!({ "Priority": 2 }));
    ana.sync();
    ana.edit("TodoItems", &before, &json!({ "Assignee": "ana" }));
    ana.edit("TodoItems", &after, &json!({ "Notes": "waits" }));
    ana.run(&["delete", "TodoItems", &doomed]).ok();
    server.kill();
    server.admin(&["restore", backup.to_str().unwrap()], "");
    server.revive();
    let office = Office::new(&server.url, "ben");
    for _ in 0..3 {
        assert_eq!(ana.sync()["conflicts"], 0);
    }
    assert_eq!(ana.conflicts(), Vec::<Value>::new(), "nobody took anything back");
    let there = office.read(&format!("TodoItems({before})"));
    assert_eq!(
        (&there["Notes"], &there["Priority"], &there["Assignee"]),
        (&json!("confirmed"), &json!(2), &json!("ana"))
    );
    let there = office.read(&format!("TodoItems({after})"));
    assert_eq!((&there["Title"], &there["Notes"]), (&json!("after the backup"), &json!("waits")));
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
    assert_eq!(ana.list("TodoItems").len(), 2);
    assert_eq!(ana.sync()["requests"], 1);
}

#[test]
fn a_purge_while_a_device_was_away_removes_and_resurrects_nothing() {
    let server = Server::start();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let office = Office::new(&server.url, "ben");
    let doomed = ana.add("TodoItems", &json!({ "Title": "doomed" }));
    let edited = ana.add("TodoItems", &json!({ "Title": "edited here" }));
    ana.add("TodoItems", &json!({ "Title": "stays" }));
    ana.sync();
    office.delete("TodoItems", &doomed);
    office.delete("TodoItems", &edited);
    server.admin(&["purge", "--older-than", "0"], "");
    ana.edit("TodoItems", &edited, &json!({ "Notes": "my work" }));
    ana.sync();
    let kinds: Vec<_> = ana.conflicts().iter().map(|c| c["kind"].clone()).collect();
    assert_eq!(kinds, [json!("deleted_on_server")]);
    assert!(ana.list("TodoItems").iter().all(|r| r["Id"] != doomed.as_str()));
    assert_eq!(office.list("TodoItems").len(), 1);
    let conflict = ana.conflicts()[0]["id"].as_str().unwrap().to_owned();
    ana.run(&["resolve", &conflict, "restore"]).ok();
    ana.sync();
    assert_eq!(office.read(&format!("TodoItems({edited})"))["Notes"], "my work");
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
}

#[test]
fn a_data_folder_put_back_from_a_copy_asks_nothing_and_sends_nothing_twice() {
    let server = Server::start();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let office = Office::new(&server.url, "ben");
    let edited = ana.add("TodoItems", &json!({ "Title": "edited" }));
    let deleted = ana.add("TodoItems", &json!({ "Title": "deleted" }));
    ana.sync();
    ana.edit("TodoItems", &edited, &json!({ "Notes": "pending when the copy was made" }));
    ana.run(&["delete", "TodoItems", &deleted]).ok();
    let added = ana.add("TodoItems", &json!({ "Title": "added" }));
    let image = ana.image();

    ana.sync();
    // Work goes on: here and elsewhere.
    ana.edit("TodoItems", &added, &json!({ "Title": "added and edited" }));
    ana.sync();
    office.patch("TodoItems", &edited, &json!({ "Notes": "ben's" }));
    let versions = |id: &str| office.read(&format!("../history/TodoItems/{id}"))["value"].clone();
    let before = [versions(&edited), versions(&deleted), versions(&added)];

    ana.put_back(&image);
    for _ in 0..2 {
        let report = ana.sync();
        assert_eq!((&report["conflicts"], &report["merged"]), (&json!(0), &json!(0)), "{report}");
    }
    assert_eq!(ana.conflicts(), Vec::<Value>::new());
    assert_eq!(ana.status()["pending"], 0);
    assert_eq!(ana.shared("TodoItems"), office.list("TodoItems"));
    assert_eq!(office.read(&format!("TodoItems({edited})"))["Notes"], "ben's");
    assert_eq!(office.read(&format!("TodoItems({added})"))["Title"], "added and edited");
    assert_eq!([versions(&edited), versions(&deleted), versions(&added)], before, "nothing was written a second time");
    assert_eq!(ana.sync()["requests"], 1, "a further cycle has nothing to do");
}
