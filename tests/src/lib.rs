//! What scenarios across real processes share: a server, devices, the office's own HTTP, a network that fails.
//!
//! Owns: starting, driving and killing the real binaries. Refuses: reaching into their crates; a scenario sees what a
//! user sees. The binaries must be built first (`cargo xtask test` does; by hand: `cargo build`).

mod device;
mod gate;
mod network;
mod office;
mod programs;
mod proxy;
mod real_time;
mod server;

pub use device::{Device, Ran};
pub use gate::Phase;
pub use network::{Network, Weather};
pub use office::Office;
pub use programs::program;
pub use proxy::{Passing, Proxy, html};
pub use real_time::{eventually, now, pause};
pub use server::Server;
