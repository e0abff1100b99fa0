//! On the client, what is not the rim neither waits nor measures by itself: it names nothing of `tokio::time` (ADR 0016).
//!
//! `clippy.toml` forbids the calls that sleep. This holds time-outs too, which the server may use and the client may not.

use crate::tree;

/// The rim, and the time that tests pause.
const MAY: [&str; 3] =
    ["crates/app/src/ports.rs", "crates/sync/src/remote/http_transport.rs", "crates/sync/src/paused.rs"];

#[test]
fn the_client_waits_by_its_timer() {
    let is_client = |path: &str| ["crates/sync/src/", "crates/app/src/"].iter().any(|folder| path.starts_with(folder));
    let is_rule = |path: &str| is_client(path) && !path.contains("/tests") && !MAY.contains(&path);
    let files = tree::files();
    let strays = files.iter().filter(|file| is_rule(&file.path) && file.text.contains("tokio::time"));
    let strays: Vec<_> = strays.map(|file| &file.path).collect();
    assert!(strays.is_empty(), "ask the Timer that was handed in: {strays:?}");
    let at_the_rim = files.iter().filter(|file| MAY.contains(&&*file.path) && file.text.contains("tokio::time"));
    assert_eq!(at_the_rim.count(), MAY.len(), "this test looks past them");
}
