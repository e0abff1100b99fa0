//! `Edm.DateTimeOffset` as text and as microseconds UTC.
//!
//! Owns: what is an instant. The instant is kept and the offset it was written in is not: `10:00:00+02:00` comes back as
//! `08:00:00Z`, the same value (OData JSON 4.01 section 7.1 compares instants). Refuses: rounding; a seventh digit of a
//! second, a leap second and a year that four digits cannot write have no exact form here (DESIGN rule (f)).

use chrono::{DateTime, Datelike, SecondsFormat, Utc};

const NO_INSTANT: &str = "must be a date and time such as 2026-03-31T08:00:00Z";

/// Reads an `Edm.DateTimeOffset` literal to microseconds UTC; seconds may be left out (OData ABNF).
///
/// # Errors
/// What does not fit, as the rest of a sentence that begins with the property.
pub fn read_instant(text: &str) -> Result<i64, &'static str> {
    let (date, rest) = text.split_once(['T', 't', ' ']).ok_or(NO_INSTANT)?;
    let zone = rest.find(['Z', 'z', '+', '-']).ok_or(NO_INSTANT)?;
    let (time, zone) = rest.split_at(zone);
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let seconds = match whole.len() {
        5 if fraction == "0" && !time.contains('.') => "00",
        8 => &whole[6..],
        _ => return Err(NO_INSTANT),
    };
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NO_INSTANT);
    }
    let needed = fraction.trim_end_matches('0');
    if needed.len() > 6 {
        return Err("must have at most six digits of a second");
    }
    let needed = if needed.is_empty() { "0" } else { needed };
    let minutes = whole.get(..5).ok_or(NO_INSTANT)?;
    let (seconds, is_leap) = if seconds == "60" { ("59", true) } else { (seconds, false) };
    let written = format!("{date}T{minutes}:{seconds}.{needed}{zone}");
    let instant = DateTime::parse_from_rfc3339(&written).map_err(|_| NO_INSTANT)?.with_timezone(&Utc);
    if is_leap {
        return Err("must not be a leap second: a minute has the seconds 00 to 59 here");
    }
    if !(0..=9999).contains(&instant.year()) {
        return Err("must be in the years 0000 to 9999, in UTC");
    }
    Ok(instant.timestamp_micros())
}

/// Reads an `Edm.DateTimeOffset` literal to microseconds UTC, as [`read_instant`]; `None` where it is none.
pub fn instant_micros(text: &str) -> Option<i64> {
    read_instant(text).ok()
}

/// Writes an instant as `Edm.DateTimeOffset` in UTC with as many fraction digits as it needs: 0, 3 or 6.
pub fn instant_text(micros: i64) -> String {
    let format = match micros.rem_euclid(1_000_000) {
        0 => SecondsFormat::Secs,
        fraction if fraction % 1000 == 0 => SecondsFormat::Millis,
        _ => SecondsFormat::Micros,
    };
    DateTime::<Utc>::from_timestamp_micros(micros)
        .map_or_else(|| micros.to_string(), |instant| instant.to_rfc3339_opts(format, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_kept_to_the_microsecond_or_refused() {
        for (text, again) in [
            ("2026-03-31T10:00:00+02:00", "2026-03-31T08:00:00Z"),
            ("2026-03-31T08:00Z", "2026-03-31T08:00:00Z"),
            ("2026-03-31t08:00:00.1z", "2026-03-31T08:00:00.100Z"),
            ("2026-03-31T08:00:00.123456Z", "2026-03-31T08:00:00.123456Z"),
            ("2026-03-31T08:00:00.123456000000Z", "2026-03-31T08:00:00.123456Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(read_instant(text).map(instant_text).as_deref(), Ok(again), "{text}");
            assert_eq!(instant_micros(text), read_instant(text).ok(), "{text}");
        }
        for (text, says) in [
            ("2026-03-31T08:00:00.1234567Z", "six digits"),
            ("2026-03-31T08:00:00.0000000001Z", "six digits"),
            ("2016-12-31T23:59:60Z", "leap second"),
            ("2016-12-31T23:59:60.5Z", "leap second"),
            ("2026-03-31T24:00:00Z", "such as"),
            ("2026-03-31T08:60:00Z", "such as"),
            ("2026-03-31T08:00:61Z", "such as"),
            ("2026-02-30T08:00:00Z", "such as"),
            ("2026-03-31T08:00:00", "such as"),
            ("2026-03-31T08:00:00.Z", "such as"),
            ("2026-03-31T08:00.5Z", "such as"),
            ("2026-03-31T08:00.0Z", "such as"),
            ("2026-03-31", "such as"),
            ("", "such as"),
            ("-0001-01-01T00:00:00Z", "such as"),
            ("12026-01-01T00:00:00Z", "such as"),
            ("0000-01-01T00:00:00+02:00", "years 0000 to 9999"),
            ("9999-12-31T23:59:59-02:00", "years 0000 to 9999"),
            ("2026-03-31T08:00:0é+00:00", "such as"),
            ("2026-03-31T08:0é:00Z", "such as"),
        ] {
            let problem = read_instant(text).expect_err(text);
            assert!(problem.contains(says), "{text}: {problem}");
        }
    }
}
