//! Files in both directions, without a store: what is written is what is read again.

use super::csv_rows::CsvRows;
use super::row::Row;
use super::sheet::Sheet;
use proptest::prelude::*;
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
        let row = row.unwrap().members;
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
    let (line, problem) = (rows[1].0, &rows[1].1.as_ref().unwrap_err().problem);
    assert_eq!((line, problem.as_str()), (3, "a quoted text begins here and never ends"));
}

#[test]
fn a_spreadsheets_habits_are_understood() {
    let rows = read("Id;Name;Flag;Small;_State;Odd@odata.type\n;x;TRUE; 7 ;add;y\n;z;;;;\n");
    let first = &rows[0].1.as_ref().unwrap().members;
    assert_eq!(Value::Object(first.clone()), json!({ "Name": "x", "Flag": true, "Small": 7 }));
    // An empty field of a required property with a default leaves it to the default.
    let second = &rows[1].1.as_ref().unwrap().members;
    assert_eq!(Value::Object(second.clone()), json!({ "Name": "z", "Small": null }));
}

#[test]
fn a_header_that_does_not_fit_is_named() {
    for (text, line, says) in [
        ("Name,Colour\n", 1, "Things has no property Colour"),
        ("Name,Name\n", 1, "the column Name is there twice"),
        ("Name,\n", 1, "column 2 has no name"),
        ("\r\n\r, \n", 3, "the first line must name the columns, such as Id,Name"),
        ("\"\"\n", 1, "the first line must name the columns, such as Id,Name"),
        ("\"Name\nx", 1, "a quoted text begins here and never ends"),
    ] {
        assert_eq!(CsvRows::new(&set(), text.as_bytes()).err().unwrap(), (line, says.to_owned()), "{text:?}");
    }
    let rows = read("Name,_IsTombstoned\na,true\n");
    assert!(rows[0].1.as_ref().unwrap_err().problem.contains("_IsTombstoned"));
}

/// A line, and a text of it.
type Line = (u64, String);

/// Names of the rows of a text with their lines, and the line and sentence of the first that is refused.
fn names(bytes: &[u8]) -> (Vec<Line>, Option<Line>) {
    let mut found = Vec::new();
    match CsvRows::new(&set(), bytes) {
        Err(refused) => return (found, Some(refused)),
        Ok(mut rows) => {
            while let Some((line, row)) = rows.next_row() {
                match row {
                    Ok(row) => found.push((line, row.members["Name"].as_str().unwrap_or_default().to_owned())),
                    Err(problem) => return (found, Some((line, problem.problem))),
                }
            }
        }
    }
    (found, None)
}

#[test]
fn a_line_ends_with_anything_that_ends_a_line() {
    for (text, lines) in [
        ("Name,Text\na,1\nb,2", [2, 3]),
        ("Name,Text\r\na,1\r\nb,2\r\n", [2, 3]),
        ("Name,Text\ra,1\rb,2", [2, 3]),
        ("Name,Text\ra,1\nb,2\n", [2, 3]),
        ("Name,Text\r\ra,1\r\n\n\rb,2\r\r", [3, 6]),
        ("\n\nName,Text\na,1\nb,2", [4, 5]),
        ("Name;Text\ra;1,5\rb;2", [2, 3]),
        ("Name\tText\r\na\t1,5\r\nb\t;\r\n", [2, 3]),
        ("sep=;\r\nName;Text\r\na;1\r\nb;2\r\n", [3, 4]),
        ("\"Name\",\"Text\"\r\"a\",\"1\"\r\"b\",\"\"", [2, 3]),
    ] {
        let wanted = vec![(lines[0], "a".to_owned()), (lines[1], "b".to_owned())];
        assert_eq!(names(text.as_bytes()), (wanted, None), "{text:?}");
    }
    for text in ["", "\n", "\r\r\n", "Name,Text", "Name,Text\r", "Name,Text\r\n\r\n"] {
        assert_eq!(names(text.as_bytes()), (vec![], None), "{text:?}");
    }
}

