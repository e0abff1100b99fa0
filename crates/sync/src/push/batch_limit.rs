//! How much one `$batch` may carry.
//!
//! Owns: 200 records and 1 MiB (seed step 3), halved by a 413 and by failures in a row, cut to what the link carries in
//! about ten seconds, grown again after successes, and remembered. Refuses: cutting the batch; the store does.

use crate::error::SyncError;
use std::time::Duration;
use tidemark_store::Lease;

pub(super) const MOST_RECORDS: usize = 200;
const MOST_BYTES: usize = 1 << 20;
/// No link is so thin that less is worth a request.
const LEAST_BYTES: usize = 16 << 10;
/// What a batch should take on the link; one that took less than half lets the next one be larger.
const TARGET: Duration = Duration::from_secs(10);
/// A batch fails this often in a row before it is halved.
const FAILURES: u32 = 2;
/// After a 413 so many full batches go through before a larger one is tried: what was refused goes up the line for
/// nothing, but whatever refused it may be gone.
const PATIENCE: u32 = 32;
const SETTING: &str = "batch_limit";

/// The limit in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchLimit {
    pub(crate) records: usize,
    pub(crate) bytes: usize,
    failures: u32,
    patience: u32,
}

impl Default for BatchLimit {
    fn default() -> Self {
        Self { records: MOST_RECORDS, bytes: MOST_BYTES, failures: 0, patience: 0 }
    }
}

impl BatchLimit {
    /// Reads what was learned earlier.
    pub(crate) fn load(lease: &Lease) -> Result<Self, SyncError> {
        Ok(lease.setting(SETTING)?.and_then(|text| Self::from_text(&text)).unwrap_or_default())
    }

    /// Remembers it, where it changed.
    pub(crate) fn save(&self, lease: &Lease) -> Result<(), SyncError> {
        let text = format!("{} {} {} {}", self.records, self.bytes, self.failures, self.patience);
        // What is as at the beginning is not worth a write.
        match lease.setting(SETTING)? {
            None if *self == Self::default() => Ok(()),
            _ => Ok(lease.set_setting(SETTING, &text)?),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map(str::parse::<u32>);
        let mut next = || numbers.next()?.ok();
        let (records, bytes, failures, patience) = (next()?, next()?, next()?, next()?);
        Some(Self {
            records: (records as usize).clamp(1, MOST_RECORDS),
            bytes: (bytes as usize).clamp(1, MOST_BYTES),
            failures,
            patience: patience.min(PATIENCE),
        })
    }

    /// A batch of `records` and `bytes` was too large for whatever is on the way.
    pub(crate) fn too_large(&mut self, records: usize, bytes: usize) {
        self.halve(records, bytes);
        self.patience = PATIENCE;
    }

    /// A batch failed as a whole while others go through.
    pub(crate) fn failed(&mut self, records: usize, bytes: usize) {
        self.failures += 1;
        if self.failures >= FAILURES {
            self.halve(records, bytes);
        }
    }

    fn halve(&mut self, records: usize, bytes: usize) {
        self.records = (records.min(self.records) / 2).max(1);
        self.bytes = (bytes.min(self.bytes) / 2).max(1);
        self.failures = 0;
    }

    /// A batch of `records` and `bytes` went through in `took`.
    pub(crate) fn went_through(&mut self, records: usize, bytes: usize, took: Duration) {
        self.failures = 0;
        if took > TARGET {
            let carried = bytes as u128 * TARGET.as_millis() / took.as_millis().max(1);
            self.bytes = (carried as usize).clamp(LEAST_BYTES, self.bytes.max(LEAST_BYTES));
            return;
        }
        let is_full = records >= self.records || bytes * 10 >= self.bytes * 8;
        if !is_full || took * 2 > TARGET {
            return;
        }
        if self.patience > 0 {
            self.patience -= 1;
            return;
        }
        self.records = (self.records * 2).min(MOST_RECORDS);
        self.bytes = (self.bytes * 2).min(MOST_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(50);

    #[test]
    fn it_goes_down_to_single_records_and_grows_again() {
        let mut limit = BatchLimit::default();
        let mut steps = Vec::new();
        while limit.records > 1 {
            limit.failed(limit.records, limit.bytes);
            let before = limit.records;
            limit.failed(limit.records, limit.bytes);
            assert_eq!(limit.records, before / 2, "the second failure in a row halves");
            steps.push(limit.records);
        }
        assert_eq!(steps, [100, 50, 25, 12, 6, 3, 1]);
        assert_eq!(BatchLimit::from_text("1 5000 0 0").unwrap().records, 1);
        for _ in 0..8 {
            limit.went_through(limit.records, limit.bytes, QUICK);
        }
        assert_eq!(limit, BatchLimit::default());
    }

    #[test]
    fn a_success_between_failures_is_no_row_of_them() {
        let mut limit = BatchLimit::default();
        for _ in 0..5 {
            limit.failed(200, 1 << 20);
            limit.went_through(3, 900, QUICK);
        }
        assert_eq!(limit, BatchLimit::default());
    }

    #[test]
    fn what_was_too_large_is_tried_again_only_after_a_while() {
        let mut limit = BatchLimit::default();
        limit.too_large(3, 900_000);
        assert_eq!((limit.records, limit.bytes), (1, 450_000));
        for _ in 0..PATIENCE {
            limit.went_through(1, 450_000, QUICK);
        }
        assert_eq!(limit.bytes, 450_000);
        limit.went_through(1, 450_000, QUICK);
        assert_eq!(limit.bytes, 900_000);
    }

    #[test]
    fn a_batch_is_what_the_link_carries_in_ten_seconds() {
        let mut limit = BatchLimit::default();
        // 16 kB/s.
        limit.went_through(200, 1 << 20, Duration::from_secs(64));
        assert!((150_000..170_000).contains(&limit.bytes), "{}", limit.bytes);
        limit.went_through(30, limit.bytes, Duration::from_secs(9));
        assert!((150_000..170_000).contains(&limit.bytes), "{}", limit.bytes);
        limit.went_through(30, limit.bytes, Duration::from_secs(1));
        assert!((300_000..340_000).contains(&limit.bytes), "the link is better now: {}", limit.bytes);
        limit.went_through(1, 900, Duration::from_secs(600));
        assert_eq!(limit.bytes, LEAST_BYTES);
    }
}
