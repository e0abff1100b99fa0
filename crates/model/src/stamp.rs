//! Change stamps: `_UpdatedAt` for local changes, from a clock corrected by what the server's replies tell.
//!
//! Owns: the rule that a stamp is later than the base's and the device's last one (DESIGN section 4, Local change), and
//! how sure a reply is of the offset.
//! Refuses: deciding anything by a stamp; a conflict goes by version (promise 8).

/// How far this machine's clock is from the server's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StampClock {
    /// Milliseconds to add to the local clock to get the server's.
    pub offset_ms: i64,
}

/// What one reply tells of the offset, and how far that may be from the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSample {
    /// The offset.
    pub clock: StampClock,
    /// Milliseconds that it may be wrong by: half of what the exchange took, since nobody knows when within it the server
    /// looked at its clock, and the half second that `Date` cuts off.
    pub uncertain_ms: i64,
}

/// How far ahead of the server's now, as far as an answer tells it, a stamp may be before it is taken for one of a clock
/// that was wrong. A stamp that the server itself has brought back leaves no doubt.
pub const STAMP_TOLERANCE_MS: i64 = 60_000;

impl ClockSample {
    /// Learns from one reply: the server's `Date`, the local clock when the request left and when the reply was here,
    /// and how long that took by a clock which nobody sets. `None` where the local clock was set meanwhile.
    pub fn of_reply(server_date_ms: i64, sent_ms: i64, received_ms: i64, took_ms: u64) -> Option<Self> {
        let took_ms = i64::try_from(took_ms).ok()?;
        if (received_ms - sent_ms - took_ms).abs() > 1_000 {
            return None;
        }
        let uncertain_ms = took_ms / 2 + 500;
        let offset_ms = server_date_ms + 500 - (sent_ms + took_ms / 2);
        Some(Self { clock: StampClock { offset_ms }, uncertain_ms })
    }

    /// Returns the surer of two samples.
    #[must_use]
    pub fn surer(self, other: Self) -> Self {
        if other.uncertain_ms < self.uncertain_ms { other } else { self }
    }

    /// Returns the offset to go by, where `known` is the one so far: that stays, unless it is certainly another one. So
    /// an offset that may be rounding is none, and a slow answer does not move what a quick one has told: `known` is
    /// itself no surer than to 5.5 seconds.
    pub fn corrected(self, known: StampClock) -> StampClock {
        let slack_ms = if self.uncertain_ms <= 2_000 { 1_500 } else { 6_000 };
        let differs = (known.offset_ms - self.clock.offset_ms).abs() > self.uncertain_ms + slack_ms;
        if differs { self.clock } else { known }
    }
}

/// Returns the stamp of a new local change, in Unix milliseconds UTC.
///
/// `base_ms` is the stamp of the version it was made on, `last_ms` the last stamp this device gave.
pub fn next_stamp(now_ms: i64, clock: StampClock, base_ms: i64, last_ms: i64) -> i64 {
    let corrected = now_ms.saturating_add(clock.offset_ms);
    corrected.max(base_ms.saturating_add(1)).max(last_ms.saturating_add(1))
}

