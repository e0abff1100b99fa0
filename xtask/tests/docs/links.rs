//! Every relative link of a page leads to a file, and its `#anchor` to a heading or an id there.

use crate::{anchors, tree};
use std::path::Path;

#[test]
fn every_link_leads_somewhere() {
    let mut problems = Vec::new();
    for file in tree::files().iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in links(&file.text) {
            if let Err(problem) = follow(&file.path, &target) {
                problems.push(format!("{}:{line}: {problem}", file.path));
            }
        }
    }
    assert!(problems.is_empty(), "links that lead nowhere:\n{}", problems.join("\n"));
}

/// Returns the targets of a page's links that stay in the repository.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in anchors::prose(text) {
        // Between two ` stands code, but the text of a link may be code as well: only its target counts.
        let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        let targets = outside.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        let inside = targets.filter(|target| !target.contains("://"));
        found.extend(inside.map(|target| (number, target.to_owned())));
    }
    found
}

fn follow(page: &str, target: &str) -> Result<(), String> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let path = if path.is_empty() { Path::new(page).to_owned() } else { folder.join(path) };
    if !tree::root().join(&path).exists() {
        return Err(format!("there is no {}", path.display()));
    }
    let anchors = anchors::of_page(&path.to_string_lossy()).unwrap_or_default();
    if anchor.is_empty() || anchors.contains(anchor) { Ok(()) } else { Err(format!("{target} has no such anchor")) }
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let page = "[`a`](sync.md#push) and `[no](link)`\n```\n[no](link)\n```\n![b](x.png) [c](https://example.org)";
    let found = links(page);
    assert_eq!(found, [(1, "sync.md#push".to_owned()), (5, "x.png".to_owned())]);
    assert!(follow("docs/page.md", "sync.md#push").is_ok());
    assert!(follow("docs/page.md", "sync.md#pushing").is_err() && follow("docs/page.md", "x.png").is_err());
}