#[test]
fn what_would_change_a_row_unsaid_is_refused_with_its_line() {
    for (bytes, before, line, says) in [
        (&b"Name,Text\ra,1\rb\r"[..], 1, 3, "there are 1 fields, and the header names 2 columns"),
        (b"Name,Text\na,1\nb,2,\n", 1, 3, "there are 3 fields"),
        (b"Name\tText\na\t1\n\t\t\n", 1, 3, "there are 3 fields"),
        (b"Name,Text\na,1\n \n", 1, 3, "there are 1 fields"),
        (b"Name,Text\na,1\nName , Text\nb,2\n", 1, 3, "a second time"),
        (b"Name,Text\na,1\nb,\"x\nc,3\nd,\"y\"\n", 1, 3, "text after a closing quote (on line 5)"),
        (b"Name,Text\na,1\nb,\"x\"y\"\n", 1, 3, "text after a closing quote;"),
        (b"Name,Text\na,1\nb,\"x\nc,3\n", 1, 3, "never ends"),
        (b"Name,Text\na,1\n\0b,2\n", 1, 3, "NUL"),
        (b"Name,Text\na,1\nb,\"\n\0\"\n", 1, 4, "NUL"),
        (b"Name,Text\na,1\nb,\xe4\n", 1, 3, "not UTF-8"),
        (b"Name,Text\na,1\nb,\xed\xa0\x80\n", 1, 3, "not UTF-8"),
        (b"N\0a\0m\0e\0\n\0", 0, 1, "NUL"),
        (b"\xe4\n", 0, 1, "not UTF-8"),
        (b"Name;Text,Flag\na;1\n", 0, 1, "no property Text,Flag"),
        (b"Name,Text\na,1\nb,2\x1a\n\x1a", 2, 4, "there are 1 fields"),
    ] {
        let (rows, refused) = names(bytes);
        let text = String::from_utf8_lossy(bytes);
        let (at, problem) = refused.unwrap_or_else(|| panic!("{text:?} is read as {rows:?}"));
        assert_eq!((rows.len(), at), (before, line), "{text:?}: {problem}");
        assert!(problem.contains(says), "{text:?}: {problem}");
    }
}

proptest! {
    #[test]
    fn every_row_arrives_exactly_or_a_line_is_named(
        rows in prop::collection::vec(("[a-z,;\"\r\n\t '=é]{1,6}", "[a-z,;\"\r\n\t '=é]{0,6}"), 0..6),
        ends in prop::collection::vec(0_usize..4, 8),
        quotes in prop::collection::vec(any::<bool>(), 12),
        delimiter in 0_usize..3,
        cut in any::<prop::sample::Index>(),
    ) {
        let delimiter = [",", ";", "\t"][delimiter];
        let end = |index: usize| ["\n", "\r\n", "\r", "\r\n\n"][ends[index]];
        let cell = |text: &str, quoted: bool| {
            let is_needed = text.contains([',', ';', '\t', '"', '\r', '\n']) || quoted;
            if is_needed { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
        };
        let mut text = format!("Name{delimiter}Text{}", end(7));
        for (index, (name, note)) in rows.iter().enumerate() {
            let (name, note) = (super::guard::guarded(name), super::guard::guarded(note));
            text += &format!("{}{delimiter}{}", cell(&name, quotes[index * 2]), cell(&note, quotes[index * 2 + 1]));
            text += if index + 1 == rows.len() && ends[6] == 0 { "" } else { end(index) };
        }
        let read_back: Vec<(String, String)> = read(&text)
            .into_iter()
            .map(|(_, row)| {
                let row = row.unwrap().members;
                (row["Name"].as_str().unwrap().to_owned(), row["Text"].as_str().unwrap().to_owned())
            })
            .collect();
        prop_assert_eq!(&read_back, &rows);

        // However the file is cut: the rows before are what they were, and what is left of one is none or refused.
        let cut = cut.index(text.len() + 1);
        let (found, refused) = names(&text.as_bytes()[..cut]);
        for ((_, name), (wanted, _)) in found.iter().zip(&rows).rev().skip(1) {
            prop_assert_eq!(name, wanted);
        }
        prop_assert!(found.len() <= rows.len());
        if let Some((line, problem)) = refused {
            prop_assert!(line >= 1 && !problem.is_empty());
        }
    }

    #[test]
    fn any_bytes_are_rows_or_refused(bytes in prop::collection::vec(prop::sample::select(&b"ab,;\t\"\r\n\0\xff\xfe="[..]), 0..40)) {
        let text = [b"Name,Text\n".as_slice(), &bytes].concat();
        let (rows, refused) = names(&text);
        // Nothing but line ends may come to nothing.
        let is_blank = bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        prop_assert_eq!(rows.is_empty() && refused.is_none(), is_blank);
    }
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
