//! Exact numbers of up to 38 digits, for calculating with the whole numbers and decimals that records hold.
//!
//! Owns: their arithmetic, and a form of 16 bytes that sorts as they do. Refuses: scales, which whoever calculates keeps
//! beside a number, as a decimal's column does (`decimal`); and rounding in silence: what is too large is an error.
//! OData URL Conventions 4.01 section 5.1.1.2; the infinities come of `divby` alone.

/// A number without fraction, an infinity, or no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wide {
    /// Below every number.
    NegativeInfinity,
    /// A number, at most [`Wide::MOST`] from zero.
    Finite(i128),
    /// Above every number.
    Infinity,
    /// What no number is: zero divided by zero.
    NotANumber,
}

/// Why a calculation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoNumber {
    /// Something is divided by zero.
    #[error("a number is divided by zero")]
    DividedByZero,
    /// A part of a text would have fewer than no characters.
    #[error("a substring would have a negative length")]
    NegativeLength,
    /// A result is beyond what can be calculated with.
    #[error("a number gets too large or too small")]
    TooLarge,
}

use NoNumber::{DividedByZero, TooLarge};
use Wide::{Finite, Infinity, NegativeInfinity, NotANumber};

impl Wide {
    /// The largest number; the smallest is as far from zero.
    pub const MOST: i128 = i128::MAX - 2;

    /// Takes a number that is not too large.
    ///
    /// # Errors
    /// It is too large.
    pub fn new(number: i128) -> Result<Self, NoNumber> {
        if (-Self::MOST..=Self::MOST).contains(&number) { Ok(Finite(number)) } else { Err(TooLarge) }
    }

    /// Returns 16 bytes that sort as numbers do: no number is behind all of them.
    pub fn to_bytes(self) -> [u8; 16] {
        let number = match self {
            NegativeInfinity => i128::MIN,
            Finite(number) => number,
            Infinity => i128::MAX - 1,
            NotANumber => i128::MAX,
        };
        (number ^ i128::MIN).to_be_bytes()
    }

    /// Reads what [`Wide::to_bytes`] wrote.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        const LARGEST: i128 = i128::MAX - 1;
        match i128::from_be_bytes(bytes) ^ i128::MIN {
            i128::MIN => NegativeInfinity,
            LARGEST => Infinity,
            i128::MAX => NotANumber,
            number => Finite(number),
        }
    }

    /// Returns the sign: -1, 0 or 1; 0 for what is no number.
    fn sign(self) -> i32 {
        match self {
            NegativeInfinity => -1,
            Finite(number) => number.signum() as i32,
            Infinity => 1,
            NotANumber => 0,
        }
    }

    fn infinity(sign: i32) -> Self {
        match sign {
            0 => NotANumber,
            sign if sign < 0 => NegativeInfinity,
            _ => Infinity,
        }
    }

    /// Returns the number with its sign changed.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            NegativeInfinity => Infinity,
            Finite(number) => Finite(-number),
            Infinity => NegativeInfinity,
            NotANumber => NotANumber,
        }
    }

    /// Multiplies by a power of ten.
    ///
    /// # Errors
    /// The result is too large.
    pub fn scaled(self, power: u32) -> Result<Self, NoNumber> {
        match self {
            Finite(0) => Ok(self),
            Finite(_) => self.times(Finite(10i128.checked_pow(power).ok_or(TooLarge)?)),
            other => Ok(other),
        }
    }

    /// Adds.
    ///
    /// # Errors
    /// The result is too large.
    pub fn plus(self, other: Self) -> Result<Self, NoNumber> {
        match (self, other) {
            (Finite(a), Finite(b)) => Self::new(a.checked_add(b).ok_or(TooLarge)?),
            (NotANumber, _) | (_, NotANumber) => Ok(NotANumber),
            (Finite(_), infinity) | (infinity, Finite(_)) => Ok(infinity),
            (a, b) => Ok(if a == b { a } else { NotANumber }),
        }
    }

    /// Multiplies.
    ///
    /// # Errors
    /// The result is too large.
    pub fn times(self, other: Self) -> Result<Self, NoNumber> {
        match (self, other) {
            (Finite(a), Finite(b)) => Self::new(a.checked_mul(b).ok_or(TooLarge)?),
            (a, b) => Ok(Self::infinity(a.sign() * b.sign())),
        }
    }

    /// Divides, without the fraction.
    ///
    /// # Errors
    /// The divisor is zero.
    pub fn divided(self, by: Self) -> Result<Self, NoNumber> {
        match (self, by) {
            (NotANumber, _) | (_, NotANumber) => Ok(NotANumber),
            (_, Finite(0)) => Err(DividedByZero),
            (Finite(a), Finite(b)) => Ok(Finite(a / b)),
            (Finite(_), _) => Ok(Finite(0)),
            (a, Finite(b)) => Ok(Self::infinity(a.sign() * b.signum() as i32)),
            _ => Ok(NotANumber),
        }
    }

    /// Divides, without the fraction; what is divided by zero is an infinity, or no number.
    #[must_use]
    pub fn divided_by_any(self, by: Self) -> Self {
        self.divided(by).unwrap_or_else(|_| Self::infinity(self.sign()))
    }

    /// Returns what division leaves, with the sign of the dividend.
    ///
    /// # Errors
    /// The divisor is zero.
    pub fn remainder(self, by: Self) -> Result<Self, NoNumber> {
        match (self, by) {
            (NotANumber, _) | (_, NotANumber) => Ok(NotANumber),
            (_, Finite(0)) => Err(DividedByZero),
            (Finite(a), Finite(b)) => Ok(Finite(a % b)),
            (Finite(_), _) => Ok(self),
            _ => Ok(NotANumber),
        }
    }

    /// Takes digits away at the end of the number: rounded down, up, or to the nearest, halves away from zero.
    #[must_use]
    pub fn rounded(self, digits: u32, rounding: Rounding) -> Self {
        let (Finite(number), Some(unit)) = (self, 10i128.checked_pow(digits)) else { return self };
        let (floor, rest) = (number.div_euclid(unit), number.rem_euclid(unit));
        let up = match rounding {
            Rounding::Down => false,
            Rounding::Up => rest > 0,
            Rounding::Nearest if number < 0 => rest > unit / 2,
            Rounding::Nearest => rest >= (unit + 1) / 2,
        };
        Finite(floor + i128::from(up))
    }
}

