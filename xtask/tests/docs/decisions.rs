//! Every decision has a date and a status, and `docs/adr/README.md` lists it with both.

use crate::tree;

const LIST: &str = "docs/adr/README.md";

#[test]
fn every_decision_is_dated_and_listed() {
    let files = tree::files();
    let pages = files.iter().filter(|file| file.path.starts_with("docs/adr/") && file.path != LIST);
    let rows: Vec<_> = pages.map(|page| row(&page.path, &page.text)).collect();
    let list = tree::read(LIST);
    let listed: Vec<_> = list.lines().filter(|line| line.starts_with("| [")).collect();
    assert_eq!(listed, rows, "{LIST} is not the list of the pages");
    assert!(!rows.is_empty());
}

/// Returns the row that a page has in the list.
fn row(path: &str, text: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let number = file.get(..4).unwrap_or_default();
    let mut lines = text.lines();
    let mut line = || lines.next().unwrap_or_default();
    let title =
        line().strip_prefix(&format!("# {number}: ")).unwrap_or_else(|| panic!("{path}: the title is its number"));
    assert_eq!(line(), "", "{path}: an empty line follows the title");
    let (date, status) = line()
        .strip_prefix("Date: ")
        .and_then(|rest| rest.strip_suffix('.')?.split_once(". Status: "))
        .unwrap_or_else(|| panic!("{path}: under the title stands \"Date: YYYY-MM-DD. Status: accepted.\""));
    let shape: String = date.chars().map(|letter| if letter.is_ascii_digit() { '9' } else { letter }).collect();
    assert_eq!(shape, "9999-99-99", "{path}: the date is YYYY-MM-DD");
    let successor = status.strip_prefix("superseded by ");
    let is_known = ["proposed", "accepted"].contains(&status) || successor.is_some_and(|next| next.len() == 4);
    assert!(is_known, "{path}: {status} is no status");
    format!("| [{number}]({file}) | {title} | {date} | {status} |")
}
