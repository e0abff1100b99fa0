//! Import and export through the store.

use super::{app, object};
use crate::{App, ListRequest};
use serde_json::{Value, json};

async fn contents(app: &App) -> Vec<Value> {
    let request = ListRequest { set: "Sites".into(), limit: u64::MAX, ..ListRequest::default() };
    let records = app.list(request).await.unwrap().records;
    let content = |mut record: crate::RecordView| {
        // When, and the name of the version that it makes.
        record.shift_remove("_UpdatedAt");
        record.shift_remove(crate::ETAG);
        Value::Object(record)
    };
    records.into_iter().map(content).collect()
}

#[tokio::test]
async fn what_is_exported_and_imported_again_is_the_same() {
    let (app, dir) = app(&["Sites"]).await;
    for (n, text) in ["=SUM(A1)", "", "a\r\nb", "-1", "'=1", "plain"].iter().enumerate() {
        let record = json!({ "Name": format!("Site {n}"), "Notes": text, "Latitude": -0.1 - n as f64 });
        app.add("Sites", object(record)).await.unwrap();
    }
    app.add("Sites", object(json!({ "Name": "Bare" }))).await.unwrap();
    for name in ["sites.csv", "sites.jsonl"] {
        let before = contents(&app).await;
        let path = dir.path().join(name);
        assert_eq!(app.export_file("Sites", &path).await.unwrap(), 7);
        let (other, _dir) = self::app(&["Sites"]).await;
        assert_eq!(other.import_file("Sites", &path).await.unwrap(), 7);
        assert_eq!(contents(&other).await, before, "{name}");
        // Nobody edited the file, so putting it back is no edit, whatever was edited here since.
        for record in before.iter().take(3) {
            let changes = object(json!({ "Notes": format!("since {name}"), "Latitude": 1.0 }));
            app.edit("Sites", record["Id"].as_str().unwrap(), changes).await.unwrap();
        }
        let edited = contents(&app).await;
        assert_eq!(app.import_file("Sites", &path).await.unwrap(), 7);
        assert_eq!(contents(&app).await, edited, "{name}");
    }
}

#[tokio::test]
async fn an_import_is_all_or_nothing_and_names_the_line() {
    let (app, dir) = app(&["Sites"]).await;
    for (name, text, line, property, says) in [
        ("a.csv", "Name,Latitude\nGood,1\n\"Also\ngood\",2\nBad,north\n", 5, Some("Latitude"), "Latitude"),
        ("b.csv", "Name\nGood\n\n\"\"\n", 4, Some("Name"), "Name"),
        ("c.csv", "Name,Colour\nGood,red\n", 1, None, "Colour"),
        ("d.jsonl", "{\"Name\":\"Good\"}\n\n{\"Name\":\"Bad\",\"Colour\":1}\n", 3, Some("Colour"), "Colour"),
        ("e.jsonl", "{\"Name\":\"Good\"}\n{\"Name\":\n", 2, None, "not valid JSON"),
        ("f.jsonl", "{\"Name\":\"Good\"}\n{\"Id\":\"7\",\"Name\":\"Bad\"}\n", 2, Some("Id"), "Id"),
        ("g.csv", "Name\nGood\nBad,1\n", 3, None, "2 fields"),
        ("h.csv", "Name\rGood\rBad,1\r", 3, None, "2 fields"),
        ("i.csv", "\u{feff}Name\rGood,1\n", 2, None, "2 fields"),
        (
            "j.jsonl",
            "{\"Name\":\"Good\"}\r{\"Name\":\"Bad\",\"Name\":\"Good\"}\r",
            2,
            Some("Name"),
            "Name is there twice",
        ),
        ("k.jsonl", "{\"Name\":\"Good\",\"Latitude\":52.123456789012345678}", 1, Some("Latitude"), "Latitude"),
        ("l.csv", "Name,Latitude\nGood,52.123456789012345678\n", 2, Some("Latitude"), "Latitude"),
        ("m.jsonl", "{\"Name\":\"half \\ud83d\"}", 1, Some("Name"), "Name"),
        (
            "n.csv",
            "Id,Name\n8F0E6A52-6D5F-4A55-9D5E-2F7B4C1D9E01,a\n\n 8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01,b\n",
            4,
            Some("Id"),
            "the record of line 2 again",
        ),
        (
            "o.jsonl",
            "{\"Id\":\"8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01\",\"Name\":\"a\"}\r\n\r\n\
             {\"Name\":\"b\",\"\\u0049d\":\"8F0E6A52-6d5f-4a55-9d5e-2f7b4c1d9e01\"}",
            3,
            Some("Id"),
            "the record of line 1 again",
        ),
        ("p.csv", "Id,Name\n{8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01},a\n", 2, Some("Id"), "Id must be a GUID"),
        ("q.csv", "Id,Name,_UpdatedAt\n,a,yesterday\n", 2, Some("_UpdatedAt"), "_UpdatedAt must be the number"),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        let error = app.import_file("Sites", &path).await.unwrap_err();
        let sentence = error.to_string();
        assert!(sentence.contains(&format!("{name}, line {line}: ")) && sentence.contains(says), "{sentence}");
        assert_eq!((error.code(), error.property()), ("invalid", property), "{sentence}");
        assert_eq!(sentence.matches("nothing was").count(), 1, "{sentence}");
    }
    for (name, bytes) in [("u.csv", &b"\xff\xfeN\0a\0m\0e\0\n\0"[..]), ("v.jsonl", b"\xfe\xff\0{\0}")] {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let sentence = app.import_file("Sites", &path).await.unwrap_err().to_string();
        assert!(sentence.contains("UTF-16"), "{sentence}");
    }
    assert!(contents(&app).await.is_empty());
    for (name, says) in [("none.csv", "none.csv"), ("sites.xlsx", "must end in .csv or .jsonl")] {
        let error = app.import_file("Sites", &dir.path().join(name)).await.unwrap_err();
        assert_eq!((error.code(), error.to_string().contains(says)), ("file", true), "{error}");
    }
}

