//! OData clients that nobody here wrote, against the real server: what they send is taken, what it answers they read.
//!
//! Owns: starting a server for each script of this folder, and its packages' versions (`package.json`, `requirements.txt`). Refuses:
//! saying what is right; the scripts assert, in the client's own words. `cargo xtask test` installs the packages.

mod office;

use std::path::{Path, PathBuf};
use std::process::Command;
use tidemark_tests::Server;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Runs a program, which ends well where all that it asserts holds.
fn holds(program: &Path, arguments: &[&str], server: &Server) {
    let token = server.admin(&["token", "create", "ana"], "");
    let work = tempfile::tempdir().expect("a folder");
    let output = Command::new(program)
        .args(arguments)
        .current_dir(work.path())
        .env("ROOT", format!("{}/odata", server.url))
        .env("TOKEN", token.trim())
        .env("WORK", work.path())
        .output()
        .unwrap_or_else(|error| panic!("{} starts: {error}", program.display()));
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{said}");
}

fn node(script: &str) {
    assert!(folder().join("node_modules").is_dir(), "run `npm ci` in tests/clients, or `cargo xtask test`");
    holds(Path::new("node"), &[&folder().join(script).display().to_string()], &Server::start());
}

/// Returns a program of the folder's Python environment.
fn of_python(name: &str) -> PathBuf {
    let path = folder().join(".venv/bin").join(name);
    assert!(path.exists(), "{} is missing; `cargo xtask test` installs it", path.display());
    path
}

fn python(script: &str) {
    holds(&of_python("python"), &[&folder().join(script).display().to_string()], &Server::start());
}

#[test]
fn jaydata_saves_a_year_in_change_sets() {
    node("jaydata.js");
}

#[test]
fn olingo_reads_the_answers_of_a_batch() {
    node("olingo.js");
}

#[test]
fn o_js_sends_batches_with_both_kinds_of_urls() {
    node("ojs.js");
}

#[test]
fn odata_client_writes_keys_as_texts() {
    node("light.js");
}

#[test]
fn odata2ts_generates_a_client_that_works() {
    node("ts.js");
}

#[test]
fn saps_sdk_generates_a_client_that_saves() {
    node("sap.js");
}

#[test]
fn the_oasis_tools_read_the_metadata_in_both_forms() {
    node("csdl.js");
}

#[test]
fn python_odata_makes_entities_of_the_metadata() {
    python("python_odata.py");
}

#[test]
fn odatapy_reads_and_writes() {
    python("olingo_for_python.py");
}

/// What schemathesis makes of the OpenAPI document: no 5xx, and no answer that the document does not tell of.
#[test]
fn what_the_openapi_document_says_holds() {
    let server = Server::start();
    let token = server.admin(&["token", "create", "ana"], "");
    let document = format!("{}/odata/openapi.json", server.url);
    let authorization = format!("Authorization: Bearer {}", token.trim());
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance";
    let arguments = [
        "run",
        &document,
        "--header",
        &authorization,
        "--checks",
        checks,
        "--max-examples",
        "15",
        "--seed",
        "9",
        "--generation-database",
        "none",
        "--no-color",
    ];
    holds(&of_python("schemathesis"), &arguments, &server);
}
