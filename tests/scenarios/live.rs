//! What was shown is what is answered (DESIGN section 4, rule (e)): edits carry the version that stood on the screen, on
//! sets that are read live and on sets that are kept offline; a live change whose answer is lost is made once.

use serde_json::{Value, json};
use std::time::Duration;
use tidemark_tests::{Device, Network, Office, Proxy, Server, Weather, eventually, html};

const ETAG: &str = "@odata.etag";

/// The server's journal about a record, as the device shows it.
fn versions(device: &Device, set: &str, id: &str) -> Vec<Value> {
    device.run(&["history", set, id]).ok().as_array().cloned().expect("history is an array")
}

fn id_of(record: &Value) -> String {
    record["Id"].as_str().expect("a record has an id").to_owned()
}

#[test]
fn a_live_addition_whose_answer_is_lost_is_one_record() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    let network = Network::to(&server.url);
    let ana = Device::signed_in(&network.url, "ana", &[]);
    network.set(Weather::NextPushReplyLost);
    let added = ana.run(&["add", "Sites", "{\"Name\":\"Pump house\"}"]).ok();
    assert_eq!((network.lost(), office.list("Sites").len()), (1, 1), "the command repeats what was not answered");
    assert_eq!(office.list("Sites")[0]["Id"], added["Id"]);

    // No answer at all: the person saves again, and the form still has its Id.
    let record = json!({ "Id": "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01", "Name": "Quay" });
    network.set(Weather::PushRepliesLost);
    let sentence = ana.run(&["add", "Sites", &record.to_string()]).refused();
    assert!(sentence.contains("answer") && sentence.contains("again"), "{sentence}");
    network.set(Weather::Fair);
    let again = ana.run(&["add", "Sites", &record.to_string()]).ok();
    assert_eq!((&again["Id"], &again["Name"]), (&record["Id"], &record["Name"]));
    assert_eq!(office.list("Sites").len(), 2);
    assert_eq!(versions(&ana, "Sites", &id_of(&record)).len(), 1, "it was made once");
}

#[test]
fn a_live_addition_that_is_made_again_after_no_answer_is_one_record() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    let network = Network::to(&server.url);
    let ana = Device::signed_in(&network.url, "ana", &[]);
    let add = |name: &str| ana.run(&["add", "Sites", &json!({ "Name": name, "Address": "Quay" }).to_string()]);
    network.set(Weather::PushRepliesLost);
    for _ in 0..2 {
        let sentence = add("Twice").refused();
        assert!(sentence.contains("not known") && sentence.contains("again"), "{sentence}");
    }
    network.set(Weather::Fair);
    let made = add("Twice").ok();
    let there = office.list("Sites");
    assert_eq!((there.len(), &there[0]["Id"]), (1, &made["Id"]), "the sentence is true");
    assert_ne!(add("Twice").ok()["Id"], made["Id"], "once it is answered, the same again is another one");
    assert_eq!(office.list("Sites").len(), 2);

    // The program is killed before the answer is here, and says nothing at all.
    network.hold("POST /odata/Sites");
    let mut killed = ana.spawn(&["add", "Sites", "{\"Name\":\"Killed\"}"]);
    network.wait_until_held();
    let _ = killed.kill();
    let _ = killed.wait();
    network.release();
    eventually("it was made", Duration::from_secs(5), || office.list("Sites").len() == 3);
    ana.run(&["add", "Sites", "{\"Name\":\"Killed\"}"]).ok();
    assert_eq!(office.list("Sites").len(), 3);
}

