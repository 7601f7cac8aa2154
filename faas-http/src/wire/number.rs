//! Numbers that keep every digit: money, durations, shares, as decimal numbers that never were a
//! float.

use std::fmt::{self, Display, Write as _};
use std::time::Duration;

use faas_core::model::NanoDollars;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// US dollars, exact to the nano-dollar: `0.00035`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dollars(pub(crate) NanoDollars);

impl Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Milliseconds with up to three decimals, exact to the microsecond: `0.042`, `12`, `1000.5`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Millis(pub(crate) Duration);

impl Millis {
    /// `micros` microseconds.
    pub(crate) const fn from_micros(micros: u64) -> Self {
        Self(Duration::from_micros(micros))
    }
}

impl Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(self.0.as_micros(), 3, f)
    }
}

/// Seconds with up to three decimals: `30.012`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seconds(pub(crate) Duration);

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(self.0.as_millis(), 3, f)
    }
}

/// Thousandths, such as those of a CPU core: `0.5`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thousandths(pub(crate) u32);

impl Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(self.0.into(), 3, f)
    }
}

/// `part` of `whole` in percent with two decimals, rounded to the nearest; 0 when `whole` is 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Percent {
    pub(crate) part: u64,
    pub(crate) whole: u64,
}

impl Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.whole == 0 {
            return f.write_str("0");
        }
        let (part, whole) = (u128::from(self.part), u128::from(self.whole));
        decimal((part * 20_000 + whole) / (2 * whole), 2, f)
    }
}

/// `count` of something for each second, with three decimals, rounded down; 0 when no time has
/// passed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ratio {
    pub(crate) count: u64,
    pub(crate) time: Duration,
}

impl Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thousandths = u128::from(self.count) * 1_000 * 1_000_000_000;
        decimal(
            thousandths.checked_div(self.time.as_nanos()).unwrap_or(0),
            3,
            f,
        )
    }
}

/// Writes `value / 10^decimals` without trailing zeros.
fn decimal(value: u128, decimals: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut unit: u128 = 1;
    for _ in 0..decimals {
        unit *= 10;
    }
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

/// `total / count` rounded half to even to the nano-dollar; nothing when there is nothing to share.
pub(crate) fn average_cost(total: NanoDollars, count: u64) -> Dollars {
    Dollars(total.portion(1, count.into()))
}

/// What `total` over `time` is for each second, rounded half to even to the nano-dollar; nothing
/// when no time has passed.
pub(crate) fn cost_per_second(total: NanoDollars, time: Duration) -> Dollars {
    const NANOS: u32 = 1_000_000_000;
    Dollars(total.portion(NANOS, time.as_nanos()))
}

/// `micros / count` rounded half to even to the microsecond; 0 when there is nothing to share.
pub(crate) fn average_millis(micros: u64, count: u64) -> Millis {
    if count == 0 {
        return Millis::from_micros(0);
    }
    let micros = half_even(micros.into(), count.into());
    Millis::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

fn half_even(amount: u128, by: u128) -> u128 {
    let (quotient, rest) = (amount / by, amount % by);
    let up = match (rest * 2).cmp(&by) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    quotient + u128::from(up)
}

macro_rules! as_json_number {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                number(self, serializer)
            }
        }
    )*};
}

as_json_number!(Dollars, Millis, Thousandths, Percent, Ratio, Seconds);

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

/// Room on the stack for one number.
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
    fn a_share_of_a_core_and_a_percentage_are_short_decimals() {
        assert_eq!(json(&Thousandths(100)), "0.1");
        assert_eq!(json(&Thousandths(2_000)), "2");
        let percent = |part, whole| json(&Percent { part, whole });
        assert_eq!(percent(0, 0), "0");
        assert_eq!(percent(2, 3), "66.67");
        assert_eq!(percent(1, 3), "33.33");
        assert_eq!(percent(7, 7), "100");
        assert_eq!(percent(u64::MAX, u64::MAX), "100");
    }

    #[test]
    fn a_rate_is_for_each_second_of_the_time_that_passed() {
        let rate = |count, millis| {
            json(&Ratio {
                count,
                time: Duration::from_millis(millis),
            })
        };
        assert_eq!(rate(100, 3_000), "33.333");
        assert_eq!(rate(7, 0), "0");
        assert_eq!(rate(5, 500), "10");
        assert_eq!(json(&Seconds(Duration::from_micros(30_012_999))), "30.012");
    }

    #[test]
    fn averages_are_rounded_half_to_even() {
        let average = |total, count| json(&average_cost(NanoDollars::new(total), count));
        assert_eq!(average(5, 2), "0.000000002");
        assert_eq!(average(7, 2), "0.000000004");
        assert_eq!(average(-7, 2), "-0.000000004");
        assert_eq!(average(10, 0), "0");
        assert_eq!(json(&average_millis(1_001, 2)), "0.5");
        let second = |total, millis| {
            let time = Duration::from_millis(millis);
            json(&cost_per_second(NanoDollars::new(total), time))
        };
        assert_eq!(second(3, 2_000), "0.000000002");
        assert_eq!(second(10, 500), "0.00000002");
        assert_eq!(second(10, 0), "0");
        assert_eq!(second(i64::MAX, 1), "9223372036.854775807");
    }

    proptest! {
        #[test]
        fn money_reads_back_to_the_nano_dollar(nanos: i64) {
            let text = json(&Dollars(NanoDollars::new(nanos)));
            let (negative, text) = match text.strip_prefix('-') {
                Some(rest) => (true, rest),
                None => (false, text.as_str()),
            };
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            let read: i128 = format!("{whole}{fraction:0<9}").parse().unwrap();
            prop_assert_eq!(if negative { -read } else { read }, i128::from(nanos));
        }
    }
}
