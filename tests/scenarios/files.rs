//! Files in and out: every row is accounted for, and an edited export that is put back overwrites nobody.

use serde_json::{Value, json};
use std::path::PathBuf;
use tidemark_tests::{Device, Office, Server};

struct Team {
    server: Server,
    ana: Device,
    ben: Device,
}

impl Team {
    fn start() -> Self {
        let server = Server::start();
        let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
        let ben = Device::signed_in(&server.url, "ben", &["TodoItems"]);
        Self { server, ana, ben }
    }

    fn sync(&self) {
        for device in [&self.ana, &self.ben, &self.ana] {
            device.sync();
        }
    }
}

fn file(device: &Device, name: &str, content: &[u8]) -> PathBuf {
    let path = device.dir().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn import(device: &Device, path: &std::path::Path) -> tidemark_tests::Ran {
    device.run(&["import", "TodoItems", path.to_str().unwrap()])
}

#[test]
fn rows_in_are_rows_accounted_for_whatever_ends_a_line() {
    let team = Team::start();
    for (content, rows) in [
        (&b"Title,Notes\rMill,1\rWeir,2\r"[..], 2),
        (b"Title,Notes\rMill,1\nWeir,2\n", 2),
        (b"Title;Notes\r\nMill;\"a\rb\"\r\nWeir;2", 2),
        (b"Title\r", 0),
        (b"", 0),
    ] {
        let before = team.ana.list("TodoItems").len();
        let path = file(&team.ana, "rows.csv", content);
        assert_eq!(import(&team.ana, &path).ok()["imported"], rows, "{content:?}");
        assert_eq!(team.ana.list("TodoItems").len() - before, rows, "{content:?}");
    }
    let before = team.ana.list("TodoItems").len();
    for (name, content, says) in [
        ("a.csv", &b"Title\rMill,1\rWeir\r"[..], "line 2"),
        ("b.csv", b"Title,Notes\nMill,\"1\nWeir,2\n", "line 2"),
        ("c.csv", b"\xff\xfeT\0i\0t\0l\0e\0\r\0\n\0M\0", "UTF-16"),
        ("d.jsonl", b"{\"Title\":\"a\",\"Title\":\"b\"}", "Title"),
        ("e.jsonl", b"{\"Title\":\"a\",\"DueAt\":\"2026-03-31T08:00:00.1234567Z\"}", "DueAt"),
        (
            "f.csv",
            b"Id,Title\n8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01,a\n8F0E6A52-6D5F-4A55-9D5E-2F7B4C1D9E01,b\n",
            "line 3: this is the record of line 2 again",
        ),
    ] {
        let sentence = import(&team.ana, &file(&team.ana, name, content)).refused();
        assert!(sentence.contains(says), "{sentence}");
    }
    let typed = team.ana.run(&["add", "TodoItems", r#"{"Title":"a","Title":"b"}"#]).refused();
    assert!(typed.contains("Title is there twice"), "{typed}");
    assert_eq!(team.ana.list("TodoItems").len(), before);
}

#[test]
fn an_edited_export_put_back_changes_its_edits_only_and_asks_about_clashes() {
    for name in ["items.csv", "items.jsonl"] {
        let team = Team::start();
        let ids: Vec<String> = (1..=4)
            .map(|n| team.ana.add("TodoItems", &json!({ "Title": format!("item {n}"), "Notes": "n" })))
            .collect();
        team.sync();
        let path = team.ana.dir().join(name);
        assert_eq!(team.ana.run(&["export", "TodoItems", path.to_str().unwrap()]).ok()["exported"], 4);
        // Meanwhile: two records change, one goes.
        team.ben.edit("TodoItems", &ids[0], &json!({ "Title": "ben 1", "Priority": 7 }));
        team.ben.edit("TodoItems", &ids[1], &json!({ "Notes": "ben 2" }));
        team.ben.run(&["delete", "TodoItems", &ids[3]]).ok();
        team.ben.sync();
        team.ana.sync();
        // The file: the first clashes, the second does not, nobody touched the others.
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("item 1", "file 1").replace("item 2", "file 2")).unwrap();
        assert_eq!(import(&team.ana, &path).ok()["imported"], 4);

        let conflicts = team.ana.conflicts();
        assert_eq!(conflicts.len(), 1, "{conflicts:?}");
        let asked = &conflicts[0];
        assert_eq!((&asked["kind"], &asked["properties"]), (&json!("both_edited"), &json!(["Title"])), "{asked}");
        for (side, title) in [("base", "item 1"), ("mine", "file 1"), ("server", "ben 1")] {
            assert_eq!(asked[side]["Title"], title, "{asked}");
        }
        team.sync();
        let office = Office::new(&team.server.url, "ana").list("TodoItems");
        let of = |id: &str, name: &str| -> Value {
            office.iter().find(|record| record["Id"] == *id).map_or(Value::Null, |record| record[name].clone())
        };
        assert_eq!((of(&ids[0], "Title"), of(&ids[0], "Priority")), (json!("ben 1"), json!(7)));
        assert_eq!((of(&ids[1], "Title"), of(&ids[1], "Notes")), (json!("file 2"), json!("ben 2")));
        assert_eq!((of(&ids[2], "Title"), of(&ids[3], "Title")), (json!("item 3"), Value::Null));

        team.ana.run(&["resolve", asked["id"].as_str().unwrap(), "keep-mine"]).ok();
        team.sync();
        let first = team.ben.get("TodoItems", &ids[0]);
        assert_eq!((&first["Title"], &first["Priority"]), (&json!("file 1"), &json!(7)));
        assert_eq!(team.ana.shared("TodoItems"), Office::new(&team.server.url, "ana").list("TodoItems"));

        // A row of the deleted record that somebody did edit brings it back only if they say so.
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("item 4", "file 4")).unwrap();
        import(&team.ana, &path).ok();
        team.ana.sync();
        let asked: Vec<Value> = team.ana.conflicts().iter().map(|conflict| conflict["kind"].clone()).collect();
        assert_eq!(asked, [json!("deleted_on_server")]);
        let office = Office::new(&team.server.url, "ana");
        assert_eq!(office.get(&format!("TodoItems({})", ids[3])).status().as_u16(), 404);
    }
}
