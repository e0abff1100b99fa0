//! How much one `$batch` may carry.
//!
//! Owns: 200 records and 1 MiB (seed step 3), halved by a 413 and remembered. Refuses: cutting the batch; the store
//! does.

use crate::error::SyncError;
use tidemark_store::Lease;

const MOST_RECORDS: usize = 200;
const MOST_BYTES: usize = 1 << 20;
const SETTING: &str = "batch_records";

/// The limit in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchLimit {
    pub(crate) records: usize,
    pub(crate) bytes: usize,
}

impl BatchLimit {
    /// Reads what was learned earlier.
    pub(crate) fn load(lease: &Lease) -> Result<Self, SyncError> {
        let records = lease.setting(SETTING)?.and_then(|text| text.parse().ok()).unwrap_or(MOST_RECORDS);
        Ok(Self::of(records))
    }

    fn of(records: usize) -> Self {
        let records = records.clamp(1, MOST_RECORDS);
        // The byte limit shrinks along, so that a few large records are cut apart too.
        Self { records, bytes: MOST_BYTES * records / MOST_RECORDS }
    }

    /// Halves the limit after a 413 for a batch of `sent` records, and remembers it.
    pub(crate) fn halve(&mut self, sent: usize, lease: &Lease) -> Result<(), SyncError> {
        *self = Self::of(sent.min(self.records) / 2);
        Ok(lease.set_setting(SETTING, &self.records.to_string())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_down_to_single_records() {
        let mut limit = BatchLimit::of(200);
        assert_eq!(limit, BatchLimit { records: 200, bytes: 1 << 20 });
        let mut steps = Vec::new();
        while limit.records > 1 {
            limit = BatchLimit::of(limit.records / 2);
            steps.push(limit.records);
        }
        assert_eq!(steps, [100, 50, 25, 12, 6, 3, 1]);
    }
}