#[test]
fn a_live_addition_says_whether_anything_was_sent() {
    let mut server = Server::start();
    let office = Office::new(&server.url, "ben");
    let proxy = Proxy::to(&server.url);
    let ana = Device::signed_in(&proxy.url, "ana", &[]);
    let add = |device: &Device| device.run(&["add", "Sites", "{\"Name\":\"Quay\"}"]).refused();
    // A gateway that waited in vain for the server's answer may have been heard by it.
    proxy.set(|passing| passing.head.starts_with("POST /odata/Sites").then(|| html("504 Gateway Timeout", "")));
    let sentence = add(&ana);
    assert!(sentence.contains("not known") && sentence.contains("504"), "{sentence}");

    let ben = Device::signed_in(&server.url, "ben", &[]);
    server.kill();
    let sentence = add(&ben);
    assert!(sentence.contains("nothing was sent") && !sentence.contains("not known"), "{sentence}");
    let sentence =
        ben.run(&["delete", "Sites", "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01", "--etag", "W/\"1.a\""]).refused();
    assert!(sentence.contains("nothing was sent"), "{sentence}");
    server.revive();
    assert!(office.list("Sites").is_empty());
}

#[test]
fn a_live_addition_never_overwrites_and_never_brings_back() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    let ana = Device::signed_in(&server.url, "ana", &[]);
    let made = json!({ "Id": "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e02", "Name": "Ben's" });
    assert!(office.send("POST", "Sites", &made).status().is_success());
    let sentence = ana.run(&["add", "Sites", &json!({ "Id": made["Id"], "Name": "Ana's" }).to_string()]).refused();
    assert!(sentence.contains("already") && sentence.contains("ben"), "{sentence}");
    assert_eq!(office.list("Sites")[0]["Name"], "Ben's");

    // The very same record that this device added and somebody deleted: no repeat of the old request, and no return.
    let mine = json!({ "Id": "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e03", "Name": "Ana's" });
    ana.run(&["add", "Sites", &mine.to_string()]).ok();
    office.delete("Sites", &id_of(&mine));
    for name in ["Ana's", "Another"] {
        let sentence = ana.run(&["add", "Sites", &json!({ "Id": mine["Id"], "Name": name }).to_string()]).refused();
        assert!(sentence.contains("deleted") && sentence.contains("ben"), "{sentence}");
    }
    assert_eq!(office.list("Sites").len(), 1);
}

#[test]
fn a_live_change_is_made_on_the_version_that_was_shown() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    let ana = Device::signed_in(&server.url, "ana", &[]);
    let id = id_of(&ana.run(&["add", "Sites", "{\"Name\":\"Pump house\"}"]).ok());
    let shown = ana.get("Sites", &id);
    assert!(shown[ETAG].as_str().is_some_and(|etag| !etag.is_empty()), "{shown}");
    office.patch("Sites", &id, &json!({ "Name": "Ben's" }));

    let typed = json!({ ETAG: shown[ETAG], "Name": "Ana's" });
    let sentence = ana.run(&["edit", "Sites", &id, &typed.to_string()]).refused();
    assert!(sentence.contains("Ben's") && sentence.contains("by ben"), "{sentence}");
    let sentence = ana.run(&["delete", "Sites", &id, "--etag", shown[ETAG].as_str().unwrap()]).refused();
    assert!(sentence.contains("by ben"), "{sentence}");
    assert_eq!(office.list("Sites")[0]["Name"], "Ben's");

    // On the version that is there now both go through; without a version, on what the command itself read.
    let now = ana.get("Sites", &id);
    ana.edit("Sites", &id, &json!({ ETAG: now[ETAG], "Name": "Ana's" }));
    ana.run(&["edit", "Sites", &id, "{\"Notes\":\"n\"}", "--etag", now[ETAG].as_str().unwrap()]).refused();
    ana.edit("Sites", &id, &json!({ "Notes": "n" }));
    ana.run(&["delete", "Sites", &id]).ok();
    assert!(office.list("Sites").is_empty());
}

