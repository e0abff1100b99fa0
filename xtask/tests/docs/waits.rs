//! On the client, what is not the rim neither waits nor measures by itself: it names nothing of `tokio::time` (ADR 0016). What
//! waits for several things at once says which goes first.
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

/// Of several things that are ready at once tokio takes one by dice: what a program does then is not said anywhere, and no
/// simulation tells it twice.
#[test]
fn what_is_waited_for_at_once_has_an_order() {
    let files = tree::files();
    let code = files.iter().filter(|file| file.path.starts_with("crates/") && file.path.ends_with(".rs"));
    let waits: Vec<_> =
        code.flat_map(|file| file.text.match_indices("select! {").map(move |at| (file, at.0))).collect();
    assert!(waits.len() > 10, "this test looks past them");
    let is_ordered = |text: &str, at: usize| {
        text[at..].split_once('{').is_some_and(|(_, arms)| arms.trim_start().starts_with("biased;"))
    };
    let strays: Vec<_> =
        waits.iter().filter(|(file, at)| !is_ordered(&file.text, *at)).map(|(file, _)| &file.path).collect();
    assert!(strays.is_empty(), "say `biased;` and put the arms in their order: {strays:?}");
}
