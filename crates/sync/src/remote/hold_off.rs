//! `Retry-After`, kept: the server, or a proxy before it, asked not to come back before a moment.
//!
//! Owns: that moment, in the offline database, so that edits, notices and another process obey it too. Refuses: holding
//! a person's "Sync now" up; that is for whoever starts a cycle to tell. A clock that was set back, or that stands
//! outside the hour such a request may last, makes it void (FAULTS N8); under one that stands still this process waits no
//! longer than it was asked to (FAULTS C5).

use crate::blocking::locked;
use crate::error::SyncError;
use std::sync::Mutex;
use std::time::Duration;
use tidemark_model::ports::Clock;
use tidemark_store::{Lease, Store};

/// The longest wait that is obeyed.
pub(crate) const LONGEST: Duration = Duration::from_secs(3_600);
const SETTING: &str = "hold_off";

/// Keeps a request to wait.
fn keep(lease: &Lease, clock: &dyn Clock, delay: Duration) -> Result<(), SyncError> {
    let now_ms = clock.now_ms();
    let until = now_ms.saturating_add(delay.min(LONGEST).as_millis() as i64);
    // The last of them tells two requests apart that came under a clock which stands still.
    Ok(lease.set_setting(SETTING, &format!("{now_ms} {until} {}", clock.monotonic_ms()))?)
}

/// Forgets it: the server has answered.
fn clear(lease: &Lease) -> Result<(), SyncError> {
    match lease.setting(SETTING)? {
        Some(text) if !text.is_empty() => Ok(lease.set_setting(SETTING, "")?),
        _ => Ok(()),
    }
}

/// The request to wait that this process saw last, and the moment in monotonic milliseconds at which it is over here.
#[derive(Debug, Default)]
pub(crate) struct Held {
    seen: Mutex<Option<(String, u64)>>,
    /// One that this process was asked and could not write down: its disk is full.
    unkept: Mutex<Option<u64>>,
}

impl Held {
    /// Returns how long is still to be waited.
    pub(crate) fn left(&self, store: &Store, clock: &dyn Clock) -> Result<Option<Duration>, SyncError> {
        let kept = store.setting(SETTING)?.and_then(|kept| self.left_of(kept, clock));
        let unkept = locked(&self.unkept).map(|over_ms| over_ms.saturating_sub(clock.monotonic_ms()));
        Ok(kept.max(unkept.map(Duration::from_millis).filter(|left| !left.is_zero())))
    }

    /// Keeps a request to wait, or that there is none, for this process alone where it cannot be written down.
    pub(crate) fn keep(&self, lease: &Lease, clock: &dyn Clock, asked: Option<Duration>) -> Result<(), SyncError> {
        let kept = match asked {
            Some(delay) => keep(lease, clock, delay),
            None => clear(lease),
        };
        let over = |delay: Duration| clock.monotonic_ms().saturating_add(delay.min(LONGEST).as_millis() as u64);
        *locked(&self.unkept) = asked.filter(|_| kept.is_err()).map(over);
        kept
    }

    fn left_of(&self, kept: String, clock: &dyn Clock) -> Option<Duration> {
        let left = remaining(&kept, clock.now_ms())?;
        let now_ms = clock.monotonic_ms();
        let mut held = locked(&self.seen);
        let over_ms = match &*held {
            Some((known, over_ms)) if *known == kept => *over_ms,
            _ => held.insert((kept, now_ms.saturating_add(left.as_millis() as u64))).1,
        };
        Some(left.min(Duration::from_millis(over_ms.saturating_sub(now_ms)))).filter(|left| !left.is_zero())
    }
}

fn remaining(kept: &str, now_ms: i64) -> Option<Duration> {
    let mut kept = kept.split(' ').map(str::parse::<i64>);
    let (asked, until) = (kept.next()?.ok()?, kept.next()?.ok()?);
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

    /// A machine whose battery for the time of day is flat: it says the same for ever.
    struct StandsStill(u64);

    impl Clock for StandsStill {
        fn now_ms(&self) -> i64 {
            1_000
        }

        fn monotonic_ms(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn under_a_clock_that_stands_still_it_holds_as_long_as_was_asked_and_no_longer() {
        let held = Held::default();
        let left = |kept: &str, passed| held.left_of(kept.to_owned(), &StandsStill(passed)).map(|left| left.as_secs());
        assert_eq!(
            [0, 59_000, 60_000, 90_000].map(|passed| left("1000 61000", passed)),
            [Some(60), Some(1), None, None]
        );
        assert_eq!(left("1000 61000 90000", 90_000), Some(60), "another request counts from when it is seen");
    }
}