#[test]
fn a_live_change_whose_answer_is_lost_is_never_called_somebody_elses() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    let network = Network::to(&server.url);
    let ana = Device::signed_in(&network.url, "ana", &[]);
    let id = id_of(&ana.run(&["add", "Sites", "{\"Name\":\"Pump house\"}"]).ok());
    let typed = |name: &str| json!({ ETAG: ana.get("Sites", &id)[ETAG], "Name": name }).to_string();

    let first = typed("first");
    network.set(Weather::NextPushReplyLost);
    assert_eq!(ana.run(&["edit", "Sites", &id, &first]).ok()["Name"], "first");
    assert_eq!(network.lost(), 1);

    let second = typed("second");
    network.set(Weather::PushRepliesLost);
    ana.run(&["edit", "Sites", &id, &second]).refused();
    network.set(Weather::Fair);
    office.patch("Sites", &id, &json!({ "Name": "Ben's, on top" }));
    ana.run(&["edit", "Sites", &id, &second]).ok();
    assert_eq!(office.list("Sites")[0]["Name"], "Ben's, on top", "the repeat is answered, not made again");

    let etag = ana.get("Sites", &id)[ETAG].as_str().unwrap().to_owned();
    network.set(Weather::PushRepliesLost);
    ana.run(&["delete", "Sites", &id, "--etag", &etag]).refused();
    network.set(Weather::Fair);
    ana.run(&["delete", "Sites", &id, "--etag", &etag]).ok();
    assert!(office.list("Sites").is_empty());
}

#[test]
fn typing_over_a_record_that_was_replaced_asks() {
    let server = Server::start();
    let office = Office::new(&server.url, "ben");
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let id = ana.add("TodoItems", &json!({ "Title": "Check pump", "Priority": 1 }));
    let unsent = ana.get("TodoItems", &id);
    ana.sync();
    // This device's own change was sent since: the version is another one, the record is what was shown.
    ana.edit("TodoItems", &id, &json!({ ETAG: unsent[ETAG], "Title": "Check pump 3" }));
    ana.sync();
    assert!(ana.conflicts().is_empty());

    let shown = ana.get("TodoItems", &id);
    office.patch("TodoItems", &id, &json!({ "Title": "Ben's" }));
    ana.sync();
    assert_eq!(ana.get("TodoItems", &id)["Title"], "Ben's");
    let typed = json!({ ETAG: shown[ETAG], "Title": "Ana's" });
    let saved = ana.run(&["edit", "TodoItems", &id, &typed.to_string()]).ok();
    assert_eq!((&saved["Title"], &saved["_Mark"]), (&json!("Ana's"), &json!("conflict")), "what was typed is kept");
    let [conflict] = &ana.conflicts()[..] else { panic!("{:?}", ana.conflicts()) };
    assert_eq!((&conflict["kind"], &conflict["properties"]), (&json!("both_edited"), &json!(["Title"])));
    assert_eq!((&conflict["mine"]["Title"], &conflict["server"]["Title"]), (&json!("Ana's"), &json!("Ben's")));
    assert_eq!(conflict["base"]["Title"], "Check pump 3", "{conflict}");
    ana.sync();
    assert_eq!(office.list("TodoItems")[0]["Title"], "Ben's", "nothing is overwritten before somebody answers");
    ana.run(&["resolve", conflict["id"].as_str().unwrap(), "keep-mine"]).ok();
    ana.sync();
    assert_eq!((&office.list("TodoItems")[0]["Title"], ana.conflicts().len()), (&json!("Ana's"), 0));

    // Deleting what was never seen.
    let shown = ana.get("TodoItems", &id);
    office.patch("TodoItems", &id, &json!({ "Title": "Ben's, later" }));
    ana.sync();
    ana.run(&["delete", "TodoItems", &id, "--etag", shown[ETAG].as_str().unwrap()]).ok();
    let [conflict] = &ana.conflicts()[..] else { panic!("{:?}", ana.conflicts()) };
    assert_eq!((&conflict["kind"], &conflict["server"]["Title"]), (&json!("edited_on_server"), &json!("Ben's, later")));
    ana.sync();
    assert_eq!(office.list("TodoItems").len(), 1);
    ana.run(&["resolve", conflict["id"].as_str().unwrap(), "keep-server"]).ok();
    assert_eq!(ana.get("TodoItems", &id)["Title"], "Ben's, later");
}
