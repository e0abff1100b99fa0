//! Dates as numbers of days, for calculating with them.
//!
//! Owns: both ways between a date's text and its days since 1970-01-01 (the proleptic Gregorian calendar, as XML Schema's).
//! Refuses: years that four digits cannot write.

use chrono::{Datelike as _, NaiveDate};

/// Returns the days from 1970-01-01 to a date; `None` where the text is no date.
pub fn days_of_date(text: &str) -> Option<i64> {
    // chrono alone would take blanks and signs for digits.
    let is_shaped = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| is_shaped)?;
    Some(date.signed_duration_since(NaiveDate::default()).num_days())
}

/// Returns the date so many days after 1970-01-01; `None` beyond the years 0000 to 9999.
pub fn date_of_days(days: i64) -> Option<String> {
    let date = NaiveDate::default().checked_add_signed(chrono::TimeDelta::try_days(days)?)?;
    (0..=9999).contains(&date.year()).then(|| date.format("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_all_four_digit_years() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2026-03-31", 20_543),
            ("0000-01-01", -719_528),
            ("0000-02-29", -719_469),
            ("9999-12-31", 2_932_896),
        ] {
            assert_eq!((days_of_date(text), date_of_days(days).as_deref()), (Some(days), Some(text)));
        }
        for days in [-719_529, 2_932_897, i64::MAX, i64::MIN] {
            assert_eq!(date_of_days(days), None);
        }
        assert_eq!((days_of_date("2026-02-30"), days_of_date("+026-02-03"), days_of_date("x")), (None, None, None));
    }
}
