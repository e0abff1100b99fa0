//! OData clients that nobody here wrote, against the real server: what they send is taken, what it answers they read.
//!
//! Owns: starting a server for each script of this folder, and its packages' versions (`package.json`). Refuses: saying what is
//! right; the scripts assert, in the client's own words. `cargo xtask test` installs the packages.

mod office;

use std::path::Path;
use std::process::Command;
use tidemark_tests::Server;

/// Runs a script, which ends well where all that it asserts holds.
fn holds(script: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    assert!(folder.join("node_modules").is_dir(), "run `npm ci` in tests/clients, or `cargo xtask test`");
    let server = Server::start();
    let token = server.admin(&["token", "create", "ana"], "");
    let output = Command::new("node")
        .arg(folder.join(script))
        .env("ROOT", format!("{}/odata", server.url))
        .env("TOKEN", token.trim())
        .output()
        .expect("node starts");
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{said}");
}

#[test]
fn jaydata_saves_a_year_in_change_sets() {
    holds("jaydata.js");
}

#[test]
fn olingo_reads_the_answers_of_a_batch() {
    holds("olingo.js");
}

#[test]
fn o_js_sends_batches_with_both_kinds_of_urls() {
    holds("ojs.js");
}
