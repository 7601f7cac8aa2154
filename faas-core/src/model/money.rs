//! Money as integer nano-dollars. Never a float.

use std::cmp::Ordering;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

/// An amount in billionths of a US dollar. Sums are exact; they saturate at the range of `i64`
/// (nine billion dollars).
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct NanoDollars(i64);

impl NanoDollars {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// Creates an amount of `nanos` billionths of a dollar.
    pub const fn new(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Returns the amount in billionths of a dollar.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Returns `times / by` of the amount, rounded half to even to the nano-dollar, for averages
    /// and rates. Zero when `by` is 0.
    #[must_use]
    pub fn portion(self, times: u32, by: u128) -> Self {
        if by == 0 {
            return Self::ZERO;
        }
        let amount = u128::from(self.0.unsigned_abs()) * u128::from(times);
        let (quotient, rest) = (amount / by, amount % by);
        // Compares the remainder with its distance to `by`; neither can overflow.
        let up = match rest.cmp(&(by - rest)) {
            Ordering::Less => false,
            Ordering::Equal => quotient % 2 == 1,
            Ordering::Greater => true,
        };
        let magnitude = i64::try_from(quotient + u128::from(up)).unwrap_or(i64::MAX);
        Self(magnitude * self.0.signum())
    }

    /// Returns `count` times the amount.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self(
            self.0
                .saturating_mul(i64::try_from(count).unwrap_or(i64::MAX)),
        )
    }
}

impl Add for NanoDollars {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for NanoDollars {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for NanoDollars {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for NanoDollars {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// Formats US dollars as an exact decimal number without trailing zeros: `0.00035`.
impl fmt::Display for NanoDollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PER_DOLLAR: u64 = 1_000_000_000;
        let nanos = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", nanos / PER_DOLLAR)?;
        let (mut fraction, mut digits) = (nanos % PER_DOLLAR, 9);
        if fraction == 0 {
            return Ok(());
        }
        while fraction % 10 == 0 {
            fraction /= 10;
            digits -= 1;
        }
        write!(f, ".{fraction:0digits$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portion_is_rounded_half_to_even() {
        let portion = |nanos, times, by| NanoDollars::new(nanos).portion(times, by).get();
        assert_eq!(portion(5, 1, 2), 2);
        assert_eq!(portion(7, 1, 2), 4);
        assert_eq!(portion(-7, 1, 2), -4);
        assert_eq!(portion(8, 1, 3), 3);
        assert_eq!(portion(10, 3, 4), 8);
        assert_eq!(portion(10, 1, 0), 0);
        assert_eq!(portion(i64::MAX, u32::MAX, 1), i64::MAX);
        assert_eq!(portion(i64::MIN, 1, u128::MAX), 0);
    }

    #[test]
    fn an_amount_is_formatted_in_dollars_to_the_last_nano_dollar() {
        let shown = |nanos| NanoDollars::new(nanos).to_string();
        assert_eq!(shown(0), "0");
        assert_eq!(shown(350_000), "0.00035");
        assert_eq!(shown(1), "0.000000001");
        assert_eq!(shown(-1_500_000_000), "-1.5");
        assert_eq!(shown(12_000_000_000), "12");
        assert_eq!(shown(i64::MIN), "-9223372036.854775808");
    }
}