/// Returns a stamp as it may stand where the server's clock says `server_now_ms`: one of a clock that was ahead
/// by more than `tolerance_ms` is brought back, so that it wins nothing later; never to where the version it was made on
/// stands.
pub fn plausible_stamp(stamp_ms: i64, base_ms: i64, server_now_ms: i64, tolerance_ms: i64) -> i64 {
    match stamp_ms > server_now_ms.saturating_add(tolerance_ms) {
        true => server_now_ms.max(base_ms.saturating_add(1)),
        false => stamp_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(date: i64, sent: i64, took: u64) -> ClockSample {
        ClockSample::of_reply(date, sent, sent + took as i64, took).unwrap()
    }

    #[test]
    fn a_wrong_clock_is_corrected_and_stamps_still_rise() {
        let behind = sample(1_000_000, 100, 200).clock;
        assert_eq!((behind.offset_ms, sample(1_000_000, 100, 200).uncertain_ms), (1_000_300, 600));
        assert_eq!(sample(10_000, 10_100, 200).corrected(StampClock::default()).offset_ms, 0);
        assert_eq!(next_stamp(200, behind, 0, 0), 1_000_500);
        assert_eq!(next_stamp(200, behind, 2_000_000, 0), 2_000_001);
        assert_eq!(next_stamp(200, behind, 0, 3_000_000), 3_000_001);
    }

    #[test]
    fn an_offset_moves_only_where_it_is_certainly_another_one() {
        // As far off as the answer may mislead, and as what is known may be wrong; one more is news.
        for (took, most_ms) in [(200, 600 + 1_500), (3_000, 2_000 + 1_500), (3_002, 2_001 + 6_000)] {
            let moved = |offset_ms: i64| {
                let told = sample(offset_ms - 500 + 100 + took as i64 / 2, 100, took);
                assert_eq!(told.clock.offset_ms, offset_ms);
                told.corrected(StampClock::default()).offset_ms != 0
            };
            assert_eq!([most_ms, most_ms + 1, -most_ms, -most_ms - 1].map(moved), [false, true, false, true], "{took}");
        }
    }

    #[test]
    fn a_clock_that_was_set_during_the_exchange_tells_nothing() {
        assert_eq!(ClockSample::of_reply(1_000_000, 100, 5_000_000, 200), None);
        assert_eq!(ClockSample::of_reply(1_000_000, 5_000_000, 100, 200), None);
        // Two clocks never go quite alike.
        let of = |received_ms| ClockSample::of_reply(1_000_000, 100, received_ms, 200).is_some();
        assert_eq!([300 - 1_001, 300 - 1_000, 300 + 1_000, 300 + 1_001].map(of), [false, true, true, false]);
    }

    proptest! {
        /// However long an answer takes and whenever within that the server looked at its clock: what is gone by
        /// afterwards is not further from the truth than the sample says, and a quick one settles it.
        #[test]
        fn a_slow_answer_does_not_move_the_offset_by_half_of_what_it_took(
            truth in -100_000_000_i64..100_000_000, took in 0_u64..120_000, at in 0.0_f64..1.0, sent in 0_i64..2_000_000_000,
        ) {
            let date_at = |took: u64, at: f64| {
                let server_ms = sent + (took as f64 * at) as i64 + truth;
                server_ms.div_euclid(1_000) * 1_000
            };
            let quick = sample(date_at(40, 0.5), sent, 40);
            let first = quick.corrected(StampClock::default());
            prop_assert!((first.offset_ms - truth).abs() <= 2_600, "{first:?} {truth}");
            let slow = sample(date_at(took, at), sent, took);
            prop_assert!((slow.clock.offset_ms - truth).abs() <= slow.uncertain_ms + 1);
            let after = slow.corrected(first);
            prop_assert!((after.offset_ms - truth).abs() <= 2_600, "{after:?} {slow:?} {truth}");
            prop_assert_eq!(slow.surer(quick).uncertain_ms, slow.uncertain_ms.min(quick.uncertain_ms));
        }

        /// Whatever the clock did while edits were made: once the server's time is known no stamp is ahead of it.
        #[test]
        fn no_stamp_stays_ahead_once_the_time_is_known(
            jumps in prop::collection::vec(-2_000_000_000_000_i64..2_000_000_000_000, 1..20), base in 0_i64..1_000,
        ) {
            let truth = 1_700_000_000_000_i64;
            let mut last = 0;
            for jump in jumps {
                last = next_stamp(truth.saturating_add(jump), StampClock::default(), base, last);
            }
            for tolerance in [STAMP_TOLERANCE_MS, 0] {
                let brought = plausible_stamp(last, base, truth, tolerance);
                prop_assert!(brought <= truth + tolerance && brought > base);
                prop_assert_eq!(plausible_stamp(brought, base, truth, tolerance), brought);
            }
        }
    }
}
