//! The UI's side of the table: `ui/src/ipc/bindings.ts` (types and events) and `ui/src/ipc/commands.ts` (a typed function
//! per command) are written from it, and a stale one is a failing test.
//!
//! Owns: which files, and comparing them. Refuses: writing them unless told (`TIDEMARK_WRITE_BINDINGS=1`), so that CI
//! compares.

mod client;
mod types;

use crate::views::RecordView;
use std::path::Path;
use ts_rs::{Config, TS};

const HEAD: &str = "// Generated from crates/app/src/table.rs and the types in crates/app/src/views; do not edit. To write it anew:\n\
    // TIDEMARK_WRITE_BINDINGS=1 cargo test -p tidemark-app bindings\n";

/// Returns what TypeScript calls a type. A record is one by name: nothing is known of its properties.
fn name<T: TS + ?Sized>() -> String {
    let config = Config::default().with_large_int("number");
    T::name(&config).replace(&RecordView::name(&config), "RecordView")
}

fn is_as_written(file: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/ipc").join(file);
    if std::env::var_os("TIDEMARK_WRITE_BINDINGS").is_some_and(|value| value == "1") {
        std::fs::write(&path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "ui/src/ipc/{file} is stale: TIDEMARK_WRITE_BINDINGS=1 cargo test -p tidemark-app bindings"
    );
}

#[test]
fn the_types_are_those_of_the_table() {
    is_as_written("bindings.ts", &format!("{HEAD}{}", types::text()));
}

#[test]
fn the_functions_are_those_of_the_table() {
    is_as_written("commands.ts", &format!("{HEAD}{}", client::text()));
}
