//! The loop that everything deepens: work offline, sync, see it on another laptop.

use serde_json::{Value, json};
use tidemark_tests::{Device, Office, Server};

fn jsonl(count: usize, title: &str) -> String {
    (0..count).map(|n| format!("{}\n", json!({ "Title": format!("{title} {n}"), "Priority": n % 4 }))).collect()
}

#[test]
fn a_week_of_work_arrives_on_the_server_and_on_a_colleagues_laptop() {
    let server = Server::start();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems", "TodoLists"]);
    let ben = Device::signed_in(&server.url, "ben", &["TodoItems", "TodoLists"]);
    let list = ana.add("TodoLists", &json!({ "Name": "Pumps" }));
    let item = ana.add(
        "TodoItems",
        &json!({ "Title": "Check pump 3", "TodoListId": list, "DueAt": "2026-03-31T10:00:00+02:00" }),
    );
    ana.edit("TodoItems", &item, &json!({ "Notes": "Bring the long key\nand gloves" }));
    assert_eq!(ana.get("TodoItems", &item)["_State"], "add");
    assert_eq!(ana.status()["pending"], 2);

    let report = ana.sync();
    assert_eq!((report["pushed"].as_u64(), report["pulled"].as_u64()), (Some(2), Some(0)), "{report}");
    assert_eq!(ana.status()["pending"], 0);
    assert_eq!(ben.sync()["pulled"], 2);
    let there = ben.get("TodoItems", &item);
    assert_eq!(there["Notes"], "Bring the long key\nand gloves");
    assert_eq!(there["DueAt"], "2026-03-31T08:00:00Z");
    assert_eq!(there["_State"], "none");
    assert_eq!(there["_UpdatedBy"], "ana");

    ben.edit("TodoItems", &item, &json!({ "IsDone": true }));
    ben.sync();
    ana.sync();
    assert_eq!(ana.get("TodoItems", &item)["IsDone"], true);

    ana.run(&["delete", "TodoItems", &item]).ok();
    assert_eq!(ana.list("TodoItems"), Vec::<Value>::new());
    ana.sync();
    ben.sync();
    assert_eq!(ben.list("TodoItems"), Vec::<Value>::new());
    let office = Office::new(&server.url, "ana");
    assert_eq!(office.get(&format!("TodoItems({item})")).status().as_u16(), 404);
    for set in ["TodoItems", "TodoLists"] {
        assert_eq!(ana.shared(set), office.list(set));
        assert_eq!(ben.shared(set), office.list(set));
    }
}

#[test]
fn a_thousand_offline_records_take_six_batches_and_an_idle_cycle_one_small_request() {
    let server = Server::start();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems", "TodoLists", "Sites", "Contacts"]);
    let ben = Device::signed_in(&server.url, "ben", &["TodoItems", "TodoLists", "Sites", "Contacts"]);
    let file = ana.dir().join("in.jsonl");
    std::fs::write(&file, jsonl(1_000, "Offline")).unwrap();
    assert_eq!(ana.run(&["import", "TodoItems", file.to_str().unwrap()]).ok()["imported"], 1_000);

    let report = ana.sync();
    assert_eq!(report["pushed"], 1_000);
    assert_eq!(report["pulled"], 0, "the echo of the own push counts for nothing");
    // Five batches of 200, and one request for all delta links with the echo in it.
    assert!(report["requests"].as_u64().unwrap() <= 7, "{report}");
    assert_eq!(ben.sync()["pulled"], 1_000);
    assert_eq!(ana.shared("TodoItems"), ben.shared("TodoItems"));
    assert_eq!(ana.shared("TodoItems"), Office::new(&server.url, "ben").list("TodoItems"));

    for device in [&ana, &ben] {
        let idle = device.sync();
        assert_eq!(idle["requests"], 1, "{idle}");
        let bytes = idle["bytes_sent"].as_u64().unwrap() + idle["bytes_received"].as_u64().unwrap();
        assert!(bytes < 1_500, "an idle cycle stays under 1.5 kB (docs/sync.md, \"Pull\"): {idle}");
    }
}

