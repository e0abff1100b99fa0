//! Every kind of conflict and every answer, on two devices and the server, by commands.

use serde_json::{Value, json};
use tidemark_tests::{Device, Office, Server};

struct Team {
    server: Server,
    ana: Device,
    ben: Device,
}

impl Team {
    fn with_item(record: &Value) -> (Self, String) {
        let server = Server::start();
        let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
        let ben = Device::signed_in(&server.url, "ben", &["TodoItems"]);
        let id = ana.add("TodoItems", record);
        ana.sync();
        ben.sync();
        (Self { server, ana, ben }, id)
    }

    fn only_conflict(&self, kind: &str) -> Value {
        let conflicts = self.ben.conflicts();
        assert_eq!(conflicts.len(), 1, "{conflicts:?}");
        assert_eq!(conflicts[0]["kind"], kind);
        conflicts[0].clone()
    }

    fn answer(&self, conflict: &Value, answer: &[&str]) {
        let mut arguments = vec!["resolve", conflict["id"].as_str().unwrap()];
        arguments.extend(answer);
        self.ben.run(&arguments).ok();
        assert_eq!(self.ben.conflicts(), Vec::<Value>::new());
        self.ben.sync();
        self.ana.sync();
        let office = Office::new(&self.server.url, "ana").list("TodoItems");
        assert_eq!(self.ana.shared("TodoItems"), office);
        assert_eq!(self.ben.shared("TodoItems"), office);
        assert_eq!(self.ben.sync()["requests"], 1, "a further cycle has nothing to do and asks nothing");
    }
}

#[test]
fn disjoint_and_equal_edits_merge_without_a_question() {
    let (team, id) = Team::with_item(&json!({ "Title": "a", "Notes": "n" }));
    team.ana.edit("TodoItems", &id, &json!({ "Title": "b", "IsDone": true }));
    team.ana.sync();
    team.ben.edit("TodoItems", &id, &json!({ "Notes": "m", "IsDone": true }));
    let report = team.ben.sync();
    assert_eq!((&report["merged"], &report["conflicts"]), (&json!(1), &json!(0)), "{report}");
    team.ana.sync();
    for device in [&team.ana, &team.ben] {
        let record = device.get("TodoItems", &id);
        assert_eq!((&record["Title"], &record["Notes"], &record["IsDone"]), (&json!("b"), &json!("m"), &json!(true)));
    }
}

#[test]
fn both_edited_is_asked_once_and_every_answer_holds() {
    let cases: [(&[&str], &str, &str); 4] = [
        (&["keep-mine"], "ben", "n2"),
        (&["take-server"], "ana", "n2"),
        (&["merge", "--set", "Title=mine"], "ben", "n2"),
        (&["merge", "--set", "Title=server"], "ana", "n2"),
    ];
    for (answer, title, notes) in cases {
        let (team, id) = Team::with_item(&json!({ "Title": "a", "Notes": "n" }));
        team.ana.edit("TodoItems", &id, &json!({ "Title": "ana" }));
        team.ana.sync();
        team.ben.edit("TodoItems", &id, &json!({ "Title": "ben", "Notes": "n2" }));
        assert_eq!(team.ben.sync()["conflicts"], 1);
        assert_eq!(team.ben.sync()["conflicts"], 0, "it is asked once");
        let conflict = team.only_conflict("both_edited");
        assert_eq!(conflict["properties"], json!(["Title"]));
        assert_eq!(conflict["server_user"], "ana");
        let titles = ["base", "mine", "server"].map(|side| conflict[side]["Title"].clone());
        assert_eq!(titles, [json!("a"), json!("ben"), json!("ana")]);
        team.answer(&conflict, answer);
        let record = team.ana.get("TodoItems", &id);
        assert_eq!((&record["Title"], &record["Notes"]), (&json!(title), &json!(notes)), "{answer:?}");
        let history = team.ben.run(&["history", "TodoItems", &id]).ok();
        let lost = if title == "ben" { "ana" } else { "ben" };
        assert!(history.to_string().contains(lost), "the losing side stays readable: {history}");
    }
}

#[test]
fn an_edit_of_a_deleted_item_asks_to_restore() {
    for (answer, lives) in [("restore", true), ("accept-delete", false)] {
        let (team, id) = Team::with_item(&json!({ "Title": "a" }));
        team.ana.run(&["delete", "TodoItems", &id]).ok();
        team.ana.sync();
        team.ben.edit("TodoItems", &id, &json!({ "Notes": "mine" }));
        team.ben.sync();
        let conflict = team.only_conflict("deleted_on_server");
        assert_eq!(conflict["server_user"], "ana");
        team.answer(&conflict, &[answer]);
        let found = team.ana.run(&["get", "TodoItems", &id]);
        assert_eq!(found.code == 0, lives, "{answer}: {found:?}");
        if lives {
            assert_eq!(found.json["Notes"], "mine");
        }
    }
}

