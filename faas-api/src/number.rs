//! Exact decimal numbers: money, durations and shares. None of them ever passes through a float.
//!
//! They are written digit for digit and read from the digits, so they need `serde_json` on both
//! sides.

use std::fmt::{self, Display, Write as _};
use std::time::Duration;

use faas_core::model::NanoDollars;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// US dollars, exact to the nano-dollar: `0.00035`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dollars(pub NanoDollars);

impl Dollars {
    /// `total / count`, rounded half to even to the nano-dollar; zero when `count` is 0.
    pub fn average(total: NanoDollars, count: u64) -> Self {
        Self(total.portion(1, count.into()))
    }

    /// `total` per second of `time`, rounded half to even to the nano-dollar; zero when no time has
    /// passed.
    pub fn per_second(total: NanoDollars, time: Duration) -> Self {
        const NANOS: u32 = 1_000_000_000;
        Self(total.portion(NANOS, time.as_nanos()))
    }
}

impl Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Milliseconds with up to three decimals, exact to the microsecond: `0.042`, `12`, `1000.5`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub Duration);

impl Millis {
    /// `micros` microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(Duration::from_micros(micros))
    }

    /// `micros / count`, rounded half to even to the microsecond; zero when `count` is 0.
    pub fn average(micros: u64, count: u64) -> Self {
        if count == 0 {
            return Self::default();
        }
        let (quotient, rest) = (micros / count, micros % count);
        // Compares the rest with what is missing to `count`, so that nothing overflows.
        let up = match rest.cmp(&(count - rest)) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => quotient % 2 == 1,
            std::cmp::Ordering::Greater => true,
        };
        Self::from_micros(quotient + u64::from(up))
    }
}

impl Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(self.0.as_micros(), 3, f)
    }
}

/// Seconds with up to three decimals: `30.012`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub Duration);

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(self.0.as_millis(), 3, f)
    }
}

/// Processor cores, in thousandths: `0.5`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cores {
    /// Thousandths of a core.
    pub thousandths: u32,
}

impl Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(self.thousandths.into(), 3, f)
    }
}

/// A share in percent with two decimals: `66.67`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent {
    /// Hundredths of a percent.
    pub hundredths: u64,
}

impl Percent {
    /// `part` of `whole`, rounded to the nearest; zero when `whole` is 0.
    pub fn of(part: u64, whole: u64) -> Self {
        let (part, whole) = (u128::from(part), u128::from(whole));
        let hundredths = (part * 20_000 + whole).checked_div(2 * whole).unwrap_or(0);
        Self {
            hundredths: u64::try_from(hundredths).unwrap_or(u64::MAX),
        }
    }
}

impl Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(self.hundredths.into(), 2, f)
    }
}

/// A number of things per second, with three decimals: `33.333`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate {
    /// Thousandths.
    pub thousandths: u64,
}

impl Rate {
    /// `count` in `time`, rounded down; zero when no time has passed.
    pub fn of(count: u64, time: Duration) -> Self {
        let thousandths = u128::from(count) * 1_000 * 1_000_000_000;
        let thousandths = thousandths.checked_div(time.as_nanos()).unwrap_or(0);
        Self {
            thousandths: u64::try_from(thousandths).unwrap_or(u64::MAX),
        }
    }
}

impl Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(self.thousandths.into(), 3, f)
    }
}

/// Writes `value / 10^decimals` without trailing zeros.
fn decimal(value: u128, decimals: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let unit = unit(decimals);
    write!(f, "{}", value / unit)?;
    let (mut fraction, mut digits) = (value % unit, decimals);
    if fraction == 0 {
        return Ok(());
    }
    while fraction % 10 == 0 {
        fraction /= 10;
        digits -= 1;
    }
    write!(f, ".{fraction:0digits$}")
}

/// Reads a JSON number as a whole number of units of `10^-decimals`; further decimals are cut off.
/// `None` for what is no plain decimal number or is out of range.
fn scaled(text: &str, decimals: usize) -> Option<i128> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.get(..decimals).unwrap_or(fraction);
    if !whole
        .bytes()
        .chain(fraction.bytes())
        .all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let unit = i128::try_from(unit(decimals)).ok()?;
    let fraction: i128 = format!("{fraction:0<decimals$}").parse().ok()?;
    let value = whole
        .parse::<i128>()
        .ok()?
        .checked_mul(unit)?
        .checked_add(fraction)?;
    Some(if negative { -value } else { value })
}

fn unit(decimals: usize) -> u128 {
    (0..decimals).fold(1, |unit, _| unit * 10)
}

macro_rules! as_json_number {
    ($($name:ident, $decimals:literal, $from:expr;)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                number(self, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = Box::<RawValue>::deserialize(deserializer)?;
                scaled(raw.get(), $decimals).and_then($from).ok_or_else(|| {
                    D::Error::custom(concat!("expected a decimal number in the range of ", stringify!($name)))
                })
            }
        }
    )*};
}

