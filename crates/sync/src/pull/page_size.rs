//! How many records a page of a full enumeration asks for.
//!
//! Owns: a size that follows the network: small pages on a slow link, so that progress shows and little is lost when
//! it breaks (FAULTS N5); large ones on a fast link. Refuses: the limit of a commit (`pull`).

use std::time::Duration;

const SMALLEST: u32 = 250;
const LARGEST: u32 = 10_000;
const QUICK: Duration = Duration::from_millis(800);
const SLOW: Duration = Duration::from_secs(8);

/// The page size in force.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageSize(pub(crate) u32);

impl Default for PageSize {
    fn default() -> Self {
        Self(2_000)
    }
}

impl PageSize {
    /// Learns from how long a page took to arrive.
    pub(crate) fn learn(&mut self, took: Duration) {
        if took < QUICK {
            self.0 = (self.0 * 2).min(LARGEST);
        } else if took > SLOW {
            self.0 = (self.0 / 2).max(SMALLEST);
        }
    }
}
