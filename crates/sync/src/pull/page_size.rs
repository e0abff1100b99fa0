//! How many records a page asks for.
//!
//! Owns: a size that follows the link: a page is what it carries in about ten seconds and without breaking within it
//! (FAULTS N5), remembered where that is little; and no page is more than a twelfth of what is safe already, so that a cut costs little of a first sync.
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
/// An answer of which nothing came, and that was so long on its way when the link broke, was too large for it; a connection
/// that never came about is given up earlier.
const BROKE_AFTER: Duration = Duration::from_secs(15);
/// What broke an answer off within its body was this many times too much, as long as nobody knows better.
const TOO_MUCH: u32 = 4;
/// So many pages come through before one of a size that broke is tried again.
const PATIENCE: u32 = 16;
const SETTING: &str = "page_records";

/// The page size in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageSize {
    records: u32,
    /// The smallest size that was too much for the link lately.
    broke_at: Option<u32>,
    /// The pages that came through since, where a larger one would be of that size.
    carried: u32,
}

impl Default for PageSize {
    fn default() -> Self {
        Self { records: FIRST, broke_at: None, carried: 0 }
    }
}

impl PageSize {
    /// Reads what was learned earlier.
    pub(super) fn load(store: &Lease) -> Result<Self, SyncError> {
        Ok(store.setting(SETTING)?.and_then(|text| Self::from_text(&text)).unwrap_or_default())
    }

    /// Remembers a size that is smaller than usual, and that it is no longer. Written where it changed.
    pub(super) fn save(&self, store: &Lease) -> Result<(), SyncError> {
        match store.setting(SETTING)? {
            None if self.records >= USUAL => Ok(()),
            _ => Ok(store.set_setting(SETTING, &self.to_text())?),
        }
    }

    fn to_text(self) -> String {
        match self.broke_at {
            _ if self.records >= USUAL => FIRST.to_string(),
            None => self.records.to_string(),
            Some(broke_at) => format!("{} {broke_at} {}", self.records, self.carried),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map(str::parse::<u32>);
        let records = numbers.next()?.ok()?.clamp(1, FIRST);
        let broke_at = numbers.next().and_then(Result::ok).map(|at| at.max(records.saturating_add(1)));
        let carried = numbers.next().and_then(Result::ok).unwrap_or_default();
        Some(Self { records, broke_at, carried })
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
            self.grow(asked.saturating_mul(2).min(LARGEST));
        }
    }

    fn grow(&mut self, larger: u32) {
        if larger <= self.records {
            return;
        }
        if self.broke_at.is_some_and(|broke_at| larger >= broke_at) {
            self.carried += 1;
            if self.carried < PATIENCE {
                return;
            }
            // Whatever broke it may be gone.
            self.broke_at = None;
        }
        self.records = larger;
    }

    /// As [`Self::learn`], from an answer that may have held far less than was asked for: only slowness tells.
    pub(super) fn learn_slow(&mut self, asked: u32, took: Duration) {
        if took > SLOW {
            self.learn(asked, took);
        }
    }

    /// Learns from a page of which something came before the link broke: it was too much at once.
    pub(super) fn was_too_much(&mut self, asked: u32) {
        self.broke_at = (asked > 1).then_some(asked);
        self.records = (asked / TOO_MUCH).clamp(1, self.records);
        self.carried = 0;
    }

    /// Learns from a page of which nothing came: the link broke after so long.
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
    fn a_link_that_breaks_within_a_page_is_asked_for_less_at_once_and_for_more_once_it_carries() {
        let mut size = PageSize::default();
        for asked in [1_000, 250, 62, 15, 3] {
            assert_eq!(size.of_delta(0), asked);
            size.was_too_much(asked);
        }
        assert_eq!((size.records(0), size.of_delta(0)), (1, 1));
        // One goes through, two do not: that is not tried again at once, nor by the next process.
        size.learn(1, Duration::ZERO);
        assert_eq!(size.records(0), 2);
        size.was_too_much(2);
        for _ in 1..PATIENCE {
            size.learn(1, Duration::ZERO);
            assert_eq!(size.records(0), 1);
            size = PageSize::from_text(&size.to_text()).unwrap();
        }
        for _ in 0..20 {
            size.learn(size.records(1_000_000), Duration::ZERO);
        }
        assert_eq!(size.records(1_000_000), LARGEST);
        // What a version before wrote.
        assert_eq!(PageSize::from_text("31"), Some(PageSize { records: 31, broke_at: None, carried: 0 }));
        assert_eq!(PageSize::from_text("2000"), Some(PageSize::default()));
        assert_eq!(PageSize::from_text("x"), None);
    }

    #[test]
    fn a_page_grows_with_what_is_safe() {
        let size = PageSize { records: LARGEST, ..PageSize::default() };
        assert_eq!([0, 6_000, 24_000, 1_000_000].map(|taken| size.records(taken)), [500, 500, 2_000, 10_000]);
    }
}
