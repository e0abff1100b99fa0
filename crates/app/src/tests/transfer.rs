//! Import and export through the store.

use super::{app, object};
use crate::{App, ListRequest};
use serde_json::{Value, json};

async fn contents(app: &App) -> Vec<Value> {
    let request = ListRequest { set: "Sites".into(), limit: u64::MAX, ..ListRequest::default() };
    let records = app.list(request).await.unwrap().records;
    let content = |mut record: crate::RecordView| {
        record.shift_remove("_UpdatedAt");
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
    let before = contents(&app).await;
    for name in ["sites.csv", "sites.jsonl"] {
        let path = dir.path().join(name);
        assert_eq!(app.export_file("Sites", &path).await.unwrap(), 7);
        for record in &before {
            let changes = object(json!({ "Notes": "overwritten", "Latitude": 1.0 }));
            app.edit("Sites", record["Id"].as_str().unwrap(), changes).await.unwrap();
        }
        assert_ne!(contents(&app).await, before);
        assert_eq!(app.import_file("Sites", &path).await.unwrap(), 7);
        assert_eq!(contents(&app).await, before, "{name}");
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
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        let error = app.import_file("Sites", &path).await.unwrap_err();
        let sentence = error.to_string();
        assert!(sentence.contains(&format!("{name}, line {line}: ")) && sentence.contains(says), "{sentence}");
        assert_eq!((error.code(), error.property()), ("invalid", property), "{sentence}");
        assert_eq!(sentence.matches("nothing was").count(), 1, "{sentence}");
    }
    assert!(contents(&app).await.is_empty());
    for (name, says) in [("none.csv", "none.csv"), ("sites.xlsx", "must end in .csv or .jsonl")] {
        let error = app.import_file("Sites", &dir.path().join(name)).await.unwrap_err();
        assert_eq!((error.code(), error.to_string().contains(says)), ("file", true), "{error}");
    }
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
