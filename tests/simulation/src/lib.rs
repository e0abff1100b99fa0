//! The simulation: the real offline database, worker and app of several laptops, and the real server, in one thread on
//! virtual time, over disks and networks that fail (FAULTS section 3).
//!
//! A room each:
//!
//! - `plan`: what happens, drawn from a seed and written down before it does. `world`: what it happens to.
//! - `wire`: the same over simulated TCP.
//! - `run`: carrying a plan out, healing, restarting. `oracle`: the laws, from outside.
//! - `many`: many seeds together. `pairs`: worlds that differ in their clocks alone. `shrink`: making a plan that fails short.

mod coverage;
mod crash;
mod many;
mod oracle;
mod pairs;
pub mod plan;
mod run;
mod shrink;
mod wire;
mod world;

pub use coverage::{injected, missing, missing_on_a_wire};
pub use crash::{Enumerated, Scenario, Side, enumerate, scenarios};
/// Seeds of the simulation mean something of their own.
pub(crate) const SALT: u64 = 0x5bf0_3635_d1c7_24a9;

pub use many::{Play, Seeds, Together, run_many, run_seed};
pub use oracle::Violation;
pub use pairs::run_pair;
pub use run::told::{Tally, Telling};
pub use run::{Outcome, run, watch_panics};
pub use shrink::shrink;
pub use wire::run_over_tcp;
