//! What ships holds no bug that can be switched on (`tidemark_model::Planted`).
//!
//! It asks cargo which features the shipped packages are built with; nothing is built. That no one can build them so without
//! debug assertions, the compiler says. Refuses: the window, whose packages are not on every machine; `docs` sees that its
//! manifest asks for nothing.

use std::process::Command;

/// What people get and this machine can build.
const SHIPPED: [&str; 2] = ["tidemark-cli", "tidemark-server"];

/// Returns with which features the model is built into packages, each once.
fn features_of_the_model(arguments: &[&str]) -> Vec<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--offline", "--locked", "--edges", "normal,build", "--prefix", "none"]);
    let output = cargo.args(["--format", "{lib} [{f}]"]).args(arguments).output().expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let of_model = text.lines().filter_map(|line| line.strip_prefix("tidemark_model "));
    let mut found: Vec<_> = of_model.map(|features| features.trim_end_matches(" (*)").to_owned()).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn what_ships_is_built_without_planted_bugs() {
    for package in SHIPPED {
        assert_eq!(features_of_the_model(&["--package", package]), ["[]"], "{package}");
    }
    let all = SHIPPED.map(|package| ["--package", package]).concat();
    assert_eq!(features_of_the_model(&all), ["[]"]);
}

#[test]
fn a_package_that_asks_for_them_is_seen() {
    for package in ["tidemark-app", "tidemark-server"] {
        let feature = format!("{package}/planted");
        assert_eq!(features_of_the_model(&["--package", package, "--features", &feature]), ["[planted]"]);
    }
}
