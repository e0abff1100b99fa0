//! Each world, explored to the end: what must never be is nowhere in it, what must come about is somewhere.
//!
//! `TIDEMARK_PROTOCOL=large` explores larger ones, which takes hours and memory.

use stateright::{Checker as _, HasDiscoveries, Model as _};
use std::time::Instant;
use tidemark_test_protocol::checked::Checked;
use tidemark_test_protocol::scope::Scope;
use tidemark_test_protocol::worlds::{LARGE, WORLDS};

#[expect(clippy::disallowed_methods, reason = "how long it took is printed; nothing is decided by it")]
fn explore(scope: Scope) {
    let started = Instant::now();
    let checker = Checked(scope).checker().threads(1).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    println!("{}: {states} states, {depth} deep, {:.1} s", scope.name, started.elapsed().as_secs_f64());
    checker.assert_properties();
}

#[test]
fn the_protocol_holds_wherever_these_worlds_lead() {
    let worlds: &[Scope] = match std::env::var("TIDEMARK_PROTOCOL").as_deref() {
        Ok("large") => &LARGE,
        _ => &WORLDS,
    };
    let only = std::env::var("TIDEMARK_PROTOCOL_WORLD").ok();
    worlds.iter().filter(|world| only.as_ref().is_none_or(|only| world.name == only)).for_each(|world| explore(*world));
}
