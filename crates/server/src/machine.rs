//! The rim: the one place where the server reads the machine's clock and its randomness.
//!
//! Owns: implementations of the model's ports, and secrets. Refuses: being called from a rule; everything else is
//! handed a [`Clock`] or an [`Ids`], so that a simulation can put its own in their place (FAULTS 3.2).

use std::sync::LazyLock;
use std::time::Instant;
use tidemark_model::RecordId;
use tidemark_model::ports::{Clock, Ids};
use uuid::Uuid;

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

/// The machine has no randomness to give.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no randomness ({0}); start the server again")]
pub(crate) struct NoRandomness(String);

/// Draws bytes for a secret.
pub(crate) fn secret<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| NoRandomness(error.to_string()))?;
    Ok(bytes)
}

/// Draws the random marks of sequence numbers, many at a time: a system call for each would cost more than the rest.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    drawn: Vec<u32>,
}

impl Marks {
    /// Returns the next mark.
    pub(crate) fn next(&mut self) -> Result<u32, NoRandomness> {
        if let Some(mark) = self.drawn.pop() {
            return Ok(mark);
        }
        let bytes: [u8; 1024] = secret()?;
        self.drawn.extend(bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])));
        Ok(self.drawn.pop().unwrap_or_default())
    }
}
