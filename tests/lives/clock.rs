//! A device's clock: the machine's, off by what the life says.

use std::sync::atomic::{AtomicI64, Ordering};
use tidemark_app::SystemClock;
use tidemark_model::ports::Clock;

/// A clock that may be wrong.
#[derive(Debug, Default)]
pub(crate) struct WrongClock(AtomicI64);

impl WrongClock {
    /// Puts the clock ahead of the machine's by so many milliseconds.
    pub(crate) fn set(&self, ahead_ms: i64) {
        self.0.store(ahead_ms, Ordering::Relaxed);
    }
}

impl Clock for WrongClock {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms() + self.0.load(Ordering::Relaxed)
    }

    fn monotonic_ms(&self) -> u64 {
        SystemClock.monotonic_ms()
    }
}
