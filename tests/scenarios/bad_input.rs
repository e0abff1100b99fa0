//! Bad input: one plain sentence that names what is wrong, the right exit status, and nothing lost.

use serde_json::json;
use std::io::{Read, Write};
use std::process::Command;
use tidemark_tests::{Device, Server, program};

#[test]
fn sign_in_says_what_is_wrong() {
    let server = Server::start();
    let ana = Device::blank();
    let wrong = ana.run_with(&["sign-in", &server.url, "--user", "ana"], "guess\n").refused();
    assert!(wrong.contains("password"), "{wrong}");
    let nowhere = ana.run_with(&["sign-in", "http://127.0.0.1:1", "--user", "ana"], "x\n");
    assert!(nowhere.code == 1 || nowhere.code == 3, "{nowhere:?}");
    assert!(nowhere.errors.contains("reached"), "{nowhere:?}");
    for address in ["", "not a url", "ftp://x"] {
        assert!(ana.run_with(&["sign-in", address, "--user", "ana"], "x\n").code != 0, "{address:?}");
    }
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", other.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut client in other.incoming().flatten() {
            let _ = client.read(&mut [0; 4096]);
            let _ = client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>");
        }
    });
    let html = ana.run_with(&["sign-in", &url, "--user", "ana"], "x\n");
    assert!(html.code != 0 && html.errors.contains("Tidemark"), "{html:?}");

    ana.sign_in(&format!("{}/odata", server.url), "ana");
    ana.run(&["entities", "on", "TodoItems"]).ok();
    ana.add("TodoItems", &json!({ "Title": "unsent" }));
    let second = ana.run_with(&["sign-in", &server.url, "--user", "ben"], "ben-secret\n").refused();
    assert!(second.contains("ana"), "{second}");
    let unsent = ana.run(&["sign-out"]).refused();
    assert!(unsent.contains("sent"), "{unsent}");
    assert_eq!(ana.list("TodoItems").len(), 1);
    ana.run(&["sign-out", "--discard"]).ok();
    ana.sign_in(&server.url, "ben");
}

#[test]
fn a_bad_record_names_the_property_and_changes_nothing() {
    let server = Server::start();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let id = ana.add("TodoItems", &json!({ "Title": "good" }));
    let bad = [
        (json!({ "Notes": "no title" }), "Title"),
        (json!({ "Title": "x".repeat(201) }), "Title"),
        (json!({ "Title": "x", "Priority": "high" }), "Priority"),
        (json!({ "Title": "x", "Colour": "red" }), "Colour"),
        (json!({ "Title": "x", "DueAt": "tomorrow" }), "DueAt"),
        (json!({ "Title": "nul \u{0} inside" }), "Title"),
        (json!({ "Title": "x", "Id": "17" }), "Id"),
    ];
    for (record, property) in bad {
        let sentence = ana.run(&["add", "TodoItems", &record.to_string()]).refused();
        assert!(sentence.contains(property), "{sentence}");
    }
    assert!(ana.run(&["add", "TodoItems", "{\"Title\": "]).refused().contains("JSON"));
    assert!(ana.run(&["add", "Nothings", "{}"]).refused().contains("Nothings"));
    assert!(ana.run(&["edit", "TodoItems", &id, "{\"Title\": null}"]).refused().contains("Title"));
    let unknown = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";
    for verb in ["get", "delete", "history"] {
        let ran = ana.run(&[verb, "TodoItems", unknown]);
        assert!(ran.code == 1 && ran.errors.contains(unknown), "{verb}: {ran:?}");
    }
    assert!(ana.run(&["list", "TodoItems", "--filter", "Title eq"]).refused().len() > 10);
    assert!(ana.run(&["list", "TodoItems", "--filter", "Colour eq 'red'"]).refused().contains("Colour"));
    assert_eq!(ana.run(&["frobnicate"]).code, 2);
    assert_eq!(ana.list("TodoItems").len(), 1);
    let through_stdin = ana.run_with(&["add", "TodoItems", "-"], "{\"Title\": \"from stdin\"}").ok();
    assert_eq!(through_stdin["Title"], "from stdin");
}

