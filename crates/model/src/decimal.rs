//! A decimal: an integer that is scaled by its property's declared scale, and its text.
//!
//! Owns: both ways between them, exactly, and where JSON has it as a number and where as a string. Refuses: which property
//! has one (`cell`), and doubles (`literal`).

use serde_json::Value;

/// Writes a scaled integer as a decimal without trailing zeros.
pub(crate) fn decimal_text(unscaled: i64, scale: u8) -> String {
    if scale == 0 {
        return unscaled.to_string();
    }
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

/// Returns a decimal as canonical JSON.
pub(crate) fn decimal_json(unscaled: i64, scale: u8) -> Value {
    let text = decimal_text(unscaled, scale);
    match text.parse::<f64>() {
        Ok(number) if is_exact_as_number(&text) => as_number(&text, number),
        _ => Value::String(text),
    }
}

fn as_number(text: &str, number: f64) -> Value {
    if text.contains('.') {
        Value::from(number)
    } else {
        text.parse::<i64>().map_or_else(|_| Value::from(number), Value::from)
    }
}

/// A JSON number keeps 15 significant digits on its way through any reader; longer decimals travel as strings
/// (OData JSON 4.01 section 7.1 allows both to be read).
pub(crate) fn is_exact_as_number(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_digit).count() <= 15
}

/// How many digits a decimal of any property can have: so many fit the integer that keeps it.
pub(crate) const MOST_DIGITS: u8 = 18;

/// Reads decimal text, exponent allowed, to an integer scaled by `scale`; `Err` says what does not fit.
pub fn decimal_unscaled(text: &str, precision: u8, scale: u8) -> Result<i64, String> {
    let not_a_number = || "must be a decimal number".to_owned();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| not_a_number())?),
        None => (text, 0),
    };
    let (negative, unsigned) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(not_a_number());
    }
    let digits = digits.trim_start_matches('0');
    // The value is `digits` * 10^(exponent - fraction); the result wants it times 10^scale.
    let shift = exponent.saturating_sub(fraction.len() as i32).saturating_add(i32::from(scale));
    let too_large = || format!("must have at most {precision} digits, {scale} of them after the point");
    let unscaled = if shift < 0 {
        let cut = digits.len().saturating_sub(shift.unsigned_abs() as usize);
        if digits[cut..].bytes().any(|b| b != b'0') {
            return Err(too_large());
        }
        digits[..cut].to_owned()
    } else if digits.is_empty() {
        String::new()
    } else if shift > 40 {
        return Err(too_large());
    } else {
        format!("{digits}{}", "0".repeat(shift as usize))
    };
    if unscaled.len() > usize::from(precision) {
        return Err(too_large());
    }
    let number = if unscaled.is_empty() { 0 } else { unscaled.parse::<i64>().map_err(|_| too_large())? };
    Ok(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_written_as_short_as_it_is() {
        let written = [(0, 2, "0"), (-5, 2, "-0.05"), (150, 2, "1.5"), (-100, 2, "-1"), (7, 0, "7"), (1, 3, "0.001")];
        for (unscaled, scale, text) in written {
            assert_eq!(decimal_text(unscaled, scale), text);
            assert_eq!(decimal_unscaled(text, 4, scale), Ok(unscaled), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_told_from_one_that_is_too_long() {
        for text in ["", "-", "+", ".", "e1", "1e", "1e2147483648", "--1", "1a", "1.2.3", "0x1", " 1"] {
            assert_eq!(decimal_unscaled(text, 4, 2), Err("must be a decimal number".to_owned()), "{text}");
        }
        for text in ["100", "0.001", "1e2", "1e-3", "1e999999999", "1e-999999999"] {
            let error = decimal_unscaled(text, 4, 2).expect_err(text);
            assert!(error.contains("at most 4 digits, 2 of them"), "{text}: {error}");
        }
        for (text, unscaled) in
            [("99.99", 9999), ("0e999999999", 0), ("1.50e0", 150), ("+.5", 50), ("5.", 500), ("1E1", 1000)]
        {
            assert_eq!(decimal_unscaled(text, 4, 2), Ok(unscaled), "{text}");
        }
    }
}
