//! Numbers as they are written, digit for digit.
//!
//! Owns: whether a double keeps a written number. Refuses: scaled decimals (`cell`) and JSON (`members`). DESIGN rule
//! (f): what cannot be kept exactly is refused by name, never altered.

use crate::planted::{Planted, is_planted};

/// A longer literal is no number that anybody wrote: the exact value of a double has 767 digits at the most.
const LONGEST: usize = 800;

/// Returns the double that a literal stands for, or `None` where the double is not what was written.
///
/// A double is written with as many digits as its writer chooses: `0.1`, `0.10000000000000001` and all 55 digits of its
/// exact value are one double. So a literal is kept if the double, written with as many significant digits as the literal
/// has, is the literal. `9007199254740993`, `0.1234567890123456789` and `1e-400` are not.
pub(crate) fn exact_double(text: &str) -> Option<f64> {
    let written = Digits::of(text)?;
    let number: f64 = text.parse().ok()?;
    if is_planted(Planted::B21DigitsRounded) {
        return Some(number);
    }
    // Up to 15 digits survive in every double of the normal range (IEEE 754).
    let is_kept = (written.digits.len() <= 15 && number.is_normal()) || written.digits.is_empty() || {
        let again = format!("{number:.*e}", written.digits.len().saturating_sub(1));
        // The shortest spelling is the writer's to choose where two are equally near: …6.25 is …6.2 and …6.3.
        let is_spelling = |text: &str| Digits::of(text).as_ref() == Some(&written);
        number.is_finite() && (is_spelling(&again) || is_spelling(&format!("{number:e}")))
    };
    // There is one zero in a database.
    is_kept.then_some(number + 0.0)
}

/// Returns the whole number that a literal stands for: `3.0` and `3e0` are 3.
pub(crate) fn exact_integer(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let written = Digits::of(text)?;
    let zeros = usize::try_from(written.exponent).ok().filter(|zeros| *zeros < 20)?;
    let sign = if written.is_negative { "-" } else { "" };
    format!("{sign}{}{}", written.digits, "0".repeat(zeros)).parse().ok().or(written.digits.is_empty().then_some(0))
}

/// A number as its significant digits times a power of ten; equal numbers are equal.
#[derive(Debug, PartialEq, Eq)]
struct Digits {
    is_negative: bool,
    /// Neither begins nor ends with a zero; empty for zero.
    digits: String,
    exponent: i64,
}

impl Digits {
    /// Reads decimal text, exponent allowed.
    fn of(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (is_negative, unsigned) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || all.len() > LONGEST || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_start_matches('0').trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self { is_negative: false, digits: String::new(), exponent: 0 });
        }
        let zeros = all.len() - all.trim_end_matches('0').len();
        let exponent = i64::from(exponent) - fraction.len() as i64 + zeros as i64;
        Some(Self { is_negative, digits: digits.to_owned(), exponent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_double_is_what_was_written_or_it_is_refused() {
        for (text, number) in [
            ("0.1", 0.1),
            ("0.10000000000000001", 0.1),
            ("0.1000000000000000055511151231257827021181583404541015625", 0.1),
            ("9007199254740992", 9_007_199_254_740_992.0),
            ("9007199254740994", 9_007_199_254_740_994.0),
            ("123456789012345670000", 123_456_789_012_345_670_000.0),
            ("1152921504606846976", 1_152_921_504_606_846_976.0),
            ("-0.0", 0.0),
            ("0e99999", 0.0),
            ("5e-324", 5e-324),
            ("1.7976931348623157e308", f64::MAX),
            ("1E+2", 100.0),
        ] {
            assert_eq!(exact_double(text), Some(number), "{text}");
        }
        for text in [
            "9007199254740993",
            "9007199254740993.0",
            "0.1234567890123456789",
            "0.1000000000000000055511151231257827021181583404541015624",
            "1e-400",
            "3e-324",
            "1e400",
            "-1e99999999999",
            "NaN",
            "inf",
            "",
            ".",
            "1_0",
            &"1".repeat(900),
        ] {
            assert_eq!(exact_double(text), None, "{text}");
        }
    }

    #[test]
    fn a_zero_has_no_sign_and_a_literal_an_end() {
        for zero in ["-0", "-0.0", "0", "-0e5"] {
            assert_eq!(exact_double(zero).map(f64::to_bits), Some(0), "{zero}");
        }
        for (length, number) in
            [(LONGEST - 1, Some(1.0)), (LONGEST, Some(1.0)), (LONGEST + 1, None), (LONGEST + 2, None)]
        {
            assert_eq!(exact_double(&format!("{:0>length$}", 1)), number, "{length}");
        }
        for text in [".", "-", "+.", "e5", "1x.", "0x.0"] {
            assert_eq!((exact_integer(text), exact_double(text)), (None, None), "{text}");
        }
    }

    #[test]
    fn a_whole_number_is_whole_in_every_spelling() {
        for (text, number) in [
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("3.0", 3),
            ("9007199254740993.000", 9_007_199_254_740_993),
            ("1e2", 100),
            ("0.0", 0),
            ("25e-1", i64::MAX - 1),
        ] {
            let wanted = (number != i64::MAX - 1).then_some(number);
            assert_eq!(exact_integer(text), wanted, "{text}");
        }
        for text in ["9223372036854775808", "2.9999999999999999999", "1e30", "x", "1e999999999999"] {
            assert_eq!(exact_integer(text), None, "{text}");
        }
    }

    #[test]
    fn both_shortest_spellings_of_a_double_are_kept() {
        let number = f64::from_bits(14_058_492_112_594_774_625);
        for text in ["-1815318799706776.2", "-1815318799706776.3", "-1815318799706776.25"] {
            assert_eq!(exact_double(text), Some(number), "{text}");
        }
        assert_eq!(exact_double("-1815318799706776.21"), None);
    }

    proptest! {
        #[test]
        fn every_double_is_kept_in_every_length(bits in any::<u64>(), digits in 16_usize..40) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            for text in [number.to_string(), format!("{number:e}"), format!("{number:.digits$e}")] {
                if text.len() < LONGEST {
                    prop_assert_eq!(exact_double(&text), Some(number), "{}", text);
                }
            }
        }
    }
}
