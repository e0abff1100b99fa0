//! What the web view can reach, pinned: a change here is a change of the app's attack surface and is meant to be seen
//! in review (FAULTS A6, A7, A8). Needs no display.

use serde_json::Value;
use tidemark_app::{COMMANDS, HOST_COMMANDS};

fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().chain(HOST_COMMANDS).copied()
}

fn read(path: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_commands_are_these() {
    insta::assert_snapshot!(names().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_capabilities_are_these_and_no_remote_page_has_any() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("capabilities");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["main.json"]);
    let capability = read("capabilities/main.json");
    assert!(capability.get("remote").is_none());
    let mut wanted = vec!["core:event:allow-listen".to_owned(), "core:event:allow-unlisten".to_owned()];
    wanted.extend(names().map(|name| format!("allow-{}", name.replace('_', "-"))));
    assert_eq!(capability["permissions"], Value::from(wanted));
    assert_eq!(capability["windows"], Value::from(vec!["main"]));
}

#[test]
fn the_page_is_locked_in() {
    let config = read("tauri.conf.json");
    assert_eq!(config["app"]["withGlobalTauri"], false);
    assert!(config["build"].get("devUrl").is_none(), "a page of another origin would get the commands");
    insta::assert_json_snapshot!(config["app"]["security"]);
}

#[test]
fn only_these_plugins_are_in() {
    let manifest =
        std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let plugins: Vec<_> =
        manifest.lines().filter_map(|line| line.strip_prefix("tauri-plugin-")?.split(' ').next()).collect();
    assert_eq!(plugins, ["dialog", "notification", "single-instance", "window-state"]);
    let tauri = manifest.lines().find(|line| line.starts_with("tauri = ")).unwrap();
    assert!(!tauri.contains("devtools"), "a release build would open its inspector");
}
