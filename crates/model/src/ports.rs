//! What the rest of Tidemark may ask of the machine: the time, waiting, fresh ids, randomness, secrets.
//!
//! Owns: the traits only. Refuses: an implementation that touches the machine; those live at the rim
//! (`tidemark-app`, `tidemark-server`), so that a simulation can put its own in their place (FAULTS 3.2).

use crate::RecordId;
use std::pin::Pin;
use std::time::Duration;

/// Tells the time, as this machine believes it.
pub trait Clock: Send + Sync {
    /// Returns Unix milliseconds UTC.
    fn now_ms(&self) -> i64;
    /// Returns milliseconds that never run backwards while the process lives.
    fn monotonic_ms(&self) -> u64;
}

/// A wait; it does nothing until it is polled.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Waits.
pub trait Timer: Send + Sync {
    /// Ends after so long by [`Clock::monotonic_ms`] of the clock that it is handed in with: who puts another in the place
    /// of one puts another in the place of both.
    fn sleep(&self, duration: Duration) -> Wait;
}

/// Makes ids that no other device makes.
pub trait Ids: Send + Sync {
    /// Returns a fresh record or request id.
    fn fresh(&self) -> RecordId;
}

/// Yields randomness for jitter; never for secrets.
pub trait Entropy: Send + Sync {
    /// Returns a number in `0.0..1.0`.
    fn fraction(&self) -> f64;
}

/// The machine has no randomness to give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no randomness ({0}); start the program again")]
pub struct NoRandomness(pub String);

/// Yields randomness that nobody can guess: secrets, tokens, salts, the random marks of versions.
pub trait Secrets: Send + Sync {
    /// Fills bytes.
    ///
    /// # Errors
    /// There is no randomness.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

impl dyn Secrets + '_ {
    /// Returns so many bytes.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}
