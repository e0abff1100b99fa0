//! Text as a value of another type, and back, for `cast` (OData URL Conventions 4.01 section 5.1.1.9.1).
//!
//! Owns: which text is a literal of which type, and how numbers are written as text. Refuses: guessing: what is no literal
//! of the type has no value there.

use crate::wide::Wide;

/// Digits of a number's text before the point, and behind it, that are read.
const MOST_DIGITS: usize = 30;

/// The parts of a number's text.
struct Parts<'t> {
    is_negative: bool,
    whole: &'t str,
    fraction: &'t str,
    exponent: i32,
}

/// Takes a number's text apart (OData ABNF `decimalValue`), with an exponent of as many digits.
fn parts(text: &str, exponent_digits: usize) -> Option<Parts<'_>> {
    let (is_negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            if !is_digits(digits, exponent_digits) {
                return None;
            }
            (mantissa, exponent.parse().ok()?)
        }
        None => (unsigned, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) if is_digits(fraction, MOST_DIGITS) => (whole, fraction),
        Some(_) => return None,
        None => (mantissa, ""),
    };
    is_digits(whole, MOST_DIGITS).then_some(Parts { is_negative, whole, fraction, exponent })
}

fn is_digits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads a number's text times 10 to the power of `scale`, rounded to the nearest, halves away from zero; `None` where it is
/// no number or too large.
pub fn wide_of_text(text: &str, scale: u8) -> Option<Wide> {
    let Parts { is_negative, whole, fraction, exponent } = parts(text, 3)?;
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let shift = exponent - i32::try_from(fraction.len()).ok()? + i32::from(scale);
    let kept = i32::try_from(digits.len()).ok()? + shift;
    if digits.is_empty() || kept < 0 {
        return Some(Wide::Finite(0));
    }
    if kept > 39 {
        return None;
    }
    let (number, round_up) = match usize::try_from(shift) {
        Ok(zeros) => (format!("{digits}{}", "0".repeat(zeros)), false),
        Err(_) => {
            let (kept, rest) = digits.split_at(kept.unsigned_abs() as usize);
            (format!("0{kept}"), rest.starts_with(|digit| digit >= '5'))
        }
    };
    let number = number.parse::<i128>().ok()?.checked_add(i128::from(round_up))?;
    Wide::new(if is_negative { -number } else { number }).ok()
}

/// Reads a number's text as a double: what is larger than any is `None`, as is what is no number.
pub fn double_of_text(text: &str) -> Option<f64> {
    match text {
        "INF" => Some(f64::INFINITY),
        "-INF" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ => {
            parts(text, 3)?;
            text.parse().ok().filter(|number: &f64| number.is_finite()).map(|number: f64| number + 0.0)
        }
    }
}

/// Writes a number that is scaled by 10 to the power of `scale`, without zeros at the end of its fraction.
pub fn wide_text(number: Wide, scale: u8) -> String {
    let number = match number {
        Wide::Finite(number) => number,
        Wide::NegativeInfinity => return "-INF".to_owned(),
        Wide::Infinity => return "INF".to_owned(),
        Wide::NotANumber => return "NaN".to_owned(),
    };
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{whole}{point}{fraction}", if number < 0 { "-" } else { "" })
}

/// Writes a double with the fewest digits that tell it from others; as JSON does, but for what JSON has no words for.
pub fn double_text(number: f64) -> String {
    match number {
        f64::INFINITY => "INF".to_owned(),
        f64::NEG_INFINITY => "-INF".to_owned(),
        number if number.is_nan() => "NaN".to_owned(),
        number => serde_json::to_string(&(number + 0.0)).unwrap_or_default(),
    }
}

/// Returns the double nearest to a number that is scaled by 10 to the power of `scale`.
pub fn double_of_wide(number: Wide, scale: u8) -> f64 {
    match number {
        // The library's own reader rounds once, whatever the scale.
        Wide::Finite(number) => format!("{number}e-{scale}").parse().unwrap_or(f64::NAN),
        Wide::NegativeInfinity => f64::NEG_INFINITY,
        Wide::Infinity => f64::INFINITY,
        Wide::NotANumber => f64::NAN,
    }
}

/// Returns a double times 10 to the power of `scale`, rounded to the nearest by its shortest text; `None` where it is too
/// large.
pub fn wide_of_double(number: f64, scale: u8) -> Option<Wide> {
    match number {
        f64::INFINITY => Some(Wide::Infinity),
        f64::NEG_INFINITY => Some(Wide::NegativeInfinity),
        number if number.is_nan() => Some(Wide::NotANumber),
        number if number.abs() >= 1e38 => None,
        number if number.abs() < 1e-60 => Some(Wide::Finite(0)),
        number => wide_of_text(&format!("{number:e}"), scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_a_number_in_its_literal_form_alone() {
        for (text, scale, number) in [
            ("12.345", 2, 1235),
            ("-12.345", 2, -1235),
            ("+0.5", 0, 1),
            ("0.4999", 0, 0),
            ("1e2", 0, 100),
            ("15e-1", 0, 2),
            ("5e-1", 0, 1),
            ("5e-2", 0, 0),
            ("0.05", 1, 1),
            ("007", 0, 7),
            ("0", 5, 0),
            ("0e99", 0, 0),
            ("1e-99", 0, 0),
        ] {
            assert_eq!(wide_of_text(text, scale), Some(Wide::Finite(number)), "{text}");
        }
        for text in
            ["", "x", "1.", ".5", "1e", "1e100", "--1", " 1", "1 ", "1_0", "0x1", "1,5", "INF", "1e39", &"1".repeat(31)]
        {
            assert_eq!(wide_of_text(text, 0), None, "{text}");
        }
        assert_eq!(double_of_text("1e308"), Some(1e308));
        assert_eq!(double_of_text("-0.1"), Some(-0.1));
        assert_eq!((double_of_text("INF"), double_of_text("-INF")), (Some(f64::INFINITY), Some(f64::NEG_INFINITY)));
        assert_eq!((double_of_text("1e999"), double_of_text("inf"), double_of_text("1e1000")), (None, None, None));
        assert!(double_of_text("NaN").is_some_and(f64::is_nan));
    }

    #[test]
    fn numbers_are_written_shortly() {
        assert_eq!(wide_text(Wide::Finite(-12_300), 4), "-1.23");
        assert_eq!(wide_text(Wide::Finite(5), 3), "0.005");
        assert_eq!(wide_text(Wide::Finite(500), 2), "5");
        assert_eq!(wide_text(Wide::Infinity, 2), "INF");
        assert_eq!(double_text(0.1), "0.1");
        assert_eq!(double_text(300.0), "300.0");
        assert_eq!(double_text(-0.0), "0.0");
        assert_eq!(double_text(f64::NAN), "NaN");
        assert_eq!(double_of_wide(Wide::Finite(125), 2), 1.25);
        assert_eq!(wide_of_double(1.005, 2), Some(Wide::Finite(101)));
        assert_eq!(wide_of_double(-2.5, 0), Some(Wide::Finite(-3)));
        assert_eq!((wide_of_double(1e38, 0), wide_of_double(1e30, 18)), (None, None));
        assert_eq!(wide_of_double(5e-324, 10), Some(Wide::Finite(0)));
    }
}