#[test]
fn a_delete_of_an_edited_item_asks_whether_to_delete_all_the_same() {
    for (answer, lives) in [("delete-anyway", false), ("keep-server", true)] {
        let (team, id) = Team::with_item(&json!({ "Title": "a" }));
        team.ana.edit("TodoItems", &id, &json!({ "Notes": "important" }));
        team.ana.sync();
        team.ben.run(&["delete", "TodoItems", &id]).ok();
        team.ben.sync();
        let conflict = team.only_conflict("edited_on_server");
        assert_eq!(conflict["properties"], json!(["Notes"]));
        team.answer(&conflict, &[answer]);
        assert_eq!(team.ana.run(&["get", "TodoItems", &id]).code == 0, lives, "{answer}");
    }
}

#[test]
fn a_late_update_with_an_older_stamp_is_asked_not_dropped() {
    let (team, id) = Team::with_item(&json!({ "Title": "a" }));
    // Ben's edit is older than the office's; the seed's rule would drop it in silence.
    team.ben.edit("TodoItems", &id, &json!({ "Title": "a week ago" }));
    Office::new(&team.server.url, "ana").patch("TodoItems", &id, &json!({ "Title": "today" }));
    team.ben.sync();
    let conflict = team.only_conflict("both_edited");
    team.answer(&conflict, &["keep-mine"]);
    assert_eq!(team.ana.get("TodoItems", &id)["Title"], "a week ago");
}

#[test]
fn the_question_follows_the_server_and_the_local_record() {
    let (team, id) = Team::with_item(&json!({ "Title": "a" }));
    let office = Office::new(&team.server.url, "ana");
    office.patch("TodoItems", &id, &json!({ "Title": "ana 1" }));
    team.ben.edit("TodoItems", &id, &json!({ "Title": "ben" }));
    team.ben.sync();
    let conflict = team.only_conflict("both_edited");
    // The server moves on before the answer is pushed: the answer is about what was shown, so it is asked again.
    team.ben.run(&["resolve", conflict["id"].as_str().unwrap(), "keep-mine"]).ok();
    office.patch("TodoItems", &id, &json!({ "Title": "ana 2" }));
    team.ben.sync();
    let again = team.only_conflict("both_edited");
    assert_eq!(again["server"]["Title"], "ana 2");
    assert_eq!(office.read(&format!("TodoItems({id})"))["Title"], "ana 2", "an unseen version is never overwritten");
    // An edit joins my side.
    team.ben.edit("TodoItems", &id, &json!({ "Title": "ben, revised" }));
    assert_eq!(team.only_conflict("both_edited")["mine"]["Title"], "ben, revised");
    // A delete turns the question round.
    team.ben.run(&["delete", "TodoItems", &id]).ok();
    let turned = team.only_conflict("edited_on_server");
    team.answer(&turned, &["keep-server"]);
    assert_eq!(team.ben.get("TodoItems", &id)["Title"], "ana 2");
}

#[test]
fn a_policy_answers_for_the_person_who_set_it() {
    for (policy, title) in [("mine", "ben"), ("server", "ana"), ("newest", "ben")] {
        let (team, id) = Team::with_item(&json!({ "Title": "a" }));
        team.ben.run(&["policy", "TodoItems", policy]).ok();
        team.ana.edit("TodoItems", &id, &json!({ "Title": "ana" }));
        team.ana.sync();
        team.ben.edit("TodoItems", &id, &json!({ "Title": "ben" }));
        team.ben.sync();
        assert_eq!(team.ben.conflicts(), Vec::<Value>::new());
        team.ben.sync();
        team.ana.sync();
        assert_eq!(team.ana.get("TodoItems", &id)["Title"], title, "{policy}");
    }
}

#[test]
fn a_wrong_answer_says_which_ones_fit() {
    let (team, id) = Team::with_item(&json!({ "Title": "a" }));
    team.ana.edit("TodoItems", &id, &json!({ "Title": "ana" }));
    team.ana.sync();
    team.ben.edit("TodoItems", &id, &json!({ "Title": "ben" }));
    team.ben.sync();
    let conflict = team.only_conflict("both_edited")["id"].as_str().unwrap().to_owned();
    assert!(team.ben.run(&["resolve", &conflict, "restore"]).refused().contains("keep-mine"));
    assert!(team.ben.run(&["resolve", &conflict, "merge"]).refused().contains("Title"));
    assert!(team.ben.run(&["resolve", &conflict, "merge", "--set", "Notes=mine"]).refused().contains("Notes"));
    let unknown = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";
    assert!(team.ben.run(&["resolve", unknown, "keep-mine"]).refused().contains(unknown));
    assert_eq!(team.ben.conflicts().len(), 1);
}

#[test]
fn a_wrong_clock_decides_nothing() {
    let (team, id) = Team::with_item(&json!({ "Title": "a" }));
    let office = Office::new(&team.server.url, "ana");
    let far = 9_999_999_999_999_i64;
    office.patch("TodoItems", &id, &json!({ "Title": "from the future", "_UpdatedAt": far }));
    let record = office.read(&format!("TodoItems({id})"));
    assert!(record["_UpdatedAt"].as_i64().unwrap() < far, "the stamp is clamped: {record}");
    team.ben.edit("TodoItems", &id, &json!({ "Notes": "disjoint" }));
    assert_eq!(team.ben.sync()["merged"], 1);
    assert_eq!(office.read(&format!("TodoItems({id})"))["Notes"], "disjoint");
}
