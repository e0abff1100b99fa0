//! The rooms of the worker: each file and room of `crates/sync` names only those before it.
//!
//! Owns: their order. Refuses: circles (`house`), and the order within a room.

use crate::modules;
use crate::tree;

const SOURCE: &str = "crates/sync/src";

/// From what knows nobody to what knows all.
const ORDER: [&str; 13] = [
    "blocking", "query", "report", "ports", "error", "task", "remote", "engine", "run", "push", "pull", "cycle",
    "worker",
];

/// Values of a higher room that a lower one holds; the files that they stand in name nobody between the two.
const FROM_BELOW: [(&str, &str); 3] =
    [("engine.rs", "cycle/turn.rs"), ("engine.rs", "pull/limits.rs"), ("run.rs", "pull/pulled.rs")];

#[test]
fn a_room_names_only_those_before_it() {
    let files = tree::files();
    let graph = modules::graph(&modules::below(SOURCE, &files));
    let place =
        |module: &modules::Module| ORDER.iter().position(|room| Some(*room) == module.first().map(String::as_str));
    let mut upwards = Vec::new();
    for (module, named) in graph.iter().filter(|(module, _)| !module.is_empty()) {
        assert!(place(module).is_some(), "{} stands in no room", modules::shown(module));
        let above = named.iter().filter(|named| !named.is_empty() && place(named) > place(module));
        upwards.extend(above.map(|above| (modules::shown(module), modules::shown(above))));
    }
    let known = FROM_BELOW.map(|(from, to)| (from.to_owned(), to.to_owned()));
    assert_eq!(upwards, known, "move down what is shared");
}
