//! Files in both directions, without a store: what is written is what is read again.

use super::csv_rows::CsvRows;
use super::rows::Row;
use super::sheet::Sheet;
use serde_json::{Map, Value, json};
use std::path::Path;
use tidemark_model::{EntityModel, EntitySet};

fn set() -> EntitySet {
    let source = json!({
        "$Version": "4.01",
        "$EntityContainer": "T.Container",
        "T": {
            "Thing": {
                "$Kind": "EntityType", "$Key": ["Id"],
                "Id": { "$Type": "Edm.Guid" },
                "Name": {},
                "Text": { "$Nullable": true },
                "Flag": { "$Type": "Edm.Boolean", "$DefaultValue": "false" },
                "Small": { "$Type": "Edm.Int32", "$Nullable": true },
                "Large": { "$Type": "Edm.Int64", "$Nullable": true },
                "Real": { "$Type": "Edm.Double", "$Nullable": true },
                "Price": { "$Type": "Edm.Decimal", "$Precision": 18, "$Scale": 4, "$Nullable": true },
                "Day": { "$Type": "Edm.Date", "$Nullable": true },
                "At": { "$Type": "Edm.DateTimeOffset", "$Nullable": true },
                "Other": { "$Type": "Edm.Guid", "$Nullable": true }
            },
            "Container": { "$Kind": "EntityContainer", "Things": { "$Collection": true, "$Type": "T.Thing" } }
        }
    });
    EntityModel::parse(&source.to_string()).unwrap().set("Things").unwrap().clone()
}

/// Reads a CSV text to lines and rows.
fn read(text: &str) -> Vec<(u64, Row)> {
    let mut rows = CsvRows::new(&set(), text.as_bytes()).unwrap();
    std::iter::from_fn(|| rows.next_row()).collect()
}

/// Reads a row's values back as the model does at Save.
fn canonical(row: &Map<String, Value>) -> Map<String, Value> {
    tidemark_model::read_changes(&set(), row, tidemark_model::Strictness::RefuseUnknown).unwrap()
}

fn export(path: &Path, records: &[Value]) {
    let mut sheet = Sheet::create(&set(), path).unwrap();
    for record in records {
        sheet.write(record.as_object().unwrap()).unwrap();
    }
    assert_eq!(sheet.finish().unwrap(), records.len() as u64);
}

#[test]
fn an_exported_csv_reads_back_as_it_was() {
    let hostile = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "",
        "'",
        "''",
        "'=1",
        "'tis",
        "a,b",
        "a\"b",
        "\"",
        "a\nb",
        "a\r\nb",
        "\n",
        " x ",
        ";",
        "=cmd|' /C calc'!A0",
        "ä€😀",
        "1e5",
        "TRUE",
        "null",
    ];
    let mut records: Vec<Value> = hostile
        .iter()
        .map(|text| {
            json!({
                "Id": "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01", "Name": text, "Text": text, "Flag": true, "Small": -5,
                "Large": -9_007_199_254_740_993_i64, "Real": -1.5e-7, "Price": "12345678901234.5678", "Day": "2026-03-31",
                "At": "2026-03-31T08:00:00.123Z", "Other": "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e02",
            })
        })
        .collect();
    records.push(json!({ "Id": "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01", "Name": "x", "Text": null, "Flag": false,
        "Small": null, "Large": null, "Real": null, "Price": null, "Day": null, "At": null, "Other": null }));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("things.csv");
    export(&path, &records);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("Id,Name,Text,Flag,Small,Large,Real,Price,Day,At,Other,_UpdatedAt\r\n"), "{text}");
    let rows = read(&text);
    assert_eq!(rows.len(), records.len());
    for ((_, row), record) in rows.into_iter().zip(&records) {
        let row = row.unwrap();
        assert_eq!(row["Id"], record["Id"]);
        let mut wanted = record.as_object().unwrap().clone();
        wanted.shift_remove("Id");
        assert_eq!(Value::Object(canonical(&row)), Value::Object(wanted));
    }
}

#[test]
fn every_row_knows_its_line() {
    let text = "Name,Text\r\na,1\r\n\r\n\"b\r\nb\",2\r\nc \"quoted\" c,3\r\nd,4,5\r\ne,\"\"\"\"";
    let lines: Vec<(u64, bool)> = read(text).into_iter().map(|(line, row)| (line, row.is_ok())).collect();
    assert_eq!(lines, [(2, true), (4, true), (6, true), (7, false), (8, true)]);
    let rows = read("Name\na\n\"never\nends\n");
    let (line, problem) = (rows[1].0, rows[1].1.as_ref().unwrap_err());
    assert_eq!((line, problem.as_str()), (3, "a quoted text begins here and never ends"));
}

#[test]
fn a_spreadsheets_habits_are_understood() {
    let rows = read("Id;Name;Flag;Small;_State;Odd@odata.type\n;x;TRUE; 7 ;add;y\n;z;;;;\n");
    let first = rows[0].1.as_ref().unwrap();
    assert_eq!(Value::Object(first.clone()), json!({ "Name": "x", "Flag": true, "Small": 7 }));
    // An empty field of a required property with a default leaves it to the default.
    let second = rows[1].1.as_ref().unwrap();
    assert_eq!(Value::Object(second.clone()), json!({ "Name": "z", "Small": null }));
}

#[test]
fn a_header_that_does_not_fit_is_named() {
    for (text, says) in [
        ("Name,Colour\n", "Things has no property Colour"),
        ("Name,Name\n", "the column Name is there twice"),
        ("", "the first line must name the columns, such as Id,Name"),
        ("\n", "the first line must name the columns, such as Id,Name"),
    ] {
        assert_eq!(CsvRows::new(&set(), text.as_bytes()).err().unwrap(), says, "{text:?}");
    }
    let rows = read("Name,_IsTombstoned\na,true\n");
    assert!(rows[0].1.as_ref().unwrap_err().contains("_IsTombstoned"));
}

#[test]
fn an_export_that_is_given_up_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("things.jsonl");
    std::fs::write(&path, "what was there").unwrap();
    drop(Sheet::create(&set(), &path).unwrap());
    let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["things.jsonl"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "what was there");
    assert!(Sheet::create(&set(), &dir.path().join("things.xlsx")).is_err());
}
