//! The files of the repository that people write.
//!
//! Refuses: what is built or fetched, and these tests themselves, which spell wrong citations on purpose.

use std::fs;
use std::path::{Path, PathBuf};

const KINDS: [&str; 8] = ["rs", "ts", "svelte", "js", "mjs", "md", "toml", "json"];
const LEFT_OUT: [&str; 6] = ["target", "node_modules", "dist", "artifacts", "gen", "package-lock.json"];
const THESE_TESTS: &str = "xtask/tests/docs";

/// A file: its path below the root, with `/`, and its text.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the workspace").to_owned()
}

/// Reads a file of the repository.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns every file, in order of its path.
pub(crate) fn files() -> Vec<File> {
    let mut found = Vec::new();
    walk(&root(), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(folder: &Path, below: &str, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let entry = entry.expect("the entry can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if name.starts_with('.') || LEFT_OUT.contains(&name.as_str()) || path == THESE_TESTS {
            continue;
        }
        if entry.file_type().expect("it has a kind").is_dir() {
            walk(&entry.path(), &path, found);
        } else if KINDS.iter().any(|kind| name.ends_with(&format!(".{kind}"))) {
            let text = fs::read_to_string(entry.path()).unwrap_or_else(|error| panic!("{path}: {error}"));
            found.push(File { path, text });
        }
    }
}
