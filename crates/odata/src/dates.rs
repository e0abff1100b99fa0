//! HTTP dates (RFC 9110 section 5.6.7).
//!
//! Owns: `Date`, `Retry-After` dates and `Repeatability-First-Sent` in text. Refuses: OData's own dates
//! (`tidemark-model` reads them as values).

use chrono::{DateTime, NaiveDateTime};

/// Writes Unix milliseconds as an HTTP date; HTTP counts whole seconds.
pub fn http_date(ms: i64) -> String {
    let second = DateTime::from_timestamp(ms.div_euclid(1000), 0).unwrap_or_default();
    second.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads an HTTP date, the two obsolete forms included, to Unix milliseconds.
pub fn parse_http_date(text: &str) -> Option<i64> {
    let forms = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let parsed = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text.trim(), form).ok())?;
    Some(parsed.and_utc().timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_three_forms_of_rfc_9110_are_one_instant() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(parse_http_date(text), Some(784_111_777_000), "{text}");
        }
        assert_eq!(http_date(784_111_777_999), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
        assert_eq!(parse_http_date("yesterday"), None);
    }

    proptest! {
        #[test]
        fn a_second_survives(seconds in 0_i64..4_102_444_800) {
            prop_assert_eq!(parse_http_date(&http_date(seconds * 1000)), Some(seconds * 1000));
        }

        #[test]
        fn arbitrary_text_never_panics(text in any::<String>(), ms in any::<i64>()) {
            let _ = parse_http_date(&text);
            let _ = http_date(ms);
        }
    }
}
