//! The binary itself, offline: usage, output, exit status. What needs a server is in the `tests` package.

#![expect(clippy::unwrap_used, reason = "a helper of these tests may fail as a test does")]

use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_model::EntityModel;
use tidemark_store::{Account, Store, SystemDisk};

/// Nothing listens on port 9, so a connection is refused at once.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Runs `tidemark` on a data dir, with something on standard input.
fn tidemark_with(dir: &Path, input: &str, arguments: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidemark"))
        .env_remove("TIDEMARK_DATA_DIR")
        .arg("--data-dir")
        .arg(dir)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn tidemark(dir: &Path, arguments: &[&str]) -> Output {
    tidemark_with(dir, "", arguments)
}

/// Runs a command that must work, and returns its document.
fn json_of(dir: &Path, arguments: &[&str]) -> Value {
    let output = tidemark(dir, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    assert_eq!(stderr(&output), "", "{arguments:?}");
    document(&output)
}

/// Returns the one document on standard output.
fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stdout)))
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a command that must fail with 1 and one sentence, and returns the sentence.
fn refusal(dir: &Path, arguments: &[&str]) -> String {
    let output = tidemark(dir, arguments);
    let sentence = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {sentence}");
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
    assert!(sentence.starts_with("tidemark: "), "{sentence}");
    sentence
}

/// Makes a data dir as signing in leaves it, with `Sites` kept offline.
fn signed_in() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (clock, ids) = (Arc::new(tidemark_app::SystemClock), Arc::new(tidemark_app::SystemIds));
    let store = Store::open(dir.path(), Arc::new(SystemDisk), clock, ids).unwrap();
    let model = EntityModel::parse(EntityModel::default_document()).unwrap().with_cached_entities().unwrap();
    let text = |text: &str| text.to_owned();
    let account = Account {
        server: text(NOWHERE),
        user: text("ana"),
        workspace: text("north"),
        token: text("token"),
        server_id: text("server"),
        signed_out: false,
    };
    store.sign_in_with(&account, &model.document().to_string()).unwrap();
    store.cache("Sites").unwrap();
    dir
}

#[test]
fn wrong_usage_is_status_2() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [
        &[][..],
        &["fly"],
        &["list"],
        &["sign-in", NOWHERE],
        &["sign-in", NOWHERE, "--user", "ana", "--token", "t"],
        &["policy", "Sites", "loudest"],
        &["resolve", "01", "perhaps"],
        &["resolve", "01", "merge", "--set", "Name=ours"],
        &["entities", "on"],
        &["status", "--loud"],
    ] {
        assert_eq!(tidemark(dir.path(), arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(tidemark(dir.path(), &["--help"]).status.code(), Some(0));
}

#[test]
fn before_the_first_sign_in_every_command_says_so() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [
        &["sync", "--json"][..],
        &["sync", "--watch"],
        &["list", "Sites"],
        &["add", "Sites", "{}"],
        &["entities"],
        &["sign-out"],
        &["policy", "Sites", "ask"],
    ] {
        let sentence = refusal(dir.path(), arguments);
        assert!(sentence.contains("sign"), "{arguments:?}: {sentence}");
    }
    let status = json_of(dir.path(), &["status", "--json"]);
    assert_eq!((&status["user"], &status["online"], &status["pending"]), (&Value::Null, &json!(false), &json!(0)));
}

#[test]
fn signing_in_without_a_network_or_with_a_wrong_address_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for address in [NOWHERE, "ftp://somewhere", "nonsense address"] {
        let output = tidemark_with(dir.path(), "secret\n", &["sign-in", address, "--user", "ana"]);
        assert_eq!(output.status.code(), Some(1), "{address}");
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
        assert!(!stderr(&output).contains("secret"));
    }
    let output = tidemark(dir.path(), &["sign-in", NOWHERE, "--user", "ana"]);
    assert_eq!((output.status.code(), stderr(&output).contains("no password")), (Some(1), true));
    assert_eq!(json_of(dir.path(), &["status", "--json"])["user"], Value::Null);
}

