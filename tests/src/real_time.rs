//! Real time: what judges real processes goes by it.
//!
//! Owns: the one place where tests of the built programs read the clock and wait by it. Refuses: waiting in place of an
//! answer; what can be seen is waited for with [`eventually`].

use std::time::{Duration, Instant};

/// Returns the machine's monotonic time.
#[expect(
    clippy::disallowed_methods,
    reason = "the programs under test go by the machine's clock, and so does their judge"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// Waits: between two looks at a process, or until the moment at which it is struck.
#[expect(
    clippy::disallowed_methods,
    reason = "the programs under test go by the machine's clock, and so does their judge"
)]
pub fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// Waits until `done` answers true; a scenario that waits longer than `limit` has failed.
///
/// # Panics
/// After `limit`, with `what`.
pub fn eventually(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let deadline = now() + limit;
    while !done() {
        assert!(now() < deadline, "still not after {limit:?}: {what}");
        pause(Duration::from_millis(50));
    }
}