/// To which neighbour a number is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// The one below: `floor`.
    Down,
    /// The one above: `ceiling`.
    Up,
    /// The nearest, and of two equally near the one farther from zero: `round`.
    Nearest,
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFINITE: [Wide; 3] = [NegativeInfinity, Infinity, NotANumber];

    #[test]
    fn bytes_sort_as_numbers_do() {
        let sorted = [
            NegativeInfinity,
            Finite(-Wide::MOST),
            Finite(-1),
            Finite(0),
            Finite(1),
            Finite(i128::from(i64::MAX)),
            Finite(Wide::MOST),
            Infinity,
            NotANumber,
        ];
        for pair in sorted.windows(2) {
            assert!(pair[0].to_bytes() < pair[1].to_bytes(), "{pair:?}");
        }
        for number in sorted {
            assert_eq!(Wide::from_bytes(number.to_bytes()), number);
        }
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let most = Finite(Wide::MOST);
        assert_eq!(most.plus(Finite(1)), Err(TooLarge));
        assert_eq!(most.negated().plus(Finite(-1)), Err(TooLarge));
        assert_eq!(most.plus(Finite(0)), Ok(most));
        assert_eq!(Finite(i128::from(i64::MIN)).times(Finite(i128::from(i64::MIN))), Ok(Finite(1 << 126)));
        assert_eq!(most.times(Finite(2)), Err(TooLarge));
        assert_eq!(Finite(1).scaled(38), Ok(Finite(10i128.pow(38))));
        assert_eq!((Finite(1).scaled(39), Finite(2).scaled(38)), (Err(TooLarge), Err(TooLarge)));
        assert_eq!((Finite(0).scaled(99), Infinity.scaled(99)), (Ok(Finite(0)), Ok(Infinity)));
    }

    #[test]
    fn division_is_towards_zero_and_never_by_it() {
        for (a, b, quotient, rest) in [(7, 2, 3, 1), (-7, 2, -3, -1), (7, -2, -3, 1), (-7, -2, 3, -1), (6, 3, 2, 0)] {
            assert_eq!(Finite(a).divided(Finite(b)), Ok(Finite(quotient)));
            assert_eq!(Finite(a).remainder(Finite(b)), Ok(Finite(rest)));
        }
        assert_eq!(Finite(1).divided(Finite(0)), Err(DividedByZero));
        assert_eq!(Infinity.remainder(Finite(0)), Err(DividedByZero));
        assert_eq!(Finite(5).divided_by_any(Finite(0)), Infinity);
        assert_eq!(Finite(-5).divided_by_any(Finite(0)), NegativeInfinity);
        assert_eq!(Finite(0).divided_by_any(Finite(0)), NotANumber);
        assert_eq!(Finite(9).divided_by_any(Finite(2)), Finite(4));
    }

    #[test]
    fn infinities_calculate_as_those_of_doubles_do() {
        let double = |of: Wide| match of {
            NegativeInfinity => f64::NEG_INFINITY,
            Finite(number) => number as f64,
            Infinity => f64::INFINITY,
            NotANumber => f64::NAN,
        };
        let same = |of: Wide, number: f64| (of == NotANumber && number.is_nan()) || double(of) == number;
        for a in [Finite(-3), Finite(0), Finite(4)].into_iter().chain(INFINITE) {
            assert!(same(a.negated(), -double(a)));
            for b in [Finite(-3), Finite(0), Finite(4)].into_iter().chain(INFINITE) {
                assert!(same(a.plus(b).unwrap(), double(a) + double(b)), "{a:?} + {b:?}");
                assert!(same(a.times(b).unwrap(), double(a) * double(b)), "{a:?} * {b:?}");
                if b != Finite(0) {
                    assert!(same(a.divided(b).unwrap(), (double(a) / double(b)).trunc()), "{a:?} / {b:?}");
                    assert!(same(a.remainder(b).unwrap(), double(a) % double(b)), "{a:?} % {b:?}");
                }
            }
        }
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        for (number, down, up, nearest) in
            [(150, 1, 2, 2), (-150, -2, -1, -2), (149, 1, 2, 1), (-149, -2, -1, -1), (200, 2, 2, 2), (-50, -1, 0, -1)]
        {
            assert_eq!(Finite(number).rounded(2, Rounding::Down), Finite(down), "{number}");
            assert_eq!(Finite(number).rounded(2, Rounding::Up), Finite(up), "{number}");
            assert_eq!(Finite(number).rounded(2, Rounding::Nearest), Finite(nearest), "{number}");
            assert_eq!(Finite(number).rounded(0, Rounding::Nearest), Finite(number));
        }
        assert_eq!(NotANumber.rounded(2, Rounding::Down), NotANumber);
    }
}
