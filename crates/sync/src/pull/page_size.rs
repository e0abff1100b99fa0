//! How many records a page asks for.
//!
//! Owns: a size that follows the link: a page is what it carries in about ten seconds (FAULTS N5), remembered where that
//! is little; and no page is more than a twelfth of what is safe already, so that a cut costs little of a first sync.
//! Refuses: when pages are committed (`enumerate`).

use crate::error::SyncError;
use std::time::Duration;
use tidemark_store::Lease;

const FIRST: u32 = 2_000;
const LARGEST: u32 = 10_000;
/// Below this a page is made smaller only where the link is thin.
const USUAL: u32 = 500;
/// A delta asks for more at once: most come whole in one answer.
const USUAL_OF_DELTA: u32 = 1_000;
/// A page is at most this share of what was taken before it.
const SHARE: u64 = 12;
const QUICK: Duration = Duration::from_secs(2);
const SLOW: Duration = Duration::from_secs(10);
/// An answer that was so long on its way when the link broke was too large for it; a connection that never came about is
/// given up earlier.
const BROKE_AFTER: Duration = Duration::from_secs(15);
const SETTING: &str = "page_records";

/// The page size in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageSize {
    records: u32,
    remembered: u32,
}

impl Default for PageSize {
    fn default() -> Self {
        Self { records: FIRST, remembered: FIRST }
    }
}

impl PageSize {
    /// Reads what was learned earlier.
    pub(super) fn load(store: &Lease) -> Result<Self, SyncError> {
        let known = store.setting(SETTING)?.and_then(|text| text.parse::<u32>().ok());
        let records = known.map_or(FIRST, |records| records.clamp(1, FIRST));
        Ok(Self { records, remembered: records })
    }

    /// Remembers a size that is smaller than usual, and that it is no longer.
    pub(super) fn save(&mut self, store: &Lease) -> Result<(), SyncError> {
        let records = if self.records < USUAL { self.records } else { FIRST };
        if records != self.remembered {
            store.set_setting(SETTING, &records.to_string())?;
            self.remembered = records;
        }
        Ok(())
    }

    /// Returns how many records the next page of an enumeration asks for, `taken` being safe already.
    pub(super) fn records(&self, taken: u64) -> u32 {
        self.records.min(share(taken).max(USUAL))
    }

    /// As [`Self::records`], for the next page of a delta.
    pub(super) fn of_delta(&self, taken: u64) -> u32 {
        self.records.min(share(taken).max(USUAL_OF_DELTA))
    }

    /// Learns from how long a page of so many records took to arrive.
    pub(super) fn learn(&mut self, asked: u32, took: Duration) {
        if took > SLOW {
            let carried = f64::from(asked) * SLOW.as_secs_f64() / took.as_secs_f64();
            self.records = (carried as u32).max(1);
        } else if took < QUICK {
            self.records = self.records.max(asked.saturating_mul(2)).min(LARGEST);
        }
    }

    /// As [`Self::learn`], from an answer that may have held far less than was asked for: only slowness tells.
    pub(super) fn learn_slow(&mut self, asked: u32, took: Duration) {
        if took > SLOW {
            self.learn(asked, took);
        }
    }

    /// Learns from a page that did not come: the link broke after so long.
    pub(super) fn broke(&mut self, asked: u32, after: Duration) {
        if after > BROKE_AFTER {
            self.records = (asked / 2).clamp(1, self.records);
        }
    }
}

fn share(taken: u64) -> u32 {
    u32::try_from(taken / SHARE).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_what_the_link_carries_in_ten_seconds() {
        let mut size = PageSize::default();
        assert_eq!(size.records(0), 500);
        size.learn(500, Duration::from_secs(100));
        assert_eq!(size.records(0), 50);
        size.learn(50, Duration::from_secs(5));
        assert_eq!(size.records(1_000_000), 50, "neither quick nor slow");
        size.learn(50, Duration::from_millis(100));
        assert_eq!(size.records(1_000_000), 100);
        size.broke(100, Duration::from_secs(9));
        assert_eq!(size.records(0), 100, "a link that was never there says nothing");
        for _ in 0..10 {
            size.broke(size.records(0), Duration::from_secs(40));
        }
        assert_eq!(size.records(0), 1);
        for _ in 0..20 {
            size.learn(size.records(1_000_000), Duration::from_millis(10));
        }
        assert_eq!(size.records(1_000_000), LARGEST);
    }

    #[test]
    fn a_page_grows_with_what_is_safe() {
        let size = PageSize { records: LARGEST, remembered: FIRST };
        assert_eq!([0, 6_000, 24_000, 1_000_000].map(|taken| size.records(taken)), [500, 500, 2_000, 10_000]);
    }
}
