//! Each planted bug has a place in the product, and no package of the product asks for any.
//!
//! Refuses: telling whether the place does harm; tests do, with the bug planted.

use crate::tree;

const LIST: &str = "crates/model/src/planted/bugs.rs";

/// Returns the names of the list's variants.
fn listed(text: &str) -> Vec<&str> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(" \""));
    rows.map(|(bug, _)| bug).filter(|bug| bug.chars().all(|letter| letter.is_ascii_alphanumeric())).collect()
}

#[test]
fn every_planted_bug_has_a_place() {
    let files = tree::files();
    let list = tree::read(LIST);
    let bugs = listed(&list);
    assert!(bugs.len() > 70, "only {bugs:?} were found: this test looks past them");
    let is_product = |path: &str| path.starts_with("crates/") && path.contains("/src/") && !path.contains("/planted");
    let texts: Vec<_> = files.iter().filter(|file| is_product(&file.path)).map(|file| &file.text).collect();
    let has_place = |bug: &&str| {
        let site = format!("is_planted(Planted::{bug})");
        texts.iter().any(|text| text.contains(&site))
    };
    let without: Vec<_> = bugs.into_iter().filter(|bug| !has_place(bug)).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn only_tests_ask_for_planted_bugs() {
    let is_asking = |line: &str| line.contains("\"planted\"") || line.contains("/planted\"");
    let asking: Vec<_> = tree::files()
        .iter()
        .filter(|file| file.path.ends_with("Cargo.toml") && !file.path.starts_with("tests/"))
        .flat_map(|file| {
            file.text.lines().filter(|line| is_asking(line)).map(|line| (file.path.clone(), line.to_owned()))
        })
        .filter(|(_, line)| line != "planted = [\"tidemark-model/planted\"]")
        .collect();
    assert!(asking.is_empty(), "{asking:?}");
}
