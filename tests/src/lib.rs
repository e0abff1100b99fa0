//! What scenarios across real processes share: a server, devices, the office's own HTTP, a network that fails.
//!
//! Owns: starting, driving and killing the real binaries. Refuses: reaching into their crates; a scenario sees what a
//! user sees. The binaries must be built first (`cargo xtask test` does; by hand: `cargo build`).

mod device;
mod network;
mod office;
mod programs;
mod proxy;
mod server;

pub use device::{Device, Ran};
pub use network::{Network, Weather};
pub use office::Office;
pub use programs::program;
pub use proxy::{Passing, Proxy, html};
pub use server::Server;

use std::time::{Duration, Instant};

/// Waits until `done` answers true; a scenario that waits longer than `limit` has failed.
///
/// # Panics
/// After `limit`, with `what`.
pub fn eventually(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !done() {
        assert!(Instant::now() < deadline, "still not after {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
