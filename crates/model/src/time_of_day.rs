//! `Edm.TimeOfDay` as text and as microseconds since midnight.
//!
//! Owns: both ways between them, and how a fraction of a second is written. Refuses: digits of a second beyond the sixth that
//! say something, and leap seconds (as `instant` does).

use chrono::{NaiveTime, Timelike as _};

/// Reads a time of day to microseconds since midnight; seconds may be left out (OData ABNF `timeOfDayValue`).
pub fn time_of_day_micros(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_short = whole.len() == 5;
    let needed = fraction.trim_end_matches('0');
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !is_fraction || needed.len() > 6 || (is_short && text.len() > 5) || !(is_short || whole.len() == 8) {
        return None;
    }
    let is_shaped =
        whole.bytes().enumerate().all(|(at, byte)| if at % 3 == 2 { byte == b':' } else { byte.is_ascii_digit() });
    let format = if is_short { "%H:%M" } else { "%H:%M:%S" };
    let time = NaiveTime::parse_from_str(whole, format).ok().filter(|time| is_shaped && time.nanosecond() == 0)?;
    let micros: i64 = format!("{needed:0<6}").parse().ok()?;
    Some(i64::from(time.num_seconds_from_midnight()) * 1_000_000 + micros)
}

/// Writes a time of day with as many digits of a second as it needs: 0, 3 or 6.
pub fn time_of_day_text(micros: i64) -> String {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{hour:02}:{minute:02}:{second:02}{}", fraction_text(fraction))
}

/// Writes microseconds of less than a second, with the point; nothing where there are none.
pub(crate) fn fraction_text(micros: i64) -> String {
    match micros {
        0 => String::new(),
        micros if micros % 1_000 == 0 => format!(".{:03}", micros / 1_000),
        micros => format!(".{micros:06}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_comes_back_as_it_was() {
        for (text, micros, again) in [
            ("00:00", 0, "00:00:00"),
            ("08:30", 30_600_000_000, "08:30:00"),
            ("23:59:59.9999990000", 86_399_999_999, "23:59:59.999999"),
            ("12:00:00.5", 43_200_500_000, "12:00:00.500"),
        ] {
            assert_eq!(
                (time_of_day_micros(text), time_of_day_text(micros)),
                (Some(micros), again.to_owned()),
                "{text}"
            );
        }
        for text in [
            "",
            "8:00",
            "24:00",
            "12:60",
            "12:00:60",
            "12:00:00.",
            "12:00.5",
            "12:00:00.0000001",
            "12:00:0x",
            "+2:00:00",
        ] {
            assert_eq!(time_of_day_micros(text), None, "{text}");
        }
    }
}