#[test]
fn a_new_laptop_starts_with_the_same_choice() {
    let server = Server::start();
    let first = Device::signed_in(&server.url, "ana", &["Sites"]);
    first.run(&["policy", "Sites", "newest"]).ok();
    first.sync();
    let second = Device::signed_in(&server.url, "ana", &[]);
    let entities = second.run(&["entities"]).ok();
    let sites = entities.as_array().unwrap().iter().find(|e| e["name"] == "Sites").unwrap();
    assert_eq!((&sites["offline"], &sites["policy"]), (&json!(true), &json!("newest")));
    // A colleague's choice is their own.
    let ben = Device::signed_in(&server.url, "ben", &[]);
    let entities = ben.run(&["entities"]).ok();
    assert!(entities.as_array().unwrap().iter().all(|e| e["offline"] == false), "{entities}");
}

#[test]
fn a_set_that_is_not_kept_offline_works_live_and_says_why_when_it_cannot() {
    let mut server = Server::start();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let site = ana.add("Sites", &json!({ "Name": "North quay" }));
    let office = Office::new(&server.url, "ana");
    assert_eq!(office.list("Sites")[0]["Name"], "North quay");
    ana.edit("Sites", &site, &json!({ "Address": "Quay 1" }));
    assert_eq!(ana.get("Sites", &site)["Address"], "Quay 1");
    let found = ana.run(&["list", "Sites", "--filter", "startswith(Name,'North')"]).ok();
    assert_eq!(found.as_array().unwrap().len(), 1);

    server.kill();
    let sentence = ana.run(&["list", "Sites"]).refused();
    assert!(sentence.contains("Sites") && sentence.contains("offline"), "{sentence}");
    ana.add("TodoItems", &json!({ "Title": "still works" }));
    server.revive();
    ana.run(&["delete", "Sites", &site]).ok();
    assert!(office.list("Sites").is_empty());
}

#[test]
fn switching_a_set_off_never_drops_unsent_work_silently() {
    let server = Server::start();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    ana.add("TodoItems", &json!({ "Title": "sent" }));
    ana.sync();
    let kept = ana.add("TodoItems", &json!({ "Title": "not sent" }));
    let sentence = ana.run(&["entities", "off", "TodoItems"]).refused();
    assert!(sentence.contains('1'), "it says how many: {sentence}");
    assert_eq!(ana.get("TodoItems", &kept)["Title"], "not sent");
    ana.run(&["entities", "off", "TodoItems", "--discard"]).ok();
    assert_eq!(ana.status()["pending"], 0, "a choice of sets is no work that waits");
    ana.run(&["entities", "on", "TodoItems"]).ok();
    ana.sync();
    let titles: Vec<Value> = ana.list("TodoItems").iter().map(|r| r["Title"].clone()).collect();
    assert_eq!(titles, [json!("sent")]);
    assert_eq!(Office::new(&server.url, "ana").list("TodoItems").len(), 1, "unticking deletes nothing on the server");
}

#[test]
fn exported_records_come_back_as_they_were() {
    let server = Server::start();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let awkward = ["=1+2", "a,b\"c\"", "zwei\nZeilen", "\u{202e}rtl", "<script>alert(1)</script>", "'quoted", "🚰"];
    for title in awkward {
        ana.add("TodoItems", &json!({ "Title": title, "Priority": 2, "DueAt": "2026-01-01T00:00:00Z" }));
    }
    ana.sync();
    for extension in ["csv", "jsonl"] {
        let file = ana.dir().join(format!("out.{extension}"));
        ana.run(&["export", "TodoItems", file.to_str().unwrap()]).ok();
        let ben = Device::signed_in(&server.url, "ben", &["TodoItems"]);
        for record in ben.list("TodoItems") {
            ben.run(&["delete", "TodoItems", record["Id"].as_str().unwrap()]).ok();
        }
        ben.sync();
        assert_eq!(ben.run(&["import", "TodoItems", file.to_str().unwrap()]).ok()["imported"], awkward.len());
        let mut titles: Vec<String> =
            ben.list("TodoItems").iter().map(|r| r["Title"].as_str().unwrap().to_owned()).collect();
        titles.sort();
        let mut expected = awkward.map(str::to_owned);
        expected.sort();
        assert_eq!(titles, expected, "{extension}");
        // Put the office's records back for the next round.
        ben.run(&["sync"]);
        for conflict in ben.conflicts() {
            ben.run(&["resolve", conflict["id"].as_str().unwrap(), "restore"]).ok();
        }
        ben.sync();
        ana.sync();
    }
}
