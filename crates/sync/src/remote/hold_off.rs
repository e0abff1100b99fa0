//! `Retry-After`, kept: the server, or a proxy before it, asked not to come back before a moment.
//!
//! Owns: that moment, in the offline database, so that edits, notices and another process obey it too. Refuses: holding
//! a person's "Sync now" up; that is for whoever starts a cycle to tell. A clock that was set back, or that stands
//! outside the hour such a request may last, makes it void (FAULTS N8).

use crate::error::SyncError;
use std::time::Duration;
use tidemark_store::{Lease, Store};

/// The longest wait that is obeyed.
pub(crate) const LONGEST: Duration = Duration::from_secs(3_600);
const SETTING: &str = "hold_off";

/// Keeps a request to wait.
pub(crate) fn keep(lease: &Lease, now_ms: i64, delay: Duration) -> Result<(), SyncError> {
    let until = now_ms.saturating_add(delay.min(LONGEST).as_millis() as i64);
    Ok(lease.set_setting(SETTING, &format!("{now_ms} {until}"))?)
}

/// Forgets it: the server has answered.
pub(crate) fn clear(lease: &Lease) -> Result<(), SyncError> {
    match lease.setting(SETTING)? {
        Some(text) if !text.is_empty() => Ok(lease.set_setting(SETTING, "")?),
        _ => Ok(()),
    }
}

/// Returns how long is still to be waited.
pub(crate) fn left(store: &Store, now_ms: i64) -> Result<Option<Duration>, SyncError> {
    Ok(store.setting(SETTING)?.and_then(|text| remaining(&text, now_ms)))
}

fn remaining(kept: &str, now_ms: i64) -> Option<Duration> {
    let (asked, until) = kept.split_once(' ')?;
    let (asked, until): (i64, i64) = (asked.parse().ok()?, until.parse().ok()?);
    let holds = now_ms >= asked && now_ms < until && until.saturating_sub(asked) <= LONGEST.as_millis() as i64;
    holds.then(|| Duration::from_millis(until.abs_diff(now_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_until_its_moment_and_not_under_a_clock_that_jumped() {
        assert_eq!(remaining("1000 61000", 1_000), Some(Duration::from_secs(60)));
        assert_eq!(remaining("1000 61000", 60_000), Some(Duration::from_secs(1)));
        for (kept, now) in [("1000 61000", 61_000), ("1000 61000", 999), ("1000 9000000", 2_000), ("", 5), ("x y", 5)] {
            assert_eq!(remaining(kept, now), None, "{kept} {now}");
        }
    }
}
