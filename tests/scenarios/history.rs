//! Who changed what, and what did not stand: on the server, on two devices, online and offline; and taking it back.

use reqwest::blocking::Client;
use serde_json::{Value, json};
use std::io::{PipeReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tidemark_tests::{Device, Network, Office, Server, Weather, eventually};

const ITEMS: &str = "TodoItems";

struct Team {
    server: Server,
    network: Network,
    ana: Device,
    /// Behind the network.
    ben: Device,
    office: Office,
}

impl Team {
    fn with_item(record: &Value) -> (Self, String) {
        let server = Server::start();
        let network = Network::to(&server.url);
        let ana = Device::signed_in(&server.url, "ana", &[ITEMS]);
        let ben = Device::signed_in(&network.url, "ben", &[ITEMS]);
        let office = Office::new(&server.url, "ana");
        let team = Self { server, network, ana, ben, office };
        let id = team.another(record);
        (team, id)
    }

    /// Makes a record that both devices have.
    fn another(&self, record: &Value) -> String {
        let id = self.ana.add(ITEMS, record);
        self.ana.sync();
        self.ben.sync();
        id
    }

    /// Has ana and ben change the same title, ana first; ben is asked.
    fn clash(&self, id: &str) -> Value {
        self.ana.edit(ITEMS, id, &json!({ "Title": "ana" }));
        self.ana.sync();
        self.ben.edit(ITEMS, id, &json!({ "Title": "ben" }));
        assert_eq!(self.ben.sync()["conflicts"], 1);
        self.asked(id)
    }

    /// Returns ben's open question about a record.
    #[track_caller]
    fn asked(&self, id: &str) -> Value {
        let open = self.ben.conflicts().into_iter().find(|open| open["record_id"] == id);
        open.unwrap_or_else(|| panic!("nothing is asked about {id}"))
    }

    fn resolve(&self, conflict: &Value, answer: &str) -> String {
        let resolved = self.ben.run(&["resolve", word(&conflict["id"]), answer]).ok();
        word(&resolved["undo"]).to_owned()
    }

    /// Everybody has the same and nothing waits.
    #[track_caller]
    fn at_rest(&self) {
        for device in [&self.ben, &self.ana, &self.ben] {
            device.sync();
        }
        let there = self.office.list(ITEMS);
        assert_eq!(self.ana.shared(ITEMS), there);
        assert_eq!(self.ben.shared(ITEMS), there);
        let status = self.ben.status();
        assert_eq!((&status["pending"], &status["conflicts"]), (&json!(0), &json!(0)));
    }

    #[track_caller]
    fn title(&self, id: &str) -> String {
        word(&self.office.read(&format!("{ITEMS}({id})"))["Title"]).to_owned()
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn history(device: &Device, id: &str) -> Vec<Value> {
    device.run(&["history", ITEMS, id]).ok().as_array().cloned().unwrap()
}

/// `event by` and what became of the title.
fn told(history: &[Value]) -> Vec<String> {
    let title = |entry: &Value| {
        let changes = entry["changes"].as_array().unwrap();
        let title = changes.iter().find(|change| change["property"] == "Title");
        title.map_or(String::new(), |title| format!(" {}->{}", title["from"], title["to"]))
    };
    history.iter().map(|entry| format!("{} {}{}", word(&entry["event"]), word(&entry["by"]), title(entry))).collect()
}

fn explain(device: &Device, id: &str) -> Value {
    device.run(&["explain", ITEMS, id]).ok()
}

#[test]
fn a_history_is_the_same_on_the_server_and_on_two_devices_and_there_offline() {
    let (team, id) = Team::with_item(&json!({ "Title": "a" }));
    team.ben.edit(ITEMS, &id, &json!({ "Title": "b", "Notes": "n" }));
    team.ben.sync();
    team.office.patch(ITEMS, &id, &json!({ "Title": "c" }));
    team.office.patch(ITEMS, &id, &json!({ "Title": "d" }));
    team.ana.sync();
    team.ben.sync();
    // Without the network: what this device saw, two changes of the office as the one that a pull brought.
    team.network.set(Weather::Cut);
    let offline = history(&team.ben, &id);
    assert_eq!(told(&offline), ["edited ana \"b\"->\"d\"", "edited ben \"a\"->\"b\""]);
    assert_eq!(offline[1]["mine"], true);
    assert!(offline[1]["device"].is_string(), "{}", offline[1]);
    // With it: every step, and from which device.
    team.network.set(Weather::Fair);
    let expected =
        ["edited ana \"c\"->\"d\"", "edited ana \"b\"->\"c\"", "edited ben \"a\"->\"b\"", "created ana null->\"a\""];
    assert_eq!(told(&history(&team.ana, &id)), expected);
    let online = history(&team.ben, &id);
    assert_eq!(told(&online), expected);
    assert_eq!(
        (&online[0]["mine"], &online[3]["mine"], &online[2]["mine"]),
        (&json!(false), &json!(false), &json!(true))
    );
    assert!(online[3]["device"].is_string() && online[0]["device"].is_null(), "the office has no device's name");
    let times: Vec<i64> = online.iter().map(|entry| entry["at"].as_i64().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "newest first: {times:?}");
    // It was kept.
    team.network.set(Weather::Cut);
    assert_eq!(history(&team.ben, &id), online);
}

#[test]
fn a_history_is_its_workspaces_own() {
    let (team, id) = Team::with_item(&json!({ "Title": "a" }));
    team.server.add_user("mallory", "elsewhere");
    let ask = |user: &str, id: &str| {
        let request = Client::new().get(format!("{}/history/{ITEMS}/{id}", team.server.url));
        let answer = request.basic_auth(user, Some(format!("{user}-secret"))).send().unwrap();
        (answer.status().as_u16(), answer.text().unwrap())
    };
    assert_eq!(ask("ben", &id).0, 200);
    let unknown = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";
    let (foreign, never) = (ask("mallory", &id), ask("mallory", unknown));
    assert_eq!((foreign.0, never.0), (404, 404));
    assert_eq!(foreign.1.replace(&id, ""), never.1.replace(unknown, ""), "it answers as what never was");
    let mallory = Device::signed_in(&team.server.url, "mallory", &[ITEMS]);
    assert!(mallory.run(&["history", ITEMS, &id]).refused().contains(&id));
}

#[test]
fn lines_of_both_sides_merge_and_the_history_says_what_came_from_where() {
    let (team, id) = Team::with_item(&json!({ "Title": "a", "Notes": "one\ntwo\nthree\nfour" }));
    team.ana.edit(ITEMS, &id, &json!({ "Notes": "ONE\ntwo\nthree\nfour", "Priority": 2 }));
    team.ana.sync();
    team.ben.edit(ITEMS, &id, &json!({ "Notes": "one\ntwo\nthree\nFOUR", "Title": "b" }));
    let report = team.ben.sync();
    assert_eq!((&report["merged"], &report["conflicts"]), (&json!(1), &json!(0)), "{report}");
    team.at_rest();
    assert_eq!(team.ana.get(ITEMS, &id)["Notes"], "ONE\ntwo\nthree\nFOUR");
    let history = history(&team.ben, &id);
    let merged = history.iter().find(|entry| entry["event"] == "merged").unwrap();
    let side = |name: &str| {
        let changes = merged["changes"].as_array().unwrap();
        changes.iter().find(|change| change["property"] == name).map(|change| word(&change["side"]).to_owned())
    };
    assert_eq!(side("Notes").as_deref(), Some("both"));
    assert_eq!(side("Title").as_deref(), Some("mine"));
    assert_eq!(side("Priority").as_deref(), Some("server"));
    // The same line on both sides is a question.
    team.ana.edit(ITEMS, &id, &json!({ "Notes": "Uno\ntwo\nthree\nFOUR" }));
    team.ana.sync();
    team.ben.edit(ITEMS, &id, &json!({ "Notes": "Eins\ntwo\nthree\nFOUR" }));
    assert_eq!(team.ben.sync()["conflicts"], 1);
    assert_eq!(team.asked(&id)["properties"], json!(["Notes"]));
}

#[test]
fn an_answer_is_taken_back_before_and_after_it_was_sent() {
    let (team, id) = Team::with_item(&json!({ "Title": "a" }));
    let question = team.clash(&id);
    for answer in ["keep-mine", "take-server"] {
        let undo = team.resolve(&question, answer);
        assert_eq!(team.ben.conflicts(), Vec::<Value>::new());
        let undone = team.ben.run(&["undo", &undo]).ok();
        assert_eq!(undone["reopened"], true, "{answer}");
        assert_eq!(team.asked(&id), question, "exactly as it was");
        assert!(team.ben.run(&["undo", &undo]).refused().contains("cannot be taken back"));
    }
    assert_eq!(team.ben.sync()["pushed"], 0, "nothing of it was sent");
    assert_eq!(team.title(&id), "ana");
    let undo = team.resolve(&question, "keep-mine");
    team.at_rest();
    assert_eq!(team.title(&id), "ben");
    let undone = team.ben.run(&["undo", &undo]).ok();
    assert_eq!((&undone["reopened"], &undone["record"]["Title"]), (&json!(false), &json!("ana")));
    team.at_rest();
    assert_eq!(team.title(&id), "ana");
}

#[test]
fn what_lost_is_brought_back_with_one_command() {
    let (team, id) = Team::with_item(&json!({ "Title": "a" }));
    let question = team.clash(&id);
    team.resolve(&question, "take-server");
    team.at_rest();
    let entry = history(&team.ben, &id).into_iter().find(|entry| entry["event"] == "took_server").unwrap();
    assert_eq!((&entry["record"]["Title"], &entry["by"]), (&json!("ben"), &json!("ben")));
    let back = team.ben.run(&["bring-back", ITEMS, &id, word(&entry["entry"])]).ok();
    assert_eq!(back["Title"], "ben");
    team.at_rest();
    assert_eq!(team.title(&id), "ben");
    // A deleted record, by whoever deleted it.
    team.ana.run(&["delete", ITEMS, &id]).ok();
    team.ana.sync();
    team.ben.sync();
    assert_eq!(team.ben.run(&["get", ITEMS, &id]).code, 1);
    let deleted = history(&team.ben, &id).remove(0);
    assert_eq!((&deleted["event"], &deleted["by"]), (&json!("deleted"), &json!("ana")));
    team.ben.run(&["bring-back", ITEMS, &id, word(&deleted["entry"])]).ok();
    team.at_rest();
    assert_eq!(team.title(&id), "ben");
    assert!(team.ben.run(&["bring-back", ITEMS, &id, "999999"]).refused().contains("brought back"));
}

#[test]
fn one_answer_for_all_similar_ones() {
    let (team, first) = Team::with_item(&json!({ "Title": "a" }));
    let ids = [first, team.another(&json!({ "Title": "a" })), team.another(&json!({ "Title": "a" }))];
    let gone = team.another(&json!({ "Title": "a" }));
    for id in &ids {
        team.clash(id);
    }
    team.ana.run(&["delete", ITEMS, &gone]).ok();
    team.ana.sync();
    team.ben.edit(ITEMS, &gone, &json!({ "Title": "ben" }));
    team.ben.sync();
    assert_eq!(team.ben.conflicts().len(), 4);
    let question = team.asked(&ids[0]);
    let preview = team.ben.run(&["resolve", word(&question["id"]), "keep-mine", "--preview"]).ok();
    assert_eq!((&preview["record"]["Title"], team.ben.conflicts().len()), (&json!("ben"), 4));
    let similar = team.ben.run(&["resolve", word(&question["id"]), "keep-mine", "--similar"]).ok();
    assert_eq!((&similar["answered"], similar["undo"].as_array().unwrap().len()), (&json!(3), 3));
    assert_eq!(team.ben.conflicts().len(), 1, "the deleted one is another question");
    team.resolve(&team.asked(&gone), "accept-delete");
    team.at_rest();
    assert!(ids.iter().all(|id| team.title(id) == "ben"));
}

#[test]
fn what_a_policy_decided_is_listed_and_reversed() {
    let (team, id) = Team::with_item(&json!({ "Title": "a" }));
    team.ben.run(&["policy", ITEMS, "server"]).ok();
    team.ana.edit(ITEMS, &id, &json!({ "Title": "ana" }));
    team.ana.sync();
    team.ben.edit(ITEMS, &id, &json!({ "Title": "ben" }));
    team.ben.sync();
    team.at_rest();
    let decisions = team.ben.run(&["decisions"]).ok();
    let decision = &decisions[0];
    assert_eq!((&decision["event"], &decision["by_policy"]), (&json!("took_server"), &json!(true)));
    assert_eq!((&decision["by"], &decision["title"]), (&json!("ben"), &json!("ana")));
    assert_eq!(decision["can_bring_back"], true);
    team.ben.run(&["bring-back", ITEMS, &id, word(&decision["entry"])]).ok();
    team.at_rest();
    assert_eq!(team.title(&id), "ben");
    assert_eq!(team.ben.run(&["decisions"]).ok()[0]["event"], "brought_back");
}

#[test]
fn a_record_is_explained_while_it_waits_is_sent_and_is_asked_about() {
    let (team, id) = Team::with_item(&json!({ "Title": "a" }));
    assert!(word(&explain(&team.ben, &id)["waiting_because"]).starts_with("Nothing waits"));
    team.ben.edit(ITEMS, &id, &json!({ "Title": "ben" }));
    let waiting = explain(&team.ben, &id);
    assert_eq!((&waiting["state"], &waiting["mark"]), (&json!("update"), &json!("waiting")));
    assert_eq!((&waiting["base"]["Title"], &waiting["local"]["Title"]), (&json!("a"), &json!("ben")));
    assert!(waiting["base_etag"].is_string() && waiting["last_synced_at"].is_i64(), "{waiting}");

    // Sent, and the answer swallowed.
    team.network.set(Weather::PushRepliesLost);
    assert_eq!(team.ben.run(&["sync"]).code, 3);
    let sending = explain(&team.ben, &id);
    assert_eq!((&sending["mark"], &sending["in_flight"]["Title"]), (&json!("sending"), &json!("ben")));
    let outcomes: Vec<_> = sending["attempts"].as_array().unwrap().iter().map(|a| a["outcome"].clone()).collect();
    assert_eq!(outcomes[..2], ["not_decided", "unanswered"], "it failed alone, and is still on its way");
    team.network.set(Weather::Fair);
    team.ben.sync();
    assert_eq!(explain(&team.ben, &id)["attempts"][0]["outcome"], "accepted");

    let id = team.another(&json!({ "Title": "a" }));
    let question = team.clash(&id);
    let asked = explain(&team.ben, &id);
    assert_eq!((&asked["mark"], &asked["conflict"]), (&json!("conflict"), &question));
    assert_eq!(
        (&asked["server"]["Title"], &asked["attempts"][0]["outcome"]),
        (&json!("ana"), &json!("changed_meanwhile"))
    );
    assert_eq!((&question["title"], &question["server_deleted"]), (&json!("ben"), &json!(false)));
    assert!(question["mine_at"].is_i64() && question["server_at"].is_i64() && question["set_label"].is_string());
}

#[test]
fn a_refused_record_is_explained_with_the_servers_reason() {
    let mut model: Value = serde_json::from_str(include_str!("../../crates/model/entities.csdl.json")).unwrap();
    let mut server = Server::start_with_model(Some(&model.to_string()));
    let ben = Device::signed_in(&server.url, "ben", &[ITEMS]);
    let id = ben.add(ITEMS, &json!({ "Title": "a title that will be too long" }));
    // The server's model turns stricter before the record gets there; the device has not heard of it.
    let schema = model.as_object_mut().unwrap().values_mut().find(|value| value.get("TodoItem").is_some()).unwrap();
    schema["TodoItem"]["Title"]["$MaxLength"] = json!(5);
    server.remodel(&model.to_string());
    assert_eq!(ben.sync()["parked"], 1);
    let parked = explain(&ben, &id);
    assert_eq!((&parked["mark"], &parked["state"]), (&json!("refused"), &json!("add")));
    assert!(word(&parked["parked_reason"]).contains("Title"), "{parked}");
    assert_eq!(parked["attempts"][0]["outcome"], "refused");
    assert_eq!(parked["attempts"][0]["message"], parked["parked_reason"]);
    assert!(word(&parked["waiting_because"]).contains(word(&parked["parked_reason"]).trim_end_matches('.')));
}

/// Kills a process that must be there still.
fn kill(mut child: Child) {
    assert!(child.try_wait().unwrap().is_none(), "it was over before it was killed");
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

/// Makes the output of a command so full that the command stands still where it says what it did.
fn said_by_nobody(mut command: Command) -> (Child, PipeReader) {
    let (unread, mut full) = std::io::pipe().unwrap();
    // What a pipe holds on Linux.
    full.write_all(&[b' '; 64 << 10]).unwrap();
    (command.stdout(full).stderr(Stdio::null()).spawn().unwrap(), unread)
}

#[test]
fn kill_minus_nine_around_an_answer_leaves_it_unsaid_or_applies_it_once_and_asks_never_again() {
    let (team, id) = Team::with_item(&json!({ "Title": "a" }));
    let question = team.clash(&id);
    let answer = ["resolve", word(&question["id"]), "keep-mine"];
    // Before it is on the disk, where somebody else writes: it stays a question.
    let file = team.ben.dir().join("tidemark.db");
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let child = team.ben.spawn(&answer);
    let open = format!("/proc/{}/fd", child.id());
    eventually("it has the database open", Duration::from_secs(20), || {
        let mut files = std::fs::read_dir(&open).unwrap().flatten();
        files.any(|fd| std::fs::read_link(fd.path()).is_ok_and(|path| path == file))
    });
    kill(child);
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    assert_eq!(team.ben.conflicts().as_slice(), std::slice::from_ref(&question));
    // When it is on the disk, and nobody was told: it is an answer.
    let (child, _unread) = said_by_nobody(team.ben.command(&answer));
    eventually("it is answered", Duration::from_secs(20), || team.ben.conflicts().is_empty());
    kill(child);
    assert_eq!(team.ben.conflicts(), Vec::<Value>::new());
    // When it is sent and the server has it, and again when it is sent once more.
    for _ in 0..2 {
        team.network.hold("\"PATCH\"");
        let child = team.ben.spawn(&["sync"]);
        team.network.wait_until_held();
        kill(child);
        assert_eq!(team.title(&id), "ben", "the server has it");
        assert_eq!((&team.ben.status()["pending"], &explain(&team.ben, &id)["mark"]), (&json!(1), &json!("sending")));
        team.network.release();
    }
    assert_eq!(team.ben.sync()["conflicts"], 0);
    team.at_rest();
    assert_eq!(team.title(&id), "ben");
    let kept = told(&history(&team.ben, &id));
    assert_eq!(kept.iter().filter(|line| line.starts_with("edited ben")).count(), 1, "{kept:?}");
    assert_eq!(kept.iter().filter(|line| line.starts_with("kept_mine")).count(), 1, "{kept:?}");
}

#[test]
fn an_answer_whose_reply_was_lost_is_applied_once_and_is_no_new_question() {
    let (team, id) = Team::with_item(&json!({ "Title": "a" }));
    let question = team.clash(&id);
    let undo = team.resolve(&question, "keep-mine");
    team.network.set(Weather::PushRepliesLost);
    assert_eq!(team.ben.run(&["sync"]).code, 3);
    assert_eq!(team.title(&id), "ben", "the server has it");
    // Somebody goes on from there, on the very same property, before ben hears of it.
    team.office.patch(ITEMS, &id, &json!({ "Title": "on top", "Notes": "n" }));
    team.network.set(Weather::Fair);
    assert_eq!(team.ben.sync()["conflicts"], 0, "nobody conflicts with their own answer");
    team.at_rest();
    assert_eq!(team.title(&id), "on top");
    let kept = told(&history(&team.ben, &id));
    assert_eq!(kept.iter().filter(|line| line.starts_with("edited ben")).count(), 1, "{kept:?}");
    // It was sent: taking it back is a new change, on top of everything.
    assert_eq!(team.ben.run(&["undo", &undo]).ok()["reopened"], false);
    team.at_rest();
    let there = team.office.read(&format!("{ITEMS}({id})"));
    assert_eq!((&there["Title"], &there["Notes"]), (&json!("ana"), &json!("n")));
}
