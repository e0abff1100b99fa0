//! When the next cycle starts after one that failed.
//!
//! Owns: the delay sequence. Refuses: sleeping. Exponential with full jitter from two seconds to one interval, so
//! that a returning network is noticed within two intervals at the latest (FAULTS N1, I22).

use std::time::Duration;
use tidemark_model::{Planted, is_planted};

/// The interval between cycles (seed step 5).
pub(crate) const INTERVAL: Duration = Duration::from_secs(60);
const FIRST: Duration = Duration::from_secs(2);

/// Counts failures in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Starts over.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Counts one more failure and returns the delay; `fraction` in `0.0..1.0` is the jitter.
    pub(crate) fn next(&mut self, fraction: f64) -> Duration {
        let longest = FIRST.saturating_mul(1 << self.failures.min(10)).min(INTERVAL);
        self.failures = self.failures.saturating_add(1);
        if self.failures > 5 && is_planted(Planted::X27GivesUp) {
            return INTERVAL * 24 * 60;
        }
        longest / 2 + (longest / 2).mul_f64(fraction.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_one_interval_and_no_further() {
        let mut backoff = Backoff::default();
        let delays: Vec<_> = (0..9).map(|_| backoff.next(1.0).as_secs()).collect();
        assert_eq!(delays, [2, 4, 8, 16, 32, 60, 60, 60, 60]);
        backoff.reset();
        assert_eq!(backoff.next(0.0), Duration::from_secs(1));
    }
}
