//! What the repository says of itself holds: citations and links lead somewhere, decisions are dated and listed.
//!
//! It reads files and nothing else, so that a branch learns within a second that a page or an anchor is missing.

mod anchors;
mod citations;
mod decisions;
mod house;
mod imports;
mod links;
mod modules;
mod planted;
mod store;
mod sync;
mod tree;
mod waits;
mod words;

/// The compiler that is fetched, and the one that the packages ask for.
#[test]
fn the_tool_chain_is_the_one_that_the_workspace_asks_for() {
    let value = |file: &str, name: &str| {
        let text = tree::read(file);
        let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("the file names it");
        line.trim_matches([' ', '=', '"']).to_owned()
    };
    let (channel, asked) = (value("rust-toolchain.toml", "channel"), value("Cargo.toml", "rust-version"));
    assert!(channel.starts_with(&format!("{asked}.")), "rust-toolchain.toml has {channel}, Cargo.toml {asked}");
}