#[test]
fn records_are_worked_on_offline_in_the_shapes_of_the_contract() {
    let dir = signed_in();
    let dir = dir.path();
    let added = json_of(dir, &["add", "Sites", r#"{"Name":"Pump house"}"#, "--json"]);
    assert_eq!((&added["_State"], &added["_IsTombstoned"]), (&json!("add"), &json!(false)));
    assert!(added["_UpdatedAt"].is_i64());
    let id = added["Id"].as_str().unwrap();

    let output = tidemark_with(dir, r#"{"Address":"Quay 1"}"#, &["--json", "edit", "Sites", id, "-"]);
    assert_eq!((output.status.code(), &document(&output)["Address"]), (Some(0), &json!("Quay 1")));
    let output = tidemark_with(dir, r#"{"Name":"Weir"}"#, &["--json", "add", "Sites", "-"]);
    assert_eq!((output.status.code(), &document(&output)["Name"]), (Some(0), &json!("Weir")));

    assert_eq!(json_of(dir, &["get", "Sites", id, "--json"])["Address"], "Quay 1");
    let found = json_of(dir, &["list", "Sites", "--filter", "startswith(Name,'Pump')", "--json"]);
    assert_eq!((found.as_array().unwrap().len(), &found[0]["Id"]), (1, &json!(id)));
    let names = |list: Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|record| record["Name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(json_of(dir, &["list", "Sites", "--json"])), ["Pump house", "Weir"]);
    json_of(dir, &["delete", "Sites", id, "--json"]);
    assert_eq!(names(json_of(dir, &["list", "Sites", "--json"])), ["Weir"]);

    let entities = json_of(dir, &["entities", "--json"]);
    let sites = entities.as_array().unwrap().iter().find(|entity| entity["name"] == "Sites").unwrap();
    assert_eq!((&sites["offline"], &sites["records"], &sites["pending"]), (&json!(true), &json!(1), &json!(1)));
    assert!(sites["bytes"].is_u64());
    let chosen = json_of(dir, &["policy", "Sites", "newest", "--json"]);
    assert_eq!(chosen["policy"], "newest");
    assert_eq!(json_of(dir, &["conflicts", "--json"]), json!([]));
    assert_eq!(json_of(dir, &["parked", "--json"]), json!([]));
    for (arguments, says) in [
        (&["list", "Sites"][..], "Weir"),
        (&["status"], "Offline"),
        (&["entities"], "Sites"),
        (&["conflicts"], "No conflicts."),
        (&["parked"], "Nothing was refused."),
    ] {
        let output = tidemark(dir, arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains(says), "{arguments:?}: {text}");
    }
}

#[test]
fn bad_input_names_what_is_wrong_and_loses_nothing() {
    let dir = signed_in();
    let dir = dir.path();
    let added = json_of(dir, &["add", "Sites", r#"{"Name":"Pump house"}"#, "--json"]);
    let id = added["Id"].as_str().unwrap();
    let nowhere = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";
    for (arguments, names) in [
        (&["add", "Pumps", "{}"][..], "Pumps"),
        (&["list", "Pumps"], "Pumps"),
        (&["entities", "on", "Pumps"], "Pumps"),
        (&["add", "Sites", "{"], "JSON"),
        (&["add", "Sites", "[]"], "JSON object"),
        (&["add", "Sites", "{}"], "Name"),
        (&["add", "Sites", r#"{"Name":"x","Colour":1}"#], "Colour"),
        (&["edit", "Sites", id, r#"{"Latitude":"x"}"#], "Latitude"),
        (&["edit", "Sites", nowhere, r#"{"Name":"x"}"#], nowhere),
        (&["delete", "Sites", nowhere], nowhere),
        (&["get", "Sites", "nonsense"], "nonsense"),
        (&["history", "Sites", nowhere], nowhere),
        (&["list", "Sites", "--filter", "Colour eq 1"], "Colour"),
        (&["resolve", "0192", "keep-mine"], "0192"),
        (&["import", "Sites", "/nowhere/sites.csv"], "/nowhere/sites.csv"),
        (&["list", "Contacts"], "Contacts is not kept offline"),
        (&["add", "Contacts", r#"{"Name":"x"}"#], "the server cannot be reached"),
        (&["sign-out"], "unsent"),
        (&["entities", "off", "Sites"], "unsent"),
    ] {
        let sentence = refusal(dir, arguments);
        assert!(sentence.contains(names), "{arguments:?}: {sentence}");
    }
    let mut kept = json_of(dir, &["get", "Sites", id, "--json"]);
    let mut added = added;
    for record in [&mut kept, &mut added] {
        record.as_object_mut().unwrap().remove("_Mark");
    }
    assert_eq!(kept, added);
}

#[test]
fn a_sync_that_reaches_nobody_prints_its_figures_and_is_status_3() {
    let dir = signed_in();
    json_of(dir.path(), &["add", "Sites", r#"{"Name":"Pump house"}"#, "--json"]);
    let output = tidemark(dir.path(), &["sync", "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let cycle = document(&output);
    assert_eq!((&cycle["outcome"], &cycle["pushed"]), (&json!("offline"), &json!(0)));
    for figure in ["pulled", "merged", "conflicts", "parked", "requests", "bytes_sent", "bytes_received", "duration_ms"]
    {
        assert!(cycle[figure].is_u64(), "{figure}");
    }
    assert_eq!(stderr(&output).lines().count(), 1);
    let status = json_of(dir.path(), &["status", "--json"]);
    assert_eq!(
        (&status["online"], &status["last_sync"], &status["user"]),
        (&json!(false), &Value::Null, &json!("ana"))
    );
    assert!(status["pending"].as_u64() >= Some(1));
}

#[test]
fn files_come_and_go() {
    let dir = signed_in();
    let path = dir.path().join("sites.csv");
    std::fs::write(&path, "Name,Notes\nWeir,'=1+1\nPump house,\n").unwrap();
    let file = path.to_str().unwrap();
    assert_eq!(json_of(dir.path(), &["import", "Sites", file, "--json"]), json!({ "imported": 2 }));
    let found = json_of(dir.path(), &["list", "Sites", "--filter", "Name eq 'Weir'", "--json"]);
    assert_eq!(found[0]["Notes"], "=1+1");
    let out = dir.path().join("out.csv");
    assert_eq!(json_of(dir.path(), &["export", "Sites", out.to_str().unwrap(), "--json"]), json!({ "exported": 2 }));
    assert!(std::fs::read_to_string(&out).unwrap().contains(",'=1+1,"));
    std::fs::write(&path, "Name\nGood\n\"\"\n").unwrap();
    assert!(refusal(dir.path(), &["import", "Sites", file]).contains("line 3"));
    assert_eq!(json_of(dir.path(), &["list", "Sites", "--json"]).as_array().unwrap().len(), 2);
}

#[test]
fn unsent_changes_are_given_up_only_when_told() {
    let dir = signed_in();
    json_of(dir.path(), &["add", "Sites", r#"{"Name":"Pump house"}"#, "--json"]);
    let entities = json_of(dir.path(), &["entities", "off", "Sites", "--discard", "--json"]);
    let sites = entities.as_array().unwrap().iter().find(|entity| entity["name"] == "Sites").unwrap();
    assert_eq!((&sites["offline"], &sites["records"]), (&json!(false), &json!(0)));
    let session = json_of(dir.path(), &["sign-out", "--discard", "--json"]);
    assert_eq!(session["signed_in"], false);
    assert!(refusal(dir.path(), &["list", "Sites"]).contains("sign"));
}

#[test]
fn two_processes_share_a_data_dir() {
    let dir = signed_in();
    let adding: Vec<_> = (0..4)
        .map(|n| {
            let path = dir.path().to_owned();
            std::thread::spawn(move || {
                let record = json!({ "Name": format!("Site {n}") }).to_string();
                json_of(&path, &["add", "Sites", &record, "--json"]);
            })
        })
        .collect();
    adding.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(json_of(dir.path(), &["list", "Sites", "--json"]).as_array().unwrap().len(), 4);
}
