//! Imports run one way: what `docs/architecture.md` says of the crates is what their manifests say.

use crate::tree;
use std::collections::BTreeMap;

/// What each crate may depend on; dependencies of tests do not count.
const ALLOWED: [(&str, &[&str]); 20] = [
    ("crates/model", &[]),
    ("crates/odata", &["model"]),
    ("crates/sql", &["model"]),
    ("crates/sqlite", &["model", "sql"]),
    ("crates/store", &["model", "sql", "sqlite"]),
    ("crates/sync", &["model", "odata", "store"]),
    ("crates/app", &["model", "store", "sync"]),
    ("crates/cli", &["app"]),
    ("crates/server", &["model", "odata", "sql", "sqlite"]),
    ("fuzz", &["test-hostile"]),
    ("src-tauri", &["app"]),
    ("tests", &["test-postgres"]),
    ("tests/dice", &[]),
    ("tests/harness-host", &["app"]),
    ("tests/hostile", &["app", "model", "odata", "server", "store", "sync"]),
    ("tests/postgres", &[]),
    ("tests/protocol", &["model"]),
    ("tests/simulation", &["app", "model", "server", "sim-disk", "sync", "test-dice"]),
    ("tests/simulation/disk", &["sqlite", "test-dice"]),
    ("xtask", &["test-postgres"]),
];

#[test]
fn imports_run_one_way() {
    let manifests = tree::files().into_iter().filter_map(|file| {
        let package = file.path.strip_suffix("/Cargo.toml")?.to_owned();
        Some((package, dependencies(&file.text)))
    });
    let found: BTreeMap<_, _> = manifests.collect();
    let allowed = ALLOWED.map(|(package, names)| (package.to_owned(), names.iter().map(|n| n.to_string()).collect()));
    assert_eq!(found, BTreeMap::from(allowed), "say it here and in docs/architecture.md, or import nothing");
}

/// Returns the crates of ours under `[dependencies]`, in order.
fn dependencies(manifest: &str) -> Vec<String> {
    let section = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let lines = section.take_while(|line| !line.starts_with('['));
    let ours = lines.filter_map(|line| line.strip_prefix("tidemark-")?.split(['.', ' ']).next());
    let mut names: Vec<_> = ours.map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn one_place_opens_database_files() {
    let opens = |text: &str| text.contains("Connection::open(") || text.contains("open_with_flags");
    let found: Vec<String> = tree::files()
        .into_iter()
        .filter(|file| file.path.starts_with("crates/") && file.path.contains("/src/") && opens(&file.text))
        .map(|file| file.path)
        .collect();
    assert_eq!(found, ["crates/sqlite/src/open.rs"], "a file is opened by tidemark_sqlite::open");
}
