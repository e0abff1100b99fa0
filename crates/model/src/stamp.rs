//! Change stamps: `_UpdatedAt` for local changes, from a clock corrected by what the server's replies tell.
//!
//! Owns: the rule that a stamp is later than the base's and the device's last one (DESIGN section 4, Local change).
//! Refuses: deciding anything by a stamp; a conflict goes by version (promise 8).

/// Measures how far this machine's clock is from the server's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StampClock {
    /// Milliseconds to add to the local clock to get the server's.
    pub offset_ms: i64,
}

impl StampClock {
    /// Learns from one reply: the server's `Date`, and the local clock when the request left and the reply came.
    ///
    /// `Date` counts whole seconds, so an offset below two seconds is taken as none: it could be rounding.
    pub fn measured(server_date_ms: i64, sent_ms: i64, received_ms: i64) -> Self {
        let middle = sent_ms + (received_ms - sent_ms) / 2;
        let offset_ms = server_date_ms + 500 - middle;
        Self { offset_ms: if offset_ms.abs() < 2_000 { 0 } else { offset_ms } }
    }
}

/// Returns the stamp of a new local change, in Unix milliseconds UTC.
///
/// `base_ms` is the stamp of the version it was made on, `last_ms` the last stamp this device gave.
pub fn next_stamp(now_ms: i64, clock: StampClock, base_ms: i64, last_ms: i64) -> i64 {
    let corrected = now_ms.saturating_add(clock.offset_ms);
    corrected.max(base_ms.saturating_add(1)).max(last_ms.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_corrected_and_stamps_still_rise() {
        let behind = StampClock::measured(1_000_000, 100, 300);
        assert_eq!(behind.offset_ms, 1_000_300);
        assert_eq!(StampClock::measured(10_000, 10_100, 10_300).offset_ms, 0);
        assert_eq!(next_stamp(200, behind, 0, 0), 1_000_500);
        assert_eq!(next_stamp(200, behind, 2_000_000, 0), 2_000_001);
        assert_eq!(next_stamp(200, behind, 0, 3_000_000), 3_000_001);
    }
}
