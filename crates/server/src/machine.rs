//! The rim: the one place where the server reads the machine's clock and its randomness, and sleeps.
//!
//! Owns: implementations of the model's ports, whether there are threads, and the pauses between two attempts at something
//! of the machine's: a socket, a file, a connection. Refuses: being called from a rule; everything else is handed its
//! [`crate::Ports`], so that a simulation can put its own in their place (FAULTS 3.2).

use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tidemark_model::RecordId;
use tidemark_model::ports::{Clock, Ids, NoRandomness, Secrets};
use tokio::runtime::{Handle, RuntimeFlavor};
use uuid::Uuid;

#[expect(clippy::disallowed_methods, reason = "the rim: this is the Clock that everything else is handed")]
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MachineClock;

impl Clock for MachineClock {
    #[expect(clippy::disallowed_methods, reason = "the rim: this is the Clock that everything else is handed")]
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |passed| i64::try_from(passed.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(STARTED.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Ids from the machine's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MachineIds;

impl Ids for MachineIds {
    #[expect(clippy::disallowed_methods, reason = "the rim: this is the Ids that everything else is handed")]
    fn fresh(&self) -> RecordId {
        RecordId(Uuid::new_v4())
    }
}

/// Secrets from the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MachineSecrets;

impl Secrets for MachineSecrets {
    #[expect(clippy::disallowed_methods, reason = "the rim: these are the Secrets that everything else is handed")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(bytes).map_err(|error| NoRandomness(error.to_string()))
    }
}

/// Tells whether there are threads to wait on. A runtime of one thread does its database work where it stands, so that a
/// simulation is one sequence of steps (FAULTS 3.2).
pub(crate) fn has_threads() -> bool {
    !matches!(Handle::try_current().map(|handle| handle.runtime_flavor()), Ok(RuntimeFlavor::CurrentThread))
}

/// Waits until something of the machine's is tried again.
#[expect(
    clippy::disallowed_methods,
    reason = "the rim: what is waited for is the machine's, and no rule depends on when"
)]
pub(crate) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// As [`pause`], on a thread that may be held up.
#[expect(
    clippy::disallowed_methods,
    reason = "the rim: what is waited for is the machine's, and no rule depends on when"
)]
pub(crate) fn hold_up(duration: Duration) {
    std::thread::sleep(duration);
}