#[test]
fn an_import_is_all_or_nothing_and_names_the_line() {
    let server = Server::start();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    let file = ana.dir().join("rows.csv");
    std::fs::write(&file, "Title,Priority\ngood,1\nbad,many\n").unwrap();
    let sentence = ana.run(&["import", "TodoItems", file.to_str().unwrap()]).refused();
    assert!(sentence.contains("line 3") && sentence.contains("Priority"), "{sentence}");
    assert!(ana.list("TodoItems").is_empty());
    std::fs::write(&file, "Title,Priority\ngood,1\nalso good,2\n").unwrap();
    assert_eq!(ana.run(&["import", "TodoItems", file.to_str().unwrap()]).ok()["imported"], 2);
}

#[test]
fn a_model_file_with_a_mistake_names_line_and_element() {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("model.json");
    std::fs::write(&model, "{\n  \"$Version\": \"4.01\",\n  \"$EntityContainer\": \"Shop.Container\",\n  \"Shop\": {\n    \"Part\": { \"$Kind\": \"EntityType\", \"$Key\": [\"Id\"], \"Id\": { \"$Type\": \"Edm.Guid\" },\n      \"Weight\": { \"$Type\": \"Edm.Stone\" } },\n    \"Container\": { \"$Kind\": \"EntityContainer\", \"Parts\": { \"$Collection\": true, \"$Type\": \"Shop.Part\" } }\n  }\n}\n").unwrap();
    let output = Command::new(program("tidemark-server"))
        .args(["serve", "--listen", "127.0.0.1:0", "--database"])
        .arg(format!("sqlite:{}", dir.path().join("s.db").display()))
        .arg("--model")
        .arg(&model)
        .output()
        .unwrap();
    let sentence = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{sentence}");
    assert!(sentence.contains("line 6") && sentence.contains("Weight") && sentence.contains("Edm.Stone"), "{sentence}");
}

#[test]
fn a_database_from_a_newer_version_is_left_alone_and_a_damaged_one_is_kept_and_replaced() {
    let server = Server::start();
    let ana = Device::signed_in(&server.url, "ana", &["TodoItems"]);
    ana.add("TodoItems", &json!({ "Title": "precious" }));
    let path = ana.dir().join("tidemark.db");
    let pragma = |version: Option<i64>| -> i64 {
        let database = rusqlite::Connection::open(&path).unwrap();
        if let Some(version) = version {
            database.pragma_update(None, "user_version", version).unwrap();
        }
        database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    };
    let version = pragma(None);
    assert!(version > 0, "the schema's version is in PRAGMA user_version");
    pragma(Some(9_999));
    let sentence = ana.run(&["list", "TodoItems"]).refused();
    assert!(sentence.contains("newer"), "{sentence}");
    pragma(Some(version));
    assert_eq!(ana.list("TodoItems").len(), 1);

    std::fs::write(&path, b"this is no database, but somebody's notes").unwrap();
    for sidecar in ["tidemark.db-wal", "tidemark.db-shm"] {
        let _ = std::fs::remove_file(ana.dir().join(sidecar));
    }
    // What waits is in the log beside it, what was sent comes back from the server; the file itself is kept.
    let ran = ana.run(&["list", "TodoItems"]);
    assert!(ran.errors.contains("damaged"), "{ran:?}");
    ran.ok();
    ana.sync();
    assert_eq!(ana.list("TodoItems")[0]["Title"], "precious");
    let is_kept = |name: &str| name.starts_with("tidemark.db.damaged") && !name.ends_with("-wal");
    let mut files = std::fs::read_dir(ana.dir()).unwrap().flatten();
    let kept = files.find(|file| is_kept(&file.file_name().to_string_lossy()));
    assert_eq!(std::fs::read(kept.unwrap().path()).unwrap(), b"this is no database, but somebody's notes");
}

#[test]
fn commands_before_the_first_sign_in_say_so() {
    let blank = Device::blank();
    for command in [&["sync"][..], &["list", "TodoItems"], &["add", "TodoItems", "{}"]] {
        let sentence = blank.run(command).refused();
        assert!(sentence.contains("sign in") || sentence.contains("signed in"), "{command:?}: {sentence}");
    }
    assert_eq!(blank.status()["pending"], 0);
}