#[tokio::test]
async fn a_file_of_no_rows_has_none_and_every_row_of_the_others_counts() {
    let (app, dir) = app(&["Sites"]).await;
    for (name, text, rows) in [
        ("a.csv", "", 0),
        ("b.csv", "\u{feff}", 0),
        ("c.csv", "Name,Address\r", 0),
        ("d.jsonl", "\r\n", 0),
        ("e.csv", "Name\rMill\rWeir\rLock", 3),
        ("f.csv", "Name\rMill\nWeir\r\nLock\r", 3),
        ("g.jsonl", "{\"Name\":\"Mill\"}\r{\"Name\":\"Weir\"}\n\n{\"Name\":\"Lock\"}", 3),
    ] {
        let (path, before) = (dir.path().join(name), contents(&app).await.len());
        std::fs::write(&path, text).unwrap();
        assert_eq!(app.import_file("Sites", &path).await.unwrap(), rows, "{name}");
        assert_eq!(contents(&app).await.len() - before, rows as usize, "{name}");
    }
}

#[tokio::test]
async fn what_is_typed_is_kept_to_the_last_digit_or_refused() {
    let (app, _dir) = app(&["Sites"]).await;
    for (text, property) in [
        (r#"{"Name":"a","Name":"b"}"#, "Name"),
        (r#"{"Name":"a","Latitude":9007199254740993}"#, "Latitude"),
        (r#"{"Name":"\ud800"}"#, "Name"),
    ] {
        let refused = match app.read_typed("Sites", text) {
            Ok(record) => app.add("Sites", record).await.map(drop),
            Err(error) => Err(error),
        };
        assert_eq!(refused.unwrap_err().property(), Some(property), "{text}");
    }
    for (text, says) in [("{", "not valid JSON"), ("[1]", "must be a JSON object"), ("{} {}", "not valid JSON")] {
        assert!(app.read_typed("Sites", text).unwrap_err().to_string().contains(says), "{text}");
    }
    let record = app.read_typed("Sites", "\u{feff}{\"Name\":\"a\",\"Latitude\":0.1}").unwrap();
    assert_eq!(app.add("Sites", record).await.unwrap()["Latitude"], 0.1);
}

#[tokio::test]
async fn an_id_in_a_row_is_kept_and_makes_it_an_edit_the_second_time() {
    let (app, dir) = app(&["Sites"]).await;
    let id = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";
    let path = dir.path().join("sites.csv");
    std::fs::write(&path, format!("\u{feff}Id,Name,Address\r\n{id},Weir,Quay 1\r\n,New,\r\n")).unwrap();
    assert_eq!(app.import_file("Sites", &path).await.unwrap(), 2);
    std::fs::write(&path, format!("Id,Name\n{id},Old weir\n")).unwrap();
    assert_eq!(app.import_file("Sites", &path).await.unwrap(), 1);
    let weir = app.get("Sites", id).await.unwrap();
    assert_eq!((&weir["Name"], &weir["Address"]), (&json!("Old weir"), &json!("Quay 1")));
    assert_eq!(contents(&app).await.len(), 2);
}

#[tokio::test]
async fn a_set_of_many_records_is_exported_whole() {
    let (app, dir) = app(&["Sites"]).await;
    let path = dir.path().join("many.jsonl");
    let lines: Vec<String> = (0..2_500).map(|n| json!({ "Name": format!("Site {n}") }).to_string()).collect();
    std::fs::write(&path, lines.join("\n")).unwrap();
    assert_eq!(app.import_file("Sites", &path).await.unwrap(), 2_500);
    let out = dir.path().join("out.jsonl");
    assert_eq!(app.export_file("Sites", &out).await.unwrap(), 2_500);
    let text = std::fs::read_to_string(&out).unwrap();
    let names: std::collections::HashSet<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["Name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), 2_500);
}

#[tokio::test]
async fn a_set_that_is_not_kept_here_is_not_imported_into() {
    let (app, dir) = app(&[]).await;
    let path = dir.path().join("sites.csv");
    std::fs::write(&path, "Name\nWeir\n").unwrap();
    let error = app.import_file("Sites", &path).await.unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("Sites")), ("not_cached", true));
    assert_eq!(app.export_file("Sites", &path).await.unwrap_err().code(), "offline");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "Name\nWeir\n");
}
