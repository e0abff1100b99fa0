//! `Edm.Duration` as text and as microseconds (OData ABNF `durationValue`: days, hours, minutes and seconds of XML Schema's,
//! no months).
//!
//! Owns: both ways between them. Refuses: digits of a second beyond the sixth that say something.

use crate::time_of_day::fraction_text;

/// Reads a duration such as `P1DT2H30M` or `-PT0.5S` to microseconds.
///
/// # Errors
/// A sentence about the text.
pub fn duration_micros(text: &str) -> Result<i64, &'static str> {
    const NO_DURATION: &str = "a duration is written as in duration'P1DT2H30M' or duration'PT0.5S'";
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let rest = unsigned.strip_prefix('P').ok_or(NO_DURATION)?;
    let (days, time) = match rest.split_once('T') {
        Some((_, "")) => return Err(NO_DURATION),
        Some((days, time)) => (days, time),
        None => (rest, ""),
    };
    if days.is_empty() && time.is_empty() {
        return Err(NO_DURATION);
    }
    let mut micros: i128 = 0;
    let mut add = |number: &str, unit: i128| -> Result<(), &'static str> {
        let is_number = !number.is_empty() && number.len() <= 18 && number.bytes().all(|byte| byte.is_ascii_digit());
        let number: i128 = if is_number { number.parse().map_err(|_| NO_DURATION)? } else { return Err(NO_DURATION) };
        micros += number * unit;
        Ok(())
    };
    if !days.is_empty() {
        add(days.strip_suffix('D').ok_or(NO_DURATION)?, 86_400_000_000)?;
    }
    let mut time = time;
    for (letter, unit) in [('H', 3_600_000_000), ('M', 60_000_000)] {
        if let Some((number, rest)) = time.split_once(letter) {
            add(number, unit)?;
            time = rest;
        }
    }
    if !time.is_empty() {
        let seconds = time.strip_suffix('S').ok_or(NO_DURATION)?;
        let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
        add(whole, 1_000_000)?;
        let needed = fraction.trim_end_matches('0');
        if needed.len() > 6 {
            return Err("a duration has at most six digits of a second here");
        }
        if fraction.is_empty() {
            return Err(NO_DURATION);
        }
        add(&format!("{needed:0<6}"), 1)?;
    }
    let signed = if text.starts_with('-') { -micros } else { micros };
    i64::try_from(signed).map_err(|_| "this duration is longer than all of history")
}

/// Writes microseconds as a duration, with as many digits of a second as it needs: 0, 3 or 6.
pub fn duration_text(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let all = micros.unsigned_abs();
    let (seconds, fraction) = (all / 1_000_000, (all % 1_000_000) as i64);
    let (days, hours, minutes, seconds) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let part = |number: u128, letter: &str| if number > 0 { format!("{number}{letter}") } else { String::new() };
    let mut time = format!("{}{}", part(hours, "H"), part(minutes, "M"));
    if seconds > 0 || fraction > 0 || (time.is_empty() && days == 0) {
        time += &format!("{seconds}{}S", fraction_text(fraction));
    }
    let time = if time.is_empty() { time } else { format!("T{time}") };
    format!("{sign}P{}{time}", part(days, "D"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_to_the_microsecond() {
        for (text, micros) in [
            ("P1D", 86_400_000_000),
            ("PT1H", 3_600_000_000),
            ("PT90M", 5_400_000_000),
            ("-PT0.5S", -500_000),
            ("+P1DT1H1M1.000001S", 90_061_000_001),
            ("PT0S", 0),
            ("PT1.0000000S", 1_000_000),
            ("P0DT0H", 0),
        ] {
            assert_eq!(duration_micros(text), Ok(micros), "{text}");
        }
        for (micros, text) in [
            (0, "PT0S"),
            (86_400_000_000, "P1D"),
            (-500_000, "-PT0.500S"),
            (90_061_000_001, "P1DT1H1M1.000001S"),
            (60_000_000, "PT1M"),
        ] {
            assert_eq!((duration_text(micros), duration_micros(text)), (text.to_owned(), Ok(micros as i64)));
        }
        for text in [
            "",
            "P",
            "PT",
            "1D",
            "P1",
            "P1Y",
            "P1M",
            "P1DT",
            "PT1",
            "PT1.S",
            "PT.5S",
            "PT1M1H",
            "PT1S1S",
            "P-1D",
            "P1.5D",
            "PT0.0000001S",
            "P999999999999999999D",
            "p1d",
            "PT1é",
        ] {
            assert!(duration_micros(text).is_err(), "{text}");
        }
    }
}