as_json_number! {
    Dollars, 9, |nanos| i64::try_from(nanos).ok().map(NanoDollars::new).map(Self);
    Millis, 3, |micros| duration(micros, 1_000_000, 1_000).map(Self);
    Seconds, 3, |millis| duration(millis, 1_000, 1_000_000).map(Self);
    Cores, 3, |thousandths| thousandths.try_into().ok().map(|thousandths| Self { thousandths });
    Percent, 2, |hundredths| hundredths.try_into().ok().map(|hundredths| Self { hundredths });
    Rate, 3, |thousandths| thousandths.try_into().ok().map(|thousandths| Self { thousandths });
}

/// `count` units, of which `per_second` make a second and each has `nanos` nanoseconds.
fn duration(count: i128, per_second: i128, nanos: u32) -> Option<Duration> {
    let seconds = u64::try_from(count / per_second).ok()?;
    let rest = u32::try_from(count % per_second).ok()?;
    Some(Duration::new(seconds, rest.checked_mul(nanos)?))
}

/// Writes what `value` displays as a JSON number, digit for digit.
fn number<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = Digits {
        bytes: [0; 48],
        len: 0,
    };
    write!(text, "{value}").map_err(serde::ser::Error::custom)?;
    let written = text.bytes.get(..text.len).unwrap_or_default();
    let raw: &RawValue = serde_json::from_slice(written).map_err(serde::ser::Error::custom)?;
    raw.serialize(serializer)
}

/// A buffer on the stack for one number.
struct Digits {
    bytes: [u8; 48],
    len: usize,
}

impl fmt::Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes
            .get_mut(self.len..end)
            .ok_or(fmt::Error)?
            .copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn a_duration_is_written_in_milliseconds_to_the_microsecond() {
        let shown = |micros| json(&Millis::from_micros(micros));
        assert_eq!(shown(0), "0");
        assert_eq!(shown(42), "0.042");
        assert_eq!(shown(12_000), "12");
        assert_eq!(shown(1_000_500), "1000.5");
        assert_eq!(json(&Millis(Duration::from_nanos(1_999))), "0.001");
        assert_eq!(json(&Millis(Duration::MAX)), "18446744073709551615999.999");
    }

    #[test]
    fn cores_and_percentages_are_short_decimals() {
        let cores = |thousandths| json(&Cores { thousandths });
        assert_eq!(cores(100), "0.1");
        assert_eq!(cores(2_000), "2");
        let percent = |part, whole| json(&Percent::of(part, whole));
        assert_eq!(percent(0, 0), "0");
        assert_eq!(percent(2, 3), "66.67");
        assert_eq!(percent(1, 3), "33.33");
        assert_eq!(percent(7, 7), "100");
        assert_eq!(percent(u64::MAX, u64::MAX), "100");
    }

    #[test]
    fn a_rate_is_per_second_of_the_time_that_passed() {
        let rate = |count, millis| json(&Rate::of(count, Duration::from_millis(millis)));
        assert_eq!(rate(100, 3_000), "33.333");
        assert_eq!(rate(7, 0), "0");
        assert_eq!(rate(5, 500), "10");
        assert_eq!(json(&Seconds(Duration::from_micros(30_012_999))), "30.012");
    }

    #[test]
    fn averages_are_rounded_half_to_even() {
        let average = |total, count| json(&Dollars::average(NanoDollars::new(total), count));
        assert_eq!(average(5, 2), "0.000000002");
        assert_eq!(average(7, 2), "0.000000004");
        assert_eq!(average(-7, 2), "-0.000000004");
        assert_eq!(average(10, 0), "0");
        assert_eq!(json(&Millis::average(1_001, 2)), "0.5");
        assert_eq!(json(&Millis::average(u64::MAX, 1)), "18446744073709551.615");
        let second = |total, millis| {
            let time = Duration::from_millis(millis);
            json(&Dollars::per_second(NanoDollars::new(total), time))
        };
        assert_eq!(second(3, 2_000), "0.000000002");
        assert_eq!(second(10, 500), "0.00000002");
        assert_eq!(second(10, 0), "0");
        assert_eq!(second(i64::MAX, 1), "9223372036.854775807");
    }

    #[test]
    fn text_that_is_no_decimal_number_in_range_is_refused() {
        for bad in ["\"1\"", "null", "1e3", "[1]", "99999999999", "true"] {
            assert!(serde_json::from_str::<Dollars>(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<Millis>("-1").is_err());
    }

    proptest! {
        #[test]
        fn money_reads_back_to_the_nano_dollar(nanos: i64) {
            let dollars = Dollars(NanoDollars::new(nanos));
            prop_assert_eq!(serde_json::from_str::<Dollars>(&json(&dollars)).unwrap(), dollars);
        }

        #[test]
        fn durations_read_back_to_the_microsecond(micros: u64) {
            let millis = Millis::from_micros(micros);
            prop_assert_eq!(serde_json::from_str::<Millis>(&json(&millis)).unwrap(), millis);
        }
    }
}
