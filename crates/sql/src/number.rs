//! Where a number's text lies among the integers that a column or a calculation can hold.
//!
//! Owns: comparing exactly: `Price gt 3.505` on a Decimal of scale 2, `Priority lt 2.5`, `Count le 1e30`. Refuses:
//! floating point, which would answer wrongly near the ends of 64 bits. A decimal column holds integers scaled by
//! its scale (`tidemark_model::Cell`), so the text is scaled the same way first.

use tidemark_model::Wide;
use tidemark_model::query::{Compare, INFINITY, NOT_A_NUMBER};

/// The place of a number among integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is this one.
    Exactly(i128),
    /// It lies between this one and the next.
    Between(i128),
    /// It is larger than all of them.
    Above,
    /// It is smaller than all of them.
    Below,
    /// It is no number (NaN) and compares with none.
    Nowhere,
}

/// What a comparison of a column with a number comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    /// The same for every row, null or not.
    Constant(bool),
    /// True for every row that has a value.
    HasValue,
    /// A comparison with an integer.
    With(Compare, i128),
}

impl Place {
    /// Reads a number (OData ABNF `decimalValue`, `doubleValue`) times 10 to the power of `scale`; `None` where the
    /// text is no number.
    pub(crate) fn of(text: &str, scale: u8) -> Option<Self> {
        match text {
            INFINITY => return Some(Self::Above),
            NOT_A_NUMBER => return Some(Self::Nowhere),
            _ if text.strip_prefix('-') == Some(INFINITY) => return Some(Self::Below),
            _ => {}
        }
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let negative = mantissa.starts_with('-');
        let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_start_matches('0');
        if digits.is_empty() {
            return Some(Self::Exactly(0));
        }
        // How many of the digits stand before the point once the value is scaled.
        let zeros = (all.len() - digits.len()) as i64;
        let before = (whole.len() as i64 - zeros).saturating_add(exponent).saturating_add(i64::from(scale));
        if before > 39 {
            return Some(if negative { Self::Below } else { Self::Above });
        }
        let (integer, rest) = digits.split_at(usize::try_from(before).unwrap_or(0).min(digits.len()));
        let padding = usize::try_from(before).unwrap_or(0) - integer.len();
        let beyond = if negative { Self::Below } else { Self::Above };
        let Ok(magnitude) = format!("0{integer}{}", "0".repeat(padding)).parse::<i128>() else { return Some(beyond) };
        let is_whole = rest.bytes().all(|b| b == b'0');
        let floor = match (negative, is_whole) {
            (false, _) => magnitude,
            (true, true) => -magnitude,
            (true, false) => -magnitude - 1,
        };
        Some(match Wide::new(floor) {
            Ok(_) if is_whole => Self::Exactly(floor),
            Ok(_) => Self::Between(floor),
            Err(_) => beyond,
        })
    }

    /// Returns the place among the integers of 64 bits.
    pub(crate) fn among_64_bits(self) -> Self {
        let (Self::Exactly(number) | Self::Between(number)) = self else { return self };
        match i64::try_from(number) {
            Ok(_) => self,
            Err(_) if number < 0 => Self::Below,
            Err(_) => Self::Above,
        }
    }

    /// Decides `column op number`.
    pub(crate) fn test(self, op: Compare) -> Test {
        use Compare::{Eq, Ge, Gt, Le, Lt, Ne};
        match (self, op) {
            (Self::Exactly(n), op) => Test::With(op, n),
            (_, Eq) => Test::Constant(false),
            (_, Ne) => Test::Constant(true),
            (Self::Between(n), Gt | Ge) => Test::With(Gt, n),
            (Self::Between(n), Lt | Le) => Test::With(Le, n),
            (Self::Above, Lt | Le) | (Self::Below, Gt | Ge) => Test::HasValue,
            (Self::Above, Gt | Ge) | (Self::Below, Lt | Le) | (Self::Nowhere, _) => Test::Constant(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_placed_exactly() {
        let cases = [
            ("0", 0, Place::Exactly(0)),
            ("-0.0e5", 4, Place::Exactly(0)),
            ("007", 0, Place::Exactly(7)),
            ("12.50", 2, Place::Exactly(1250)),
            ("1.25e1", 1, Place::Exactly(125)),
            ("3.505", 2, Place::Between(350)),
            ("-3.505", 2, Place::Between(-351)),
            ("0.0001", 2, Place::Between(0)),
            ("-1e-300", 0, Place::Between(-1)),
            ("9223372036854775807", 0, Place::Exactly(i64::MAX.into())),
            ("9223372036854775807.5", 0, Place::Between(i64::MAX.into())),
            ("9223372036854775808", 0, Place::Above),
            ("-9223372036854775808", 0, Place::Exactly(i64::MIN.into())),
            ("-9223372036854775808.5", 0, Place::Below),
            ("1e9223372036854775807", 18, Place::Above),
            ("-INF", 0, Place::Below),
        ];
        for (text, scale, place) in cases {
            let found = Place::of(text, scale).map(Place::among_64_bits);
            assert_eq!(found, Some(place), "{text} at scale {scale}");
        }
        for (text, place) in [
            ("9223372036854775808", Place::Exactly(1 << 63)),
            ("170141183460469231731687303715884105725", Place::Exactly(Wide::MOST)),
            ("170141183460469231731687303715884105725.5", Place::Between(Wide::MOST)),
            ("170141183460469231731687303715884105726", Place::Above),
            ("-170141183460469231731687303715884105726", Place::Below),
            ("999999999999999999999999999999999999999", Place::Above),
            ("-1e39", Place::Below),
        ] {
            assert_eq!(Place::of(text, 0), Some(place), "{text}");
        }
        for text in ["", "-", "1.2.3", "0x10", "1e", "e5", "one"] {
            assert_eq!(Place::of(text, 0), None, "{text}");
        }
    }
}
