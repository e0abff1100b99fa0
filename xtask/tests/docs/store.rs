//! The rooms of the store: the lowest know none above them, and one table of the database is one file.
//!
//! Owns: reading both out of the text. Refuses: circles (`house`), which hold for every crate.

use crate::modules;
use crate::tree;

const SOURCE: &str = "crates/store/src";
/// The file that makes every table; no other names one that is not its own.
const MAKES_ALL: &str = "tables/schema.rs";
/// What stands before the name of a table in SQL.
const BEFORE_A_NAME: [&str; 6] = ["FROM", "INTO", "UPDATE", "JOIN", "TABLE", "ON main."];

#[test]
fn one_table_is_named_in_sql_by_one_file() {
    let files = tree::files();
    let sources = modules::below(SOURCE, &files);
    let schema = sources.iter().find(|(path, _)| *path == MAKES_ALL).expect("the tables are made somewhere").1;
    let tables: Vec<&str> = named(schema).into_iter().filter(|(word, _)| *word == "TABLE").map(|(_, n)| n).collect();
    assert!(tables.len() > 10, "only {tables:?} were found: this test looks past them");
    let mut strays = Vec::new();
    for (path, text) in sources.iter().filter(|(path, _)| *path != MAKES_ALL) {
        for (_, table) in named(text).into_iter().filter(|(_, name)| tables.contains(name)) {
            if *path != format!("tables/{table}.rs") {
                strays.push(format!("{path} names {table}"));
            }
        }
        // What makes SQL of names does not write them out either.
        let is_low = path.starts_with("tables/") || path.starts_with("tx/");
        let spelled = tables.iter().filter(|table| is_low && text.contains(&format!("\"{table}\"")));
        strays.extend(
            spelled.filter(|table| *path != format!("tables/{table}.rs")).map(|t| format!("{path} spells {t}")),
        );
    }
    assert!(
        strays.is_empty(),
        "a table's SQL is in its own file, or made of what that file gives:\n{}",
        strays.join("\n")
    );
}

/// Returns the names that stand in a text's SQL, each with the word before it.
fn named(text: &str) -> Vec<(&'static str, &str)> {
    let mut found = Vec::new();
    for word in BEFORE_A_NAME {
        let rests = text.split(word).skip(1).map(|rest| rest.trim_start().trim_start_matches('\\').trim_start());
        let names =
            rests.map(|rest| &rest[..rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len())]);
        found.extend(names.filter(|name| !name.is_empty()).map(|name| (word, name)));
    }
    found
}

#[test]
fn the_lowest_rooms_know_none_above_them() {
    let files = tree::files();
    let graph = modules::graph(&modules::below(SOURCE, &files));
    let room = |module: &modules::Module| module.first().cloned().unwrap_or_default();
    let mut upwards = Vec::new();
    for (module, named) in graph.iter().filter(|(module, _)| ["tables", "tx"].contains(&room(module).as_str())) {
        let above = named.iter().filter(|named| !["tables", "tx", "error"].contains(&room(named).as_str()));
        upwards.extend(above.map(|above| format!("{} names {}", modules::shown(module), modules::shown(above))));
    }
    assert!(upwards.is_empty(), "a transaction and its tables know no caller:\n{}", upwards.join("\n"));
}

#[test]
fn a_name_in_sql_is_found() {
    let text =
        "let a = \"SELECT id FROM pending WHERE x\"; \"UPDATE \\\n   sent SET\"; \"DELETE FROM {table}\" // UPDATE it";
    let mut found = named(text);
    found.sort_unstable();
    assert_eq!(found, [("FROM", "pending"), ("UPDATE", "it"), ("UPDATE", "sent")]);
}
